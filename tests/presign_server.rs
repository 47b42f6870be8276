//! Signed URLs on a server that verifies them: `s3s-fs`, with plain `curl` as the client.
//!
//! Ignored where nobody asks for them: `cargo install s3s-fs --version 0.14.1 --features binary --locked`, then
//! `cargo test --test presign_server -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]
#![cfg(unix)]

mod common;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use common::{plaintext, raw_key, seal};
use modelcrypt::base::SecretText;
use modelcrypt::open_bytes;
use modelcrypt::presign::{
    Addressing, AwsCredentials, Endpoint, Error, ObjectRequest, PlainHttp, Region, S3Signer, SignedUrl,
};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
#[ignore = "needs s3s-fs and curl"]
fn a_sealed_file_goes_there_and_comes_back() {
    let server = Server::start();
    let sealed = server.sealed_file();
    for key in ["model.safetensors.enc", "llama/a b+c%20d.enc", "日本/é&=?#;'.enc", "deep/~!$()*,:@.enc"] {
        let put = server.sign(&ObjectRequest::put("models", key).unwrap());
        assert_eq!(server.upload(&put), 200, "{key}");
        let (status, body) =
            server.curl(&[], server.sign(&ObjectRequest::get("models", key).unwrap()).expose());
        assert_eq!((status, &body), (200, &sealed), "{key}");
        assert_eq!(open_bytes(&raw_key(1), &body).unwrap().expose(), plaintext(100_000));
    }
    let key = "model.safetensors.enc";
    let url = server.sign(&ObjectRequest::get("models", key).unwrap());
    let (status, range) = server.curl(&["--range", "16384-32767"], url.expose());
    assert_eq!((status, &range[..]), (206, &sealed[16_384..32_768]));
    let head = server.sign(&ObjectRequest::head("models", key).unwrap());
    assert_eq!(server.curl(&["--head"], head.expose()).0, 200);
    let delete = server.sign(&ObjectRequest::delete("models", key).unwrap());
    assert_eq!(server.curl(&["--request", "DELETE"], delete.expose()).0, 204);
    assert_eq!(server.curl(&[], url.expose()).0, 404);
}

#[test]
#[ignore = "needs s3s-fs and curl"]
fn a_header_that_was_signed_has_to_be_sent() {
    let server = Server::start();
    server.put("a.enc");
    let request = ObjectRequest::get("models", "a.enc").unwrap().header("Range", "bytes=0-99").unwrap();
    let url = server.sign(&request);
    assert_eq!(server.curl(&["--range", "0-99"], url.expose()).0, 206);
    assert_eq!(server.curl(&["--range", "0-100"], url.expose()).0, 403);
    assert_ne!(server.curl(&[], url.expose()).0, 200);
}

#[test]
#[ignore = "needs s3s-fs and curl"]
fn an_upload_in_parts_is_put_together() {
    let server = Server::start();
    let sealed = server.sealed_file();
    let begin = server.sign(&ObjectRequest::begin_upload("models", "a.enc").unwrap());
    let (status, answer) = server.curl(&["--request", "POST"], begin.expose());
    assert_eq!(status, 200);
    let answer = String::from_utf8(answer).unwrap();
    let id = answer.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap();
    let part = server.sign(&ObjectRequest::upload_part("models", "a.enc", id, 1).unwrap());
    assert_eq!(server.upload(&part), 200);
    let complete = server.sign(&ObjectRequest::complete_upload("models", "a.enc", id).unwrap());
    let body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>";
    let completed = server.curl(
        &["--request", "POST", "--data-binary", body, "--header", "Content-Type: text/xml"],
        complete.expose(),
    );
    assert_eq!(completed.0, 200, "{}", String::from_utf8_lossy(&completed.1));
    let url = server.sign(&ObjectRequest::get("models", "a.enc").unwrap());
    assert_eq!(server.curl(&[], url.expose()), (200, sealed));
}

#[test]
#[ignore = "needs s3s-fs and curl"]
fn a_bucket_in_the_host_is_the_same_bucket() {
    let server = Server::start();
    let sealed = server.put("a.enc");
    let url = server.signer("AK", "SK").with_addressing(Addressing::VirtualHost);
    let url = url.presign(&ObjectRequest::get("models", "a.enc").unwrap(), HOUR, SystemTime::now()).unwrap();
    assert!(url.expose().starts_with("http://models.localhost:"));
    let resolve = format!("models.localhost:{}:127.0.0.1", server.port);
    assert_eq!(server.curl(&["--resolve", &resolve], url.expose()), (200, sealed));
}

