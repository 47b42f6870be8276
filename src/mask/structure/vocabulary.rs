//! What single words say, as `words.toml` has it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use super::kind::Kind;

/// What a word says that stands in the name of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The value is a secret.
    Secret(Kind),
    /// The value is a secret if it looks like one: the word has other uses.
    Maybe(Kind),
    /// `key`: the word before it decides.
    Key,
    /// Says nothing.
    Neutral,
}

/// What `word`, in lower case, says about the value of the field.
pub(super) fn meaning(word: &[u8]) -> Word {
    match roles(word).meaning {
        Word::Neutral => end_of(word),
        meaning => meaning,
    }
}

/// Whether `word` behind a sensitive word makes the name that of something else: `token_count`.
pub(super) fn is_harmless_after(word: &[u8]) -> bool {
    roles(word).harmless_after
}

/// Whether `word` before a sensitive word makes the name that of something else: `max_tokens`.
pub(super) fn is_harmless_before(word: &[u8]) -> bool {
    roles(word).harmless_before
}

/// Whether a token of this sort is none: `next_token`.
pub(super) fn is_harmless_token(word: &[u8]) -> bool {
    roles(word).harmless_token
}

/// Whether a pass of this sort is a turn, not a word: `render_pass`.
pub(super) fn is_harmless_pass(word: &[u8]) -> bool {
    roles(word).harmless_pass
}

/// Whether a name that begins with `word` is that of what is done, not of a secret: `reset_password`.
pub(super) fn is_action(word: &[u8]) -> bool {
    roles(word).action
}

/// Whether a key of this sort is a secret: `api_key`.
pub(super) fn is_secret_key(word: &[u8]) -> bool {
    roles(word).secret_key
}

/// Whether a key of this sort is none: `primary_key`.
pub(super) fn is_other_key(word: &[u8]) -> bool {
    roles(word).other_key
}

/// Whether `word` behind a sensitive word leaves the name what it is: `password_confirmation`.
pub(super) fn is_transparent(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit) || word.len() == 1 || roles(word).transparent
}

/// Whether `word` is one that labels, messages and identifiers about secrets are made of.
pub(super) fn is_label_word(word: &[u8]) -> bool {
    word.len() == 1 || roles(word).label
}

/// Whether `value`, in lower case, says that there is none, or of which type it is.
pub(super) fn is_no_value(value: &[u8]) -> bool {
    roles(value).no_value
}

/// Whether `value`, in lower case, is one that everybody tries first, and examples are full of.
pub(super) fn is_common(value: &[u8]) -> bool {
    roles(value).common
}

/// Whether `value`, in lower case, is written from such words and numbers alone, and not a single word: `root123`, `mypassword`.
pub(super) fn is_made_of_common(value: &[u8]) -> bool {
    let (mut rest, mut count) = (value, 0);
    if value.len() > MAX_TRIVIAL {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'!'))
            .count();
        let part =
            VOCABULARY.parts.iter().find(|part| rest.starts_with(part.as_bytes())).map_or(0, String::len);
        if digits == 0 && part == 0 {
            return false;
        }
        rest = &rest[digits.max(part)..];
        count += 1;
    }
    count > 1
}

/// Whether `word` begins the names of functions that take a secret: `setPassword`.
pub(super) fn is_setter(word: &[u8]) -> bool {
    roles(word).setter
}

/// Whether `value` holds what tells the reader to put something else in its place.
pub(super) fn has_instruction(value: &[u8]) -> bool {
    VOCABULARY.instructions.is_match(value)
}

fn roles(word: &[u8]) -> Roles {
    VOCABULARY.roles.get(word).copied().unwrap_or_default()
}

/// What the end of a word says that is written without a break.
fn end_of(word: &[u8]) -> Word {
    let ends_word = |end: &&(String, Kind)| word.len() > end.0.len() && word.ends_with(end.0.as_bytes());
    VOCABULARY.ends.iter().find(ends_word).map_or(Word::Neutral, |end| Word::Secret(end.1))
}

