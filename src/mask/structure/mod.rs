//! Finds secrets by where they stand: by the name of their field, in a URL, after a flag, in a header.
//!
//! A hand-written parser. The engine stops at every fragment of [`TRIGGERS`]; from there [`at_trigger`] reads the whole name around it,
//! judges it by its words (`name`, with the words as data in `vocabulary`), reads what joins it to a value (`joint`), the value itself
//! (`value`), and judges that (`plausible`). URLs, headers and flags have a reader of their own.
//!
//! Work is linear whatever the text: every look back and ahead is bounded, but for values that are consumed when they have been read.

mod cursor;
mod entry;
mod field;
mod flag;
mod header;
mod joint;
mod kind;
mod markup;
mod name;
mod placeholder;
mod plausible;
mod randomness;
mod shape;
mod url;
mod value;
mod vocabulary;

pub(super) use entry::{TRIGGERS, at_trigger};
