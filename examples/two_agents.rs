//! Two agents of two owners talk through two relays that understand nothing.

fn main() {}
