//! Names with values, of a query or of headers. Values may be secret, a key for server-side encryption say: they
//! wipe themselves and print as nothing.

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

/// Names with values, in the order they were given.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Fields(Vec<(String, Value)>);

#[derive(Clone, PartialEq, Eq)]
struct Value(Zeroizing<String>);

impl Fields {
    pub(super) fn push(&mut self, name: String, value: &str) {
        self.0.push((name, Value(Zeroizing::new(value.to_owned()))));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.0.as_str()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
