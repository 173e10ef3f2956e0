//! What the program does, a file for each command.

mod backup;
mod check;
mod doctor;
mod health;
mod migrate;
mod serve;
mod token;

pub(crate) use backup::backup;
pub(crate) use doctor::doctor;
pub(crate) use health::health;
pub(crate) use migrate::migrate;
pub(crate) use serve::serve;
pub(crate) use token::token;
