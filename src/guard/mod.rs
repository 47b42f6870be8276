//! A decrypted directory that any loader can read and that is gone when its holder is. By default the
//! plaintext lies in sealed memfds and the directory holds links to them: no disk ever sees it, and when the
//! holder dies, even by SIGKILL, nothing but links to nothing is left.

mod access;
mod error;
mod fill;
mod lease;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod memfd;
mod memory;
mod place;
mod private_dir;
mod sweep;
mod temporary;
mod write_back;

pub use access::Access;
pub use error::Error;
pub use memory::Protection;
pub use place::{Place, require_memory_backed};
pub use private_dir::PrivateDir;
pub use sweep::sweep;
pub use temporary::{GuardOptions, TemporaryDecrypt, temporary_decrypt};
pub use write_back::WriteBack;
