//! A JSON field that is absent, null or something, told apart.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field that may be missing, and null where it is not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Absent<T> {
    #[default]
    Absent,
    Present(T),
}

impl<T> Absent<T> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Serialize> Serialize for Absent<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Present(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Absent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Present)
    }
}
