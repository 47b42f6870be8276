//! `cred test`: one request to a real server, and nothing of the secret in what is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use modelcrypt::credentials::Kind;
use serde_json::json;

use crate::cred_scene::Scene;

/// A server that answers each request with `status` and `body`, and hands on what it was sent.
struct Server {
    address: String,
    requests: Receiver<String>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&stream);
                let (status, body) = answer(&request);
                let len = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: {len}\r\nconnection: close\r\nlocation: /elsewhere\r\n\r\n{body}"
                );
                let _ = sender.send(request);
            }
        });
        Self { address, requests }
    }

    fn asked(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

fn read(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

#[test]
fn an_http_credential_is_sent_where_its_record_says() {
    let scene = Scene::new();
    let server = Server::start(|request| {
        let is_good = ["Basic bWU6Y2FuYXJ5LTE=", "Bearer canary-2", "canary-3"];
        let is_good = is_good.iter().any(|value| request.contains(&format!(": {value}\n")));
        (if is_good { 200 } else { 401 }, String::new())
    });
    let url = format!("{}/v1", server.address);
    for (name, kind, secret, header) in [
        ("basic", Kind::HttpBasic, "canary-1", None),
        ("bearer", Kind::BearerToken, "canary-2", None),
        ("key", Kind::ApiKey, "canary-3", Some("X-API-Key")),
        ("wrong", Kind::BearerToken, "canary-4", None),
    ] {
        scene.add(name, kind, secret, |record| {
            record.username = Some("me".into());
            record.extra.insert("url".into(), url.clone());
            record.extra.extend(header.map(|header| ("header".to_owned(), header.to_owned())));
        });
    }
    for name in ["basic", "bearer", "key"] {
        let ran = scene.done(["test", name]);
        assert_eq!(ran.text(), format!("{name} works: {url}: 200 OK\n"));
        let asked = server.asked();
        assert!(asked.len() == 1 && asked[0].starts_with("GET /v1 HTTP/1.1\n"), "{asked:?}");
    }
    let ran = scene.run(["test", "wrong", "--json"]);
    assert_eq!(ran.code, 1);
    let expected =
        json!({"verb": "cred test", "name": "wrong", "server": url, "ok": false, "said": "401 Unauthorized"});
    assert_eq!(ran.json(), expected);
    scene.run(["test", "http"]).failed(2, "there are several credentials");
}

#[test]
fn a_redirect_takes_the_secret_nowhere() {
    let scene = Scene::new();
    let server = Server::start(|_| (302, String::new()));
    scene.add("t", Kind::BearerToken, "canary-token", |record| {
        record.extra.insert("url".into(), server.address.clone());
    });
    let ran = scene.run(["test", "http"]);
    assert_eq!((ran.code, server.asked().len()), (1, 1), "{}", ran.text());
}

#[test]
fn the_hub_says_who_somebody_is() {
    let scene = Scene::new();
    let server = Server::start(|request| {
        if request.contains("Bearer hf_canary") && request.starts_with("GET /api/whoami-v2 ") {
            (200, r#"{"name":"somebody","auth":"hf_canarycanarycanary"}"#.into())
        } else {
            (401, r#"{"error":"hf_canarycanarycanary is not known"}"#.into())
        }
    });
    scene.add("hub", Kind::Huggingface, "hf_canarycanarycanary", |record| {
        record.extra.insert("endpoint".into(), server.address.clone());
    });
    let ran = scene.done(["test", "hf"]);
    assert_eq!(ran.text(), format!("hub works: {}: it is somebody\n", server.address));
    // The tools of the Hub take the variable first, and then the file.
    let token = scene.sandbox.path("token");
    std::fs::write(&token, "hf_wrongwrong\n").unwrap();
    for (variable, value) in [("HF_TOKEN", "hf_wrongwrong"), ("HF_TOKEN_PATH", token.to_str().unwrap())] {
        let mut command = scene.command(["test", "hf"]);
        command.env(variable, value).env("HF_ENDPOINT", &server.address);
        let output = command.output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success() && shown.contains("401 Unauthorized"), "{variable}: {shown}");
        assert!(!shown.contains("canary") && !shown.contains("wrongwrong"), "{shown}");
    }
}

#[test]
fn a_server_that_says_nothing_is_waited_for_only_so_long() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    scene.add("t", Kind::BearerToken, "canary-token", |record| {
        record.extra.insert("url".into(), format!("http://{address}"));
    });
    scene.add("d", Kind::DbDsn, &format!("postgres://me:canary@{address}/x"), |_| {});
    for name in ["t", "d"] {
        let ran = scene.run(["test", name, "--timeout", "1s"]);
        assert_eq!(ran.code, 1);
        assert!(ran.text().contains("no answer in time"), "{}", ran.text());
    }
    drop(silent);
    let ran = scene.run(["test", "t"]);
    assert!(ran.code == 1 && !ran.text().contains("canary"), "{}", ran.text());
}

#[test]
fn a_secret_does_not_go_over_a_network_in_the_clear() {
    let scene = Scene::new();
    // A server that has no TLS hears that it is asked for, and nothing else.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).unwrap();
        stream.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        rest
    });
    scene.add("r", Kind::DbDsn, &format!("postgres://me:canary@{address}/x?sslmode=require"), |_| {});
    let ran = scene.run(["test", "r"]);
    assert!(ran.code == 1 && ran.text().contains("does not support TLS"), "{}{}", ran.text(), ran.stderr);
    assert_eq!(heard.join().unwrap(), b"");
    scene.add("nowhere", Kind::ApiKey, "canary-key", |_| {});
    scene.run(["test", "nowhere"]).failed(2, "nobody knows where `nowhere` is good");
}

