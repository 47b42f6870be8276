//! Finds many values at once, however alike they are, looking at no byte twice.

use std::ops::Range;

use zeroize::Zeroizing;

use super::forms::Edges;

/// An automaton after Aho and Corasick: a tree of all forms, in which each state knows where to go on after a mismatch.
///
/// It is walked only from a place where a form may begin, and left where none can be under way. Its memory is wiped on drop.
pub(super) struct Automaton {
    first: Box<[u32; 256]>,
    bytes: Zeroizing<Vec<u8>>,
    child: Vec<u32>,
    sibling: Vec<u32>,
    /// The state of the longest form's beginning that ends here, other than this one.
    fail: Vec<u32>,
    /// One more than the number of the longest form that ends here; zero for none.
    ends: Vec<u32>,
    forms: Vec<FormEnd>,
}

struct FormEnd {
    len: u32,
    value: u32,
    edges: Edges,
}

/// Where a form of a value stands, or several that overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) span: Range<usize>,
    pub(super) value: u32,
}

impl Automaton {
    /// Has room for `bytes_len` bytes in all forms: what grows leaves copies behind.
    pub(super) fn with_capacity(bytes_len: usize) -> Self {
        let states = bytes_len + 1;
        let mut bytes = Zeroizing::new(Vec::with_capacity(states));
        bytes.push(0);
        let zeros = || {
            let mut zeros = Vec::with_capacity(states);
            zeros.push(0);
            zeros
        };
        Self {
            first: Box::new([0; 256]),
            bytes,
            child: zeros(),
            sibling: zeros(),
            fail: Vec::new(),
            ends: zeros(),
            forms: Vec::new(),
        }
    }

    /// Takes in one form of the value of this number.
    pub(super) fn insert(&mut self, form: &[u8], value: u32, edges: Edges) {
        let mut state = 0;
        for byte in form {
            let next = self.goto(state, *byte);
            state = if next == 0 { self.grow(state, *byte) } else { next };
        }
        let end = &mut self.ends[state as usize];
        if *end != 0 {
            // Two values share the form, or two forms of one are alike: what either edge says holds.
            let known = &mut self.forms[*end as usize - 1];
            known.edges.before |= edges.before;
            known.edges.after |= edges.after;
            return;
        }
        self.forms.push(FormEnd { len: number(form.len()), value, edges });
        *end = number(self.forms.len());
    }

    /// Learns where to go on after a mismatch; to be called once, after the last form.
    pub(super) fn finish(&mut self) {
        self.fail = vec![0; self.bytes.len()];
        let mut queue: Vec<u32> = self.first.iter().copied().filter(|state| *state != 0).collect();
        let mut at = 0;
        while let Some(&state) = queue.get(at) {
            at += 1;
            let mut child = self.child[state as usize];
            while child != 0 {
                let fail = self.step(self.fail[state as usize], self.bytes[child as usize]);
                self.fail[child as usize] = fail;
                if self.ends[child as usize] == 0 {
                    self.ends[child as usize] = self.ends[fail as usize];
                }
                queue.push(child);
                child = self.sibling[child as usize];
            }
        }
    }

    /// Adds what stands in `text` from `at` on to `hits`, until no form is under way; gives that place.
    pub(super) fn walk(&self, text: &[u8], mut at: usize, hits: &mut Vec<Hit>) -> usize {
        let mut state = 0;
        while let Some(byte) = text.get(at) {
            state = self.step(state, *byte);
            at += 1;
            if state == 0 {
                break;
            }
            if let Some(form) = self.ends[state as usize].checked_sub(1) {
                let form = &self.forms[form as usize];
                join(hits, form.hit(text, at));
            }
        }
        at
    }

    /// Whether a form stands in `text`.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let mut state = 0;
        text.iter().any(|byte| {
            state = self.step(state, *byte);
            self.ends[state as usize] != 0
        })
    }

    /// The length of the longest beginning of a form that ends `text`.
    pub(super) fn under_way_len(&self, text: &[u8]) -> usize {
        let last = text.iter().fold(0, |state, byte| self.step(state, *byte));
        if last == 0 {
            return 0;
        }
        // The state stands for one beginning only, the longest: it is the first that leads there.
        let leads_there = |from: &usize| {
            let mut state = 0;
            text[*from..].iter().all(|byte| {
                state = self.goto(state, *byte);
                state != 0
            }) && state == last
        };
        (0..text.len()).find(leads_there).map_or(0, |from| text.len() - from)
    }

    fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            let next = self.goto(state, byte);
            if next != 0 || state == 0 {
                return next;
            }
            state = self.fail[state as usize];
        }
    }

    /// The state after `byte`, zero for none.
    fn goto(&self, state: u32, byte: u8) -> u32 {
        if state == 0 {
            return self.first[usize::from(byte)];
        }
        let mut child = self.child[state as usize];
        while child != 0 && self.bytes[child as usize] != byte {
            child = self.sibling[child as usize];
        }
        child
    }

    fn grow(&mut self, parent: u32, byte: u8) -> u32 {
        let state = number(self.bytes.len());
        self.bytes.push(byte);
        self.child.push(0);
        self.ends.push(0);
        if parent == 0 {
            self.sibling.push(0);
            self.first[usize::from(byte)] = state;
        } else {
            self.sibling.push(self.child[parent as usize]);
            self.child[parent as usize] = state;
        }
        state
    }
}

