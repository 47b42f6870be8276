//! The stores that are only read: environment, files, manifests.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use modelcrypt::credentials::stores::env::Environment;
use modelcrypt::credentials::stores::file::FileSource;
use modelcrypt::credentials::stores::sources::{Source, Sources};
use modelcrypt::credentials::{Access, CredentialStore, Error, Kind, Label, Selector, read_manifest};
use modelcrypt::keys::Permissions;

use crate::suite::{name, record, secret, text};
use crate::vault::private_folder;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
    Environment::new().with_variables(variables)
}

/// A private folder with private files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(private_folder())
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        mode(&path, 0o600);
        path
    }
}

fn mode(path: &std::path::Path, bits: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
}

fn read(source: &FileSource) -> Result<String, Error> {
    source.read().map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap())
}

#[test]
fn layered_variables_make_a_credential() {
    let store = environment(&[
        ("MODELCRYPT__AWS_PROD", "wJalr/x"),
        ("MODELCRYPT__AWS_PROD__TYPE", "aws"),
        ("MODELCRYPT__AWS_PROD__USERNAME", "AKID"),
        ("MODELCRYPT__AWS_PROD__REGION", "eu-west-1"),
        ("MODELCRYPT__AWS", "other"),
    ]);
    let found = store.get(&name("aws-prod"), Selector::CURRENT).unwrap();
    assert_eq!((found.record.kind, found.record.username.as_deref()), (Kind::Aws, Some("AKID")));
    assert_eq!(found.field("region").unwrap().expose(), b"eu-west-1");
    assert_eq!(found.field("secret_access_key").unwrap().expose(), b"wJalr/x");
    assert_eq!(store.get(&name("aws"), Selector::CURRENT).unwrap().record.kind, Kind::EnvVar);
    let id = |store: &Environment| store.entry(&name("aws-prod")).unwrap().record.id;
    assert_eq!(id(&store), id(&store), "the same at every look");
    assert_eq!(store.list().unwrap().entries.len(), 2);
}

#[test]
fn a_variable_that_is_not_meant_for_it_is_no_credential() {
    let store =
        environment(&[("PATH", "/bin"), ("HF_TOKEN", "hf_x"), ("MODELCRYPT_KEY", "k"), ("OTHER__X", "x")]);
    for text in ["PATH", "path", "hf-token", "HF_TOKEN", "key", "x"] {
        assert!(matches!(store.get(&name(text), Selector::CURRENT), Err(Error::NotFound(_))), "{text}");
    }
    assert!(store.list().unwrap().entries.is_empty());
    assert_eq!(text(&store.prefix("OTHER"), "x", Selector::CURRENT), "x");
}

#[test]
fn the_variables_of_the_process_are_not_taken_for_credentials() {
    assert!(matches!(Environment::new().get(&name("PATH"), Selector::CURRENT), Err(Error::NotFound(_))));
}

#[test]
fn a_variable_may_name_a_file_and_not_both() {
    let folder = Folder::new();
    let path = folder.file("token", "hf_abc\n");
    let file = ("MODELCRYPT__HF_FILE", path.to_str().unwrap());
    assert_eq!(text(&environment(&[file]), "hf", Selector::CURRENT), "hf_abc");
    assert_eq!(environment(&[file]).list().unwrap().entries[0].record.name.as_str(), "hf");
    let both = environment(&[file, ("MODELCRYPT__HF", "canary")]);
    let error = both.get(&name("hf"), Selector::CURRENT).unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }) && !error.to_string().contains("canary"));
}

#[test]
fn a_bad_variable_does_not_hide_the_others() {
    let store = environment(&[
        ("MODELCRYPT__GOOD", "x"),
        ("MODELCRYPT__BAD", "canary"),
        ("MODELCRYPT__BAD__TYPE", "jwt"),
        ("MODELCRYPT__EMPTY", ""),
    ]);
    let listing = store.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (1, 2));
    assert!(listing.problems.iter().all(|problem| !problem.to_string().contains("canary")));
}

#[test]
fn stores_that_are_only_read_refuse_every_change() {
    let store = environment(&[("MODELCRYPT__X", "x")]);
    assert_eq!(store.access(), Access::ReadOnly);
    let is_refused = |error| matches!(error, Error::ReadOnly(store) if store == "environment");
    assert!(is_refused(store.create(record("y", Kind::Custom), secret("s")).unwrap_err()));
    assert!(is_refused(store.put(&name("x"), secret("s"), None, None).unwrap_err()));
    assert!(is_refused(store.deactivate(&name("x")).unwrap_err()));
    assert!(is_refused(store.purge(&name("x")).unwrap_err()));
    let previous = store.get(&name("x"), Selector::Label(Label::Previous));
    assert!(matches!(previous, Err(Error::NoVersion { .. })));
}

#[test]
fn files_that_others_may_read_are_refused() {
    let folder = Folder::new();
    let path = folder.file("token", "secret");
    let source = FileSource::new(&path);
    assert_eq!(read(&source).unwrap(), "secret");
    for bits in [0o640, 0o604, 0o644] {
        mode(&path, bits);
        assert!(matches!(read(&source), Err(Error::LoosePermissions { .. })), "{bits:o}");
    }
    assert_eq!(read(&source.clone().permissions(Permissions::Loose)).unwrap(), "secret");
    mode(&path, 0o600);
    mode(folder.0.path(), 0o750);
    assert!(matches!(read(&source), Err(Error::LoosePermissions { .. })));
    mode(folder.0.path(), 0o700);
    assert_eq!(read(&source).unwrap(), "secret");
}

