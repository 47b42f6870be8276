//! Rust source as a flat list of tokens, and the same list without its tests.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// One identifier, literal, delimiter or mark; `::` is one token, comments and lifetimes are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Reads `text` into tokens. A path inside a string of an attribute (`#[serde(with = "crate::x")]`) is read as the path that it is.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let stream: TokenStream = text.parse().map_err(|error| format!("not Rust: {error}"))?;
    let mut out = Vec::new();
    flatten(stream, Inside::Code, &mut out);
    Ok(out)
}

/// Whether the tokens from `at` on read as `expected`.
pub(crate) fn reads(tokens: &[Token], at: usize, expected: &[&str]) -> bool {
    tokens.len() >= at + expected.len()
        && tokens[at..].iter().zip(expected).all(|(token, text)| token.text == *text)
}

/// The index of the delimiter that closes the one at `open`.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len()
}

/// What is left of a file when its tests are cut away.
pub(crate) struct Shipped {
    pub(crate) tokens: Vec<Token>,
    /// The modules declared for tests only: their files are tests throughout.
    pub(crate) test_modules: Vec<String>,
}

/// Cuts away every item under `#[cfg(test)]`, `#[cfg(all(test, …))]` or `#[test]`.
pub(crate) fn without_tests(tokens: &[Token]) -> Shipped {
    let mut shipped = Shipped { tokens: Vec::new(), test_modules: Vec::new() };
    let mut at = 0;
    while at < tokens.len() {
        if reads(tokens, at, &["#", "!", "["]) && means_test(&tokens[at + 3..closing(tokens, at + 2)]) {
            return Shipped { tokens: Vec::new(), test_modules: shipped.test_modules };
        }
        if !reads(tokens, at, &["#", "["]) || !means_test(&tokens[at + 2..closing(tokens, at + 1)]) {
            shipped.tokens.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let item = after_attributes(tokens, at);
        let name = after_visibility(tokens, item);
        if reads(tokens, name, &["mod"]) && reads(tokens, name + 2, &[";"]) {
            shipped.test_modules.push(tokens[name + 1].text.clone());
        }
        at = item_end(tokens, item);
    }
    shipped
}

/// The index after the attributes that stand at `at`.
pub(crate) fn after_attributes(tokens: &[Token], mut at: usize) -> usize {
    loop {
        if reads(tokens, at, &["#", "["]) {
            at = closing(tokens, at + 1) + 1;
        } else if reads(tokens, at, &["#", "!", "["]) {
            at = closing(tokens, at + 2) + 1;
        } else {
            return at;
        }
    }
}

/// The index after `pub`, `pub(crate)`, `pub(in …)` or nothing at `at`.
pub(crate) fn after_visibility(tokens: &[Token], at: usize) -> usize {
    if !reads(tokens, at, &["pub"]) {
        return at;
    }
    let is_restricted = reads(tokens, at + 1, &["(", "in"])
        || ["crate", "super", "self"].iter().any(|scope| reads(tokens, at + 1, &["(", scope, ")"]));
    if is_restricted { closing(tokens, at + 1) + 1 } else { at + 1 }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Attribute,
}

fn flatten(stream: TokenStream, inside: Inside, out: &mut Vec<Token>) {
    let mut previous_is_joint_colon = false;
    let mut is_lifetime = false;
    for tree in stream {
        let line = tree.span().start().line;
        let follows_joint_colon = std::mem::take(&mut previous_is_joint_colon);
        match tree {
            TokenTree::Group(group) => flatten_group(&group, inside, out),
            TokenTree::Ident(_) if std::mem::take(&mut is_lifetime) => {}
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let text = text.strip_prefix("r#").unwrap_or(&text).to_owned();
                out.push(Token { text, line });
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => is_lifetime = true,
            TokenTree::Punct(punct) if punct.as_char() == ':' && follows_joint_colon => {
                out.pop();
                out.push(Token { text: "::".to_owned(), line });
            }
            TokenTree::Punct(punct) => {
                previous_is_joint_colon = punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
                out.push(Token { text: punct.as_char().to_string(), line });
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                match quoted_path(&text) {
                    Some(path) if inside == Inside::Attribute => {
                        out.extend(
                            tokens(path).unwrap_or_default().into_iter().map(|token| Token { line, ..token }),
                        );
                    }
                    _ => out.push(Token { text, line }),
                }
            }
        }
    }
}

fn flatten_group(group: &Group, inside: Inside, out: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return flatten(group.stream(), inside, out),
    };
    let last = |back: usize| out.len().checked_sub(back).map(|index| out[index].text.as_str());
    let is_attribute =
        open == "[" && (last(1) == Some("#") || (last(2) == Some("#") && last(1) == Some("!")));
    let is_doc = group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc");
    let inside = if is_attribute && !is_doc { Inside::Attribute } else { inside };
    out.push(Token { text: open.to_owned(), line: group.span_open().start().line });
    flatten(group.stream(), inside, out);
    out.push(Token { text: close.to_owned(), line: group.span_close().start().line });
}

