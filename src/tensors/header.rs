//! The JSON of a safetensors header. Accepts what the `safetensors` crate does, but for names that stand
//! twice (the format forbids them, the crate takes the last) and for tensors not written as objects.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Dtype, Error};

/// A header as it stands there, in the order of its text: nothing is checked against anything.
pub(super) struct Header {
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) tensors: Vec<(String, Description)>,
}

/// What a header says of one tensor.
pub(super) struct Description {
    pub(super) dtype: NamedDtype,
    pub(super) shape: Vec<u64>,
    pub(super) data_offsets: (u64, u64),
}

/// A type, or the name of one that this version does not know.
pub(super) enum NamedDtype {
    Known(Dtype),
    Unknown(String),
}

impl Header {
    /// Parses the bytes between the header's length and the data. Memory is in proportion to them.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json)
            .map_err(|error| Error::Json { line: error.line(), column: error.column() })
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let (mut metadata, mut tensors) = (None, Vec::new());
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA {
                        fill(&mut metadata, map.next_value::<Option<Texts>>()?)?;
                    } else {
                        tensors.push((name, map.next_value()?));
                    }
                }
                Ok(Header { metadata: metadata.flatten().map(|Texts(texts)| texts), tensors })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Description;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tensor's description")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Description, A::Error> {
                let (mut dtype, mut shape, mut data_offsets) = (None, None, None);
                while let Some(field) = map.next_key::<String>()? {
                    match field.as_str() {
                        "dtype" => fill(&mut dtype, map.next_value()?)?,
                        "shape" => fill(&mut shape, map.next_value()?)?,
                        "data_offsets" => fill(&mut data_offsets, map.next_value()?)?,
                        _ => {
                            map.next_value::<Skipped>()?;
                        }
                    }
                }
                Ok(Description {
                    dtype: dtype.ok_or_else(|| A::Error::missing_field("dtype"))?,
                    shape: shape.ok_or_else(|| A::Error::missing_field("shape"))?,
                    data_offsets: data_offsets.ok_or_else(|| A::Error::missing_field("data_offsets"))?,
                })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Deserialize<'de> for NamedDtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Dtype::from_name(&name).map_or(Self::Unknown(name), Self::Known))
    }
}

/// A map of strings in which no key stands twice.
struct Texts(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some((key, text)) = map.next_entry()? {
                    if texts.insert(key, text).is_some() {
                        return Err(twice());
                    }
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// A value that is of no interest and still has to be JSON through and through, numbers and depth included:
/// a file that the usual loaders refuse is refused here too.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

fn fill<T, E: de::Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    if place.replace(value).is_some() { Err(twice()) } else { Ok(()) }
}

/// The message is never shown: the error that comes of it says where, and nothing out of the file.
fn twice<E: de::Error>() -> E {
    E::custom("a key stands twice")
}

const METADATA: &str = "__metadata__";
