//! libFuzzer's entry to [`fuzz::http::chunks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http::chunks(data));
