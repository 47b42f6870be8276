//! Metadata as it was typed, and what it does to a record.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::args::cred::{MetadataArgs, When};
use crate::cli::failure::Failure;
use crate::credentials::{Moment, Record};

/// What is to be changed of a record.
pub(super) struct Metadata<'a> {
    args: &'a MetadataArgs,
    extra: BTreeMap<&'a str, &'a str>,
}

impl<'a> Metadata<'a> {
    pub(super) fn parse(args: &'a MetadataArgs) -> Result<Self, Failure> {
        // What is wrong in an argument may be secret: it is not repeated.
        let pair = |text: &'a String| {
            text.split_once('=').ok_or_else(|| Failure::usage("an --extra is not KEY=VALUE"))
        };
        Ok(Self { args, extra: args.extra.iter().map(pair).collect::<Result<_, _>>()? })
    }

    /// Changes the fields that were given; those that were given empty are taken away.
    pub(super) fn apply(&self, record: &mut Record, now: Moment) {
        let args = self.args;
        let texts = [
            (&args.username, &mut record.username),
            (&args.service, &mut record.service),
            (&args.env, &mut record.environment),
            (&args.description, &mut record.description),
            (&args.rotate_command, &mut record.rotate_command),
            (&args.verify_command, &mut record.verify_command),
        ];
        for (given, field) in texts {
            if let Some(text) = given {
                *field = Some(text.clone()).filter(|text| !text.is_empty());
            }
        }
        for (key, value) in &self.extra {
            if value.is_empty() {
                record.extra.remove(*key);
            } else {
                record.extra.insert((*key).to_owned(), (*value).to_owned());
            }
        }
        record.tags.extend(args.tag.iter().cloned());
        if let Some(when) = args.expires {
            record.expires = end(when, now);
        }
        if let Some(every) = args.rotate_every {
            record.rotate_every = Some(every.0).filter(|every| *every > Duration::ZERO);
        }
    }

    /// Until when the secret is good, if that was given.
    pub(super) fn expires(&self, now: Moment) -> Option<Moment> {
        self.args.expires.and_then(|when| end(when, now))
    }
}

fn end(when: When, now: Moment) -> Option<Moment> {
    when.after(now.time()).map(Moment::from)
}
