//! Values that are wiped when dropped and that no format string can print.

use std::fmt;

use zeroize::Zeroizing;

use super::locked::LockedBytes;

/// `N` secret bytes, wiped on drop, in memory that is neither swapped nor dumped as far as the system allows.
/// Not `Clone`; reading them is a visible [`expose`](Self::expose).
pub struct Secret<const N: usize>(LockedBytes);

impl<const N: usize> Secret<N> {
    /// Has `fill` write the bytes where they will stay: no copy is left on the stack.
    pub fn from_fn<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = LockedBytes::zeroed(N);
        fill((&mut *bytes).try_into().expect("made N bytes long"))?;
        Ok(Self(bytes))
    }

    /// Copies a slice of exactly `N` bytes.
    ///
    /// # Panics
    /// When the slice has another length.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        let mut secret = LockedBytes::zeroed(N);
        secret.copy_from_slice(bytes);
        Self(secret)
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        (&*self.0).try_into().expect("made N bytes long")
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(..)")
    }
}

/// Secret bytes of any length, a passphrase say: wiped on drop, never printed; up to 128 of them in memory
/// that is neither swapped nor dumped, as far as the system allows.
pub struct SecretText(LockedBytes);

impl SecretText {
    /// Takes the bytes over and wipes where they were.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut secret = LockedBytes::zeroed(bytes.len());
        secret.copy_from_slice(&bytes);
        Self(secret)
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Drops one trailing LF or CRLF: what an editor or `echo` adds to a secret.
    #[must_use]
    pub fn without_final_newline(mut self) -> Self {
        for ending in [&b"\r\n"[..], b"\n"] {
            if self.0.ends_with(ending) {
                let kept_len = self.0.len() - ending.len();
                self.0.truncate(kept_len);
                break;
            }
        }
        self
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let secret = Secret::<6>::copy_from(b"canary");
        let text = SecretText::new(b"canary".to_vec());
        let shown = format!("{secret:?} {text:?}");
        assert!(!shown.contains("canary") && !shown.contains("99"), "{shown}");
    }

    #[test]
    fn drops_exactly_one_final_newline() {
        for (given, kept) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("", "")] {
            let text = SecretText::new(given.into()).without_final_newline();
            assert_eq!(text.expose(), kept.as_bytes());
        }
    }
}
