//! What is known of each kind of secret, as data.
//!
//! Rules without a pattern are found by their place; the others, by [`Rule::find`]. Where two rules find the
//! same bytes, the one that stands first in [`rules`] is the more specific one.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::Regex;
use serde::Deserialize;

use super::boundary::{begins_word, ends_word, word_start};
use super::checksum::Checksum;
use super::entropy::entropy;
use super::placeholder::is_placeholder;
use super::severity::{Confidence, Severity};
use super::work::looked_at;

/// One kind of secret, as the files in `rules/` describe it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Lower-case words with hyphens between them; stands in masked text, reports and baselines for good.
    pub id: String,
    /// For people.
    pub title: String,
    /// How bad it is if one leaks.
    pub severity: Severity,
    /// How sure it is that what fits is a secret.
    #[serde(default = "high")]
    pub confidence: Confidence,
    /// One of these stands in every secret of this kind, or before it; at least three bytes each, to be looked
    /// for without regard to case. None: found by its place (`password`), by its registration (`known-value`),
    /// or over several lines (`private-key`).
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The regular expression of the secret. Its group 1, if it has one, is the secret; else all of it. `<is>`
    /// in it is what stands between a name and its value. It begins at the keyword, or `before` bytes before it.
    #[serde(default)]
    pub pattern: Option<String>,
    /// How many bytes before the keyword the pattern may begin.
    #[serde(default)]
    pub before: usize,
    /// How many bytes after the place of the keyword the pattern may end.
    #[serde(default = "default_reach")]
    pub reach: usize,
    /// What belongs to a word besides letters, digits and `_`: the pattern neither begins nor ends inside one,
    /// and up to the keyword it is all of one word.
    #[serde(default)]
    pub word: String,
    /// Bits of Shannon entropy that each byte of the secret has at least.
    #[serde(default)]
    pub entropy: Option<f64>,
    /// What the characters must fit, or the confidence is that of `doubtful`.
    #[serde(default)]
    pub checksum: Option<Checksum>,
    /// How sure it is where the checksum does not hold.
    #[serde(default = "low")]
    pub doubtful: Confidence,
    /// Texts in which it is found. A `¦` in each, to be left out, keeps scanners from finding them here.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts in which it is not found, written like the examples.
    #[serde(default)]
    pub counter_examples: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Regex>,
}

/// A secret that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The bytes of the secret alone.
    pub span: Range<usize>,
    /// How sure it is.
    pub confidence: Confidence,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl Rule {
    /// The secret of this kind, if there is one, that begins with the keyword that was met at `keyword_at` of
    /// `text`, contains it, or comes after it.
    ///
    /// To be called for each occurrence of each of [`keywords`](Self::keywords), in any case, overlapping ones
    /// too. It looks at no more than `before` bytes before that place and `reach` after it (and at a few more to
    /// know an escape or the end of a word), in linear time. Where `text` is a piece of a stream, a secret that
    /// ends where `text` does may go on: hold back `reach` bytes. Yields nothing for a rule without a pattern and
    /// for placeholders such as `hf_your_token_here`; a failed checksum gives the confidence `doubtful`, mostly
    /// [`Confidence::Low`]: to be masked, not reported.
    ///
    /// The first call compiles the pattern.
    #[must_use]
    pub fn find(&self, text: &[u8], keyword_at: usize) -> Option<Match> {
        let pattern = self.pattern.as_deref()?;
        let regex = self.compiled.get_or_init(|| compile(pattern));
        let window = text.get(..text.len().min(keyword_at.saturating_add(self.reach)))?;
        let word = self.word.as_bytes();
        // What a name leads to begins at its own value, wherever the name begins.
        let named = self.before == 0 && regex.captures_len() > 1;
        let earliest = word_start(text, keyword_at.saturating_sub(self.before)..keyword_at, word);
        let (_, span) = (earliest..=keyword_at)
            .filter(|&start| named || begins_word(text, start, word))
            .filter_map(|start| fit_at(regex, window, start, keyword_at))
            .find(|(whole, _)| ends_word(text, whole.end, word))?;
        let confidence = self.judge(&text[span.clone()])?;
        Some(Match { span, confidence })
    }

    /// How sure it is that what fits the pattern is a secret.
    fn judge(&self, secret: &[u8]) -> Option<Confidence> {
        if self.entropy.is_some_and(|least| entropy(secret) < least) || is_placeholder(secret) {
            return None;
        }
        // The keys of documentation: masked, as they stand where a true one will stand, and not reported.
        if secret.windows(DOCUMENTED.len()).any(|part| part == DOCUMENTED) {
            return Some(Confidence::Low);
        }
        let holds = self.checksum.is_none_or(|checksum| checksum.holds(secret));
        Some(if holds { self.confidence } else { self.doubtful })
    }
}

