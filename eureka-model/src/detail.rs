//! How much of an instance goes over the wire.

/// What a client asks for with `X-Eureka-Accept`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Every field.
    #[default]
    Full,
    /// Only what a balancer needs: no metadata, lease, URLs, dirty timestamp.
    Compact,
}
