//! Where the engine comes in.

use super::cursor::{byte, continues_with};
use super::{field, flag, header, markup, url};
use crate::mask::found::Found;
use crate::mask::syntax::Syntax;

/// What makes the engine stop: lower-case fragments, found in whatever case.
pub(in crate::mask) const TRIGGERS: &[&str] = &[
    "://",
    " -u",
    " -p",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "bearer",
    "basic ",
    "cookie",
    "session",
    "sessid",
    "salt",
    "nonce",
    "seed",
    "signature",
    "sig=",
    "jwt",
    "psw",
    "csrf",
    "hmac",
    "senha",
    "kennwort",
    "mdp",
    "contrasena",
    "_pw",
    "identified by",
    "identified with",
    "securestring",
    "\"d\":",
    "\"k\":",
    "密码",
    "口令",
    "パスワード",
    "비밀번호",
    "пароль",
];

/// Reads what stands around the trigger at `at`, pushes what it finds, and returns the byte up to which the text is done.
pub(in crate::mask) fn at_trigger(text: &[u8], at: usize, syntax: Syntax, out: &mut Vec<Found>) -> usize {
    match byte(text, at) {
        b':' => url::user_info(text, at, out),
        b' ' => flag::read(text, at, syntax, out),
        b'i' | b'I' if continues_with(text, at, "identified ") => markup::identified_by(text, at, out),
        b's' | b'S' if continues_with(text, at, "securestring") => markup::secure_string(text, at, out),
        b'b' | b'B' if continues_with(text, at, "basic ") => header::basic(text, at, out),
        b'b' | b'B' => header::scheme_value(text, at + "bearer".len(), syntax, out)
            .unwrap_or_else(|| field::read(text, at, syntax, out)),
        b'"' => markup::json_web_key(text, at, out),
        0x80.. => field::read_foreign(text, at, syntax, out),
        _ => field::read(text, at, syntax, out),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use aho_corasick::AhoCorasick;

    use super::*;
    use crate::mask::severity::Confidence;

    #[test]
    fn finds_secrets_in_code() {
        reported(
            Syntax::Code,
            &[
                r#"password = "«hunter2x»""#,
                r#"password := "«hunter2x»""#,
                "const PASSWORD = '«hunter2x»';",
                r#"let password: &str = "«hunter2x»";"#,
                r#"const dbPassword string = "«hunter2x»""#,
                r#"setPassword("«hunter2x»")"#,
                r#"builder.password("«hunter2x»")"#,
                "{password: '«hunter2x»'}",
                ":password => '«hunter2x»'",
                r#"os.environ["TOKEN"] = "«q8Zr1tVx0bLm»""#,
                r#"props.put("password", "«hunter2x»")"#,
                "define('DB_PASSWORD', '«hunter2x»');",
                "define('AUTH_SALT',        '«7a1cd0b2f3»');",
                "define( 'NONCE_SALT', '«x;Y-t}0$F4 (a|_z»' );",
                "define( 'NONCE_KEY', '«7a1cd0b2f3»' );",
                "$config['db']['password'] = '«hunter2x»';",
                r#"if password == "«hunter2x»" {"#,
                r#"NSString *const kPassword = @"«hunter2x»";"#,
                r#"secret := []byte("«k2v9TqLm7Zx4»")"#,
                r#"conn = "host=db user=app password=«hunter2x» sslmode=disable""#,
                r#"conn = "Server=db;User Id=sa;Password=«hunter2x»;""#,
                r#""jdbc:mysql://db/app?user=a&password=«hunter2x»""#,
                "CREATE USER a IDENTIFIED BY '«hunter2x»';",
                "ALTER USER a IDENTIFIED WITH mysql_native_password BY '«hunter2x»';",
                "CREATE ROLE a LOGIN PASSWORD '«hunter2x»';",
                r#"ConvertTo-SecureString "«hunter2x»" -AsPlainText -Force"#,
                r#""GET / HTTP/1.1\r\nAuthorization: Basic «YWRtaW46bTBvbmxpZ2h0»\r\n""#,
                r#"h = "Basic «YWRtaW46bTBvbmxpZ2h0»""#,
                r#"equals("OAuth oauth_token=\"«W_KLmAAAAAAAxq5LAAABbXxJeD0»\", v", x)"#,
                r#"parseSecret("«ee367a189aee18fa31c190054efd4a8e»")"#,
                "\"Cookie: APPSESSIONID=«4e5437b377554784bda6d004e8f589fb»\"",
            ],
        );
    }

    #[test]
    fn finds_secrets_in_configuration() {
        reported(
            Syntax::Config,
            &[
                "password: «hunter2x»",
                "  password: '«hunter2x»'  # comment",
                "- MYSQL_ROOT_PASSWORD=«hunter2x»",
                "export DB_PASS=«hunter2x»",
                "spring.datasource.password=«hun&ter,2x»",
                "password = \"«hunter2x»\"",
                "- name: DB_PASSWORD\n  value: «hunter2x»",
                "url: redis://:«hunter2x»@cache:6379/0",
                "url: http://a:«p@ss/w0rd»@cache.internal/x",
                "curl -u deploy:«hunter2x» https://ci.internal",
                "curl -H \"Authorization: Bearer «q8Zr1tVx0bLmN4kJ»\" https://ci.internal",
                "mysql -u root -p«hunter2x» app",
                "sshpass -p '«hunter2x»' ssh host",
                "app --password «hunter2x» --verbose",
                "app --token=«q8Zr1tVx0bLmN4kJ»",
            ],
        );
    }

    #[test]
    fn finds_secrets_in_data() {
        reported(
            Syntax::Data,
            &[
                r#"{"password": "«hunter2x»", "id": 7}"#,
                r#"{"m": "{\"password\": \"«hunter2x»\"}"}"#,
                r#"{"m": "{\\\"password\\\":\\\"«hunter2x»\\\"}"}"#,
                r#"{"name": "DB_PASSWORD", "value": "«hunter2x»"}"#,
                "<password>«hunter2x»</password>",
                r#"<property name="connection.password">«hunter2x»</property>"#,
                r#"<property name="password" value="«hunter2x»"/>"#,
                r#"<server password="«hunter2x»" port="1"/>"#,
                "<key>apiToken</key>\n<string>«q8Zr1tVx0bLmN4kJ»</string>",
                "value=&quot;x&quot; password=&quot;«hunter2x»&quot;",
                r#"{"kty":"oct","k":"«AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75»"}"#,
            ],
        );
    }

    #[test]
    fn finds_secrets_in_prose() {
        reported(
            Syntax::Prose,
            &[
                "Password: `«hunter2x»`",
                "**Password:** «hunter2x»",
                "密码：«hunter2x»",
                "https://x.internal/?token=«f83ka01mzq92hx7c»&x=1",
            ],
        );
    }

    #[test]
    fn masks_in_logs_what_it_would_not_report() {
        masked(
            Syntax::Log,
            &[
                "login with password=«swordfish» user=ann",
                "password is «hunter2»",
                "password=«123456»",
                "Set-Cookie: sid=1; token=«abc123def»",
                r#"{"msg":"x","api_key":"«my-own-key»"}"#,
                "token=«q8Zr1tVx0bLm»",
                "\u{1b}[3mpassword\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"«hunter2»\" \u{1b}[3mid",
                "\u{1b}[38;5;1mpassword\u{1b}[0m: \u{1b}[32m«hunter2»\u{1b}[0m",
                r#"{"m":"\u001b[3mpassword\u001b[0m=«hunter2» x"}"#,
                "x password=«a7&b» id=3",
                "x password=«a7;b» id=3",
                "x password=«a7»&id=3",
                "x password=«a7»;id=3",
                r#"x "password=«a7&b» id=3""#,
                r#"x "password=«a7»&id=3""#,
                "GET /x?password=«a7»&b HTTP/1.1",
            ],
        );
    }

    #[test]
    fn leaves_what_is_no_secret() {
        left(&[
            (
                Syntax::Log,
                &[
                    "tokens_per_second=10423 num_tokens=17",
                    "loading tokenizer from tokenizer.json",
                    "max_tokens: 4096",
                    r#"{"eos_token_id": 2, "pad_token": "<pad>", "token": "<|endoftext|>"}"#,
                    "special_tokens_map.json",
                    "attention key shape (8, 128), keys: 4",
                    "unexpected key \"model.layers.0.weight\" in state_dict",
                    "password reset for user ann",
                    "seed=42 seed: 1234",
                    "secret \"regcred\" not found",
                    "GET https://host:8080/path@x",
                    "token: null, password: ****, secret=<redacted>",
                    "author=ann bypass=1 monkey=2 keyboard: us",
                    "chown -p 8080:80; docker run -p 80:80 x",
                ][..],
            ),
            (
                Syntax::Code,
                &[
                    "password = getpass()",
                    r#"password = password.encode("utf-8")"#,
                    r#""output_token": "LastReadTableName""#,
                    r#""result_key": "ListOfAllSummaries""#,
                    r#"src_key = "ManagedSecurityGroup""#,
                    r##"Token: "#d0e1f2","##,
                    r#""secret": "CLIENT_TRAFFIC_SECRET_0""#,
                    r#""SecretAccessKey": "aB3dE5fG7hI9EXAMPLEKEY""#,
                    r#""arn:cloud:manager:west:1234:secret:OurTestSecret-a1b2c3""#,
                    r#""AWS::KMS::Key": "2b4d7c47ab1c0388""#,
                    r#""key": "5f1d3c6a-7b2e-4f09-8c1d-2e3f4a5b6c7d""#,
                    r#""EncryptionKey": "arn:cloud:kms:west-2:1234567:alias/store""#,
                    r#""key": "instance:MetadataHttpTokens""#,
                    r#""KeyFingerprint": "1f:51:ae:28:bf:89:e9:d8:1f:25:5d""#,
                    r#""https://host.internal/graph/badge.svg?token=B1Qn4fGl7L""#,
                    r#""authKey": "123Example""#,
                    "Takes a password:\n```\nlet x1 = y2;\n```",
                    r#"t.pass("tests/pass/all.rs")"#,
                    "// Get passwd `struct`.",
                    "changePassword(newPassword: String!, id: Int!)",
                    "password: string",
                    "token = tokenizer.decode(ids)",
                    r#"password = os.environ["DB_PASS"]"#,
                    r#"Password string `json:"password"`"#,
                    r#"{ token: "keyword.operator", regex: /x/ }"#,
                    r#"fields = ["username", "password", "email"]"#,
                    r#"errors.password = "Please enter a password""#,
                    r#"PASSWORD_FIELD = "password""#,
                    r#"log("token=%s", token)"#,
                    "if (type == 'password') {}",
                    r#"secret = "${SECRET}""#,
                ][..],
            ),
            (
                Syntax::Config,
                &[
                    "password: ${DB_PASS}",
                    "password: {{ vault_password }}",
                    "password: <password>",
                    "DB_PASSWORD_FILE=/run/secrets/db",
                    "API_KEY=your-api-key",
                    "secret: web-tls-cert",
                    "password: Passwort",
                    "token: xxxxxxxxxxxx",
                    "PASSWORD=$(cat file)",
                    "rpassword = \"7.5\"",
                ][..],
            ),
        ]);
    }

    #[test]
    fn leaves_what_the_code_of_others_is_full_of() {
        left(&[(
            Syntax::Code,
            &[
                r#""incorrect_api_key": "\u00c9rv\u00e9nytelen""#,
                "input[type=password]:focus, input[type=\"password\"]:focus {}",
                "if(e.renderPass!==`translucent`){} x={allPass:\"overEvery\"}",
                r#"rules = [['password', 'totp'], ["client_secret", "validated_at"]]"#,
                r#"fields = ("secret", "created_at")"#,
                r#"args = ("password", "salt")"#,
                r#"f("label", {for:"auth_password"}, "Password:", x ? f("code") : "")"#,
                "the value from the file identified by 'entry'",
                r#"{key:"getOrCreateTrForRow", value:1}"#,
                "dragOverNodeKey = _this$state14.dragOverNodeKey,",
                r#""user=app password=pass dbname=postgres""#,
                "key = 1979-05-27T07:32:00Z",
                r#"entry = "SecretInPass = package.secrets.store:SecretInPass""#,
                r#""clientRequestToken": "1d2129a1-3d38-460a-9756-e5b91fddb951""#,
                r#""versionNonce": 683564843,"#,
                r#""Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==""#,
                "_IMAGE_SHA256_KEY: 'b5d54c39e66671c9731b9f471e585d8262cd4f54'",
                r#"storage_key = f"files/{sha256_hash}.zip""#,
                r#""reset_password": "20/m/ip,5/m/key""#,
                r#"if update_password == "always" {"#,
                "write: Pass unsupported_media_mode='stub' to log null",
                r#"salt = "framework.contrib.messages""#,
                r#"{cases:{"@keywords":{token:"keyword.$0"}}, push(token("comment2"))"#,
                r#"verify_password("alice", other)"#,
            ],
        )]);
    }

    #[test]
    fn work_is_linear_on_hostile_text() {
        for piece in [
            "token=",
            "password=",
            "password='",
            "password=\"",
            "token=\"\\",
            "a://b:",
            "://",
            "secret: ",
            "\"key\":",
            "-u key ",
            "pass",
        ] {
            let mut last = 0;
            let text = piece.repeat(4000).into_bytes();
            let mut work = 0;
            for at in stops(&text) {
                if at >= last {
                    let mut out = Vec::new();
                    let go_on = at_trigger(&text, at, Syntax::Log, &mut out);
                    assert!(go_on > at, "{piece}: no progress");
                    // What was found is consumed: nothing is found twice, and no find reaches back.
                    for found in &out {
                        assert!(found.span.start >= last && found.span.end <= go_on, "{piece}: {found:?}");
                        work += found.span.len();
                    }
                    last = go_on;
                }
            }
            assert!(work <= text.len(), "{piece}: {work}");
        }
    }

    /// With the consuming above, this is what makes the work linear.
    #[test]
    fn what_stands_far_away_changes_nothing() {
        let (back, ahead) = (512, 8192);
        for piece in
            ["token=\"\\", "password='", "key: [ ", "curl -u ", "mysql -p", "a://b:c", "\"token\" \n"]
        {
            let text = piece.repeat(4000).into_bytes();
            for at in stops(&text).into_iter().step_by(97) {
                let (mut whole, mut part) = (Vec::new(), Vec::new());
                let go_on = at_trigger(&text, at, Syntax::Log, &mut whole);
                let start = at.saturating_sub(back);
                let window = &text[start..text.len().min(at + ahead)];
                if go_on - at < ahead / 2 {
                    assert_eq!(
                        at_trigger(window, at - start, Syntax::Log, &mut part) + start,
                        go_on,
                        "{piece}"
                    );
                    assert_eq!(whole.len(), part.len(), "{piece}");
                }
            }
        }
    }

    #[test]
    fn reads_any_mixture_without_panicking() {
        let pieces: Vec<&[u8]> = [
            "password",
            "token",
            "key",
            "://",
            "@",
            ":",
            "=",
            "\"",
            "'",
            "\\",
            "\n",
            " ",
            "<",
            ">",
            "</",
            "value",
            ",",
            "(",
            ")",
            "[",
            "]",
            "-u ",
            " -p",
            "curl",
            "basic ",
            "bearer ",
            "密码",
            "：",
            "a",
            "9",
            "%3d",
            "&quot;",
            "identified with",
            "by",
            "\"d\":",
            "securestring",
            "\0",
        ]
        .map(str::as_bytes)
        .into_iter()
        .chain([&b"\xff"[..], b"\xe5\xaf"])
        .collect();
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.extend_from_slice(pieces[(state >> 16) as usize % pieces.len()]);
            }
            for syntax in [Syntax::Log, Syntax::Code, Syntax::Config, Syntax::Data, Syntax::Prose] {
                for found in find(&text, syntax) {
                    assert!(found.span.start < found.span.end && found.span.end <= text.len());
                }
            }
        }
    }

    /// Nothing of it is reported; in logs nothing is masked either.
    fn left(all: &[(Syntax, &[&str])]) {
        let mut wrong = Vec::new();
        for (syntax, texts) in all {
            for text in *texts {
                let found = find(text.as_bytes(), *syntax);
                let found = found
                    .iter()
                    .filter(|found| *syntax == Syntax::Log || found.confidence >= Confidence::Medium);
                wrong.extend(found.map(|found| format!("{syntax:?} {text}: {:?}", found.span)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Each text without its marks is reported as what stood between them.
    fn reported(syntax: Syntax, texts: &[&str]) {
        check(syntax, texts, Confidence::Medium);
    }

    fn masked(syntax: Syntax, texts: &[&str]) {
        check(syntax, texts, Confidence::Low);
    }

    fn check(syntax: Syntax, texts: &[&str], least: Confidence) {
        let mut failed = Vec::new();
        for marked in texts {
            let start = marked.find('«').unwrap();
            let end = marked.find('»').unwrap() - '«'.len_utf8();
            let text = marked.replace(['«', '»'], "");
            let found = find(text.as_bytes(), syntax);
            let spans: Vec<_> = found
                .iter()
                .filter(|found| found.confidence >= least)
                .map(|found| found.span.clone())
                .collect();
            if spans.len() != 1 || spans[0] != (start..end) {
                let read: Vec<_> = spans.iter().map(|span| &text[span.clone()]).collect();
                failed.push(format!("{text}: {read:?}"));
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
    }

    /// A plain search for the triggers, in place of the engine's.
    fn find(text: &[u8], syntax: Syntax) -> Vec<Found> {
        let mut out = Vec::new();
        let mut until = 0;
        for at in stops(text) {
            if at >= until {
                until = at_trigger(text, at, syntax, &mut out);
            }
        }
        out
    }

    fn stops(text: &[u8]) -> Vec<usize> {
        static SEARCH: LazyLock<AhoCorasick> =
            LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(TRIGGERS).unwrap());
        let mut stops: Vec<usize> = SEARCH.find_overlapping_iter(text).map(|found| found.start()).collect();
        stops.sort_unstable();
        stops
    }
}
