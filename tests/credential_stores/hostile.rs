//! Files of strangers: whatever stands in them, nothing panics and nothing is taken for what it is not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use modelcrypt::ErrorKind;
use modelcrypt::credentials::stores::file::FileSource;
use modelcrypt::credentials::{CredentialStore, Entry, Kind, Selector, read_manifest};
use modelcrypt::keys::Permissions;
use proptest::prelude::*;

use crate::suite::{Place, name, record, secret};
use crate::vault::{place, private_folder};

/// Pieces that such files are made of, in any order.
fn structured() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("provider_credentials:\n".to_owned()),
        Just("  - id: a\n    provider: p\n    auth: {type: api_key, source: env, env_var: X}\n".to_owned()),
        Just("    config: {endpoint: \"http://x\", username: [1]}\n".to_owned()),
        Just("{\"provider_credentials\": [{\"id\": \"a\"}, null, 7]}".to_owned()),
        prop::sample::select(vec![
            "- ",
            ": ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a",
            "!!binary ",
            "|\n",
            ">-\n",
            "\"",
            "'",
            "#",
            "? ",
            "---\n",
            "...\n",
            "%YAML 1.2\n",
            "<<: ",
            "\t",
            "\n  ",
            "~",
            "null",
            "1e999",
            "\u{feff}",
            "\u{2028}",
            "\\u0000",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn written(folder: &tempfile::TempDir, file: &str, text: &str) -> PathBuf {
    let path = folder.path().join(file);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_manifest_of_anything_is_read_or_refused(text in structured(), key in "[a-z0-9.]{0,12}") {
        let folder = private_folder();
        for file in ["m.yaml", "m.json"] {
            let path = written(&folder, file, &text);
            if let Ok(sources) = read_manifest(&path, Permissions::Private) {
                let listing = sources.list().unwrap();
                prop_assert!(listing.entries.len() + listing.problems.len() <= text.len());
            }
            if let Ok(secret) = FileSource::new(&path).key(key.clone()).read() {
                prop_assert!(secret.expose().len() <= text.len() * 4 + 32);
            }
        }
    }

    #[test]
    fn a_record_of_anything_is_read_alike_or_refused(text in structured()) {
        if let Ok(entry) = serde_json::from_str::<Entry>(&text) {
            let again = serde_json::to_string(&entry).unwrap();
            prop_assert_eq!(serde_json::from_str::<Entry>(&again).unwrap(), entry);
        }
    }
}

/// A record as a vault holds it, with some of its bytes changed.
#[test]
fn a_changed_record_is_read_alike_or_refused() {
    let place = place();
    let mut given = record("x", Kind::Custom);
    given.tags.insert("t".into());
    given.rotate_every = Some(std::time::Duration::from_secs(u64::MAX));
    let mut entry = place.open().create(given, secret("s")).unwrap();
    entry.stage(place.open().now(), None).unwrap();
    let text = serde_json::to_vec(&entry).unwrap();
    let now = place.open().now();
    for at in 0..text.len() {
        for byte in [b'0', b'9', b'"', b'{', b'-', 0xff] {
            let mut changed = text.clone();
            changed[at] = byte;
            let Ok(found) = serde_json::from_slice::<Entry>(&changed) else { continue };
            let _ = (found.select(Selector::CURRENT, now), found.due(), found.clone().stage(now, None));
            let _ = found.clone().switch(2, now, Some(std::time::Duration::MAX));
            let again = serde_json::to_vec(&found).unwrap();
            assert_eq!(serde_json::from_slice::<Entry>(&again).unwrap(), found);
        }
    }
}

proptest! {
    // Each case opens a vault.
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_row_of_anything_is_tampered_with(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..6_usize) {
        let (table, column) = [
            ("vault", "slots"), ("vault", "buckets"), ("vault", "record"),
            ("credential", "sealed"), ("secret", "sealed"), ("audit_head", "head"),
        ][at];
        let place = place();
        place.open().create(record("x", Kind::Custom), secret("s")).unwrap();
        place.intruder().execute(&format!("UPDATE {table} SET {column} = ?1"), [&bytes]).unwrap();
        let looked = place.vault().and_then(|vault| {
            vault.audit_head()?;
            vault.get(&name("x"), Selector::CURRENT)
        });
        let kind = modelcrypt::Error::from(looked.unwrap_err()).kind();
        prop_assert_eq!(kind, ErrorKind::Tampered);
    }
}

#[test]
fn a_file_that_is_too_long_or_an_alias_bomb_is_refused() {
    let folder = private_folder();
    let level = |n: usize| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1);
    let bomb = (1..40).map(level).collect::<Vec<_>>().concat();
    let long = format!("provider_credentials: [{}]", "x,".repeat(200_000));
    for text in [format!("a0: &a0 [x]\n{bomb}"), long] {
        let path = written(&folder, "m.yaml", &text);
        assert!(read_manifest(&path, Permissions::Private).is_err());
        assert!(FileSource::new(&path).key("a39.0.0").read().is_err());
    }
}
