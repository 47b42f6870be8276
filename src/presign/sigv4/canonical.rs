//! The one form of a request that both sides sign: "Create a canonical request".

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::request::{Body, EncodedPath, PathSteps, Request, Service};
use crate::crypto::sha256;
use crate::presign::percent::{Slash, encode_onto, encoded_len};

/// The headers of a request, each name once, in order.
pub(super) struct Headers<'r>(BTreeMap<&'r str, Zeroizing<String>>);

impl<'r> Headers<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        let mut headers: BTreeMap<&str, Zeroizing<String>> = BTreeMap::new();
        headers.insert("host", Zeroizing::new(request.host.clone()));
        for (name, value) in request.headers.iter() {
            let canonical = headers.entry(name).and_modify(|values| values.push(',')).or_default();
            for (index, word) in value.split_ascii_whitespace().enumerate() {
                canonical.push_str(if index == 0 { "" } else { " " });
                canonical.push_str(word);
            }
        }
        Self(headers)
    }

    /// Their names, as `X-Amz-SignedHeaders` has them.
    pub(super) fn names(&self) -> String {
        self.0.keys().copied().collect::<Vec<_>>().join(";")
    }
}

/// The canonical request over the encoded `query`, which is not sorted yet.
pub(super) fn canonical_request(
    request: &Request,
    service: &Service,
    query: &[(&str, &str)],
    headers: &Headers<'_>,
) -> Zeroizing<String> {
    let path = canonical_path(&request.path, service);
    let mut sorted = query.to_vec();
    sorted.sort_unstable();
    let query_len: usize = sorted.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let headers_len: usize = headers.0.iter().map(|(name, value)| 2 * name.len() + value.len() + 3).sum();
    // Of one length from the start: what holds a session token is not left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(path.len() + query_len + headers_len + FIXED_LEN));
    for line in [request.method.as_str(), &path] {
        text.push_str(line);
        text.push('\n');
    }
    for (index, (name, value)) in sorted.iter().enumerate() {
        for piece in [if index == 0 { "" } else { "&" }, name, "=", value] {
            text.push_str(piece);
        }
    }
    text.push('\n');
    for (name, value) in &headers.0 {
        for piece in [name, ":", value.as_str(), "\n"] {
            text.push_str(piece);
        }
    }
    for piece in ["\n", &headers.names(), "\n"] {
        text.push_str(piece);
    }
    let given = headers.0.get("x-amz-content-sha256");
    match (given, request.body_sha256, service.body) {
        (Some(given), ..) => text.push_str(given),
        (None, Some(hash), _) => text.push_str(&HEXLOWER.encode(&hash)),
        (None, None, Body::Unsigned) => text.push_str("UNSIGNED-PAYLOAD"),
        (None, None, Body::Empty) => text.push_str(&HEXLOWER.encode(&sha256(b""))),
    }
    text
}

fn canonical_path<'p>(as_sent: &'p str, service: &Service) -> Cow<'p, str> {
    let steps = match service.path_steps {
        PathSteps::Kept => Cow::Borrowed(as_sent),
        PathSteps::Resolved => Cow::Owned(resolved(as_sent)),
    };
    match service.encoded_path {
        EncodedPath::Once => steps,
        EncodedPath::Twice => {
            let mut twice = String::with_capacity(encoded_len(steps.as_bytes(), Slash::Kept));
            encode_onto(&mut twice, steps.as_bytes(), Slash::Kept);
            twice.into()
        }
    }
}

/// The path without `.`, `..` and empty segments; a slash at its end stays.
fn resolved(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// Room for a method, newlines and a hash.
const FIXED_LEN: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_resolved_as_aws_has_it() {
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/a/..", "/"),
            ("/a/b/../..", "/"),
            ("/../a", "/a"),
            ("//a//b/", "/a/b/"),
            ("/a/./b/..", "/a"),
            ("/.../a.b/", "/.../a.b/"),
        ] {
            assert_eq!(resolved(path), expected, "{path}");
        }
    }
}
