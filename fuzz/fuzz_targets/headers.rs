//! libFuzzer's entry to [`fuzz::http::headers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http::headers(data));
