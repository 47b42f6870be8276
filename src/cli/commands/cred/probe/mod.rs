//! `cred test`: one harmless request, by the protocol of the service.

mod answer;
mod choose;
mod hub;
mod postgres;
mod run;
mod s3;
mod trust;
mod web;

pub(super) use run::run;
