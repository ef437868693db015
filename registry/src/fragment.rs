//! The bytes of one instance in one form, serialised once. Only the time of the last renewal moves on with every
//! heartbeat; it is written over in a copy when a list is assembled.

use std::borrow::Cow;
use std::io::Write as _;
use std::ops::Range;

use eurus_model::{Detail, InstanceInfo, json, xml};

use crate::form::{Form, Format};

#[derive(Debug)]
pub(crate) struct Fragment {
    bytes: Box<[u8]>,
    /// Where the digits of the last renewal stand; `None` where the form does not show it.
    renewal: Option<Range<usize>>,
}

impl Fragment {
    pub(crate) fn new(shown: &InstanceInfo, form: Form) -> Self {
        let mut bytes = Vec::new();
        match form.format {
            Format::Json => json::write_instance(&mut bytes, shown, form.detail),
            Format::Xml => xml::write_instance(&mut bytes, shown, form.detail),
        }
        let renewal = renewal_digits(&bytes, form);
        Self { bytes: bytes.into_boxed_slice(), renewal }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes with this time of the last renewal.
    pub(crate) fn renewed_at(&self, last_renewal_ms: i64) -> Cow<'_, [u8]> {
        let Some(digits) = self.renewal.clone() else {
            return Cow::Borrowed(&self.bytes);
        };
        let text = last_renewal_ms.to_string();
        if self.bytes[digits.clone()] == *text.as_bytes() {
            return Cow::Borrowed(&self.bytes);
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() + text.len());
        bytes.extend_from_slice(&self.bytes[..digits.start]);
        // Writing to memory cannot fail.
        let _ = bytes.write_all(text.as_bytes());
        bytes.extend_from_slice(&self.bytes[digits.end..]);
        Cow::Owned(bytes)
    }
}

/// Finds the digits by what stands before them. Neither text can occur in a value: JSON escapes the quotes in it,
/// XML the brackets. Names that a client chose come later, with its metadata.
fn renewal_digits(bytes: &[u8], form: Form) -> Option<Range<usize>> {
    if form.detail == Detail::Compact {
        return None;
    }
    let (lease, field): (&[u8], &[u8]) = match form.format {
        Format::Json => (b"\"leaseInfo\":{", b"\"lastRenewalTimestamp\":"),
        Format::Xml => (b"<leaseInfo>", b"<lastRenewalTimestamp>"),
    };
    let after = |from: usize, text: &[u8]| {
        bytes[from..].windows(text.len()).position(|window| window == text).map(|place| from + place + text.len())
    };
    let start = after(after(0, lease)?, field)?;
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(start..start + digits)
}

#[cfg(test)]
mod tests {
    use eurus_model::LeaseInfo;

    use super::*;

    fn info(last_renewal_ms: i64) -> InstanceInfo {
        let mut info = InstanceInfo::new("a", "1", "h\"lastRenewalTimestamp\":7<lastRenewalTimestamp>7", "10.0.0.1");
        info.metadata = vec![("lastRenewalTimestamp".to_owned(), "1".to_owned())];
        info.lease = LeaseInfo { last_renewal_ms, registration_ms: 5, ..LeaseInfo::default() };
        info
    }

    #[test]
    fn a_renewed_fragment_is_what_would_be_serialised_anew() {
        for form in Form::ALL {
            for (first_ms, then_ms) in [(1_000, 1_000), (1_000, 2_000), (0, 1_795_317_444_118), (1_795_317_444_118, 0)]
            {
                let renewed = Fragment::new(&info(first_ms), form);
                let anew = Fragment::new(&info(then_ms), form);
                assert_eq!(*renewed.renewed_at(then_ms), *anew.bytes, "{form:?} {first_ms} {then_ms}");
            }
        }
    }

    #[test]
    fn nothing_is_copied_when_nothing_was_renewed() {
        for form in Form::ALL {
            assert!(matches!(Fragment::new(&info(7), form).renewed_at(7), Cow::Borrowed(_)), "{form:?}");
        }
    }
}
