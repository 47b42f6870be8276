//! Serves the sealed files of a directory to whoever has a signed URL, and to nobody else.
//!
//! ```sh
//! modelcrypt keygen -o gateway.key
//! cargo run --example gateway -- ./models --key-file gateway.key
//! url=$(modelcrypt sign-url http://127.0.0.1:8080/model.safetensors.enc --expires 1h --key-file gateway.key)
//! curl --fail --range 0-15 "$url" | xxd
//! ```
//!
//! What it serves stays sealed: who has a URL needs the key of the model as well. A gateway that others reach stands behind
//! TLS, and a proxy that passes `Host` on as it came.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HOST};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use modelcrypt::presign::{self, Method, UrlSigner};
use modelcrypt::{KeySource, Opener};
use tower_http::services::ServeFile;

fn main() -> Result<(), Box<dyn Error>> {
    let request = Arguments::parse(env::args_os().skip(1))?;
    let key = KeySource::file(request.key_file).load()?;
    let key_id = key.id().ok_or("a passphrase verifies no URLs: make a key with `modelcrypt keygen`")?;
    let signer = UrlSigner::new(&key, &key_id.to_string())?;
    tokio::runtime::Builder::new_multi_thread().enable_io().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(&request.listen).await?;
        println!("http://{}", listener.local_addr()?);
        axum::serve(listener, gateway(request.folder, signer)).await?;
        Ok(())
    })
}

/// The service for the sealed files in `folder`, to URLs that `signer` verifies.
pub(crate) fn gateway(folder: PathBuf, signer: UrlSigner) -> Router {
    Router::new().fallback(serve).with_state(Arc::new(Gateway { folder, signer }))
}

struct Gateway {
    folder: PathBuf,
    signer: UrlSigner,
}

impl Gateway {
    /// Whether the request comes with a URL that was signed for it.
    fn verify(&self, request: &Request) -> Result<(), presign::Error> {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let method = Method::parse(request.method().as_str())?;
        self.signer.verify(&method, host, target, SystemTime::now())?;
        Ok(())
    }

    /// The sealed file behind the path of a URL, if there is one: nothing outside the folder, no link, no plaintext.
    fn sealed_file(&self, url_path: &str) -> Option<PathBuf> {
        let mut path = self.folder.canonicalize().ok()?;
        for segment in url_path.strip_prefix('/')?.split('/') {
            path.push(file_name(segment)?);
        }
        let is_itself = path.canonicalize().is_ok_and(|resolved| resolved == path);
        // The header is enough to tell that it is sealed.
        if is_itself && Opener::open(&path).is_ok() { Some(path) } else { None }
    }
}

async fn serve(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    if let Err(error) = gateway.verify(&request) {
        // The reason is for us; the client learns no more than that it may not.
        eprintln!("refused: {error}");
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(path) = gateway.sealed_file(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match ServeFile::new(path).try_call(request).await {
        Ok(mut response) => {
            // A proxy on the way would hand it to others after the URL has ended.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            response.map(Body::new).into_response()
        }
        Err(error) => {
            eprintln!("failed: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The name that a segment of a path stands for; `None` if it is no plain name.
fn file_name(segment: &str) -> Option<String> {
    let mut pieces = segment.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        // The signer has seen to it that two hexadecimal digits follow.
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend(&piece.as_bytes()[2..]);
    }
    let name = String::from_utf8(bytes).ok()?;
    let is_plain = Path::new(&name).file_name().is_some_and(|only| only == name.as_str());
    if is_plain && !name.contains(['/', '\\', '\0']) { Some(name) } else { None }
}

struct Arguments {
    folder: PathBuf,
    key_file: PathBuf,
    listen: String,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let usage = "usage: gateway DIR --key-file FILE [--listen HOST:PORT]";
        let (mut folder, mut key_file, mut listen) = (None, None, "127.0.0.1:8080".to_owned());
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--key-file") => key_file = arguments.next().map(PathBuf::from),
                Some("--listen") => {
                    listen = arguments.next().and_then(|text| text.into_string().ok()).ok_or(usage)?;
                }
                _ => folder = Some(PathBuf::from(argument)),
            }
        }
        Ok(Self { folder: folder.ok_or(usage)?, key_file: key_file.ok_or(usage)?, listen })
    }
}
