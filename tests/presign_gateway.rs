//! URLs of one's own gateway: what holds, and every way in which others' signed URLs have been bent.
#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::time::{Duration, SystemTime};

use modelcrypt::MasterKey;
use modelcrypt::base::{Secret, SecretText};
use modelcrypt::presign::{
    Error, Grant, Granted, KeyStanding, Method, PlainHttp, SignedUrl, UrlSigner, kid_of,
};
use proptest::prelude::*;

const NOW: u64 = 1_790_000_000;
const HOUR: Duration = Duration::from_secs(3600);
const URL: &str = "https://models.example/llama/a.enc?rev=2";

#[test]
fn a_url_is_what_another_program_computes_of_the_same_rules() {
    let master = MasterKey::from_raw(Secret::copy_from(&std::array::from_fn::<u8, 32, _>(|at| {
        at.try_into().unwrap()
    })));
    let grant = Grant::new(Method::HEAD, HOUR).and(Method::GET);
    let url = "https://Models.example:8443/llama/model%20a.enc?rev=2";
    let signed = UrlSigner::new(&master, "2026-01").unwrap().sign(url, &grant, at(NOW)).unwrap();
    let fields = "mc-v=1&mc-kid=2026-01&mc-exp=1790003600&mc-m=GET,HEAD";
    // Computed with `hmac` of Python.
    let signature = "hTt-GeetZpd20t4FVE4z0egkiMs-Wpj892w7SbhTGlM";
    assert_eq!(signed.expose(), format!("{url}&{fields}&mc-sig={signature}"));
    assert_eq!(
        signed.to_string(),
        format!("https://Models.example:8443/llama/model%20a.enc?rev=***&{fields}&mc-sig=***")
    );
}

#[test]
fn a_url_holds_for_its_methods_host_path_and_query() {
    let signed = sign(URL, &Grant::new(Method::GET, HOUR).and(Method::HEAD));
    let granted = signer().verify_url(&Method::HEAD, signed.expose(), at(NOW)).unwrap();
    assert_eq!(
        granted,
        Granted {
            kid: "new".into(),
            methods: vec![Method::GET, Method::HEAD],
            not_before: None,
            expires_at: at(NOW + 3600),
        }
    );
    let target = signed.expose().strip_prefix("https://models.example").unwrap();
    assert!(signer().verify(&Method::GET, "MODELS.example", target, at(NOW)).is_ok());
    assert!(matches!(
        signer().verify(&Method::PUT, "models.example", target, at(NOW)),
        Err(Error::WrongMethod)
    ));
    for host in
        ["other.example", "models.example.", "models.example:444", "xmodels.example", "models.example:443"]
    {
        let refused = signer().verify(&Method::GET, host, target, at(NOW));
        assert!(matches!(refused, Err(Error::WrongSignature)), "{host}: {refused:?}");
    }
    assert_eq!(kid_of(signed.expose()).unwrap(), "new");
}

#[test]
fn urls_without_a_query_and_with_an_empty_one_differ() {
    for url in [
        "https://h.example/a",
        "https://h.example/a?",
        "https://h.example/?x",
        "https://h.example/?&",
        "https://h.example//a",
    ] {
        let signed = sign(url, &get());
        assert!(verify(signed.expose()).is_ok(), "{url}");
        for other in [signed.expose().replacen("?&", "?", 1), signed.expose().replacen("?mc", "?&mc", 1)] {
            assert!(other == signed.expose() || verify(&other).is_err(), "{other}");
        }
    }
}

#[test]
fn nothing_can_be_appended_or_put_in() {
    let signed = sign(URL, &get());
    let (before, _) = signed.expose().split_once("&mc-sig=").unwrap();
    let signature = signed.expose().strip_prefix(before).unwrap();
    for added in [
        "&",
        "&&",
        "&=",
        "&a",
        "&a=",
        "&a=1",
        ";a=1",
        "=",
        "%20",
        "%26a=1",
        "#a",
        "?a=1",
        "&mc-sig=",
        "&mc-exp=9999999999",
    ] {
        assert!(verify(&format!("{}{added}", signed.expose())).is_err(), "after the signature: {added}");
        assert!(verify(&format!("{before}{added}{signature}")).is_err(), "before the signature: {added}");
        for place in ["?rev=2", "mc-v=1", "mc-kid=new", "/llama/a.enc"] {
            let bent = signed.expose().replacen(place, &format!("{place}{added}"), 1);
            assert!(verify(&bent).is_err(), "{bent}");
        }
    }
}