/// All rules: those that are found by their place, then the providers', the more specific one first.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.id == id)
}

/// What the keys in the documentation of AWS have in them.
const DOCUMENTED: &[u8] = b"EXAMPLE";

fn compile(pattern: &str) -> Regex {
    let pattern = pattern.replace("<is>", IS);
    Regex::new(&format!(r"(?-u)\A(?:{pattern})")).expect("every pattern is tested")
}

/// What fits the pattern at `start` and goes beyond the beginning of the keyword, and the secret in there.
fn fit_at(
    regex: &Regex,
    window: &[u8],
    start: usize,
    keyword_at: usize,
) -> Option<(Range<usize>, Range<usize>)> {
    let rest = window.get(start..)?;
    looked_at(rest.len());
    let moved = |range: Range<usize>| start + range.start..start + range.end;
    let whole = regex.find(rest).map(|whole| moved(whole.range())).filter(|whole| whole.end > keyword_at)?;
    if regex.captures_len() == 1 {
        return Some((whole.clone(), whole));
    }
    let secret = regex.captures(rest)?.get(1)?.range();
    Some((whole, moved(secret)))
}

#[derive(Deserialize)]
struct File {
    rule: Vec<Rule>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let read = |text: &str| toml::from_str::<File>(text).expect("every file of rules is tested").rule;
    FILES.iter().copied().flat_map(read).collect()
});

const FILES: &[&str] = &[
    include_str!("rules.toml"),
    include_str!("rules/models.toml"),
    include_str!("rules/clouds.toml"),
    include_str!("rules/sources.toml"),
    include_str!("rules/messages.toml"),
    include_str!("rules/services.toml"),
    include_str!("rules/formats.toml"),
];

/// Between a name and its value: `=`, `: `, `":"`, `\":\"`, `'] = "`, `>`.
const IS: &str = r#"["'`\]\\)]{0,4}[ \t]{0,4}(?:=>|:=|==|[:=,>])[ \t]{0,4}["'`\\(\[]{0,4}"#;

fn high() -> Confidence {
    Confidence::High
}

fn low() -> Confidence {
    Confidence::Low
}

