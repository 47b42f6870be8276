//! What kind of text it is: it decides what a value without quotes can be.

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Log lines, terminal output: anything may stand anywhere, and nothing may be missed.
    Log,
    /// A programming language: a value without quotes is an expression, not a secret.
    Code,
    /// Configuration (YAML, `.env`, INI, properties, TOML): a value needs no quotes.
    Config,
    /// Structured data (JSON, XML, CSV): values are quoted or stand between tags.
    Data,
    /// Documentation and other prose.
    Prose,
}
