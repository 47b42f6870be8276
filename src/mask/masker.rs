//! Takes secrets out of everything that is given to it.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::base::SecretText;

use super::error::Error;
use super::finder::Finder;
use super::known::Registry;
use super::text;

/// Takes secrets out of text: registered values in every usual form, tokens of known vendors, and what stands where secrets stand.
///
/// Clones share what is registered. The registered values lie in memory that is wiped when the last clone is dropped, and so does the
/// automaton that looks for their forms. What cannot be wiped: the texts themselves, which are the caller's, and what the allocator or
/// the compiler copies.
#[derive(Clone, Default)]
pub struct Masker(Arc<Shared>);

#[derive(Default)]
struct Shared {
    registry: Mutex<Registry>,
    finder: RwLock<Finder>,
    /// The registry has what the finder does not.
    is_behind: AtomicBool,
}

impl Masker {
    /// Knows no values yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for this value too, from now on and in all clones: as it is, in base64 and base64url wherever it stands in them, in hex,
    /// percent-encoded, and escaped as in JSON; of one with several lines also for each line of at least 8 bytes (of 6 if none has 8). Newlines at its end do
    /// not count.
    ///
    /// Many are best registered before the first text: they are made ready together when the next text comes.
    pub fn register(&self, value: &SecretText) -> Result<(), Error> {
        if self.registry().add(value)? {
            self.0.is_behind.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// `text` with masked forms in the place of secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match text::whole(&self.finder(), text.as_bytes()) {
            None => Cow::Borrowed(text),
            Some(masked) => Cow::Owned(String::from_utf8(masked).expect("no character was cut in two")),
        }
    }

    /// The same for bytes of any kind. In what is binary (it has a zero byte and is no UTF-8) only registered values are looked for.
    #[must_use]
    pub fn bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        text::whole(&self.finder(), text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    pub(super) fn finder(&self) -> Finder {
        if self.0.is_behind.load(Ordering::Acquire) {
            let registry = self.registry();
            if self.0.is_behind.load(Ordering::Acquire) {
                let finder = Finder::knowing(registry.compile());
                *self.0.finder.write().unwrap_or_else(PoisonError::into_inner) = finder;
                // Not before the new one is there: another thread would take the old one for it.
                self.0.is_behind.store(false, Ordering::Release);
            }
        }
        self.0.finder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how many values are registered.
impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Masker").field(&*self.registry()).finish()
    }
}
