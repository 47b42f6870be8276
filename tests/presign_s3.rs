//! What is signed for S3, for how long, and what is refused.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::time::{Duration, SystemTime};

use modelcrypt::base::SecretText;
use modelcrypt::presign::{
    Addressing, AwsCredentials, Endpoint, Error, Method, ObjectRequest, PlainHttp, Region, S3Signer,
};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_url_lives_from_the_second_it_is_signed_in() {
    let request = ObjectRequest::get("models", "a").unwrap();
    let url = signer(credentials()).presign(&request, HOUR, at(1000) + Duration::from_millis(999)).unwrap();
    assert_eq!((url.signed_at(), url.expires_at()), (at(1000), at(4600)));
    assert!(url.expose().contains("&X-Amz-Expires=3600&"));
    assert_eq!(url.life_left(at(999)), Duration::ZERO);
    assert_eq!(url.life_left(at(4599)), Duration::from_secs(1));
    assert_eq!(url.life_left(at(9999)), Duration::ZERO);
}

#[test]
fn a_url_lives_no_longer_than_its_credential() {
    let request = ObjectRequest::get("models", "a").unwrap();
    let end = at(2000) + Duration::from_millis(500);
    let signer = signer(credentials().with_expiry(end));
    let url = signer.presign(&request, HOUR, at(1000)).unwrap();
    assert_eq!(url.expires_at(), at(2000));
    assert!(url.expose().contains("&X-Amz-Expires=1000&"));
    for now in [2000, 2001, 9999] {
        let refused = signer.presign(&request, HOUR, at(now));
        assert!(matches!(refused, Err(Error::CredentialExpired)), "{now}: {refused:?}");
    }
}

#[test]
fn a_life_is_a_second_to_seven_days() {
    let (signer, request) = (signer(credentials()), ObjectRequest::get("models", "a").unwrap());
    let week = Duration::from_secs(604_800);
    for refused in
        [Duration::ZERO, Duration::from_millis(999), week + Duration::from_millis(1), Duration::MAX]
    {
        assert!(
            matches!(signer.presign(&request, refused, at(0)), Err(Error::Lifetime { .. })),
            "{refused:?}"
        );
    }
    assert!(signer.presign(&request, week, at(0)).is_ok());
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    for now in [before_1970, at(253_402_300_799), at(253_402_300_800)] {
        assert!(matches!(signer.presign(&request, HOUR, now), Err(Error::Time)), "{now:?}");
    }
}

#[test]
fn the_bucket_is_never_left_through_the_key() {
    let request = ObjectRequest::get("models", "../../other/secret").unwrap();
    let url = signer(credentials()).presign(&request, HOUR, at(0)).unwrap();
    assert!(url.expose().starts_with("https://models.s3.eu-west-1.amazonaws.com/../../other/secret?"));
    for key in ["a?b=c", "a#b", "a&X-Amz-Expires=1", "a b\r\nHost: x", "\\..\\"] {
        let request = ObjectRequest::get("models", key).unwrap();
        let url = signer(credentials()).presign(&request, HOUR, at(0)).unwrap();
        let (before, query) = url.expose().split_once('?').unwrap();
        assert!(
            before.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%/:".contains(&byte)),
            "{before}"
        );
        assert!(query.starts_with("X-Amz-Algorithm="), "{query}");
    }
    assert!(matches!(ObjectRequest::delete("models", ""), Err(Error::Key(_))));
    assert!(ObjectRequest::get("models", vec![b'k'; 1025]).is_err());
}

#[test]
fn what_the_signature_brings_itself_cannot_be_given() {
    let request = || ObjectRequest::get("models", "a").unwrap();
    for name in ["X-Amz-Expires", "x-amz-signature", "X-AMZ-SECURITY-TOKEN", "x-amz-credential"] {
        assert!(matches!(request().query(name, "1"), Err(Error::ReservedParameter(_))), "{name}");
    }
    assert!(request().query("", "1").is_err());
    assert!(request().version("1").unwrap().version("2").is_err(), "two versions");
    for name in
        ["Host", "authorization", "X-Amz-Date", "x-amz-security-token", "User-Agent", "Transfer-Encoding"]
    {
        assert!(matches!(request().header(name, "1"), Err(Error::Header { .. })), "{name}");
    }
    for (name, value) in
        [("", "v"), ("a b", "v"), ("a:b", "v"), ("a", "v\r\nHost: x"), ("a", "é"), ("a\n", "v")]
    {
        let refused = request().header(name, value).unwrap_err();
        assert!(matches!(refused, Error::Header { .. } | Error::HeaderName), "{name:?}: {value:?}");
    }
}

