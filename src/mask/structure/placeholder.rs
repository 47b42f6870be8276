//! Values that stand for a value: templates, variables, blanks.

use super::vocabulary;

/// Whether `value` stands for something that is filled in elsewhere, or says that there is nothing.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    is_nothing(value) || is_filler(value) || is_template(value) || has_instruction(value)
}

/// Whether `value` is a word for nothing, a switch, a type, or known to everybody.
fn is_nothing(value: &[u8]) -> bool {
    value.len() <= 24 && vocabulary::is_no_value(&value.to_ascii_lowercase())
}

/// Whether `value` is made of one or two bytes over and over: `xxxx`, `****`, `......`, `xxxx-xxxx`.
fn is_filler(value: &[u8]) -> bool {
    let Some(&first) = value.first() else { return true };
    let fill =
        |byte: u8| matches!(byte.to_ascii_lowercase(), b'x' | b'*' | b'.' | b'-' | b'_' | b'?' | b' ' | b'#');
    if value.iter().all(|byte| fill(*byte)) {
        return true;
    }
    if value.len() >= 3 && value.iter().all(|byte| *byte == first) && !first.is_ascii_alphanumeric() {
        return true;
    }
    let (most, run) = longest_run(value);
    (matches!(most, b'x' | b'X') && run >= 4) || (matches!(most, b'*' | b'.') && run >= 3)
}

fn longest_run(value: &[u8]) -> (u8, usize) {
    let mut best = (0, 0);
    let mut run = (0, 0);
    for &byte in value {
        run = if byte == run.0 { (byte, run.1 + 1) } else { (byte, 1) };
        if run.1 > best.1 {
            best = run;
        }
    }
    best
}

/// Whether `value` is a template or holds one: `<password>`, `${VAR}`, `{{ x }}`, `%s`, `$(cmd)`.
fn is_template(value: &[u8]) -> bool {
    let (first, last) = (value[0], value[value.len() - 1]);
    let wrapped = match first {
        b'<' => last == b'>',
        b'[' => last == b']',
        b'{' => last == b'}',
        b'(' => last == b')',
        b'%' | b'@' => {
            last == first && value.len() > 2
                || value[1..].iter().all(|byte| is_word_byte(*byte)) && first == b'%'
                || value.len() > 4 && value[1..].iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
        }
        b'$' => is_variable(&value[1..]),
        b':' => value.len() > 1 && value[1..].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_'),
        b'_' => value.starts_with(b"__") && value.ends_with(b"__"),
        _ => false,
    };
    if wrapped || !value.iter().any(|byte| b"$}(#<%{[".contains(byte)) {
        return wrapped;
    }
    OPENINGS.iter().any(|opening| holds(value, opening))
        || has_verb(value)
        || holds_tag(value)
        || holds_field(value)
}

/// Whether `name`, behind a dollar sign, is that of a variable rather than part of a password (`$ecretf0rt3st`).
fn is_variable(name: &[u8]) -> bool {
    if !name.is_empty() && name.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let is_name = name.first().is_some_and(|byte| !byte.is_ascii_digit())
        && name.iter().all(|byte| is_word_byte(*byte));
    let inner_digit = name.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_lowercase());
    is_name && !inner_digit
}

/// Whether `value` holds `%s`, `%d`, `%v` or the like, and little else.
fn has_verb(value: &[u8]) -> bool {
    let verb = |pair: &[u8]| pair[0] == b'%' && matches!(pair[1], b's' | b'd' | b'v' | b'q' | b'@');
    value.len() <= 24 && value.windows(2).any(verb)
}

/// Whether `value` holds `<some words>`.
fn holds_tag(value: &[u8]) -> bool {
    let Some(open) = value.iter().position(|byte| *byte == b'<') else { return false };
    value[open..].contains(&b'>')
        && value
            .get(open + 1)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/' || *byte == b'%' || *byte == b'|')
}

/// Whether `value` holds `{name}`, as formats of strings do: `files/{digest}.zip`.
fn holds_field(value: &[u8]) -> bool {
    value.split(|byte| *byte == b'{').skip(1).any(|behind| {
        let is_name = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || **byte == b'_';
        let name = behind.iter().take_while(is_name).count();
        name >= 2 && behind[0].is_ascii_lowercase() && behind.get(name) == Some(&b'}')
    })
}

/// Whether `value` tells the reader what to put in its place.
fn has_instruction(value: &[u8]) -> bool {
    value.len() <= 80 && vocabulary::has_instruction(value)
}

fn holds(value: &[u8], part: &str) -> bool {
    value.windows(part.len()).any(|window| window == part.as_bytes())
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'>' | b'[' | b']' | b':')
}

const OPENINGS: &[&str] = &["${", "{{", "}}", "$(", "#{", "<%", "%>", "%(", "{%", "[[", "\\(", ".$"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_stands_for_a_value() {
        for value in [
            "<password>",
            "YOUR_API_KEY",
            "your-token",
            "xxxx",
            "XXXXXXXX",
            "****",
            "...",
            "${DB_PASS}",
            "{{ token }}",
            "%s",
            "$(cat file)",
            "$PASSWORD",
            "$user->password",
            "null",
            "None",
            "true",
            "#{secret}",
            "<%= x %>",
            "%PASSWORD%",
            "@password@",
            "__TOKEN__",
            "{0}",
            "{password}",
            "[REDACTED]",
            "sk-xxxxxxxx",
            "<|endoftext|>",
            "INSERT_KEY",
            "token-here",
            "@ESXI_PASSWORD",
            "files/{digest}.zip",
            "keyword.$0",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn leaves_what_is_a_value() {
        for value in [
            "hunter2",
            "changeme",
            "p@ssw0rd!",
            "$2a$10$abcdefghijk",
            "abc%123",
            "a<b",
            "guest",
            "0000",
            "111111",
        ] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }
}
