//! Where the engine comes in.

use super::cursor::{byte, continues_with};
use super::{field, flag, header, markup, url};
use crate::mask::found::Found;
use crate::mask::syntax::Syntax;

/// What makes the engine stop: lower-case fragments, found in whatever case.
pub(in crate::mask) const TRIGGERS: &[&str] = &[
    "://",
    " -u",
    " -p",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "bearer",
    "cookie",
    "session",
    "sessid",
    "salt",
    "nonce",
    "seed",
    "signature",
    "sig=",
    "jwt",
    "psw",
    "csrf",
    "hmac",
    "senha",
    "kennwort",
    "mdp",
    "contrasena",
    "_pw",
    "identified by",
    "identified with",
    "securestring",
    "\"d\":",
    "\"k\":",
    "密码",
    "口令",
    "パスワード",
    "비밀번호",
    "пароль",
];

/// Reads what stands around the trigger at `at`, pushes what it finds, and returns the byte up to which the text is done.
pub(in crate::mask) fn at_trigger(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> usize {
    match byte(text, at) {
        b':' => url::user_info(text, at, syntax, out),
        b' ' => flag::read(text, at, syntax, out),
        b'i' | b'I' if continues_with(text, at, "identified ") => markup::identified_by(text, at, out),
        b's' | b'S' if continues_with(text, at, "securestring") => markup::secure_string(text, at, out),
        b'b' | b'B' => header::scheme_value(text, at + "bearer".len(), syntax, out)
            .unwrap_or_else(|| field::read(text, at, syntax, out)),
        b'"' => markup::json_web_key(text, at, out),
        0x80.. => field::read_foreign(text, at, syntax, out),
        _ => field::read(text, at, syntax, out),
    }
}
