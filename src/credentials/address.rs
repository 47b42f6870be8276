//! Addresses of servers: `scheme://user:password@host:port/path`, as far as a credential needs them (RFC 3986).

use std::net::IpAddr;

/// The parts of an address, as they are written.
#[derive(Clone, Copy)]
pub(super) struct Address<'a> {
    pub(super) scheme: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a str>,
    /// Without brackets; empty in the address of a local file or socket.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// What follows the host, from the slash on, without query and fragment.
    pub(super) path: &'a str,
}

impl<'a> Address<'a> {
    /// Takes `text` apart; the error says what is wrong without showing any of it.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("an address holds a space, a control character or one that is not ASCII");
        }
        let (scheme, rest) = text.split_once("://").ok_or("an address has no `://`")?;
        let mut letters = scheme.bytes();
        let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err("an address has no scheme");
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user_info, host_port) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (user, password) = match user_info.map(|text| text.split_once(':').ok_or(text)) {
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
            None => (None, None),
        };
        let (host, port) = host_and_port(host_port)?;
        let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        Ok(Self { scheme, user, password, host, port, path })
    }

    /// Whether it leads no further than this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        host.parse::<IpAddr>().map_or_else(
            |_| host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
            |address| address.is_loopback(),
        )
    }
}

fn host_and_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or("an address has a bracket that is not closed")?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| "an address has no IPv6 address in its brackets")?;
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err("an address has something behind its bracket"),
        }
    } else {
        text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    if host.contains(['[', ']', '@', '\\']) {
        return Err("an address has a host with characters that no host has");
    }
    let is_digits = |port: &&str| port.bytes().all(|byte| byte.is_ascii_digit());
    let number = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.map(|port| {
        Some(port).filter(is_digits).and_then(number).ok_or("an address has no number as its port")
    });
    Ok((host, port.transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<u16>, String, bool) {
        let address = Address::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        (address.host.into(), address.port, address.path.into(), address.is_loopback())
    }

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(parsed("https://a.example"), ("a.example".into(), None, String::new(), false));
        assert_eq!(parsed("http://LOCALHOST:80/x?y"), ("LOCALHOST".into(), Some(80), "/x".into(), true));
        assert_eq!(parsed("http://[::1]:9000/"), ("::1".into(), Some(9000), "/".into(), true));
        assert_eq!(parsed("http://127.9.9.9#f"), ("127.9.9.9".into(), None, String::new(), true));
        let dsn = Address::parse("postgresql://u:p%40@db:5432/name?sslmode=require").unwrap();
        assert_eq!((dsn.user, dsn.password, dsn.host), (Some("u"), Some("p%40"), "db"));
    }

    #[test]
    fn what_only_looks_like_loopback_is_not() {
        for text in ["http://localhost.example", "http://127.0.0.1.example", "http://localhost@evil.example"]
        {
            assert!(!Address::parse(text).unwrap().is_loopback(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        let texts = [
            "",
            "a",
            "https:/a",
            "://a",
            "1x://a",
            "https://a:b",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://[::1",
            "https://[x]",
            "https://[::1]x",
            "https://a b",
            "https://a\\b",
            "https://a\n",
        ];
        for text in texts {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