#[test]
fn a_place_within_a_file_is_read_by_its_path() {
    let folder = Folder::new();
    let yaml = folder.file("s.yaml", "databases:\n  - {name: main, password: \"p w\"}\nport: 5432\n");
    let json = folder.file("s.json", r#"{"a": {"b": "c"}, "list": [1, 2]}"#);
    let text = folder.file("s.txt", "a: b");
    let at = |path: &PathBuf, key: &str| read(&FileSource::new(path).key(key));
    assert_eq!(at(&yaml, "databases.0.password").unwrap(), "p w");
    assert_eq!(at(&yaml, "port").unwrap(), "5432");
    assert_eq!(at(&json, "a.b").unwrap(), "c");
    for (path, key) in [(&json, "a"), (&json, "a.c"), (&json, "list.9"), (&text, "a"), (&yaml, "databases")] {
        assert!(matches!(at(path, key), Err(Error::Entry { .. })), "{key}");
    }
}

#[test]
fn hostile_files_are_refused_and_not_waited_for() {
    let folder = Folder::new();
    let large = folder.file("large", &"x".repeat(300_000));
    assert!(read(&FileSource::new(&large)).is_err());
    let broken = folder.file("broken.json", "{\"canary\": ");
    let error = read(&FileSource::new(&broken).key("x")).unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
    let pipe = folder.0.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(read(&FileSource::new(&pipe)).is_err());
    assert!(read(&FileSource::new(folder.0.path())).is_err());
}

#[test]
fn named_places_are_a_store() {
    let folder = Folder::new();
    let path = folder.file("token", "from file");
    let mut sources = Sources::new("files");
    sources.bind(record("a", Kind::Custom), Source::File(FileSource::new(&path))).unwrap();
    sources.bind(record("b", Kind::Custom), Source::Variable("MODELCRYPT_TEST_NOT_SET".into())).unwrap();
    let twice = sources.bind(record("a", Kind::Custom), Source::Variable("PATH".into()));
    assert!(matches!(twice, Err(Error::AlreadyExists(_))));
    assert_eq!(text(&sources, "a", Selector::CURRENT), "from file");
    assert!(matches!(sources.get(&name("b"), Selector::CURRENT), Err(Error::Unavailable { .. })));
    assert!(matches!(sources.get(&name("c"), Selector::CURRENT), Err(Error::NotFound(_))));
    let listing = sources.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (1, 1));
}

const MANIFEST: &str = "
provider_credentials:
  - id: warehouse
    provider: postgres
    auth: {type: db_dsn, source: file, file_path: secrets.yaml, file_key: databases.main}
    config: {pool: 5, username: me}
  - id: bad/name
    provider: x
    auth: {type: custom, source: env, env_var: X}
  - id: typeless
    provider: x
    auth: {source: env, env_var: X}
  - id: plain-http
    provider: x
    auth: {type: api_key, source: env, env_var: X}
    config: {base_url: 'http://example.com'}
  - id: warehouse
    provider: twice
    auth: {type: custom, source: env, env_var: X}
  - just a text
  - id: from-env
    provider: shell
    auth: {type: env_var, source: env, env_var: PATH}
";

#[test]
fn a_manifest_says_where_credentials_are_and_bad_entries_stop_no_other() {
    let folder = Folder::new();
    folder.file("secrets.yaml", "databases:\n  main: postgres://u:p@db.example/main\n");
    let manifest = folder.file("providers.yaml", MANIFEST);
    let store = read_manifest(&manifest, Permissions::Private).unwrap();
    let found = store.get(&name("warehouse"), Selector::CURRENT).unwrap();
    assert_eq!(found.secret.expose(), b"postgres://u:p@db.example/main");
    assert_eq!(found.record.service.as_deref(), Some("postgres"));
    assert_eq!(found.record.username.as_deref(), Some("me"));
    assert_eq!(found.record.extra["pool"], "5");
    assert!(store.get(&name("from-env"), Selector::CURRENT).is_ok(), "it was named, so it counts");
    let listing = store.list().unwrap();
    assert_eq!((listing.entries.len(), listing.problems.len()), (2, 5), "{:?}", listing.problems);
    mode(&manifest, 0o620);
    assert!(matches!(read_manifest(&manifest, Permissions::Private), Err(Error::LoosePermissions { .. })));
}

#[test]
fn a_manifest_may_be_json_and_must_be_one() {
    let folder = Folder::new();
    let json = r#"{"provider_credentials": [{"id": "x", "provider": "p",
        "auth": {"type": "custom", "source": "file", "file_path": "s"}}]}"#;
    folder.file("s", "secret");
    let manifest = folder.file("p.json", json);
    assert_eq!(
        text(&read_manifest(&manifest, Permissions::Private).unwrap(), "x", Selector::CURRENT),
        "secret"
    );
    for (file, content) in [("a.yaml", "x: 1"), ("b.yaml", "["), ("c.txt", json), ("d.json", "[]")] {
        let path = folder.file(file, content);
        assert!(read_manifest(&path, Permissions::Private).is_err(), "{file}");
    }
}
