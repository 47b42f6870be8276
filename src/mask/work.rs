//! Counts what is looked at: what makes linear time a test, without a clock.

/// Tells that so many bytes have been looked at. Nothing but tests hears it.
#[inline]
#[cfg_attr(not(test), allow(unused_variables, reason = "only tests count"))]
pub(super) fn looked_at(bytes_len: usize) {
    #[cfg(test)]
    tests::LOOKED_AT.with(|count| count.set(count.get() + bytes_len as u64));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write;

    use serde_json::Value;

    use super::super::masker::Masker;
    use crate::base::SecretText;

    thread_local! {
        pub(super) static LOOKED_AT: Cell<u64> = const { Cell::new(0) };
    }

    /// Texts of about this length that ask for as much work as they can.
    fn hostile(len: usize) -> Vec<(String, Vec<u8>)> {
        let mut texts: Vec<(String, Vec<u8>)> = REPEATED
            .iter()
            .map(|piece| ((*piece).to_owned(), piece.repeat(len / piece.len()).into_bytes()))
            .collect();
        for (opening, middle, closing) in AROUND {
            let half = |piece: &str| piece.repeat(len / 2 / piece.len());
            texts.push((format!("{opening}{middle}"), (half(opening) + &half(middle)).into()));
            texts.push((
                format!("{opening}{middle}{closing}"),
                (half(middle) + &half(closing) + opening).into(),
            ));
        }
        texts
    }

    /// The words of the rules, over and over.
    fn hostile_words(len: usize) -> Vec<(String, Vec<u8>)> {
        let words = super::super::rule::rules().iter().flat_map(|rule| &rule.keywords);
        words.map(|word| (word.clone(), word.repeat(len / word.len()).into_bytes())).collect()
    }

    fn masker() -> Masker {
        let masker = Masker::new();
        for value in ["aaaaaaaaaaaaaaaaaaaaaaab", "aaaaaa", "quixotic", "abababababac"] {
            masker.register(&SecretText::new(value.into())).unwrap();
        }
        masker
    }

    fn work(masker: &Masker, text: &[u8], of: fn(&Masker, &[u8])) -> u64 {
        LOOKED_AT.set(0);
        of(masker, text);
        LOOKED_AT.get()
    }

    fn as_stream(masker: &Masker, text: &[u8]) {
        masker.writer(std::io::sink()).write_all(text).unwrap();
    }

    fn as_whole(masker: &Masker, text: &[u8]) {
        let _ = masker.bytes(text);
    }

    fn as_json(masker: &Masker, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        masker.json(&mut Value::from(vec![&text[..]; 2]));
    }

    /// What `of` looks at grows by more than the text does, or is too much.
    fn faults(texts: fn(usize) -> Vec<(String, Vec<u8>)>, of: fn(&Masker, &[u8])) -> Vec<String> {
        let masker = masker();
        let mut faults = Vec::new();
        for ((name, once), (_, twice)) in texts(LEN).into_iter().zip(texts(2 * LEN)) {
            let (before, after) = (work(&masker, &once, of), work(&masker, &twice, of));
            if after * 10 > before * 23 || after > MAX_WORK * twice.len() as u64 {
                faults.push(format!("{name:?}: {before} bytes of {}, then {after}", once.len()));
            }
        }
        faults
    }

    #[test]
    fn twice_the_text_is_twice_the_work() {
        assert_eq!(faults(hostile, as_stream), [""; 0]);
        assert_eq!(faults(hostile, as_whole), [""; 0]);
        assert_eq!(faults(hostile, as_json), [""; 0]);
    }

    #[test]
    fn twice_the_words_of_a_rule_are_twice_the_work() {
        assert_eq!(faults(hostile_words, as_stream), [""; 0]);
    }

    #[test]
    fn counts_what_is_looked_at() {
        let masker = masker();
        let plain = work(&masker, b"nothing to see", as_whole);
        let telling = work(&masker, b"password=Zq7w3Fx9", as_whole);
        assert!(plain < 40 && telling > plain, "{plain} {telling}");
    }

    /// Long enough for what is bounded not to hide what is not.
    const LEN: usize = 60_000;
    /// Bytes looked at for each byte of the text, at most.
    const MAX_WORK: u64 = 20_000;

    const REPEATED: &[&str] = &[
        "token=",
        "password=\"",
        "password=\"\\\"",
        "password='",
        "password=a&",
        "secret: ",
        "authorization: bearer a://",
        "bearer ",
        "basic ",
        "a://u:p7x@",
        " curl -u a:b7c ",
        "\"d\":\"",
        "identified by '",
        "Private-Lines: 1",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----x",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAxGq1pZ0vT9wQ5b2m3n4c\n",
        "__masked.",
        "__masked.token.01234567__",
        "password=a7b__masked.token.01234567__ ",
        "seed: a7b8c9d0 ",
        "{\"a\":",
        "{\"password\":\"a7b8c9xz\"}",
        "{\"password\":\"a7b8c9xz\"}\n",
        "[",
        "\"",
        "\\",
        "=",
        "&",
        "\n",
        "\r",
        "\u{1b}[0m",
        "password\u{1b}[0m",
        "\\u001b[31m",
        "a",
        "ab",
        "quixotic",
        "é",
        "\0",
    ];
    const AROUND: &[(&str, &str, &str)] = &[
        ("-----BEGIN PRIVATE KEY-----(", "(", "x"),
        ("Private-Lines: 1", " ", "x"),
        ("-----BEGIN PRIVATE KEY-----\n", "(", "x\n"),
        ("{\"a\":", "[", "}"),
        ("[", "\"password=a7b8c9\",", "]"),
        ("password=\"", "\\", "\""),
        ("password: ", "a", " b"),
        ("bearer ", "a", "://"),
        ("token ", "\u{1b}[0m", "="),
    ];
}
