//! The example of a gateway, with a client in front of it.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;
#[allow(dead_code, reason = "it is a program of its own")]
#[path = "../examples/gateway.rs"]
mod example;
#[path = "presign_example/http.rs"]
mod http;

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, SystemTime};

use common::{plaintext, raw_key, seal};
use http::{Answer, send, split};
use modelcrypt::open_bytes;
use modelcrypt::presign::{Grant, Method, UrlSigner};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_sealed_file_goes_to_who_has_a_url_for_it() {
    let gateway = Gateway::start();
    let whole = gateway.get(&gateway.signed("/deep/a%20b.enc"), &[]);
    assert_eq!(whole.status, 200, "{}", whole.head);
    assert_eq!(open_bytes(&raw_key(1), &whole.body).unwrap().expose(), plaintext(40_000));
    assert!(whole.head.contains("cache-control: private, no-store"));
    let range = gateway.get(&gateway.signed("/deep/a%20b.enc"), &[("Range", "bytes=16384-16415")]);
    assert_eq!((range.status, &range.body[..]), (206, &whole.body[16_384..16_416]));
    let head = gateway.ask("HEAD", &gateway.signed("/deep/a%20b.enc"), &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.head.contains(&format!("content-length: {}", whole.body.len())));
}

#[test]
fn nothing_goes_to_who_has_none() {
    let gateway = Gateway::start();
    let url = gateway.signed("/deep/a%20b.enc");
    let ended = {
        let signer = UrlSigner::new(&raw_key(2), "k").unwrap();
        let now = SystemTime::now() - 2 * HOUR;
        signer
            .sign(&gateway.url("/deep/a%20b.enc"), &Grant::new(Method::GET, HOUR), now)
            .unwrap()
            .expose()
            .to_owned()
    };
    let stranger = UrlSigner::new(&raw_key(3), "k").unwrap();
    let of_stranger = stranger
        .sign(&gateway.url("/deep/a%20b.enc"), &Grant::new(Method::GET, HOUR), SystemTime::now())
        .unwrap();
    for refused in [
        gateway.url("/deep/a%20b.enc"),
        url.replacen("a%20b", "c", 1),
        url.replacen("/deep", "/x/../deep", 1),
        url.replacen("mc-exp=1", "mc-exp=2", 1),
        format!("{url}&x"),
        ended,
        of_stranger.expose().to_owned(),
    ] {
        let answer = gateway.get(&refused, &[]);
        assert_eq!((answer.status, answer.body.len()), (403, 0), "{refused}");
    }
    assert_eq!(gateway.ask("PUT", &url, &[]).status, 403);
    let (_, target) = split(&url);
    assert_eq!(send(gateway.address, "GET", "other.example", target, &[], b"").status, 403);
}

#[test]
fn what_is_not_sealed_is_not_there_even_with_a_url() {
    let gateway = Gateway::start();
    let folder = gateway.folder.path();
    fs::write(folder.join("plain.enc"), plaintext(40_000)).unwrap();
    fs::write(folder.join("config.json"), "{}").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("deep/a b.enc"), folder.join("link.enc")).unwrap();
        std::os::unix::fs::symlink(folder.join("deep"), folder.join("linked")).unwrap();
    }
    for path in [
        "/plain.enc",
        "/config.json",
        "/",
        "/deep",
        "/deep/",
        "/link.enc",
        "/linked/a%20b.enc",
        "//deep/a%20b.enc",
        "/none",
    ] {
        assert_eq!(gateway.get(&gateway.signed(path), &[]).status, 404, "{path}");
    }
}

struct Gateway {
    folder: TempDir,
    address: SocketAddr,
    signer: UrlSigner,
}

impl Gateway {
    /// The service on a port of its own, until the test's process ends.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/a b.enc"), seal(&raw_key(1), &plaintext(40_000))).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let service = example::gateway(folder.path().to_owned(), UrlSigner::new(&raw_key(2), "k").unwrap());
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, service).await.unwrap();
            });
        });
        Self { folder, address, signer: UrlSigner::new(&raw_key(2), "k").unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn signed(&self, path: &str) -> String {
        let grant = Grant::new(Method::GET, HOUR).and(Method::HEAD);
        self.signer.sign(&self.url(path), &grant, SystemTime::now()).unwrap().expose().to_owned()
    }

    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", url, headers)
    }

    fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        let (host, target) = split(url);
        send(self.address, method, host, target, headers, b"")
    }
}