#[test]
#[ignore = "needs s3s-fs and curl"]
fn the_server_refuses_every_change() {
    let server = Server::start();
    server.put("a.enc");
    server.put("b.enc");
    let request = ObjectRequest::get("models", "a.enc").unwrap();
    let url = server.sign(&request);
    assert_eq!(server.curl(&[], url.expose()).0, 200);
    let refused = |what: &str, options: &[&str], url: &str| {
        let (status, body) = server.curl(options, url);
        assert!(
            (400..500).contains(&status) && status != 404,
            "{what}: {status} {}",
            String::from_utf8_lossy(&body)
        );
    };
    let signed = |id: &str, secret: &str, now| {
        server.signer(id, secret).presign(&request, Duration::from_secs(60), now)
    };
    refused("wrong secret", &[], signed("AK", "SX", SystemTime::now()).unwrap().expose());
    refused("wrong id", &[], signed("AX", "SK", SystemTime::now()).unwrap().expose());
    refused("expired", &[], signed("AK", "SK", SystemTime::now() - HOUR).unwrap().expose());
    refused("another key", &[], &url.expose().replacen("a.enc", "b.enc", 1));
    refused("another method", &["--request", "DELETE"], url.expose());
    refused("an upload", &["--upload-file", server.file().to_str().unwrap()], url.expose());
    refused("a longer life", &[], &url.expose().replacen("X-Amz-Expires=3600", "X-Amz-Expires=7200", 1));
    refused("another query", &[], &format!("{}&response-content-type=text%2Fhtml", url.expose()));
    refused("another region", &[], &url.expose().replacen("us-east-1", "us-east-2", 1));
    let last = if url.expose().ends_with('0') { "1" } else { "0" };
    refused("another signature", &[], &format!("{}{last}", &url.expose()[..url.expose().len() - 1]));
    refused("no signature", &[], url.expose().split('?').next().unwrap());
    let put = server.sign(&ObjectRequest::put("models", "a.enc").unwrap());
    refused("a download", &[], put.expose());
    assert_eq!(server.curl(&[], url.expose()).0, 200, "nothing was changed by what was refused");
}

/// An `s3s-fs` with an empty bucket `models`, which ends when this is dropped.
struct Server {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("root/models")).unwrap();
        fs::write(folder.path().join("sealed"), seal(&raw_key(1), &plaintext(100_000))).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("s3s-fs")
            .args(["--host", "127.0.0.1", "--access-key", "AK", "--secret-key", "SK"])
            .args(["--port", &port.to_string(), "--domain", &format!("localhost:{port}")])
            .arg(folder.path().join("root"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("s3s-fs is installed");
        let mut server = Self { folder, port, process };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.process.try_wait().unwrap().is_none(), "s3s-fs has ended");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn signer(&self, id: &str, secret: &str) -> S3Signer {
        let endpoint =
            Endpoint::parse(&format!("http://localhost:{}", self.port), PlainHttp::LoopbackOnly).unwrap();
        let credentials = AwsCredentials::new(id, SecretText::new(secret.into())).unwrap();
        S3Signer::new(endpoint, Region::parse("us-east-1").unwrap(), credentials)
    }

    fn sign(&self, request: &ObjectRequest) -> SignedUrl {
        let signed: Result<_, Error> = self.signer("AK", "SK").presign(request, HOUR, SystemTime::now());
        signed.unwrap()
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("sealed")
    }

    fn sealed_file(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    /// Uploads the sealed file under `key`, and gives it.
    fn put(&self, key: &str) -> Vec<u8> {
        assert_eq!(self.upload(&self.sign(&ObjectRequest::put("models", key).unwrap())), 200);
        self.sealed_file()
    }

    fn upload(&self, url: &SignedUrl) -> u16 {
        self.curl(&["--upload-file", self.file().to_str().unwrap()], url.expose()).0
    }

    /// Status and body of what `curl` gets for a URL, which it does not see among its arguments.
    fn curl(&self, options: &[&str], url: &str) -> (u16, Vec<u8>) {
        let (body, config) = (self.folder.path().join("body"), self.folder.path().join("config"));
        fs::write(&config, format!("url = \"{url}\"\n")).unwrap();
        let _ = fs::remove_file(&body);
        let output = Command::new("curl")
            .args(["--silent", "--path-as-is", "--globoff", "--noproxy", "*", "--write-out", "%{http_code}"])
            .arg("--config")
            .arg(&config)
            .arg("--output")
            .arg(&body)
            .args(options)
            .output()
            .expect("curl is installed");
        let status = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        (status, fs::read(&body).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
