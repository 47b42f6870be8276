//! How a credential stands, told from its documents and from the secret that other programs see.

use uuid::Builder;

use super::document::Document;
use crate::base::SecretText;
use crate::credentials::{Entry, Kind, Moment, Name, Record};
use crate::crypto::sha256;
use crate::keys::MasterKey;

/// What stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// There is no such credential.
    Absent,
    /// The entry of the document.
    Kept(Document),
    /// The document with a current version more, which another program stored; its secret is in no version's entry.
    Outside(Document),
    /// What the document before and the same secret say.
    Before,
}

/// Tells what stands.
pub(super) fn standing(name: &Name, document: Option<Document>, value: Option<&SecretText>) -> Standing {
    let Some(document) = document else {
        return match value {
            // A key of models shares the service with credentials, and is none.
            Some(value) if !MasterKey::looks_like_text(value.expose()) => outside(unknown(name), value),
            _ => Standing::Absent,
        };
    };
    let is_current =
        value.is_some_and(|value| document.current().is_some_and(|number| document.fits(number, value)));
    match (document.entry.record.active, value) {
        (true, Some(_)) if is_current => Standing::Kept(document),
        (false, None) => Standing::Kept(document),
        _ if document.is_switching => Standing::Before,
        (true, Some(value)) => outside(document, value),
        // Another program deleted it.
        (true, None) => Standing::Absent,
        // Deactivated: what others store meanwhile is not given.
        (false, Some(_)) => Standing::Kept(document),
    }
}

/// The secret of another program is a version that is as old as what was last known.
fn outside(mut document: Document, value: &SecretText) -> Standing {
    let now = document.entry.record.updated;
    let staged = document.entry.stage(now, None);
    let Some(number) = staged.ok().filter(|number| document.entry.switch(*number, now, None).is_ok()) else {
        return Standing::Absent;
    };
    document.remember(number, value);
    Standing::Outside(document)
}

/// What is known of a secret that another program stored, always the same.
fn unknown(name: &Name) -> Document {
    let mut record = Record::new(name.clone(), Kind::Custom, Moment::from(std::time::SystemTime::UNIX_EPOCH));
    let hash = sha256(&[b"modelcrypt keyring entry\0", name.as_str().as_bytes()].concat());
    record.id = Builder::from_custom_bytes(*hash.first_chunk().expect("a hash has 32 bytes")).into_uuid();
    Document::new(Entry::new(record))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn name() -> Name {
        "a".parse().unwrap()
    }

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.into())
    }

    /// With the versions 1, 2… of these secrets, of which the last is current.
    fn document(secrets: &[&str]) -> Document {
        let now = Moment::from(SystemTime::UNIX_EPOCH);
        let mut document = Document::new(Entry::new(Record::new(name(), Kind::Custom, now)));
        for text in secrets {
            let number = document.entry.stage(now, None).unwrap();
            document.entry.switch(number, now, None).unwrap();
            document.remember(number, &secret(text));
        }
        document
    }

    fn switching(mut document: Document) -> Document {
        document.is_switching = true;
        document
    }

    fn inactive(mut document: Document) -> Document {
        document.entry.record.active = false;
        document
    }

    fn told(document: Option<Document>, value: Option<&str>) -> String {
        match standing(&name(), document, value.map(secret).as_ref()) {
            Standing::Absent => "absent".into(),
            Standing::Kept(document) => format!("kept {}", document.current().unwrap()),
            Standing::Outside(document) => format!("outside {}", document.current().unwrap()),
            Standing::Before => "before".into(),
        }
    }

    #[test]
    fn without_a_document_only_the_secret_of_another_program_can_be_there() {
        assert_eq!(told(None, None), "absent");
        assert_eq!(told(None, Some("one")), "outside 1");
        assert_eq!(told(None, Some("mck1_a key of models")), "absent");
    }

    #[test]
    fn the_secret_tells_which_document_stands() {
        let new = || document(&["one", "two"]);
        assert_eq!(told(Some(new()), Some("two")), "kept 2");
        assert_eq!(told(Some(switching(new())), Some("two")), "kept 2");
        assert_eq!(told(Some(switching(new())), Some("one")), "before");
        assert_eq!(told(Some(switching(new())), None), "before");
        assert_eq!(told(Some(switching(new())), Some("other")), "before");
    }

    #[test]
    fn what_another_program_stored_is_the_current_version_and_what_it_deleted_is_gone() {
        assert_eq!(told(Some(document(&["one", "two"])), Some("other")), "outside 3");
        assert_eq!(told(Some(document(&["one", "two"])), Some("one")), "outside 3");
        assert_eq!(told(Some(document(&["one", "two"])), None), "absent");
    }

    #[test]
    fn a_deactivated_credential_has_no_secret_that_others_see() {
        let old = || inactive(document(&["one"]));
        assert_eq!(told(Some(old()), None), "kept 1");
        assert_eq!(told(Some(old()), Some("other")), "kept 1");
        assert_eq!(told(Some(switching(old())), None), "kept 1");
        assert_eq!(told(Some(switching(old())), Some("one")), "before");
    }

    #[test]
    fn what_another_program_stored_is_told_alike_every_time() {
        let ids = [0, 1].map(|_| match standing(&name(), None, Some(&secret("one"))) {
            Standing::Outside(document) => document,
            other => panic!("{other:?}"),
        });
        assert_eq!(ids[0], ids[1]);
    }

    #[test]
    fn a_document_survives_being_written_and_read_and_shows_no_secret() {
        let document = switching(document(&["canary"]));
        let text = document.to_text();
        assert_eq!(Document::parse(&text).unwrap(), document);
        assert!(!String::from_utf8_lossy(text.expose()).contains("canary"));
        let later = String::from_utf8_lossy(text.expose()).replace("\"format\":1", "\"format\":2");
        assert_eq!(Document::parse(&secret(&later)), Err("this version does not know its form"));
    }

    #[test]
    fn what_a_new_entry_drops_is_obsolete_until_its_number_comes_again() {
        let obsolete = |before: &Document, last: &Document, entry: Document| {
            Vec::from_iter(Document::following(Some(before), Some(last), entry.entry).obsolete)
        };
        let (one, three) = (document(&["one"]), document(&["one", "two", "three"]));
        assert_eq!(obsolete(&three, &three, one.clone()), [2, 3]);
        assert_eq!(obsolete(&one, &three, one.clone()), [2, 3], "a change that was killed leaves its own");
        let next = Document::following(Some(&three), None, one.entry);
        assert_eq!(obsolete(&next, &next, document(&["one", "two"])), [3]);
        let full = document(&["1", "2", "3", "4", "5", "6", "7"]);
        assert!(full.to_text().expose().len() < 2_560, "what the credential manager of Windows holds");
    }
}
