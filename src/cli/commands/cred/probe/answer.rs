//! What a service said.

/// What a service said.
#[derive(Debug)]
pub(super) struct Answer {
    /// Who was asked, without anything secret.
    pub(super) server: String,
    /// Whether it let us in.
    pub(super) is_good: bool,
    /// What it said, in a few words.
    pub(super) said: String,
}

impl Answer {
    pub(super) fn good(server: impl Into<String>, said: impl Into<String>) -> Self {
        Self { server: server.into(), is_good: true, said: said.into() }
    }

    pub(super) fn bad(server: impl Into<String>, said: impl Into<String>) -> Self {
        Self { server: server.into(), is_good: false, said: said.into() }
    }
}
