//! Which credential is for what lies at a URL.

use super::{Credential, CredentialStore, Entry, Error, Kind, Name, Selector};

/// Reads the credential for a URL of a known scheme: `s3://BUCKET/…` an access key, `hf://…` a token.
///
/// For a bucket it is the key whose `extra.bucket` names it, else one that names no bucket. Of several the one named
/// `aws` or `huggingface` is taken; none of them is an error.
///
/// ```
/// use modelcrypt::credentials::{Credential, CredentialStore, Error, for_url};
/// fn region(store: &dyn CredentialStore) -> Result<Option<String>, Error> {
///     let credential = for_url(store, "s3://models/llama/model.safetensors.enc")?;
///     Ok(credential.record.extra.get("region").cloned())
/// }
/// ```
pub fn for_url(store: &dyn CredentialStore, url: &str) -> Result<Credential, Error> {
    let name = name_for_url(store, url)?;
    store.get(&name, Selector::CURRENT)
}

/// The name of the credential that [`for_url`] reads.
pub fn name_for_url(store: &dyn CredentialStore, url: &str) -> Result<Name, Error> {
    choose(&store.list()?.to_choose_from()?, url)
}

fn choose(entries: &[Entry], url: &str) -> Result<Name, Error> {
    let unknown = || Error::Invalid { field: "url".into(), reason: "it begins with neither s3:// nor hf://" };
    let (scheme, place) = url.split_once("://").ok_or_else(unknown)?;
    let (kind, usual) = match scheme {
        "s3" => (Kind::Aws, "aws"),
        "hf" => (Kind::Huggingface, "huggingface"),
        _ => return Err(unknown()),
    };
    let bucket = place.split('/').next().filter(|_| kind == Kind::Aws).unwrap_or_default();
    let bucket_of = |entry: &Entry| entry.record.extra.get("bucket").map_or(String::new(), Clone::clone);
    let of_kind: Vec<_> =
        entries.iter().filter(|entry| entry.record.kind == kind && entry.record.active).collect();
    let of = |bucket: &str| of_kind.iter().copied().filter(|entry| bucket_of(entry) == bucket).collect();
    let named: Vec<&Entry> = if bucket.is_empty() { Vec::new() } else { of(bucket) };
    let found: Vec<&Entry> = if named.is_empty() { of("") } else { named };
    match &found[..] {
        [] => Err(Error::NotFound(format!("for {scheme}://"))),
        [one] => Ok(one.record.name.clone()),
        several => {
            let usual = several.iter().find(|entry| entry.record.name.as_str() == usual);
            let reason = "there are several credentials for it";
            usual
                .map(|entry| entry.record.name.clone())
                .ok_or_else(|| Error::Invalid { field: "url".into(), reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::credentials::Record;

    fn entry(name: &str, kind: Kind, bucket: Option<&str>) -> Entry {
        let mut record = Record::new(name.parse().unwrap(), kind, SystemTime::now());
        record.extra.extend(bucket.map(|bucket| ("bucket".to_owned(), bucket.to_owned())));
        Entry::new(record)
    }

    fn chosen(entries: &[Entry], url: &str) -> Result<String, Error> {
        choose(entries, url).map(|name| name.to_string())
    }

    #[test]
    fn the_scheme_and_the_bucket_choose() {
        let entries = [
            entry("a", Kind::Aws, Some("models")),
            entry("b", Kind::Aws, None),
            entry("t", Kind::Huggingface, None),
            entry("x", Kind::ApiKey, None),
        ];
        assert_eq!(chosen(&entries, "s3://models/a/b").unwrap(), "a");
        assert_eq!(chosen(&entries, "s3://models").unwrap(), "a");
        assert_eq!(chosen(&entries, "s3://other/models").unwrap(), "b");
        assert_eq!(chosen(&entries, "s3://").unwrap(), "b");
        assert_eq!(chosen(&entries, "hf://org/model").unwrap(), "t");
    }

    #[test]
    fn it_is_not_guessed_which_of_several() {
        let mut entries = vec![entry("x", Kind::Aws, None), entry("y", Kind::Aws, None)];
        assert!(matches!(chosen(&entries, "s3://b/k"), Err(Error::Invalid { .. })));
        entries.push(entry("aws", Kind::Aws, None));
        assert_eq!(chosen(&entries, "s3://b/k").unwrap(), "aws");
        entries[2].record.active = false;
        assert!(matches!(chosen(&entries, "s3://b/k"), Err(Error::Invalid { .. })));
    }

    #[test]
    fn nobody_is_asked_for_another_scheme() {
        assert!(matches!(chosen(&[], "s3://b/k"), Err(Error::NotFound(_))));
        for url in ["https://a", "s3:/b", "", "gs://b"] {
            assert!(matches!(chosen(&[], url), Err(Error::Invalid { .. })), "{url}");
        }
    }
}
