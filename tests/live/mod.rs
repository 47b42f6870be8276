//! The real program over small trees: what it is started with, what must hold when it is stopped, and what
//! must stand when it has finished.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod form;
pub(crate) mod mount;
mod scene;
mod scenes;
mod skip;
pub(crate) mod strace;

pub(crate) use form::Form;
pub(crate) use scene::{Scene, told, wait};
pub(crate) use scenes::bytes;
