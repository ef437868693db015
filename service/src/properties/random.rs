//! `${random.value}` and its relatives.

use std::hash::{BuildHasher, RandomState};

/// What is known.
pub(super) const ALLOWED: &str = "${random.value}, ${random.uuid}, ${random.int}, ${random.long}, or a range such as ${random.int(10)} or ${random.int[1,10]}";

/// A value for what stands behind `random.`; `None` when that is not known.
pub(super) fn value(wanted: &str) -> Option<String> {
    match wanted {
        "value" => Some(format!("{:016x}{:016x}", number(), number())),
        "uuid" => Some(uuid()),
        "int" => Some(format!("{}", i32::from_ne_bytes(*number().to_ne_bytes().first_chunk()?))),
        "long" => Some(i64::from_ne_bytes(number().to_ne_bytes()).to_string()),
        _ => ["int", "long"].iter().find_map(|kind| within(wanted.strip_prefix(kind)?)),
    }
}

/// `(10)`: from 0; `(5,10)`, `[5,10]`: from 5. The end is not reached.
fn within(range: &str) -> Option<String> {
    let inside = range.strip_prefix(['(', '['])?.strip_suffix([')', ']'])?;
    let (start, end) = inside.split_once(',').unwrap_or(("0", inside));
    let (start, end) = (start.trim().parse::<i64>().ok()?, end.trim().parse::<i64>().ok()?);
    let width = u64::try_from(end.checked_sub(start)?).ok().filter(|width| *width > 0)?;
    start.checked_add_unsigned(number() % width).map(|number| number.to_string())
}

/// Version 4.
fn uuid() -> String {
    let (high, low) = (number(), number());
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// The standard library seeds each map's hasher from the operating system: enough for names, not for secrets.
fn number() -> u64 {
    RandomState::new().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_that_was_asked_for() {
        assert_eq!(value("value").unwrap().len(), 32);
        assert_ne!(value("value"), value("value"));
        let uuid = value("uuid").unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert!(value("int").unwrap().parse::<i32>().is_ok() && value("long").unwrap().parse::<i64>().is_ok());
        for _ in 0..50 {
            assert!((0..3).contains(&value("int(3)").unwrap().parse::<i64>().unwrap()));
            assert!((-2..2).contains(&value("long[-2,2]").unwrap().parse::<i64>().unwrap()));
        }
        for unknown in ["bytes", "int(0)", "int(5,1)", "int(a)", "int3", ""] {
            assert_eq!(value(unknown), None, "{unknown}");
        }
    }
}
