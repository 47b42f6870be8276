//! Which start of the machine this is: what was written since cannot be lost by a program that ends, only by a machine
//! that does.

/// Names one start of a machine; zeros where that is not known.
pub(super) type Boot = [u8; 16];

/// The present one, as Linux tells it.
pub(super) fn present() -> Boot {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    uuid::Uuid::try_parse(text.trim()).map(uuid::Uuid::into_bytes).unwrap_or_default()
}

/// Whether the machine has run on from the one to the other, for sure.
pub(super) fn is_same(one: &Boot, other: &Boot) -> bool {
    one == other && *one != Boot::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_never_the_same() {
        assert!(is_same(&[1; 16], &[1; 16]) && !is_same(&[1; 16], &[2; 16]) && !is_same(&[0; 16], &[0; 16]));
        assert_eq!(present(), present());
        assert_eq!(is_same(&present(), &present()), cfg!(target_os = "linux"));
    }
}
