//! The relay over real HTTP: every path, happy and refused, and the promises that only a whole relay can keep.

mod support;

mod accounts;
mod mail;
