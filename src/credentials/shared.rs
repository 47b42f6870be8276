//! Stores that are shared or owned through a pointer.

use std::sync::Arc;

use super::listing::Listing;
use super::store::{Access, Action, Apply, CredentialStore};
use super::{Credential, Entry, Error, Moment, Name, Record, Selector};
use crate::base::SecretText;

macro_rules! as_what_it_points_to {
    ($($pointer:ident),*) => { $(
        impl<S: CredentialStore + ?Sized> CredentialStore for $pointer<S> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn access(&self) -> Access {
                (**self).access()
            }

            fn now(&self) -> Moment {
                (**self).now()
            }

            fn entry(&self, name: &Name) -> Result<Entry, Error> {
                (**self).entry(name)
            }

            fn look_up(&self, name: &Name) -> Result<Option<Entry>, Error> {
                (**self).look_up(name)
            }

            fn current_number(&self, name: &Name) -> Result<u32, Error> {
                (**self).current_number(name)
            }

            fn list(&self) -> Result<Listing, Error> {
                (**self).list()
            }

            fn read(&self, name: &Name, selector: Selector, now: Moment) -> Result<Credential, Error> {
                (**self).read(name, selector, now)
            }

            fn change(&self, name: &Name, action: Action, apply: Apply<'_>) -> Result<Entry, Error> {
                (**self).change(name, action, apply)
            }

            fn purge(&self, name: &Name) -> Result<(), Error> {
                (**self).purge(name)
            }

            fn create(&self, record: Record, secret: SecretText) -> Result<Entry, Error> {
                (**self).create(record, secret)
            }
        }
    )* };
}

as_what_it_points_to!(Arc, Box);
