//! Real Eureka clients, each a process of its own that registers, renews, and follows the registry as a user of it
//! would have it.
//!
//! | module | what |
//! |---|---|
//! | [`kind`] | which clients there are, and how each is started |
//! | [`client`] | a running client and its own copy of the registry |
//! | [`tap`] | what a client asks, listened to without touching a byte |

pub mod client;
pub mod kind;
pub mod tap;