#[test]
fn fields_given_twice_or_as_arrays_are_refused() {
    let signed = sign(URL, &get());
    for field in ["mc-v", "mc-kid", "mc-exp", "mc-nbf", "mc-m", "mc-sig"] {
        for name in [
            field.to_owned(),
            field.to_uppercase(),
            format!("{field}[]"),
            format!("{field}%5B%5D"),
            format!("{field}%5B0%5D"),
            format!("+{field}"),
            format!("%20{field}"),
            format!("%00{field}"),
            format!("%0B{field}"),
            format!("%5B{field}%5D"),
            format!("%5B%5D{field}"),
            field.replace('-', "_"),
            field.replace('-', "."),
            field.replace("mc", "%6Dc"),
        ] {
            for bent in [
                signed.expose().replacen('?', &format!("?{name}=9999999999&"), 1),
                signed.expose().replacen("&mc-exp", &format!("&{name}=9999999999&mc-exp"), 1),
                format!("{}&{name}=9999999999", signed.expose()),
            ] {
                assert!(verify(&bent).is_err(), "{bent}");
            }
            let url = format!("https://h.example/a?{name}=1");
            assert!(signer().sign(&url, &get(), at(NOW)).is_err(), "{url}");
        }
    }
}

#[test]
fn fields_in_another_order_or_form_are_refused() {
    let signed = sign(URL, &get());
    let text = signed.expose();
    let (start, query) = text.split_once('?').unwrap();
    let parameters: Vec<&str> = query.split('&').collect();
    for from in 0..parameters.len() {
        for to in 0..parameters.len() {
            let mut moved = parameters.clone();
            let parameter = moved.remove(from);
            moved.insert(to, parameter);
            let bent = format!("{start}?{}", moved.join("&"));
            assert_eq!(verify(&bent).is_ok(), moved == parameters, "{bent}");
        }
        let mut fewer = parameters.clone();
        fewer.remove(from);
        assert!(verify(&format!("{start}?{}", fewer.join("&"))).is_err());
    }
    for (right, wrong) in [
        ("mc-v=1", "mc-v=2"),
        ("mc-v=1", "mc-v=01"),
        ("mc-exp=", "mc-exp=0"),
        ("mc-exp=", "mc-exp=+"),
        ("mc-exp=", "mc-exp=-"),
        ("mc-exp=1790003600", "mc-exp="),
        ("mc-exp=1790003600", "mc-exp=1790003600.0"),
        ("mc-exp=1790003600", "mc-exp=99999999999999999999999"),
        ("mc-m=GET", "mc-m="),
        ("mc-m=GET", "mc-m=get"),
        ("mc-m=GET", "mc-m=GET,"),
        ("mc-m=GET", "mc-m=GET,PUT"),
        ("mc-kid=new", "mc-kid="),
        ("mc-kid=new", "mc-kid=old"),
        ("mc-kid=new", "mc-kid=new/"),
        ("mc-sig=", "mc-sig=A"),
    ] {
        let bent = text.replacen(right, wrong, 1);
        assert_ne!(bent, text);
        assert!(verify(&bent).is_err(), "{bent}");
    }
}

#[test]
fn paths_that_could_mean_two_things_are_refused() {
    for path in [
        "",
        "a",
        "/a/../b",
        "/..",
        "/.",
        "/a/./b",
        "/a/..;/b",
        "/a/..;x=1/b",
        "/.;/a",
        "/a%2Fb",
        "/a%2fb",
        "/a%5Cb",
        "/a\\b",
        "/a%00",
        "/%61",
        "/%7E",
        "/a%2",
        "/a%zz",
        "/a b",
        "/é",
        "/%2E%2E/b",
        "/a\n",
        "/a#b",
        "/<",
        "/\"",
    ] {
        let url = format!("https://h.example{path}");
        let refused = signer().sign(&url, &get(), at(NOW));
        assert!(matches!(refused, Err(Error::Url(_))), "{url}: {refused:?}");
    }
    // Double encoding is another name, not another way to write one.
    let signed = sign("https://h.example/a%20b", &get());
    for bent in [
        "/a%2520b",
        "/a+b",
        "/a b",
        "/a%20b/",
        "//a%20b",
        "/./a%20b",
        "/x/../a%20b",
        "/A%20b",
        "/a%20b;x",
        "/a%20b%00",
    ] {
        assert!(verify(&signed.expose().replacen("/a%20b", bent, 1)).is_err(), "{bent}");
    }
    for host in ["", "user@h.example", "h.example:0", "h example", "h.example/x"] {
        assert!(signer().verify(&Method::GET, host, "/a", at(NOW)).is_err(), "{host}");
    }
    assert!(signer().sign(&format!("https://h.example/{}", "a".repeat(9000)), &get(), at(NOW)).is_err());
}

