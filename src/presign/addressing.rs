//! How S3 names buckets: in the host or in the path, and where AWS has its servers.

use super::Error;
use super::endpoint::Endpoint;

/// Where the bucket stands in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Addressing {
    /// In the host at AWS if the name allows it, else in the path.
    #[default]
    Auto,
    /// In the host: `https://bucket.s3.eu-west-1.amazonaws.com/key`. A bucket whose name does not go there is an error.
    VirtualHost,
    /// In the path: `https://s3.eu-west-1.amazonaws.com/bucket/key`.
    Path,
}

/// The name of a region: `eu-west-1`, or what a server of one's own calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region(String);

impl Region {
    /// Takes letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > MAX_REGION_LEN || !text.bytes().all(is_name) {
            return Err(Error::Region("is not made of 1 to 63 letters, digits and hyphens"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Endpoint {
    /// The server of AWS in a region.
    pub fn aws(region: &Region) -> Result<Self, Error> {
        let name = region.as_str();
        if !is_label(name) {
            return Err(Error::Region("is none of AWS: those are lower case"));
        }
        let starts = |prefix: &str| name.starts_with(prefix);
        let (_, suffix) = PARTITIONS.iter().find(|(prefix, _)| starts(prefix)).unwrap_or(&AWS);
        Ok(Self::of_aws(format!("s3.{name}.{suffix}")))
    }
}

/// Whether a bucket of this name can be asked for at all.
pub(super) fn check_bucket(bucket: &str) -> Result<(), Error> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if bucket.is_empty() || bucket.len() > MAX_BUCKET_LEN || !bucket.bytes().all(is_name) {
        return Err(Error::Bucket("is not made of 1 to 255 letters, digits, dots, hyphens and underscores"));
    }
    // In the path they would mean another bucket.
    if bucket == "." || bucket == ".." {
        return Err(Error::Bucket("is made of dots"));
    }
    Ok(())
}

/// Whether a certificate for `*.endpoint` covers the bucket's host name, as AWS draws the rule for its own.
pub(super) fn is_host_label(bucket: &str) -> bool {
    (3..=63).contains(&bucket.len()) && is_label(bucket)
}

/// Whether the bucket is part of a host name where no certificate is asked for.
pub(super) fn is_host_name(bucket: &str) -> bool {
    (3..=63).contains(&bucket.len()) && bucket.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inside) && !text.starts_with('-') && !text.ends_with('-')
}

const AWS: (&str, &str) = ("", "amazonaws.com");
/// The beginnings of regions outside the usual partition, and the domains of theirs.
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];
const MAX_REGION_LEN: usize = 63;
const MAX_BUCKET_LEN: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_a_name_and_nothing_that_could_end_up_elsewhere() {
        assert!(Region::parse("eu-west-1").is_ok() && Region::parse("auto").is_ok());
        for wrong in ["", "eu/west", "a.b", "a b", "é", &"a".repeat(64)] {
            assert!(Region::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Endpoint::aws(&Region::parse("EU").unwrap()).is_err());
    }

    #[test]
    fn each_partition_has_its_domain() {
        for (region, host) in [
            ("us-east-1", "s3.us-east-1.amazonaws.com"),
            ("us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(Endpoint::aws(&Region::parse(region).unwrap()).unwrap().host_header(), host);
        }
    }

    #[test]
    fn only_names_that_are_labels_go_into_a_host() {
        assert!(is_host_label("my-bucket") && is_host_name("my.bucket"));
        for wrong in ["my.bucket", "My-bucket", "my_bucket", "ab", "-ab", "ab-", &"a".repeat(64)] {
            assert!(!is_host_label(wrong), "{wrong}");
        }
        assert!(!is_host_name("my..bucket") && !is_host_name(".my") && !is_host_name("a-.b"));
    }

    #[test]
    fn a_bucket_is_never_a_step_in_a_path() {
        for wrong in ["", ".", "..", "a/b", "a%2Fb", "a b", "a?b", "bücket"] {
            assert!(check_bucket(wrong).is_err(), "{wrong}");
        }
    }
}
