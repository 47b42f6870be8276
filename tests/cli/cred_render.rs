//! `cred render`: a template becomes a file with secrets in it, or nothing happens.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::cred_scene::Scene;

#[test]
fn every_form_becomes_its_value_in_a_file_of_its_owner() {
    let scene = Scene::filled();
    let template = "u=${db/username}\np={{ db }}\nt=\"mc://hf:models/secret\"\n$$HOME {{{{x}}\n";
    scene.sandbox.write("t", template.as_bytes());
    let ran = scene.done(["render", "t", "-o", "out"]);
    let made = "u=me\np=db-canary-1\nt=\"hf_canarycanary2\"\n$HOME {{x}}\n";
    assert_eq!(String::from_utf8(scene.sandbox.read("out")).unwrap(), made);
    let mode = fs::metadata(scene.sandbox.path("out")).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600);
    assert!(ran.stdout.is_empty() && !ran.stderr.contains("canary"), "{}", ran.stderr);
    fs::set_permissions(scene.sandbox.path("out"), fs::Permissions::from_mode(0o644)).unwrap();
    scene.done(["render", "t", "-o", "out"]);
    let mode = fs::metadata(scene.sandbox.path("out")).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600, "of a file that was there too");
}

#[test]
fn an_unknown_name_or_field_is_named_with_its_line_and_changes_nothing() {
    let scene = Scene::filled();
    scene.sandbox.write("out", b"as it was");
    for (template, code, words) in [
        ("${db}\n\n${nobody}\n", 1, "`t`, line 3: no credential `nobody`"),
        ("\n{{ db/nothing }}", 1, "`t`, line 2: the credential `db` has no field `nothing`"),
        ("${db}\n${db\n", 2, "`t`, line 2: what begins with `${` does not end"),
        ("${a b}", 2, "`t`, line 1: name:"),
    ] {
        scene.sandbox.write("t", template.as_bytes());
        let ran = scene.run(["render", "t", "-o", "out"]);
        ran.failed(code, words);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
        assert_eq!(scene.sandbox.read("out"), b"as it was", "{template}");
    }
    let left = fs::read_dir(scene.sandbox.path("")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.starts_with(".modelcrypt")), "{left:?}");
}

#[test]
fn a_template_comes_from_standard_input_and_needs_no_key_without_a_name() {
    let scene = Scene::filled();
    let args = ["cred", "render", "-", "-o", "out"];
    assert_eq!(scene.sandbox.feed(args, b"plain $$\n").code, 0);
    assert_eq!(scene.sandbox.read("out"), b"plain $\n");
}

#[test]
fn a_run_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let scene = Scene::filled();
    scene.sandbox.write("t", b"new ${db}");
    let mut seen = [0; 2];
    let old = || scene.sandbox.write("out", b"old");
    scene.killed_everywhere(&["render", "t", "-o", "out"], old, |when| match &*scene.sandbox.read("out") {
        b"old" => seen[0] += 1,
        b"new db-canary-1" => seen[1] += 1,
        other => panic!("{when}: {}", String::from_utf8_lossy(other)),
    });
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}