fn default_reach() -> usize {
    256
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::boundary::LONGEST_ESCAPE;
    use super::*;

    #[test]
    fn every_rule_can_be_read_and_is_whole() {
        let mut ids = HashSet::new();
        for rule in rules() {
            assert!(ids.insert(&rule.id), "{} stands twice", rule.id);
            assert!(
                rule.id
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit())
            );
            assert_eq!(rule.pattern.is_some(), !rule.keywords.is_empty(), "{}", rule.id);
            assert!(rule.keywords.iter().all(|keyword| keyword.len() >= 3), "{}", rule.id);
            if rule.pattern.is_some() {
                assert_eq!((rule.examples.len(), rule.counter_examples.len()), (3, 2), "{}", rule.id);
                let all = rule.examples.iter().chain(&rule.counter_examples).collect::<HashSet<_>>();
                assert_eq!(all.len(), 5, "{} repeats an example", rule.id);
            }
        }
    }

    #[test]
    fn there_are_at_least_ninety_rules_with_patterns() {
        let count = rules().iter().filter(|rule| rule.pattern.is_some()).count();
        assert!(count >= 90, "{count}");
    }

    #[test]
    fn every_example_is_found_by_its_own_rule_first() {
        let mut faults = Vec::new();
        for rule in rules() {
            for example in &rule.examples {
                assert!(example.contains('¦'), "{} has an example that a scanner would find", rule.id);
                for (text, place) in contexts(&example.replace('¦', "")) {
                    let good = |first: &Rule, found: &Match| {
                        let inside = place.start <= found.span.start && found.span.end <= place.end;
                        first == rule
                            && inside
                            && found.span.len() >= 16
                            && found.confidence == rule.confidence
                    };
                    let met = first_found(&text, &place);
                    if !met.as_ref().is_some_and(|(first, found)| good(first, found)) {
                        let met = met.map(|(first, found)| (&first.id, found));
                        faults.push(format!("{}: {met:?} in {text}", rule.id));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn no_counter_example_is_found() {
        let mut faults = Vec::new();
        for rule in rules() {
            let doubtful = |found: &Match| rule.checksum.is_some() && found.confidence == rule.doubtful;
            for example in &rule.counter_examples {
                for (text, _) in contexts(&example.replace('¦', "")) {
                    let found = all_found(rule, text.as_bytes());
                    if !found.iter().all(doubtful) {
                        faults.push(format!("{} finds {found:?} in {text}", rule.id));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn looks_at_no_more_than_it_says() {
        let noise = "ab.c-d_e/f=".repeat(4000);
        for rule in rules() {
            let example = rule.examples.iter().map(|example| example.replace('¦', ""));
            for example in example.chain(rule.keywords.iter().map(|keyword| keyword.repeat(4000))) {
                let text = format!("{noise} {example} {noise}").to_ascii_lowercase();
                let keywords = rule.keywords.iter().map(|keyword| keyword.to_ascii_lowercase());
                for at in
                    keywords.filter_map(|keyword| memchr::memmem::rfind(text.as_bytes(), keyword.as_bytes()))
                {
                    let start = at.saturating_sub(rule.before + LONGEST_ESCAPE);
                    let piece = &text.as_bytes()[start..=at + rule.reach];
                    let whole = rule.find(text.as_bytes(), at).map(|found| found.span.len());
                    assert_eq!(
                        rule.find(piece, at - start).map(|found| found.span.len()),
                        whole,
                        "{}",
                        rule.id
                    );
                }
            }
        }
    }

    /// The text as it may stand in the world, and where in there.
    fn contexts(example: &str) -> Vec<(String, Range<usize>)> {
        let mut around = vec![
            ("", ""),
            ("2026-01-05T10:00:00Z ERROR upstream refused ", " after 3 tries"),
            ("\u{1b}[31m", "\u{1b}[0m"),
            (r"\u001b[31m", r"\u001b[0m"),
            (r"first line\n", r"\nlast line"),
            ("<p>", "</p>"),
            ("x=(", ")"),
        ];
        if !example.contains(['"', '\\']) {
            around.extend([(r#"{"message":""#, r#"","n":1}"#), (r#"{\"message\":\""#, r#"\",\"n\":1}"#)]);
        }
        if example.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) {
            around.extend([("GET /v1/models?q=", "&limit=5 HTTP/1.1"), ("next=%2Fcb%3Ft%3D", "%26a%3Db")]);
        }
        let placed = |(before, after): (&str, &str)| {
            let text = format!("{before}{example}{after}");
            (text, before.len()..before.len() + example.len())
        };
        around.into_iter().map(placed).collect()
    }

    fn first_found(text: &str, place: &Range<usize>) -> Option<(&'static Rule, Match)> {
        rules().iter().find_map(|rule| {
            let overlaps = |found: &Match| found.span.start < place.end && place.start < found.span.end;
            all_found(rule, text.as_bytes()).into_iter().find(overlaps).map(|found| (rule, found))
        })
    }

    fn all_found(rule: &Rule, text: &[u8]) -> Vec<Match> {
        let lower = text.to_ascii_lowercase();
        let places = rule.keywords.iter().flat_map(|keyword| {
            let keyword = keyword.to_ascii_lowercase();
            memchr::memmem::find_iter(&lower, keyword.as_bytes()).collect::<Vec<_>>()
        });
        places.filter_map(|at| rule.find(text, at)).collect()
    }
}
