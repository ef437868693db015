//! The four forms in which instances and lists go over the wire.

use eurus_model::Detail;

/// JSON or XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Json,
    Xml,
}

/// Format and detail together: each list and each fragment exists at most once per form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) detail: Detail,
}

impl Form {
    /// Every form, in the order of [`Form::index`].
    pub(crate) const ALL: [Self; 4] = [
        Self { format: Format::Json, detail: Detail::Full },
        Self { format: Format::Json, detail: Detail::Compact },
        Self { format: Format::Xml, detail: Detail::Full },
        Self { format: Format::Xml, detail: Detail::Compact },
    ];

    /// Its place in tables of one entry per form.
    pub(crate) const fn index(self) -> usize {
        let format = match self.format {
            Format::Json => 0,
            Format::Xml => 2,
        };
        match self.detail {
            Detail::Full => format,
            Detail::Compact => format + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_place_in_the_table() {
        for (place, form) in Form::ALL.into_iter().enumerate() {
            assert_eq!(form.index(), place);
        }
    }
}