struct Vocabulary {
    roles: HashMap<Vec<u8>, Roles, BuildHasherDefault<Fnv>>,
    ends: Vec<(String, Kind)>,
    instructions: AhoCorasick,
    parts: Vec<String>,
}

/// All that one word is.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a set")]
struct Roles {
    meaning: Word,
    harmless_after: bool,
    harmless_before: bool,
    harmless_token: bool,
    secret_key: bool,
    other_key: bool,
    transparent: bool,
    label: bool,
    no_value: bool,
    common: bool,
    setter: bool,
    harmless_pass: bool,
    action: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            meaning: Word::Neutral,
            harmless_after: false,
            harmless_before: false,
            harmless_token: false,
            secret_key: false,
            other_key: false,
            transparent: false,
            label: false,
            no_value: false,
            common: false,
            setter: false,
            harmless_pass: false,
            action: false,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    strong: BTreeMap<Kind, Vec<String>>,
    weak: BTreeMap<Kind, Vec<String>>,
    ends: BTreeMap<Kind, Vec<String>>,
    keys: Keys,
    around: Around,
    values: Values,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    words: Vec<String>,
    secret: Vec<String>,
    other: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Around {
    harmless_after: Vec<String>,
    harmless_before: Vec<String>,
    harmless_tokens: Vec<String>,
    harmless_passes: Vec<String>,
    actions: Vec<String>,
    transparent: Vec<String>,
    setters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    labels: Vec<String>,
    nothing: Vec<String>,
    common: Vec<String>,
    instructions: Vec<String>,
    parts: Vec<String>,
}

impl From<File> for Vocabulary {
    fn from(file: File) -> Self {
        let mut all: HashMap<Vec<u8>, Roles, BuildHasherDefault<Fnv>> = HashMap::default();
        let mut set = |words: &[String], role: fn(&mut Roles)| {
            for word in words {
                role(all.entry(word.clone().into_bytes()).or_default());
            }
        };
        set(&file.keys.words, |roles| roles.meaning = Word::Key);
        set(&file.keys.secret, |roles| roles.secret_key = true);
        set(&file.keys.other, |roles| roles.other_key = true);
        set(&file.around.harmless_after, |roles| roles.harmless_after = true);
        set(&file.around.harmless_before, |roles| roles.harmless_before = true);
        set(&file.around.harmless_tokens, |roles| roles.harmless_token = true);
        set(&file.around.transparent, |roles| roles.transparent = true);
        set(&file.values.labels, |roles| roles.label = true);
        set(&file.values.nothing, |roles| roles.no_value = true);
        set(&file.around.harmless_passes, |roles| roles.harmless_pass = true);
        set(&file.around.actions, |roles| roles.action = true);
        set(&file.around.setters, |roles| roles.setter = true);
        set(&file.values.common, |roles| roles.common = true);
        let weak = file.weak.into_iter().map(|(kind, words)| (Word::Maybe(kind), words));
        let strong = file.strong.into_iter().map(|(kind, words)| (Word::Secret(kind), words));
        for (meaning, words) in weak.chain(strong) {
            for word in words {
                all.entry(word.into_bytes()).or_default().meaning = meaning;
            }
        }
        let ends =
            file.ends.into_iter().flat_map(|(kind, ends)| ends.into_iter().map(move |end| (end, kind)));
        Self {
            roles: all,
            ends: ends.collect(),
            instructions: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(file.values.instructions)
                .expect("words.toml is tested"),
            parts: file.values.parts,
        }
    }
}

/// FNV-1a: fast for single words, and nobody else decides what is in the table.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

const MAX_TRIVIAL: usize = 24;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("words.toml")).expect("words.toml is tested");
    file.into()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_the_table_says() {
        assert_eq!(meaning(b"password"), Word::Secret(Kind::Password));
        assert_eq!(meaning(b"pgpassword"), Word::Secret(Kind::Password));
        assert_eq!(meaning(b"key"), Word::Key);
        assert_eq!(meaning(b"banana"), Word::Neutral);
    }
}
