//! Jupyter notebooks: what was typed into each cell and what came out, as it was before it became JSON.

use std::ops::Range;

use super::json_text::{Json, push_unescaped};
use crate::mask::Syntax;
use crate::scan::finding::{CellPart, Within};
use crate::scan::passage::{Passage, Pieces};

/// The cells of a notebook, then all that is no cell. `None` where the text is no notebook.
pub(in crate::scan) fn passages(text: &[u8]) -> Option<Vec<Passage<'_>>> {
    let mut cells = None;
    Json::new(text).entries(|name, value| {
        if name == "cells" {
            cells = Some(value);
        }
    })?;
    let cells = cells?;
    let mut spans = Vec::new();
    Json::new(text).within(&cells).items(|cell| spans.push(cell))?;
    let mut passages = Vec::new();
    for (index, cell) in spans.into_iter().enumerate() {
        push_cell(&mut passages, text, &cell, index + 1)?;
    }
    let mut rest = Pieces::default();
    rest.push(&text[..cells.start], 0);
    rest.push(&text[cells.end..], cells.end);
    passages.push(rest.into_passage(Syntax::Data, None));
    Some(passages)
}

fn push_cell(passages: &mut Vec<Passage<'_>>, text: &[u8], cell: &Range<usize>, number: usize) -> Option<()> {
    let mut syntax = Syntax::Code;
    let (mut source, mut outputs) = (None, None);
    Json::new(text).within(cell).entries(|name, value| match name {
        "cell_type" if text[value.clone()] != *br#""code""# => syntax = Syntax::Prose,
        "source" => source = Some(value),
        "outputs" => outputs = Some(value),
        _ => {}
    })?;
    if let Some(source) = source {
        let within = Within::Cell { number, part: CellPart::Source };
        push_strings(passages, text, source, syntax, within)?;
    }
    let mut spans = Vec::new();
    if let Some(outputs) = outputs {
        Json::new(text).within(&outputs).items(|output| spans.push(output))?;
    }
    for output in spans {
        push_output(passages, text, &output, number)?;
    }
    Some(())
}

/// The texts of an output: `text`, `evalue`, `traceback`, and of `data` what is no picture.
fn push_output(
    passages: &mut Vec<Passage<'_>>,
    text: &[u8],
    output: &Range<usize>,
    number: usize,
) -> Option<()> {
    let mut texts = Vec::new();
    let mut data = None;
    Json::new(text).within(output).entries(|name, value| match name {
        "data" => data = Some(value),
        "metadata" => {}
        _ => texts.push(value),
    })?;
    if let Some(data) = data {
        let mut json = Json::new(text).within(&data);
        json.entries(|name, value| {
            if !name.starts_with("image/") || name == "image/svg+xml" {
                texts.push(value);
            }
        })?;
    }
    for value in texts {
        let within = Within::Cell { number, part: CellPart::Output };
        push_strings(passages, text, value, Syntax::Log, within)?;
    }
    Some(())
}

/// One passage of all strings in the value at `span`: a text is a list of its lines. The lines of a traceback have no
/// newline of their own.
fn push_strings(
    passages: &mut Vec<Passage<'_>>,
    text: &[u8],
    span: Range<usize>,
    syntax: Syntax,
    within: Within,
) -> Option<()> {
    let mut pieces = Pieces::default();
    Json::new(text).strings(span, |string| {
        if !pieces.is_empty() && !pieces.ends_with_newline() {
            pieces.push(b"\n", string.start);
        }
        push_unescaped(&mut pieces, text, string);
    })?;
    if !pieces.is_empty() {
        passages.push(pieces.into_passage(syntax, Some(within)));
    }
    Some(())
}
