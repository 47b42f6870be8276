//! Judges whether a value is the secret that its name announces.

use super::joint::Joint;
use super::kind::Kind;
use super::name::{self, Promise, Strength};
use super::placeholder::is_placeholder;
use super::randomness::Makeup;
use super::value::Form;
use super::vocabulary;
use crate::mask::severity::Confidence;
use crate::mask::syntax::Syntax;

/// A value with what is known of its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) promise: Promise,
    pub(super) form: Form,
    pub(super) joint: Joint,
    pub(super) syntax: Syntax,
    /// More words stand behind the value on its line.
    pub(super) goes_on: bool,
}

impl Subject<'_> {
    /// How sure it is that the value is a secret; none if it is not.
    pub(super) fn confidence(&self) -> Option<Confidence> {
        let value = self.value;
        if value.len() < MIN_LEN || value.len() > MAX_JUDGED {
            return (value.len() > MAX_JUDGED && self.syntax == Syntax::Log).then_some(Confidence::Low);
        }
        let makeup = Makeup::of(value);
        if makeup.is_scrambled() && self.form == Form::Quoted && self.promise.strength == Strength::Strong {
            return Some(Confidence::Medium);
        }
        if is_placeholder(value) || self.is_code() {
            return None;
        }
        if self.is_medium(&makeup) {
            return Some(Confidence::Medium);
        }
        self.is_low(&makeup).then_some(Confidence::Low)
    }

    fn is_medium(&self, makeup: &Makeup) -> bool {
        if self.is_of_something_else(makeup) || self.is_trivial(makeup) || name::is_reference(self.value) {
            return false;
        }
        if self.promise.kind == Kind::Salt && self.promise.strength == Strength::Strong {
            return self.is_salt(makeup);
        }
        if self.promise.strength == Strength::Weak || self.is_loose() {
            return makeup.is_random() && makeup.len() >= MIN_WEAK;
        }
        if self.goes_on && !makeup.is_random() {
            return false;
        }
        let is_word = makeup.digits == 0 && !makeup.is_random();
        let is_short_number = makeup.letters() == 0 && makeup.others == 0 && makeup.len() < MIN_NUMBER;
        match self.promise.kind {
            Kind::Password | Kind::UrlCredentials => self.value.len() >= MIN_PASSWORD,
            Kind::Authorization => makeup.is_random(),
            _ if is_short_number || self.value.len() < MIN_TOKEN => false,
            Kind::Secret => (!is_word || self.form == Form::Quoted) && !is_kebab(self.value),
            _ => !is_word,
        }
    }

    fn is_low(&self, makeup: &Makeup) -> bool {
        if self.syntax != Syntax::Log || is_identifier(self.value) {
            return false;
        }
        if self.goes_on && makeup.letters() == makeup.len() {
            return false;
        }
        if self.promise.strength == Strength::Weak
            || (self.is_loose() || self.joint == Joint::Prose && self.form == Form::Bare)
        {
            return makeup.is_random()
                || makeup.digits > 0 && makeup.letters() > 0 && makeup.len() >= 6 && makeup.blanks == 0;
        }
        let is_number = makeup.letters() == 0 && makeup.others == 0;
        if is_number && self.promise.kind != Kind::Password {
            return makeup.len() >= 8;
        }
        !self.is_of_something_else(makeup) || makeup.is_random()
    }

    /// Whether only a blank stands between name and value, which in most texts joins nothing.
    fn is_loose(&self) -> bool {
        let is_constant = self.name.iter().all(|byte| !byte.is_ascii_lowercase());
        self.joint == Joint::Space
            && (self.form == Form::Bare || self.promise.kind != Kind::Password && !is_constant)
    }

    /// Salts and nonces are short, and nobody calls anything else by these names: but a seed of a random generator is a small number.
    fn is_salt(&self, makeup: &Makeup) -> bool {
        let least = if makeup.digits > 0 { MIN_SALT } else { MIN_NUMBER };
        let is_number = makeup.letters() == 0 && makeup.others == 0 && self.form == Form::Bare;
        let is_long = self.value.len() >= if is_number { MIN_NUMBER } else { least };
        is_long && (self.form == Form::Quoted || makeup.digits > 0 || makeup.is_random())
    }

    /// Whether the value is a path, an address, a sentence, a label: whatever its name is about, but not it.
    fn is_of_something_else(&self, makeup: &Makeup) -> bool {
        let value = self.value;
        is_path(value)
            || is_address(value)
            || is_version(value)
            || is_markup(value)
            || self.is_sentence(makeup)
            || self.is_label()
    }

    /// Whether the value is one that everybody tries first, and examples are full of: `123456`, `root123`, `mypassword`.
    fn is_trivial(&self, makeup: &Makeup) -> bool {
        let is_pin = makeup.digits == makeup.len() && makeup.len() <= MAX_PIN;
        let lower = self.value.to_ascii_lowercase();
        is_pin || vocabulary::is_common(&lower) || vocabulary::is_made_of_common(&lower)
    }

    fn is_sentence(&self, makeup: &Makeup) -> bool {
        let foreign = self.value.iter().filter(|byte| **byte >= 0x80).count();
        let is_prompt = matches!(self.value.last(), Some(b':' | b'?'));
        // Keys drawn from all that can be typed hold blanks too.
        let is_scrambled =
            makeup.digits > 0 && makeup.others * 6 >= makeup.len() && makeup.blanks * 6 <= makeup.len();
        makeup.blanks > 0 && !is_scrambled || is_prompt || foreign >= 2 || self.is_title(makeup)
    }

    /// Whether the value is one word with a capital, as in a form or a translation: `Passwort`.
    fn is_title(&self, makeup: &Makeup) -> bool {
        makeup.upper == 1
            && makeup.lower >= 3
            && makeup.len() == makeup.letters()
            && self.value[0].is_ascii_uppercase()
    }

    /// Whether the value only names what it is about: `password`, `access_token`, `Enter your password`.
    fn is_label(&self) -> bool {
        if self.value.len() > 64 || self.value.iter().any(u8::is_ascii_digit) {
            return false;
        }
        let is_own_name = self.value.eq_ignore_ascii_case(self.name);
        let mut count = 0;
        let all_labels = name::every_word(self.value, |word| {
            count += 1;
            vocabulary::is_label_word(word)
        });
        is_own_name || all_labels && (count > 1 || self.promise.kind != Kind::Password)
    }

    /// Whether a value without quotes is an expression: a call, a field, a variable, a type.
    fn is_code(&self) -> bool {
        if self.form == Form::Quoted {
            return false;
        }
        let value = self.value;
        let first = value[0];
        if self.joint == Joint::Flag && first == b'-' {
            return true;
        }
        // A tag, an anchor, an alias of YAML.
        if matches!(first, b'!' | b'&' | b'*')
            && value.len() > 1
            && is_word(&value[1..])
            && self.joint == Joint::Colon
        {
            return true;
        }
        if matches!(first, b'(' | b'[' | b'{' | b'=' | b',' | b';' | b')' | b'<' | b'>' | b'|' | b'"' | b'\'')
        {
            return true;
        }
        let is_call =
            value.iter().position(|byte| *byte == b'(').is_some_and(|at| at > 0 && is_word(&value[..at]));
        is_call || is_dotted(value)
    }
}