#[test]
fn a_url_ends_and_begins_when_it_says_give_or_take_the_skew() {
    let signer = signer().with_skew(Duration::from_secs(10));
    let grant = get().not_before(at(NOW + 100));
    let signed = signer.sign(URL, &grant, at(NOW)).unwrap();
    let verified = |seconds| signer.verify_url(&Method::GET, signed.expose(), at(seconds));
    assert!(matches!(verified(NOW + 89), Err(Error::NotYetValid)));
    assert!(verified(NOW + 90).is_ok());
    assert!(verified(NOW + 100 + 3609).is_ok());
    assert!(matches!(verified(NOW + 100 + 3610), Err(Error::Expired)));
    assert!(matches!(verified(u64::from(u32::MAX)), Err(Error::Expired)));
    assert_eq!(verified(NOW + 100).unwrap().not_before, Some(at(NOW + 100)));
    assert_eq!((signed.signed_at(), signed.expires_at()), (at(NOW + 100), at(NOW + 3700)));
}

#[test]
fn the_longest_life_is_the_verifiers_too() {
    let day = Duration::from_secs(86_400);
    let generous = signer().with_max_lifetime(day * 30);
    let strict = signer().with_max_lifetime(day).with_skew(Duration::ZERO);
    let long = generous.sign(URL, &Grant::new(Method::GET, day * 2), at(NOW)).unwrap();
    let refused = strict.verify_url(&Method::GET, long.expose(), at(NOW));
    assert!(matches!(refused, Err(Error::LivesTooLong)), "{refused:?}");
    // One that says when it began is not let in at its end either.
    let since = Grant::new(Method::GET, day * 2).not_before(at(NOW));
    let long = generous.sign(URL, &since, at(NOW)).unwrap();
    let refused = strict.verify_url(&Method::GET, long.expose(), at(NOW + 86_400 * 2 - 1));
    assert!(matches!(refused, Err(Error::LivesTooLong)), "{refused:?}");
    assert!(matches!(strict.sign(URL, &since, at(NOW)), Err(Error::Lifetime { .. })));
    assert!(matches!(
        strict.sign(URL, &Grant::new(Method::GET, Duration::ZERO), at(NOW)),
        Err(Error::Lifetime { .. })
    ));
}

#[test]
fn a_life_past_the_end_of_time_is_refused_and_does_not_begin_anew() {
    let endless = signer().with_max_lifetime(Duration::MAX);
    for lifetime in [Duration::MAX, Duration::from_secs(u64::MAX - NOW + 1), Duration::from_secs(1 << 40)] {
        let refused = endless.sign(URL, &Grant::new(Method::GET, lifetime), at(NOW));
        assert!(matches!(refused, Err(Error::Time)), "{lifetime:?}: {refused:?}");
    }
}

#[test]
fn a_key_that_was_revoked_a_second_ago_verifies_nothing() {
    let mut signer = signer();
    let signed = signer.sign(URL, &get(), at(NOW)).unwrap();
    let verified = |signer: &UrlSigner, now| signer.verify_url(&Method::GET, signed.expose(), at(now));
    assert!(verified(&signer, NOW).is_ok());
    signer.set_standing("new", KeyStanding::VerifyOnlyUntil(at(NOW + 60))).unwrap();
    assert!(verified(&signer, NOW + 59).is_ok());
    assert!(matches!(verified(&signer, NOW + 60), Err(Error::KeyRevoked)));
    assert!(matches!(signer.sign(URL, &get(), at(NOW)), Err(Error::KeyRevoked)));
    signer.set_standing("new", KeyStanding::Revoked).unwrap();
    assert!(matches!(verified(&signer, NOW), Err(Error::KeyRevoked)));
    assert!(signer.set_standing("none", KeyStanding::Revoked).is_err());
}

#[test]
fn keys_change_without_a_url_failing() {
    let old = UrlSigner::new(&key(1), "old").unwrap().sign(URL, &get(), at(NOW)).unwrap();
    let end = KeyStanding::VerifyOnlyUntil(at(NOW + 600));
    let both = UrlSigner::new(&key(2), "new").unwrap().with_key(&key(1), "old", end).unwrap();
    assert_eq!(both.verify_url(&Method::GET, old.expose(), at(NOW)).unwrap().kid, "old");
    let new = both.sign(URL, &get(), at(NOW)).unwrap();
    assert_eq!(both.verify_url(&Method::GET, new.expose(), at(NOW)).unwrap().kid, "new");
    assert!(both.with_key(&key(3), "old", KeyStanding::Active).is_err());
}

