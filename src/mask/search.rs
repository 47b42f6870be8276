//! One pass over a text, stopping where a detector has to look.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::automaton::Hit;
use super::found::{Found, Place};
use super::known::Known;
use super::masked;
use super::overlap::{Piece, resolve};
use super::pem;
use super::pem::{Armour, Next};
use super::rule::{Rule, rule, rules};
use super::severity::Confidence;
use super::stops::{Detector, Entry, Stops};
use super::structure;
use super::syntax::Syntax;
use super::work::looked_at;

/// What all texts are searched with.
pub(super) struct Detectors {
    stops: Stops,
    pub(super) known: Option<Known>,
}

impl Detectors {
    pub(super) fn new(known: Option<Known>) -> Self {
        let words = |words: &'static [&'static str], detector| {
            words.iter().flat_map(move |word| Entry::of_word(word, detector))
        };
        let mut entries: Vec<Entry> = words(structure::TRIGGERS, Detector::Structure).collect();
        entries.extend(words(pem::TRIGGERS, Detector::Armour));
        for (number, rule) in rules().iter().enumerate() {
            entries
                .extend(rule.keywords.iter().flat_map(|word| Entry::of_word(word, Detector::Rule(number))));
        }
        entries.extend(known.iter().flat_map(Known::stops));
        Self { stops: Stops::new(entries), known }
    }
}

/// What a secret may reach over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The whole text.
    Whole,
    /// A line, but for private keys: what is found in a line does not depend on the lines around it.
    Lines,
}

