//! `cred sync`: a folder of secrets that changes all at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use modelcrypt::credentials::{CredentialStore, Kind};
use serde_json::json;

use crate::cred_scene::Scene;

/// Every file that can be read through the folder, by its name.
fn readable(dir: &Path) -> Vec<(String, String)> {
    let names = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    let read =
        |name: std::ffi::OsString| Some((name.to_str()?.into(), fs::read_to_string(dir.join(&name)).ok()?));
    let mut all: Vec<_> = names.filter_map(read).collect();
    all.sort();
    all
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn sets(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let sets = names.filter(|entry| entry.file_type().unwrap().is_dir());
    sets.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn all_that_are_given_become_files_in_the_layout_of_kubernetes() {
    let scene = Scene::filled();
    scene.add("old", Kind::Custom, "old-canary", |_| {});
    scene.vault().deactivate(&"old".parse().unwrap()).unwrap();
    let ran = scene.done(["sync", "d", "--json"]);
    let expected = json!({"verb": "cred sync", "path": "d", "names": ["db", "hf:models"], "changed": true});
    assert_eq!(ran.json(), expected);
    let dir = scene.sandbox.path("d");
    assert_eq!(readable(&dir), pairs(&[("db", "db-canary-1"), ("hf%3Amodels", "hf_canarycanary2")]));
    assert_eq!(fs::read_link(dir.join("db")).unwrap(), Path::new("..data/db"));
    let [set] = &sets(&dir)[..] else { panic!("{:?}", sets(&dir)) };
    assert_eq!(fs::read_link(dir.join("..data")).unwrap(), Path::new(set));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&dir), mode(&dir.join("db"))), (0o700, 0o400));

    assert_eq!(scene.done(["sync", "d", "--json"]).json()["changed"], false);
    assert_eq!(&sets(&dir)[..], std::slice::from_ref(set), "run again, nothing changes");
    scene.put("db", "db-canary-3");
    scene.done(["sync", "d", "db"]);
    assert_eq!(readable(&dir), pairs(&[("db", "db-canary-3")]));
    assert_eq!(sets(&dir).len(), 1);
}

#[test]
fn an_unknown_name_changes_nothing() {
    let scene = Scene::filled();
    scene.done(["sync", "d", "db"]);
    scene.run(["sync", "d", "db", "nobody"]).failed(1, "no credential `nobody`");
    assert_eq!(readable(&scene.sandbox.path("d")), pairs(&[("db", "db-canary-1")]));
}

#[test]
fn a_file_of_somebody_else_stays_and_is_named() {
    let scene = Scene::filled();
    scene.sandbox.write("d/db", b"mine");
    scene.run(["sync", "d"]).failed(1, "`d/db` is not ours");
    assert_eq!(scene.sandbox.read("d/db"), b"mine");
    assert!(sets(&scene.sandbox.path("d")).is_empty());
}

#[test]
fn a_run_that_is_killed_leaves_the_old_set_or_the_new_one() {
    let scene = Scene::filled();
    let dir = scene.sandbox.path("d");
    let (old, new) = (["sync", "d", "db"], ["sync", "d", "hf:models"]);
    let mut seen = [0; 2];
    let prepare = || {
        scene.done(old);
        assert_eq!(sets(&dir).len(), 1, "what was left is tidied up");
    };
    scene.killed_everywhere(&new, prepare, |when| {
        let found = readable(&dir);
        if found == pairs(&[("db", "db-canary-1")]) {
            seen[0] += 1;
        } else {
            assert_eq!(found, pairs(&[("hf%3Amodels", "hf_canarycanary2")]), "{when}");
            seen[1] += 1;
        }
    });
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}
