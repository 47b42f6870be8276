//! How bad a leak would be, and how sure it is that there is one.

use serde::{Deserialize, Serialize};

/// How bad it is if the secret leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Opens little, or only together with something else: a salt, a public client's id.
    Low,
    /// Opens one narrow thing: a webhook, a test account.
    Medium,
    /// Opens an account or a service.
    High,
    /// Opens an organisation, or everything that hangs on a key.
    Critical,
}

/// How sure it is that the text is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It stands where secrets stand; its text could as well be something else. Masked, not reported.
    Low,
    /// It stands where secrets stand and looks like one.
    Medium,
    /// Its own form says what it is: a vendor's format, a valid checksum, a registered value.
    High,
}
