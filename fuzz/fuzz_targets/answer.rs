//! libFuzzer's entry to [`fuzz::http::answer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http::answer(data));