fn is_word(value: &[u8]) -> bool {
    value.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'>' | b'$' | b'!' | b'&')
    })
}

/// Whether `value` is a field of something: `config.password`, `self.token`.
fn is_dotted(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
        letters >= 2
            && letters + 1 >= part.len()
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_part)
}

/// Whether `value` is a path of names and numbers: `model.layers.0.weight`.
fn is_identifier(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        let is_name = part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        !part.is_empty() && is_name && (digits == part.len() || digits <= 1)
    };
    value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_part)
}

/// Whether `value` is made of words with hyphens between them, as names of resources are.
fn is_kebab(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    value.contains(&b'-')
        && digits * 6 <= value.len()
        && value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn is_path(value: &[u8]) -> bool {
    let rooted = value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/");
    let rooted = rooted && value[1..].contains(&b'/');
    let last = value.rsplit(|byte| *byte == b'.').next().unwrap_or(b"");
    rooted
        || last.len() < value.len()
            && FILE_ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending.as_bytes()))
}

/// Whether `value` is a number with dots, as of a release.
fn is_version(value: &[u8]) -> bool {
    value.contains(&b'.')
        && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'^' | b'~' | b'='))
}

fn is_address(value: &[u8]) -> bool {
    value.windows(3).any(|part| part == b"://") || value.starts_with(b"www.")
}

fn is_markup(value: &[u8]) -> bool {
    value.starts_with(b"<") || value.windows(2).any(|part| part == b"/>")
}

const MIN_LEN: usize = 2;
const MIN_PASSWORD: usize = 3;
const MIN_TOKEN: usize = 6;
const MIN_SALT: usize = 5;
const MAX_PIN: usize = 6;
const MIN_NUMBER: usize = 8;
const MIN_WEAK: usize = 16;
const MAX_JUDGED: usize = 4096;
const FILE_ENDINGS: &[&str] = &[
    "txt",
    "json",
    "yml",
    "yaml",
    "pem",
    "key",
    "crt",
    "cer",
    "jks",
    "p12",
    "pfx",
    "js",
    "ts",
    "py",
    "go",
    "java",
    "rb",
    "php",
    "html",
    "xml",
    "md",
    "conf",
    "cfg",
    "ini",
    "env",
    "log",
    "properties",
    "png",
    "svg",
    "css",
    "com",
    "org",
    "io",
];
