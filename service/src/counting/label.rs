//! Labels as enumerations: every value is known beforehand, so a set of values is a place in an array, and the number of
//! series is bounded by what is written here, whatever clients send.

/// One label: its name, and each value that it can have.
pub trait Label: Copy + 'static {
    /// The label's name.
    const NAME: &'static str;
    /// In the order of [`Label::place`].
    const ALL: &'static [Self];
    /// Among all values.
    fn place(self) -> usize;
    /// The value.
    fn text(self) -> &'static str;
}

/// An enumeration that is a [`Label`].
#[macro_export]
macro_rules! label {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident as $label:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $crate::counting::Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn place(self) -> usize {
                self as usize
            }

            fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

/// The labels of one family of series, none to three.
pub trait Labels: Copy + 'static {
    /// How many series there are.
    const COUNT: usize;
    /// Below [`Labels::COUNT`].
    fn place(self) -> usize;
    /// In the order of [`Labels::place`].
    fn all() -> Vec<Self>;
    /// Name and value of each.
    fn pairs(self) -> Vec<(&'static str, &'static str)>;
}

impl Labels for () {
    const COUNT: usize = 1;

    fn place(self) -> usize {
        0
    }

    fn all() -> Vec<Self> {
        vec![()]
    }

    fn pairs(self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

impl<A: Label> Labels for (A,) {
    const COUNT: usize = A::ALL.len();

    fn place(self) -> usize {
        self.0.place()
    }

    fn all() -> Vec<Self> {
        A::ALL.iter().map(|a| (*a,)).collect()
    }

    fn pairs(self) -> Vec<(&'static str, &'static str)> {
        vec![(A::NAME, self.0.text())]
    }
}

impl<A: Label, B: Label> Labels for (A, B) {
    const COUNT: usize = A::ALL.len() * B::ALL.len();

    fn place(self) -> usize {
        self.0.place() * B::ALL.len() + self.1.place()
    }

    fn all() -> Vec<Self> {
        A::ALL.iter().flat_map(|a| B::ALL.iter().map(|b| (*a, *b))).collect()
    }

    fn pairs(self) -> Vec<(&'static str, &'static str)> {
        vec![(A::NAME, self.0.text()), (B::NAME, self.1.text())]
    }
}

impl<A: Label, B: Label, C: Label> Labels for (A, B, C) {
    const COUNT: usize = <(A, B)>::COUNT * C::ALL.len();

    fn place(self) -> usize {
        (self.0, self.1).place() * C::ALL.len() + self.2.place()
    }

    fn all() -> Vec<Self> {
        <(A, B)>::all().into_iter().flat_map(|(a, b)| C::ALL.iter().map(move |c| (a, b, *c))).collect()
    }

    fn pairs(self) -> Vec<(&'static str, &'static str)> {
        vec![(A::NAME, self.0.text()), (B::NAME, self.1.text()), (C::NAME, self.2.text())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    label! {
        enum Colour as "colour" { Red = "red", Green = "green" }
    }
    label! {
        enum Size as "size" { S = "s", M = "m", L = "l" }
    }

    #[test]
    fn every_set_of_values_has_a_place_of_its_own() {
        let all = <(Colour, Size, Colour)>::all();
        assert_eq!(all.len(), <(Colour, Size, Colour)>::COUNT);
        for (place, labels) in all.into_iter().enumerate() {
            assert_eq!(labels.place(), place);
        }
        assert_eq!((Colour::Green, Size::M).pairs(), [("colour", "green"), ("size", "m")]);
        assert_eq!(<()>::all().len(), <()>::COUNT);
    }
}
