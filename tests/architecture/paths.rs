//! Every path that a file names, in a `use` or in the middle of code, and what it leads to.

use crate::tokens::{Token, after_visibility, reads};
use crate::tree::{Source, Tree};

/// One path, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct NamedPath {
    /// The segments; a glob ends in `*`. `use a::{self}` is just `a`.
    pub(crate) segments: Vec<String>,
    /// The name that a `use` gives to it; `None` in the middle of code.
    pub(crate) bound_as: Option<String>,
    pub(crate) line: usize,
    is_global: bool,
    /// The modules written out with braces that it stands in.
    inner_modules: Vec<String>,
}

impl NamedPath {
    /// The path as one writes it.
    pub(crate) fn written(&self) -> String {
        self.segments.join("::")
    }

    /// The path from the root of our crate, or `None` if it leads out of it. The root itself is empty.
    pub(crate) fn in_crate(&self, source: &Source, tree: &Tree) -> Option<Vec<String>> {
        let first = self.segments.first()?.as_str();
        let is_own_name = first == OWN_NAME && (self.bound_as.is_some() || self.segments.len() > 1);
        if first == "crate" || is_own_name {
            return Some(self.segments[1..].to_vec());
        }
        let mut module = [source.module.as_slice(), &self.inner_modules].concat();
        if first == "self" || first == "super" {
            let climbed =
                self.segments.iter().take_while(|segment| *segment == "self" || *segment == "super").count();
            for segment in &self.segments[..climbed] {
                if segment == "super" {
                    module.pop();
                }
            }
            return Some([module.as_slice(), &self.segments[climbed..]].concat());
        }
        let child = [module.as_slice(), &[first.to_owned()]].concat();
        let is_child = !self.is_global && source.path.starts_with("src/") && tree.file_of(&child).is_some();
        is_child.then(|| [module.as_slice(), &self.segments].concat())
    }

    /// The path to another crate with the name that a `use` of the same file bound resolved once: `e::var` after `use std::env as e` is
    /// `std::env::var`. `None` if it stays in our crate.
    pub(crate) fn out_of_crate(
        &self,
        source: &Source,
        tree: &Tree,
        all: &[NamedPath],
    ) -> Option<Vec<String>> {
        if self.in_crate(source, tree).is_some() {
            return None;
        }
        let first = self.segments.first()?;
        let binding = all.iter().find(|other| {
            let is_itself = other.segments == self.segments && other.line == self.line;
            !self.is_global
                && !is_itself
                && other.bound_as.as_ref() == Some(first)
                && &other.segments[0] != first
        });
        match binding {
            None => Some(self.segments.clone()),
            Some(binding) if binding.in_crate(source, tree).is_some() => None,
            Some(binding) => Some([binding.segments.as_slice(), &self.segments[1..]].concat()),
        }
    }
}

/// Lists the paths in `tokens`: those of every `use`, and in code all of two segments or more.
pub(crate) fn named_paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut reader = Reader { tokens, found: Vec::new(), inner_modules: Vec::new(), depth: 0 };
    let mut at = 0;
    while at < tokens.len() {
        at = reader.step(at);
    }
    reader.found
}

const OWN_NAME: &str = "modelcrypt";

struct Reader<'a> {
    tokens: &'a [Token],
    found: Vec<NamedPath>,
    inner_modules: Vec<(String, usize)>,
    depth: usize,
}

impl Reader<'_> {
    /// Reads what stands at `at` and gives the index after it.
    fn step(&mut self, at: usize) -> usize {
        match self.tokens[at].text.as_str() {
            "{" => self.depth += 1,
            "}" => {
                self.depth -= 1;
                if self.inner_modules.last().is_some_and(|(_, depth)| *depth == self.depth) {
                    self.inner_modules.pop();
                }
            }
            "mod" if reads(self.tokens, at + 2, &["{"]) => {
                self.inner_modules.push((self.tokens[at + 1].text.clone(), self.depth));
            }
            "pub" => return after_visibility(self.tokens, at),
            "use" if !reads(self.tokens, at + 1, &["<"]) => {
                return self.use_tree(at + 1, &[], reads(self.tokens, at + 1, &["::"]));
            }
            "extern" if reads(self.tokens, at + 1, &["crate"]) => {
                return self.use_tree(at + 2, &[], true);
            }
            "." => return at + 2,
            _ => return self.path_in_code(at),
        }
        at + 1
    }

    fn path_in_code(&mut self, at: usize) -> usize {
        let is_global = self.tokens[at].text == "::";
        let mut next = if is_global { at + 1 } else { at };
        let mut segments = Vec::new();
        while let Some(token) = self.tokens.get(next).filter(|token| is_name(&token.text)) {
            segments.push(token.text.clone());
            next += 1;
            if !reads(self.tokens, next, &["::"])
                || !self.tokens.get(next + 1).is_some_and(|token| is_name(&token.text))
            {
                break;
            }
            next += 1;
        }
        if segments.len() > 1 {
            self.push(segments, None, at, is_global);
        }
        next.max(at + 1)
    }

    /// Reads one tree of a `use` and gives the index after it.
    fn use_tree(&mut self, mut at: usize, prefix: &[String], is_global: bool) -> usize {
        let begin = at;
        let mut segments = prefix.to_vec();
        while let Some(token) = self.tokens.get(at) {
            match token.text.as_str() {
                "::" => at += 1,
                "{" => return self.use_group(at, &segments, is_global),
                "*" => {
                    segments.push("*".to_owned());
                    self.push(segments, Some("*".to_owned()), begin, is_global);
                    return at + 1;
                }
                "as" => {
                    let name = self.tokens.get(at + 1).map(|token| token.text.clone());
                    self.push(segments, name, begin, is_global);
                    return at + 2;
                }
                "self" if !segments.is_empty() => at += 1,
                name if is_name(name) => {
                    segments.push(name.to_owned());
                    at += 1;
                }
                _ => break,
            }
        }
        if !segments.is_empty() {
            let name = segments.last().cloned();
            self.push(segments, name, begin, is_global);
        }
        at.max(begin + 1)
    }

    fn use_group(&mut self, open: usize, prefix: &[String], is_global: bool) -> usize {
        let mut at = open + 1;
        while at < self.tokens.len() && self.tokens[at].text != "}" {
            at = if self.tokens[at].text == "," { at + 1 } else { self.use_tree(at, prefix, is_global) };
        }
        at + 1
    }

    fn push(&mut self, segments: Vec<String>, bound_as: Option<String>, at: usize, is_global: bool) {
        let line = self.tokens[at].line;
        let inner_modules = self.inner_modules.iter().map(|(name, _)| name.clone()).collect();
        self.found.push(NamedPath { segments, bound_as, line, is_global, inner_modules });
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[test]
fn every_spelling_of_a_path_is_read() {
    let text = "
        use a::{b, c::{self, d as e}, f::*};
        pub(in crate::g) use ::h::i;
        pub(crate) fn j(k: crate::l::M) -> impl Sized + use<> { n!(o::p, $crate::q::r::<S>::t()); v.w::<X>() }
        #[serde(with = \"crate::y\")] struct Z;";
    let tokens = crate::tokens::tokens(text).expect("Rust");
    let written: Vec<_> = named_paths(&tokens).iter().map(NamedPath::written).collect();
    assert_eq!(
        written,
        ["a::b", "a::c", "a::c::d", "a::f::*", "h::i", "crate::l::M", "o::p", "crate::q::r", "crate::y"]
    );
}