/// A pass under way.
pub(super) struct Search<'a> {
    detectors: &'a Detectors,
    text: &'a [u8],
    syntax: Syntax,
    extent: Extent,
    /// The line of the last stop, without its newline.
    line: Range<usize>,
    hits: Vec<Hit>,
    found: Vec<Found>,
    known_until: usize,
    armour_until: usize,
    structure_until: usize,
    /// By the number of the rule; empty until one is asked.
    rules_until: Vec<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(detectors: &'a Detectors, text: &'a [u8], syntax: Syntax, extent: Extent) -> Self {
        Self {
            detectors,
            text,
            syntax,
            extent,
            line: 0..memchr(b'\n', text).unwrap_or(text.len()),
            hits: Vec::new(),
            found: Vec::new(),
            known_until: 0,
            armour_until: 0,
            structure_until: 0,
            rules_until: Vec::new(),
        }
    }

    /// Every secret, none overlapping another. `armour` is a key that began before the text, then one that goes on after it.
    pub(super) fn run(mut self, armour: &mut Option<Armour>) -> Vec<Piece> {
        if let Some(begun) = armour.take() {
            *armour = self.read_key(0, Vec::new(), begun);
        }
        looked_at(self.text.len());
        let masked = masked::all(self.text);
        let mut masked = masked.iter().peekable();
        for at in self.detectors.stops.places(self.text) {
            while masked.next_if(|form| form.end <= at).is_some() {}
            // The words in a masked form announce nothing.
            let is_masked = masked.peek().is_some_and(|form| form.start <= at);
            for detector in self.detectors.stops.there(self.text, at) {
                match detector {
                    Detector::Known => self.look_for_known(at),
                    Detector::KnownList if begins_list(self.text, at) => self.look_for_known(at),
                    Detector::KnownList => {}
                    _ if is_masked => {}
                    Detector::Rule(number) => self.ask_rule(number, at),
                    Detector::Structure => self.ask_structure(at),
                    Detector::Armour if at >= self.armour_until => *armour = self.begin_key(at),
                    Detector::Armour => {}
                }
            }
        }
        let known = rule("known-value").expect("rules.toml has it");
        let mut pieces: Vec<Piece> =
            self.found.into_iter().map(|found| Piece { found, value: None }).collect();
        pieces.extend(
            self.hits
                .into_iter()
                .map(|hit| Piece { found: certain(hit.span, known), value: Some(hit.value) }),
        );
        resolve(self.text, pieces)
    }

    fn look_for_known(&mut self, at: usize) {
        if at >= self.known_until
            && let Some(known) = &self.detectors.known
        {
            let unit = self.unit(at);
            self.known_until = known.look(&self.text[..unit.end], at, &mut self.hits);
            looked_at(self.known_until - at);
        }
    }

    fn ask_rule(&mut self, number: usize, at: usize) {
        if self.rules_until.is_empty() {
            self.rules_until = vec![0; rules().len()];
        }
        if at < self.rules_until[number] {
            return;
        }
        let unit = self.unit(at);
        let rule = &rules()[number];
        if let Some(found) = rule.find(&self.text[unit.clone()], at - unit.start) {
            let span = unit.start + found.span.start..unit.start + found.span.end;
            self.rules_until[number] = span.end;
            self.found.push(Found { span, rule, confidence: found.confidence, place: Place::Text });
        }
    }

    fn ask_structure(&mut self, at: usize) {
        if at < self.structure_until {
            return;
        }
        let unit = self.unit(at);
        let before = self.found.len();
        let read =
            structure::at_trigger(&self.text[unit.clone()], at - unit.start, self.syntax, &mut self.found);
        self.structure_until = unit.start + read;
        for found in &mut self.found[before..] {
            found.span = unit.start + found.span.start..unit.start + found.span.end;
        }
    }

    fn begin_key(&mut self, at: usize) -> Option<Armour> {
        let line = self.line(at);
        let begun = pem::begin(&self.text[line.clone()], at - line.start)?;
        self.armour_until = line.start + begun.read_len;
        let body = begun.body.map(|body| line.start + body.start..line.start + body.end);
        let bodies: Vec<Range<usize>> = body.into_iter().collect();
        match begun.open {
            Some(armour) if line.end < self.text.len() => self.read_key(line.end + 1, bodies, armour),
            open => {
                self.take_key(bodies);
                open
            }
        }
    }

    /// Reads the lines of a key from `from` on; gives it back if it may go on after the text.
    fn read_key(&mut self, from: usize, mut bodies: Vec<Range<usize>>, mut armour: Armour) -> Option<Armour> {
        let (mut at, mut open) = (from, true);
        while open && at < self.text.len() {
            let end = memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |len| at + len);
            let line = armour.read(&self.text[at..end]);
            bodies.extend(line.body.map(|body| at + body.start..at + body.end));
            open = line.next == Next::GoesOn;
            if line.next != Next::Foreign {
                at = end + 1;
            }
        }
        self.take_key(bodies);
        self.armour_until = at;
        open.then_some(armour)
    }

    /// A key is one secret where all that stands between its lines can go with them, else each line is one.
    fn take_key(&mut self, bodies: Vec<Range<usize>>) {
        let rule = rule("private-key").expect("rules.toml has it");
        let is_one = self.extent == Extent::Whole
            && bodies
                .windows(2)
                .all(|pair| !self.text[pair[0].end..pair[1].start].iter().any(u8::is_ascii_alphanumeric));
        match (bodies.first(), bodies.last()) {
            (Some(first), Some(last)) if is_one => self.found.push(certain(first.start..last.end, rule)),
            _ => self.found.extend(bodies.into_iter().map(|body| certain(body, rule))),
        }
    }

    /// What a secret at `at` may reach over.
    fn unit(&mut self, at: usize) -> Range<usize> {
        match self.extent {
            Extent::Whole => 0..self.text.len(),
            Extent::Lines => self.line(at),
        }
    }

    /// The line around `at`, which is not before that of the last call.
    fn line(&mut self, at: usize) -> Range<usize> {
        if at > self.line.end {
            let from = self.line.end + 1;
            let start = memrchr(b'\n', &self.text[from..at]).map_or(from, |newline| from + newline + 1);
            looked_at(at - from);
            self.line = start..memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |len| at + len);
        }
        self.line.clone()
    }
}

fn certain(span: Range<usize>, rule: &'static Rule) -> Found {
    Found { span, rule, confidence: Confidence::High, place: Place::Text }
}

/// Whether a list of numbers may go on from `at`: `104, 117`.
fn begins_list(text: &[u8], at: usize) -> bool {
    let digits = text[at..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    matches!(text[at + digits..], [b',', b' ', b'0'..=b'9', ..])
}
