//! Tables that fit the terminal, without lines between the cells.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

/// A table with a header; the columns of these numbers are flush right. Where it is wider than `columns`, file
/// names are wrapped.
pub(super) fn render(
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    right: &[usize],
    columns: Option<u16>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    table.add_rows(rows);
    match columns {
        Some(columns) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for (column, name) in table.column_iter_mut().zip(header) {
        column.set_padding((0, 2));
        if *name != "file" {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for &index in right {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    lines.concat()
}

/// `key: value` lines, the values under each other.
pub(super) fn fields(fields: &[(&str, String)]) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    let line = |(name, value): &(&str, String)| format!("{:<width$} {value}\n", format!("{name}:"));
    fields.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a.bin", "1 B"], ["longer.bin", "16 kB"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            render(&["file", "size"], rows, &[1], None),
            "file         size\na.bin         1 B\nlonger.bin  16 kB\n"
        );
        assert_eq!(
            fields(&[("file", "a".into()), ("generation", "1".into())]),
            "file:       a\ngeneration: 1\n"
        );
    }

    #[test]
    fn only_file_names_are_wrapped() {
        let row = ["a/very/long/name.safetensors", "0123456789abcdef"].map(str::to_owned).to_vec();
        let table = render(&["file", "key"], [row], &[], Some(40));
        assert!(table.lines().all(|line| line.len() <= 40) && table.contains("0123456789abcdef"), "{table}");
    }
}
