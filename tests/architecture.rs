//! The floors of the code, as data, and the rules that keep them.
//!
//! Every rule is a function over a [`Tree`] of sources: here it is held against this repository, and beside its definition it is fed what it
//! must refuse. The sources are read as tokens, so comments and strings are never mistaken for code, and what stands inside a macro call is
//! seen like everything else.

#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/files.rs"]
mod files;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/tokens.rs"]
mod tokens;
#[path = "architecture/tree.rs"]
mod tree;
#[path = "architecture/words.rs"]
mod words;

use std::path::Path;

use tree::{Rule, Tree};

/// Each part, lowest floor first, with the parts that it may import.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("crypto", &["base"]),
    ("format", &["base", "crypto"]),
    ("engine", &["base", "crypto", "format"]),
    ("keys", &["base", "crypto", "format"]),
    ("mask", &["base", "crypto"]),
    ("tensors", &["base"]),
    ("presign", &["base", "crypto", "keys"]),
    ("envelope", &["base", "crypto", "format", "engine", "keys"]),
    ("model", &["base", "crypto", "format", "keys", "envelope"]),
    ("credentials", &["base", "crypto", "format", "keys"]),
    ("scan", &["base", "crypto", "mask", "tensors"]),
    ("guard", &["base", "crypto", "keys", "envelope", "model"]),
];

/// The parts above the library: they see what a user of the library sees.
const ON_THE_PUBLIC_API: &[&str] = &["cli", "server"];

#[test]
fn every_row_of_the_table_names_only_rows_above_it() {
    for (index, (part, may_import)) in FLOORS.iter().enumerate() {
        for import in *may_import {
            let is_above = FLOORS[..index].iter().any(|(other, _)| other == import);
            assert!(is_above, "`{part}` may import `{import}`, which no row above it describes");
        }
    }
}

#[test]
fn every_file_belongs_to_a_part_of_the_table() {
    holds(imports::every_file_has_a_part);
}

#[test]
fn a_part_imports_only_what_its_row_names() {
    holds(imports::parts_keep_to_their_row);
}

#[test]
fn parts_write_the_full_path_of_what_they_import() {
    holds(imports::parts_write_full_paths);
}

#[test]
fn no_part_imports_the_error_that_knows_them_all() {
    holds(imports::no_part_imports_error);
}

#[test]
fn the_error_that_knows_all_parts_knows_nothing_above_them() {
    holds(imports::error_keeps_below_the_public_api);
}

#[test]
fn the_binary_names_only_the_command_line() {
    holds(imports::main_names_only_cli);
}

#[test]
fn the_command_line_and_the_server_stay_on_the_public_api() {
    holds(imports::front_ends_stay_on_the_public_api);
}

#[test]
fn no_source_is_pulled_in_from_another_place() {
    holds(imports::no_source_from_elsewhere);
}

#[test]
fn no_module_cycle_runs_inside_a_part() {
    holds(cycles::no_cycle_inside_a_part);
}

#[test]
fn unsafe_code_stays_in_the_three_files_that_need_it() {
    holds(words::unsafe_only_where_listed);
}

#[test]
fn only_crypto_names_the_cipher_crates() {
    holds(words::cipher_crates_only_in_crypto);
}

#[test]
fn the_library_never_prints() {
    holds(words::no_printing);
}

#[test]
fn the_library_never_ends_the_process() {
    holds(words::no_exit);
}

#[test]
fn the_library_reads_the_environment_only_where_that_is_its_job() {
    holds(words::no_environment);
}

#[test]
fn nothing_is_left_to_do() {
    holds(words::no_todo);
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    holds(words::no_unwrap);
}

#[test]
fn a_file_is_short_enough_to_read_in_one_sitting() {
    holds(files::short_files);
}

#[test]
fn a_mod_file_only_declares_and_re_exports() {
    holds(files::mod_files_only_declare);
}

#[test]
fn no_module_is_a_drawer() {
    holds(files::no_drawers);
}

/// Fails with everything that `rule` finds in this repository.
fn holds(rule: Rule) {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut found = rule(&tree);
    found.dedup();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
