//! What a URL of one's own gateway allows, and for how long.

use std::time::{Duration, SystemTime};

use super::method::Method;

/// What a URL is signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(super) methods: Vec<Method>,
    pub(super) lifetime: Duration,
    pub(super) not_before: Option<SystemTime>,
}

/// What a URL was signed for: authentic, and in force when it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The id of the key that signed it.
    pub kid: String,
    /// The methods it allows.
    pub methods: Vec<Method>,
    /// From when on, if it says so.
    pub not_before: Option<SystemTime>,
    /// The first second in which it no longer holds.
    pub expires_at: SystemTime,
}

impl Grant {
    /// One method, from now on or from [`not_before`](Self::not_before), for `lifetime` (full seconds).
    #[must_use]
    pub fn new(method: Method, lifetime: Duration) -> Self {
        Self { methods: vec![method], lifetime, not_before: None }
    }

    /// The same with one method more.
    #[must_use]
    pub fn and(mut self, method: Method) -> Self {
        self.methods.push(method);
        self
    }

    /// The same, from `time` on (to the second).
    #[must_use]
    pub fn not_before(mut self, time: SystemTime) -> Self {
        self.not_before = Some(time);
        self
    }

    /// The methods as the URL lists them: in order, each once.
    pub(super) fn listed_methods(&self) -> String {
        let mut methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        methods.sort_unstable();
        methods.dedup();
        methods.join(",")
    }
}