#[test]
fn an_unknown_key_is_told_from_a_wrong_signature_by_nobody() {
    let signed = sign(URL, &get());
    let unknown = signed.expose().replacen("mc-kid=new", "mc-kid=nobody", 1);
    let another = UrlSigner::new(&key(9), "new").unwrap().sign(URL, &get(), at(NOW)).unwrap();
    let refused = [verify(&unknown).unwrap_err(), verify(another.expose()).unwrap_err()]
        .map(|error| format!("{error:?} {error}"));
    assert_eq!(refused[0], refused[1]);
    // The same master key under another id is another key.
    let renamed = UrlSigner::new(&key(2), "newer").unwrap().sign(URL, &get(), at(NOW)).unwrap();
    assert!(matches!(
        verify(&renamed.expose().replacen("mc-kid=newer", "mc-kid=new", 1)),
        Err(Error::WrongSignature)
    ));
}

#[test]
fn only_a_raw_key_signs() {
    let passphrase = MasterKey::parse(SecretText::new(b"correct horse".to_vec())).unwrap();
    assert!(matches!(UrlSigner::new(&passphrase, "a"), Err(Error::PassphraseKey)));
    for kid in ["", "a b", "a&b", "a/b", "é", &"a".repeat(65)] {
        assert!(matches!(UrlSigner::new(&key(1), kid), Err(Error::KeyId(_))), "{kid}");
    }
}

#[test]
fn what_others_can_read_is_signed_only_when_allowed() {
    let refused = signer().sign("http://models.example/a", &get(), at(NOW));
    assert!(matches!(refused, Err(Error::PlainHttp(_))));
    assert!(signer().sign("http://127.0.0.1:8080/a", &get(), at(NOW)).is_ok());
    let allowed = signer().with_plain_http(PlainHttp::Allowed);
    assert!(allowed.sign("http://models.example/a", &get(), at(NOW)).is_ok());
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_no_change_of_a_byte_does(
        path in "(/[a-zA-Z0-9._~!$'()*+,;=:@-]{1,8}){1,3}/?",
        query in proptest::option::of("[a-zA-Z0-9._~!$'()*+,;=:@/?&-]{0,20}"),
        at_byte: prop::sample::Index,
        byte in 0x20u8..0x7f,
    ) {
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let Ok(signed) = signer().sign(&format!("https://h.example{path}{query}"), &get(), at(NOW)) else { return Ok(()) };
        prop_assert!(verify(signed.expose()).is_ok());
        let index = at_byte.index(signed.expose().len());
        let change = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let text = signed.expose().as_bytes();
        let replaced = change([&text[..index], &[byte], &text[index + 1..]].concat());
        let inserted = change([&text[..index], &[byte], &text[index..]].concat());
        let removed = change([&text[..index], &text[index + 1..]].concat());
        for bent in [replaced, inserted, removed] {
            prop_assert_eq!(verify(&bent).is_ok(), signed_part(&bent) == signed_part(signed.expose()), "{}", bent);
        }
    }

    #[test]
    fn whatever_comes_in_is_refused_without_a_panic(host: String, target: String, url: String) {
        prop_assert!(signer().verify(&Method::GET, &host, &target, at(NOW)).is_err());
        prop_assert!(verify(&url).is_err());
        let queried = format!("https://h.example/a?{target}");
        prop_assert!(verify(&queried).is_err());
        let fields = format!("https://h.example/a?mc-v=1&mc-kid=new&mc-exp={target}&mc-m=GET&mc-sig={host}");
        prop_assert!(verify(&fields).is_err());
        let _ = signer().sign(&url, &get(), at(NOW));
    }
}

/// Host, path and query of a URL: the scheme is not signed, for a gateway behind a proxy does not see it, and hosts have
/// no case.
fn signed_part(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    Some(format!("{}/{path}", host.to_ascii_lowercase()))
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn key(byte: u8) -> MasterKey {
    MasterKey::from_raw(Secret::copy_from(&[byte; 32]))
}

fn signer() -> UrlSigner {
    UrlSigner::new(&key(2), "new").unwrap()
}

fn get() -> Grant {
    Grant::new(Method::GET, HOUR)
}

fn sign(url: &str, grant: &Grant) -> SignedUrl {
    signer().sign(url, grant, at(NOW)).unwrap()
}

fn verify(url: &str) -> Result<Granted, Error> {
    signer().verify_url(&Method::GET, url, at(NOW))
}