/// A server of `PostgreSQL` of its own, on a port of this machine.
struct Postgres {
    server: Child,
    port: u16,
    dir: tempfile::TempDir,
}

impl Postgres {
    /// `None` where there is none.
    fn start() -> Option<Self> {
        let Some(bin) = bin() else {
            crate::skip::skip("PostgreSQL is not installed");
            return None;
        };
        // Whoever it runs as has to get there: `$TMPDIR` may lie in a folder that is root's alone.
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        let data = dir.path().join("data");
        std::fs::write(dir.path().join("password"), "canary-password").unwrap();
        // It refuses to run as root.
        let program = |name: &str| {
            let mut command = Command::new(bin.join(name));
            if rustix::process::geteuid().is_root() {
                use std::os::unix::process::CommandExt;
                command.uid(NOBODY).gid(NOBODY);
            }
            command.current_dir(dir.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        certify(dir.path());
        if rustix::process::geteuid().is_root() {
            for path in [dir.path(), &dir.path().join("password"), &dir.path().join("server.key")] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let mut initdb = program("initdb");
        initdb.arg("-D").arg(&data).args(["-U", "me", "-A", "scram-sha-256", "--no-sync", "--pwfile"]);
        assert!(initdb.arg(dir.path().join("password")).status().unwrap().success(), "initdb");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-F", "-p", &port.to_string()]);
        postgres.args(["-c", "ssl=on"]);
        for (setting, file) in [("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key")] {
            postgres.arg("-c").arg(format!("{setting}={}", dir.path().join(file).display()));
        }
        let server = postgres.args(["-c", "unix_socket_directories="]).spawn().unwrap();
        let this = Self { server, port, dir };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(this);
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not start");
    }
}

/// Makes an authority in `dir` (`ca.pem`) and what it says of a server on this machine (`server.pem`, `server.key`).
fn certify(dir: &Path) {
    std::fs::write(dir.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    for arguments in [
        "req -x509 -newkey rsa:2048 -noenc -keyout ca.key -out ca.pem -subj /CN=authority -days 2",
        "req -newkey rsa:2048 -noenc -keyout server.key -out server.csr -subj /CN=server",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    ] {
        let ran = Command::new("openssl").args(arguments.split(' ')).current_dir(dir).output().unwrap();
        assert!(ran.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT: at once, with all its children.
        let pid = rustix::process::Pid::from_child(&self.server);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// Where the newest of its versions is.
fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let bins = versions.map(|version| version.path().join("bin"));
    let newest = bins.filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists()).max();
    newest.or_else(|| {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).find(|dir: &PathBuf| Path::new(dir).join("initdb").exists())
    })
}

const NOBODY: u32 = 65_534;

#[test]
fn a_real_postgresql_selects_one_or_says_why_not() {
    let scene = Scene::new();
    let Some(server) = Postgres::start() else { return };
    let port = server.port;
    let dsn = |password: &str, database: &str| {
        format!("postgresql://me:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
    };
    scene.add("db", Kind::DbDsn, &dsn("canary-password", "postgres"), |_| {});
    // The port is open before the server is ready.
    let mut ran = scene.run(["test", "postgres"]);
    for _ in 0..100 {
        if ran.code == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        ran = scene.run(["test", "postgres"]);
    }
    assert_eq!(ran.text(), format!("db works: PostgreSQL at 127.0.0.1:{port}: it selects 1\n"));
    scene.add("wrong", Kind::DbDsn, &dsn("canary-wrong", "postgres"), |_| {});
    scene.add("gone", Kind::DbDsn, &dsn("canary-password", "nothing"), |_| {});
    for (name, words) in [("wrong", "(28P01)"), ("gone", "(3D000)")] {
        let ran = scene.run(["test", name]);
        assert!(ran.code == 1 && ran.text().contains(words), "{}", ran.text());
        assert!(!ran.text().contains("canary") && !ran.stderr.contains("canary"), "{}", ran.text());
    }
    // Over TLS, to a server that an authority of this machine knows, and to none else.
    let dsn = format!("postgres://me:canary-password@127.0.0.1:{port}/postgres?sslmode=verify-full");
    scene.add("tls", Kind::DbDsn, &dsn, |_| {});
    let other = tempfile::tempdir().unwrap();
    certify(other.path());
    for (dir, words) in [(server.dir.path(), "it selects 1"), (other.path(), "invalid peer certificate")] {
        let mut command = scene.command(["test", "tls"]);
        command.env("SSL_CERT_FILE", dir.join("ca.pem")).env_remove("SSL_CERT_DIR");
        let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(shown.contains(words) && !shown.contains("canary"), "{shown}");
    }
}

/// As the tests of signed URLs start it.
#[test]
#[ignore = "needs s3s-fs"]
fn a_real_s3_server_lists_for_the_right_key_only() {
    let scene = Scene::new();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("models")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new("s3s-fs")
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", "AKIDEXAMPLE"])
        .args(["--secret-key", "canary-secret"])
        .arg(dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.try_wait().unwrap().is_none(), "s3s-fs has ended");
        thread::sleep(Duration::from_millis(20));
    }
    let endpoint = format!("http://127.0.0.1:{port}");
    let add = |name: &str, secret: &str, bucket: Option<&str>| {
        scene.add(name, Kind::Aws, secret, |record| {
            record.username = Some("AKIDEXAMPLE".into());
            record.extra.insert("endpoint".into(), endpoint.clone());
            record.extra.extend(bucket.map(|bucket| ("bucket".to_owned(), bucket.to_owned())));
        });
    };
    add("aws", "canary-secret", None);
    add("bucket", "canary-secret", Some("models"));
    add("gone", "canary-secret", Some("nothing"));
    add("wrong", "canary-wrong", Some("other"));
    for (name, code, words) in [
        ("s3", 0, "aws works: "),
        ("bucket", 0, "it lists the bucket models"),
        ("gone", 1, "404 Not Found (NoSuchBucket)"),
        ("wrong", 1, "403 Forbidden (SignatureDoesNotMatch)"),
    ] {
        let ran = scene.run(["test", name]);
        assert!(ran.code == code && ran.text().contains(words), "{name}: {}{}", ran.text(), ran.stderr);
        assert!(!ran.text().contains("canary") && !ran.text().contains("X-Amz-"), "{}", ran.text());
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