fn quoted_path(literal: &str) -> Option<&str> {
    let path = literal.strip_prefix('"')?.strip_suffix('"')?;
    let is_path =
        path.contains("::") && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    is_path.then_some(path)
}

/// Whether the inside of an attribute says that its item is compiled for tests only.
fn means_test(attribute: &[Token]) -> bool {
    if attribute.len() == 1 || reads(attribute, 0, &["cfg", "(", "test", ")"]) {
        return attribute.iter().any(|token| token.text == "test");
    }
    let mut depth = 0_usize;
    reads(attribute, 0, &["cfg", "(", "all", "("])
        && attribute.iter().any(|token| {
            match token.text.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth == 2 && token.text == "test"
        })
}

/// The index after the item, field or match arm that begins at `at`.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let word = after_visibility(tokens, at);
    let first = tokens.get(word).map_or("", |token| token.text.as_str());
    let is_const_fn = first == "const"
        && ["fn", "unsafe", "async", "extern"].iter().any(|next| reads(tokens, word + 1, &[next]));
    let ends_in_semicolon = ["use", "static", "type", "let", "const"].contains(&first) && !is_const_fn;
    let is_item = ends_in_semicolon || ITEM_WORDS.contains(&first);
    let mut at = word;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            ")" | "]" | "}" => return at,
            "{" if !ends_in_semicolon => return closing(tokens, at) + 1,
            "(" | "[" | "{" => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
    at
}

const ITEM_WORDS: &[&str] = &[
    "fn",
    "mod",
    "struct",
    "enum",
    "union",
    "impl",
    "trait",
    "macro_rules",
    "unsafe",
    "async",
    "const",
    "extern",
];

#[test]
fn comments_strings_and_characters_are_not_code() {
    let text = "/// crate::a\n// crate::b\n/* crate::c */ fn f<'crate_>() { let _ = (\"crate::d\", r#\"crate::e\"#, 'c', b'c'); }";
    let words: Vec<_> = tokens(text).expect("Rust").into_iter().map(|token| token.text).collect();
    assert!(!words.iter().any(|word| word == "crate" || word == "crate_"), "{words:?}");
}

#[test]
fn tests_are_cut_away_and_nothing_else() {
    let text = "
        use a::A;
        #[cfg(test)] use b::{B, C};
        #[cfg(test)] const D: E = E { f: 1 };
        struct G { h: u8, #[cfg(test)] i: u8, j: u8 }
        #[cfg(not(test))] fn k() {}
        #[cfg(any(test, feature = \"l\"))] fn m() {}
        #[cfg(test)] mod n;
        #[cfg(all(unix, test))] mod o { fn p() {} }
        #[test] #[ignore] fn q() {}
        fn r() {}";
    let shipped = without_tests(&tokens(text).expect("Rust"));
    let words: String =
        shipped.tokens.iter().map(|token| token.text.as_str()).filter(|word| word.len() == 1).collect();
    let letters: String = words.chars().filter(char::is_ascii_alphabetic).collect();
    assert_eq!(letters, "aAGhjkmr");
    assert_eq!(shipped.test_modules, ["n"]);
}
