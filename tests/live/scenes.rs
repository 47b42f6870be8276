//! The trees that runs start from.

use std::fs;
use std::os::unix::fs::symlink;

use super::Scene;

impl Scene {
    /// Plaintexts: none, one and three chunks, in two directories.
    pub(crate) fn plain() -> Self {
        let mut scene = Self::new();
        scene.add("empty.bin", Vec::new());
        scene.add("ö ü.bin", vec![7]);
        scene.add("deep/model.safetensors", bytes(40_000));
        scene
    }

    /// The same, sealed under the old key.
    pub(crate) fn sealed() -> Self {
        let scene = Self::plain();
        scene.must("encrypt tree --key-file old.key", "to begin with");
        scene
    }

    /// Both forms of each.
    pub(crate) fn both() -> Self {
        let scene = Self::plain();
        scene.must("encrypt tree --keep --key-file old.key", "to begin with");
        scene
    }

    /// Both forms of each, of which the plaintexts were changed on purpose.
    pub(crate) fn changed() -> Self {
        let mut scene = Self::both();
        scene.before = scene.files.clone();
        scene.add("ö ü.bin", vec![8]);
        scene.add("deep/model.safetensors", bytes(50_001));
        scene
    }

    /// What runs may leave when they are killed, all at once.
    pub(crate) fn leftovers_of_encrypt() -> Self {
        let mut scene = Self::both();
        // Renamed aside, not yet removed.
        scene.set_aside("empty.bin", "00000001");
        // Renamed aside, and put back by linking; unlinking is yet to come.
        scene.add("twice.bin", vec![9; 20]);
        fs::hard_link(scene.path("twice.bin"), scene.path(".modelcrypt-claimed-00000002-twice.bin")).unwrap();
        // Renamed aside; somebody has put the same bytes in its place.
        scene.set_aside("ö ü.bin", "00000003");
        scene.write("ö ü.bin", &[7]);
        // Begun, not yet named.
        fs::write(scene.path(".modelcrypt-tmp-0000000000000004"), "unfinished").unwrap();
        fs::write(scene.path("deep/.modelcrypt-tmp-0000000000000005"), "").unwrap();
        scene
    }

    /// The same of `decrypt`: one sealed file is renamed aside without its sidecar, temporaries stand about.
    pub(crate) fn leftovers_of_decrypt() -> Self {
        let scene = Self::both();
        fs::remove_file(scene.path("empty.bin.enc.json")).unwrap();
        scene.set_aside("empty.bin.enc", "00000001");
        fs::remove_file(scene.path("deep/model.safetensors")).unwrap();
        fs::write(scene.path("deep/.modelcrypt-tmp-0000000000000002"), bytes(500)).unwrap();
        scene
    }

    /// A Hugging Face cache: two snapshots that share a blob, and one that has its own.
    pub(crate) fn cache() -> Self {
        let mut scene = Self::new();
        let [shared, own] = ["hub/blobs/00ff", "hub/blobs/11ee"];
        scene.add(shared, bytes(20_000));
        scene.add(own, vec![3]);
        for (link, blob) in
            [("a/model.safetensors", "00ff"), ("b/model.safetensors", "00ff"), ("b/x.bin", "11ee")]
        {
            let (link, target) = (format!("hub/snapshots/{link}"), format!("../../blobs/{blob}"));
            fs::create_dir_all(scene.path(&link).parent().unwrap()).unwrap();
            symlink(&target, scene.path(&link)).unwrap();
            scene.links.insert(link, target);
        }
        scene
    }

    pub(crate) fn sealed_cache() -> Self {
        let scene = Self::cache();
        scene.must("encrypt tree --follow --key-file old.key", "to begin with");
        scene
    }

    /// One file that takes a while.
    pub(crate) fn large(len: usize) -> Self {
        let mut scene = Self::new();
        scene.add("large.safetensors", bytes(len));
        scene
    }

    fn set_aside(&self, name: &str, random: &str) {
        let path = self.path(name);
        let aside = format!(".modelcrypt-claimed-{random}-{}", path.file_name().unwrap().to_str().unwrap());
        fs::rename(&path, path.with_file_name(aside)).unwrap();
    }
}

/// Bytes of which no two chunks are alike.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from((i * 7 + i / 251) % 251).unwrap()).collect()
}
