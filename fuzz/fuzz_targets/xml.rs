//! libFuzzer's entry to [`fuzz::xml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::xml(data));
