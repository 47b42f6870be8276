//! Where a server is: scheme, host, port, and what stands before every path.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Error;
use super::percent::decode_canonical;

/// The address of a server, without a path of its own but for what stands before all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    /// As it was given: it comes out in the URL like this.
    authority: String,
    /// Percent-encoded, without a slash at its end.
    base_path: String,
    owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Aws,
    Other,
}

/// Whether a URL may travel where others can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only to the machine itself.
    #[default]
    LoopbackOnly,
    /// To any host.
    Allowed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Endpoint {
    /// Reads `https://host[:port][/path]`.
    pub fn parse(url: &str, plain_http: PlainHttp) -> Result<Self, Error> {
        let (scheme, rest) =
            Scheme::split(url).ok_or(Error::Endpoint("begins with neither https:// nor http://"))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = checked_host(authority).map_err(Error::Endpoint)?;
        let base_path = path.trim_end_matches('/');
        if decode_canonical(base_path, PATH_ALSO).is_none() {
            return Err(Error::Endpoint("has a path that is not percent-encoded as it should be"));
        }
        scheme.require_private(host, plain_http)?;
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            base_path: base_path.to_owned(),
            owner: Owner::Other,
        })
    }

    /// A host that AWS is known to have, over https.
    pub(super) fn of_aws(host: String) -> Self {
        Self { scheme: Scheme::Https, authority: host, base_path: String::new(), owner: Owner::Aws }
    }

    pub(super) fn is_of_aws(&self) -> bool {
        self.owner == Owner::Aws
    }

    /// The same server under another name: `label` before its own. `None` if it has no name but a number.
    pub(super) fn with_label(&self, label: &str) -> Option<Self> {
        let host = host_of(&self.authority);
        if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
            return None;
        }
        Some(Self { authority: format!("{label}.{}", self.authority), ..self.clone() })
    }

    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The start of every URL, up to where its path begins.
    pub(super) fn origin(&self) -> String {
        format!("{}{}", self.scheme.prefix(), self.authority)
    }

    pub(super) fn base_path(&self) -> &str {
        &self.base_path
    }

    /// What a client sends as the header `Host`.
    pub(super) fn host_header(&self) -> String {
        host_header(self.scheme, &self.authority)
    }
}

impl Scheme {
    /// The scheme of a URL, and what follows it.
    pub(super) fn split(url: &str) -> Option<(Self, &str)> {
        [Self::Https, Self::Http]
            .into_iter()
            .find_map(|scheme| Some((scheme, url.strip_prefix(scheme.prefix())?)))
    }

    pub(super) fn require_private(self, host: &str, plain_http: PlainHttp) -> Result<(), Error> {
        if self == Self::Http && plain_http == PlainHttp::LoopbackOnly && !is_loopback(host) {
            return Err(Error::PlainHttp(host.to_owned()));
        }
        Ok(())
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    fn default_port(self) -> &'static str {
        match self {
            Self::Http => ":80",
            Self::Https => ":443",
        }
    }
}

/// The host in `host[:port]`, if both are well formed; else what is wrong.
pub(super) fn checked_host(authority: &str) -> Result<&str, &'static str> {
    let host = host_of(authority);
    if let Some(port) = authority[host.len()..].strip_prefix(':') {
        let is_number = !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || port.parse::<u16>().is_err() {
            return Err("has a port that is no number from 1 to 65535");
        }
    }
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').and_then(|address| address.parse::<Ipv6Addr>().ok());
        return address.map(|_| host).ok_or("has an IPv6 address that is none");
    }
    // An underscore is in no host name, and in some that people have.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.is_empty() || host.len() > MAX_HOST_LEN || !host.bytes().all(is_name) || host.starts_with('.') {
        return Err("has no host name, or one with characters that host names do not have");
    }
    Ok(host)
}

/// The header `Host` of a request: lower case, without the port that the scheme means anyway.
pub(super) fn host_header(scheme: Scheme, authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    authority.strip_suffix(scheme.default_port()).map(str::to_owned).unwrap_or(authority)
}

fn host_of(authority: &str) -> &str {
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    let len = authority[after_address..].find(':').map_or(authority.len(), |at| after_address + at);
    &authority[..len]
}

fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    if let Some(address) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || name == "localhost"
        // RFC 6761 keeps all of it on the machine.
        || name.ends_with(".localhost")
}

/// What a path may hold unencoded beside the unreserved: RFC 3986, `pchar` and the slash.
pub(super) const PATH_ALSO: &[u8] = b"/!$&'()*+,;=:@";
const MAX_HOST_LEN: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint, Error> {
        Endpoint::parse(url, PlainHttp::LoopbackOnly)
    }

    #[test]
    fn the_host_header_is_lower_case_and_without_the_usual_port() {
        for (url, host) in [
            ("https://S3.Example.com:443", "s3.example.com"),
            ("https://s3.example.com:80/", "s3.example.com:80"),
            ("http://127.0.0.1:80", "127.0.0.1"),
            ("http://[::1]:9000/base/", "[::1]:9000"),
        ] {
            assert_eq!(parse(url).unwrap().host_header(), host);
        }
    }

    #[test]
    fn plain_http_is_for_the_machine_itself() {
        for url in ["http://localhost", "http://b.LOCALHOST:9", "http://127.8.9.1", "http://[::1]"] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://127.1",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(matches!(parse(url), Err(Error::PlainHttp(_))), "{url}");
            assert!(Endpoint::parse(url, PlainHttp::Allowed).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "s3.example.com",
            "ftp://s3.example.com",
            "https://",
            "https:///path",
            "https://user@host",
            "https://user:pw@host",
            "https://host:0",
            "https://host:",
            "https://host:65536",
            "https://host:+1",
            "https://host:1:2",
            "https://h ost",
            "https://hóst",
            "https://.host",
            "https://[::1",
            "https://[x]",
            "https://host?q",
            "https://host#f",
            "https://host/a?q",
            "https://host/a b",
            "https://host/%2f",
            "https://a]b:1",
        ] {
            assert!(matches!(parse(url), Err(Error::Endpoint(_))), "{url}");
        }
    }
}