impl FormEnd {
    /// The form that ends at `end`, with the neighbours that carry bits of it.
    fn hit(&self, text: &[u8], end: usize) -> Hit {
        let mut span = end - self.len as usize..end;
        if self.edges.before && span.start > 0 && is_base64(text[span.start - 1]) {
            span.start -= 1;
        }
        if self.edges.after && text.get(end).is_some_and(|byte| is_base64(*byte)) {
            span.end += 1;
        }
        Hit { span, value: self.value }
    }
}

/// Adds a hit, the last so far by its end, to those that it overlaps.
fn join(hits: &mut Vec<Hit>, mut hit: Hit) {
    while let Some(last) = hits.pop_if(|last| last.span.end > hit.span.start) {
        if last.span.len() >= hit.span.len() {
            hit.value = last.value;
        }
        hit.span = hit.span.start.min(last.span.start)..hit.span.end.max(last.span.end);
    }
    hits.push(hit);
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn number(len: usize) -> u32 {
    u32::try_from(len).expect("the forms of all values together are bounded")
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one span is meant, not what is in it")]
mod tests {
    use super::*;

    fn automaton(forms: &[&[u8]]) -> Automaton {
        let mut automaton = Automaton::with_capacity(forms.iter().map(|form| form.len()).sum());
        for (value, form) in (0..).zip(forms) {
            automaton.insert(form, value, Edges::default());
        }
        automaton.finish();
        automaton
    }

    fn spans(automaton: &Automaton, text: &[u8]) -> Vec<Range<usize>> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < text.len() {
            at = automaton.walk(text, at, &mut hits);
        }
        hits.into_iter().map(|hit| hit.span).collect()
    }

    #[test]
    fn takes_all_of_values_that_overlap() {
        let automaton = automaton(&[b"abcdef", b"defghi", b"ghij"]);
        assert_eq!(spans(&automaton, b"xabcdefghijx"), [1..11]);
        assert_eq!(spans(&automaton, b"abcdefabcdef"), [0..6, 6..12]);
    }

    #[test]
    fn finds_a_value_inside_of_the_beginning_of_another() {
        let automaton = automaton(&[b"abcabcabd", b"bcabce"]);
        assert_eq!(spans(&automaton, b"abcabce"), [1..7]);
        assert_eq!(spans(&automaton, b"abcabcabcabd"), [3..12]);
    }

    #[test]
    fn takes_every_repetition_of_a_value_that_repeats_itself() {
        let automaton = automaton(&[b"aaaaaa"]);
        assert_eq!(spans(&automaton, b"-aaaaaaaa-aaaaa-"), [1..9]);
    }

    #[test]
    fn tells_whether_a_value_is_there() {
        let automaton = automaton(&[b"abcabd", b"bca"]);
        assert!(automaton.is_in(b"xabcax") && !automaton.is_in(b"xabcbx"));
    }

    #[test]
    fn tells_how_much_of_a_value_is_under_way() {
        let automaton = automaton(&[b"abcabd", b"bca"]);
        for (text, len) in [("xab", 2), ("abcab", 5), ("xbcab", 2), ("bca", 3), ("abd", 0), ("", 0)] {
            assert_eq!(automaton.under_way_len(text.as_bytes()), len, "{text}");
        }
    }

    #[test]
    fn stops_where_no_value_is_under_way() {
        let automaton = automaton(&[b"abcdef"]);
        assert_eq!(automaton.walk(b"abxxxxxxx", 0, &mut Vec::new()), 3);
    }

    proptest::proptest! {
        #[test]
        fn finds_what_a_search_for_each_finds(
            forms in proptest::collection::vec("[ab]{1,5}", 1..6),
            text in "[abc]{0,60}",
        ) {
            let text = text.as_bytes();
            let forms: Vec<&[u8]> = forms.iter().map(String::as_bytes).collect();
            let mut covered = vec![false; text.len()];
            for form in &forms {
                for (at, window) in text.windows(form.len()).enumerate() {
                    if window == *form {
                        covered[at..at + form.len()].fill(true);
                    }
                }
            }
            let mut found = vec![false; text.len()];
            for span in spans(&automaton(&forms), text) {
                found[span].fill(true);
            }
            proptest::prop_assert_eq!(found, covered);
        }
    }
}
