//! What the program does, a file for each command.

mod serve;
mod token;

pub(crate) use serve::serve;
pub(crate) use token::token;