#[test]
fn the_headers_to_send_come_with_the_url() {
    let request = ObjectRequest::put("models", "a").unwrap().header("Content-Type", "a/b").unwrap();
    let url = signer(credentials()).presign(&request, HOUR, at(0)).unwrap();
    assert_eq!(url.headers().collect::<Vec<_>>(), [("content-type", "a/b")]);
    assert_eq!(url.methods(), [Method::PUT]);
    assert!(url.expose().contains("X-Amz-SignedHeaders=content-type%3Bhost&"));
}

#[test]
fn a_bucket_that_no_certificate_covers_goes_into_the_path() {
    let signed = |addressing, bucket: &str| {
        let signer = signer(credentials()).with_addressing(addressing);
        signer.presign(&ObjectRequest::get(bucket, "a").unwrap(), HOUR, at(0))
    };
    let url = signed(Addressing::Auto, "my.bucket").unwrap();
    assert!(url.expose().starts_with("https://s3.eu-west-1.amazonaws.com/my.bucket/a?"));
    assert!(matches!(signed(Addressing::VirtualHost, "my.bucket"), Err(Error::Bucket(_))));
    let numbered = Endpoint::parse("https://10.0.0.1", PlainHttp::LoopbackOnly).unwrap();
    let signer = S3Signer::new(numbered, region(), credentials()).with_addressing(Addressing::VirtualHost);
    let refused = signer.presign(&ObjectRequest::get("models", "a").unwrap(), HOUR, at(0));
    assert!(matches!(refused, Err(Error::Endpoint(_))));
}

#[test]
fn uploads_in_parts_are_requests_like_others() {
    let signer = signer(credentials());
    for (request, method, query) in [
        (ObjectRequest::begin_upload("models", "a"), Method::POST, "?uploads=&X-Amz"),
        (
            ObjectRequest::upload_part("models", "a", "u/+", 7),
            Method::PUT,
            "?partNumber=7&uploadId=u%2F%2B&X-Amz",
        ),
        (ObjectRequest::complete_upload("models", "a", "u"), Method::POST, "?uploadId=u&X-Amz"),
        (ObjectRequest::abort_upload("models", "a", "u"), Method::DELETE, "?uploadId=u&X-Amz"),
    ] {
        let url = signer.presign(&request.unwrap(), HOUR, at(0)).unwrap();
        assert!(url.expose().contains(query), "{url}");
        assert_eq!(url.methods(), [method]);
    }
}

#[test]
fn a_signed_url_displays_without_what_makes_it_work() {
    let credentials = credentials().with_token(SecretText::new(b"the-token".to_vec())).unwrap();
    let request = ObjectRequest::get("models", "a").unwrap().version("v1").unwrap();
    let request = request.query("response-content-type", "a/b").unwrap();
    let url = signer(credentials).presign(&request, HOUR, at(0)).unwrap();
    assert!(url.expose().contains("the-token"));
    assert_eq!(
        url.to_string(),
        "https://models.s3.eu-west-1.amazonaws.com/a?versionId=v1&response-content-type=***\
         &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F19700101%2Feu-west-1%2Fs3%2Faws4_request\
         &X-Amz-Date=19700101T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=***\
         &X-Amz-Signature=***"
    );
}

proptest! {
    #[test]
    fn no_key_or_value_gets_out_of_its_place(key in any::<Vec<u8>>(), value: String, text: String) {
        prop_assume!(!key.is_empty() && key.len() <= 1024 && !text.is_empty());
        let Ok(request) = ObjectRequest::get("models", key).unwrap().query(&text, &value) else { return Ok(()) };
        let url = signer(credentials()).presign(&request, HOUR, at(0)).unwrap();
        let (before, query) = url.expose().split_once('?').unwrap();
        prop_assert!(before.starts_with("https://models.s3.eu-west-1.amazonaws.com/"));
        prop_assert_eq!(query.split('&').count(), 7);
        prop_assert!(url.expose().is_ascii() && !url.expose().contains(['#', ' ', '\n']));
    }

    #[test]
    fn any_change_of_the_request_changes_the_signature(key in "[a-z/.%+ ]{1,20}", other in "[a-z/.%+ ]{1,20}", time in 0u64..1 << 32) {
        let signed = |key: &str, time| {
            let url = signer(credentials()).presign(&ObjectRequest::get("models", key).unwrap(), HOUR, at(time)).unwrap();
            url.expose().rsplit_once('=').unwrap().1.to_owned()
        };
        prop_assert_eq!(signed(&key, time) == signed(&other, time), key == other);
        prop_assert_ne!(signed(&key, time), signed(&key, time + 1));
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn region() -> Region {
    Region::parse("eu-west-1").unwrap()
}

fn credentials() -> AwsCredentials {
    AwsCredentials::new("AKIDEXAMPLE", SecretText::new(b"secret".to_vec())).unwrap()
}

fn signer(credentials: AwsCredentials) -> S3Signer {
    S3Signer::new(Endpoint::aws(&region()).unwrap(), region(), credentials)
}
