//! Finds secrets by where they stand.

use super::found::Found;
use super::syntax::Syntax;

pub(super) const TRIGGERS: &[&str] = &[];

pub(super) fn at_trigger(_: &[u8], at: usize, _: Syntax, _: &mut Vec<Found>) -> usize {
    at + 1
}
