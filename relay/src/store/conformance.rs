//! The promises of the store as tests that every backend passes: give each a fresh, empty store.
