//! What a body may be at most. Whoever receives it may set a lower limit; these are the last line.

/// Bytes of one posted or fetched instance. A real server takes 12 MB of metadata.
pub const INSTANCE_BYTES_MAX: usize = 16 << 20;
/// Bytes of a fetched list: some 300,000 instances with metadata.
pub const LIST_BYTES_MAX: usize = 512 << 20;
/// Entries of one instance's metadata. Each takes some fifty bytes of memory, however short it is.
pub const METADATA_ENTRIES_MAX: usize = 65_536;
/// Nesting of JSON that is read; deeper is refused. It is the fixed limit of the JSON reader. What is passed over
/// takes no stack and may be deeper.
pub const JSON_DEPTH_MAX: usize = 128;
/// Nesting of XML; deeper is refused. A list of applications needs seven.
pub const XML_DEPTH_MAX: usize = 32;
/// Bytes of a replication batch.
pub const BATCH_BYTES_MAX: usize = 16 << 20;
/// Items of a replication batch. Java's registries send 250 at most.
pub const BATCH_ITEMS_MAX: usize = 10_000;
