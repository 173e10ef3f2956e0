//! Fuzzes `a2a_proto::fuzzing::websocket`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    a2a_proto::fuzzing::websocket(data);
});
