//! Judges whether a value is the secret that its name announces.

use super::joint::Joint;
use super::kind::Kind;
use super::name::{self, Promise, Strength};
use super::placeholder::is_placeholder;
use super::randomness::Makeup;
use super::shape::{
    is_address, is_color, is_constant, is_date, is_dotted, is_identifier, is_kebab, is_markup,
    is_numbered_word, is_path, is_uuid, is_version, is_word,
};
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
            if self.promise.kind == Kind::ApiKey
                && self.promise.strength == Strength::Weak
                && is_uuid(self.value)
            {
                return false;
            }
            return makeup.is_random() && makeup.len() >= MIN_WEAK;
        }
        if self.promise.kind == Kind::Token && is_uuid(self.value) && name::is_of_request(self.name) {
            return false;
        }
        if (self.goes_on || self.is_among_words(makeup)) && !makeup.is_random() {
            return false;
        }
        let is_word = makeup.digits == 0 && !makeup.is_random();
        let is_short_number = makeup.letters() == 0 && makeup.others == 0 && makeup.len() < MIN_NUMBER;
        match self.promise.kind {
            Kind::Password | Kind::UrlCredentials => self.value.len() >= MIN_PASSWORD,
            Kind::Authorization => makeup.is_random(),
            _ if is_short_number || self.value.len() < MIN_TOKEN => false,
            Kind::Secret => (!is_word || self.form == Form::Quoted) && !is_kebab(self.value),
            _ => !is_word && !is_numbered_word(self.value),
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

    /// Whether it stands in a sentence and is a word itself: `the password is lost`, "the passwd `struct`".
    fn is_among_words(&self, makeup: &Makeup) -> bool {
        let in_text = match self.joint {
            Joint::Prose => self.form == Form::Bare,
            Joint::Space => {
                matches!(self.syntax, Syntax::Code | Syntax::Prose)
                    && self.name.iter().any(u8::is_ascii_lowercase)
            }
            _ => false,
        };
        in_text && makeup.digits == 0
    }

    /// Salts and nonces are short, and nobody calls anything else by these names: but a seed of a random generator is a small number.
    fn is_salt(&self, makeup: &Makeup) -> bool {
        let least = if makeup.digits > 0 { MIN_SALT } else { MIN_NUMBER };
        let is_number = makeup.letters() == 0 && makeup.others == 0 && self.form == Form::Bare;
        !is_number
            && self.value.len() >= least
            && (self.form == Form::Quoted || makeup.digits > 0 || makeup.is_random())
    }

    /// Whether the value is a path, an address, a sentence, a label: whatever its name is about, but not it.
    fn is_of_something_else(&self, makeup: &Makeup) -> bool {
        let value = self.value;
        is_path(value)
            || is_address(value)
            || is_version(value)
            || is_markup(value)
            || is_color(value)
            || is_constant(value)
            || is_date(value)
            || self.promise.kind != Kind::Password && is_dotted(value)
            || value.ends_with(b"()")
            || self.is_sentence(makeup)
            || self.is_label()
    }

    /// Whether the value is one that everybody tries first, and examples are full of: `123456`, `root123`, `mypassword`.
    fn is_trivial(&self, makeup: &Makeup) -> bool {
        let is_pin = makeup.digits == makeup.len() && makeup.len() <= MAX_PIN;
        let lower = self.value.to_ascii_lowercase();
        // The mark of the documentation of clouds.
        let is_example = self.value.windows(7).any(|part| part == b"EXAMPLE");
        is_pin || is_example || vocabulary::is_common(&lower) || vocabulary::is_made_of_common(&lower)
    }

    fn is_sentence(&self, makeup: &Makeup) -> bool {
        let foreign = self.value.iter().filter(|byte| **byte >= 0x80).count();
        let is_prompt = matches!(self.value.last(), Some(b':' | b'?'));
        // Keys drawn from all that can be typed hold blanks too.
        let is_scrambled =
            makeup.digits > 0 && makeup.others * 6 >= makeup.len() && makeup.blanks * 6 <= makeup.len();
        makeup.blanks > 0 && !is_scrambled
            || is_prompt
            || foreign >= 2
            || holds_foreign_escape(self.value)
            || self.is_title(makeup)
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
        // The second of two fields: `new_password2`.
        let word = match self.value {
            [word @ .., last] if last.is_ascii_digit() => word,
            word => word,
        };
        if self.value.len() > 64 || word.iter().any(u8::is_ascii_digit) {
            return false;
        }
        let is_own_name = self.value.eq_ignore_ascii_case(without_dashes(self.name));
        let mut count = 0;
        let all_labels = name::every_word(word, |word| {
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
        let is_index = self.syntax != Syntax::Log
            && value.iter().position(|byte| *byte == b'[').is_some_and(|at| at > 0 && is_word(&value[..at]));
        let is_call =
            value.iter().position(|byte| *byte == b'(').is_some_and(|at| at > 0 && is_word(&value[..at]));
        is_call || is_index || is_dotted(value)
    }
}

/// Whether `value` holds a letter of another script as JSON escapes it: `\u00e9`.
fn holds_foreign_escape(value: &[u8]) -> bool {
    value.windows(6).any(|part| {
        part.starts_with(b"\\u")
            && part[2..].iter().all(u8::is_ascii_hexdigit)
            && (part[2..4] != *b"00" || part[4] >= b'8')
    })
}

/// The name of a flag without what makes it one.
fn without_dashes(name: &[u8]) -> &[u8] {
    let dashes = name.iter().take_while(|byte| **byte == b'-').count();
    &name[dashes..]
}

const MIN_LEN: usize = 2;
const MIN_PASSWORD: usize = 3;
const MIN_TOKEN: usize = 6;
const MIN_SALT: usize = 5;
const MAX_PIN: usize = 6;
const MIN_NUMBER: usize = 8;
const MIN_WEAK: usize = 16;
const MAX_JUDGED: usize = 4096;
