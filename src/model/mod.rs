//! Model directories: which files are planned, what is done to each, and in which order, so that at every
//! instant either the plaintext or a complete verified sealed file is on the disk. The directory itself is
//! the state: a verb that is run again finishes what a killed one began.

mod absent;
mod attributes;
mod compare;
mod contents;
mod copy;
mod decrypt;
mod document;
mod encrypt;
mod error;
mod execute;
mod item;
mod links;
mod locks;
mod look;
mod model_dir;
mod names;
mod options;
mod output;
mod pattern;
mod plan;
mod policy;
mod recover;
mod reencrypt;
mod report;
mod retire;
mod rewrap;
mod room;
mod scan;
mod seal_file;
mod sealed;
mod session;
mod sidecar;
mod status;
mod sweep;
mod verify;
mod writable;
mod write_back;

pub use contents::{Contents, Entry, EntryKind, LoadOptions};
pub use error::Error;
pub use model_dir::ModelDir;
pub use options::{DecryptOptions, Destination, EncryptOptions, ReencryptOptions, RewrapOptions, Stages};
pub use pattern::{DEFAULT_PATTERNS, Patterns, Selection};
pub use plan::{Action, Plan, Step};
pub use policy::Policy;
pub use report::{Due, FileReport, FileStatus, Outcome, Report, State, StatusReport};
pub use sealed::check_name;
pub use write_back::Change;
