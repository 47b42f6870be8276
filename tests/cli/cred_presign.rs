//! `presign --credential`: a kept access key, with its region and its endpoint.

use modelcrypt::credentials::Kind;

use crate::cred_scene::Scene;

fn presign(scene: &Scene, args: &[&str]) -> crate::sandbox::Ran {
    let mut command = scene.sandbox.command([&["presign", "s3://models/a.enc"], args].concat());
    for (name, value) in scene.command(["list"]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    crate::sandbox::Ran::of(command.output().unwrap())
}

#[test]
fn region_and_endpoint_come_with_the_credential_unless_they_are_given() {
    let scene = Scene::new();
    scene.add("minio", Kind::Aws, "canary/secret", |record| {
        record.username = Some("AKIDEXAMPLE".into());
        record.extra.insert("region".into(), "eu-west-1".into());
        record.extra.insert("endpoint".into(), "http://127.0.0.1:9000".into());
    });
    scene.add("db", Kind::HttpBasic, "canary", |record| record.username = Some("me".into()));
    let ran = presign(&scene, &["--credential", "minio"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.text().starts_with("http://127.0.0.1:9000/models/a.enc?"), "{}", ran.text());
    assert!(ran.text().contains("Credential=AKIDEXAMPLE%2F") && ran.text().contains("%2Feu-west-1%2Fs3%2F"));
    assert!(!ran.text().contains("canary"));
    let given = ["--credential", "minio", "--region", "us-west-2", "--endpoint", "https://s3.example"];
    let ran = presign(&scene, &given);
    assert!(ran.text().starts_with("https://s3.example/models/a.enc?"), "{}", ran.text());
    assert!(ran.text().contains("%2Fus-west-2%2Fs3%2F"));
    presign(&scene, &["--credential", "nobody"]).failed(1, "no credential `nobody`");
    presign(&scene, &["--credential", "db"]).failed(2, "`db` is of the type http_basic");
}
