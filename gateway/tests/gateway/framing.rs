//! Requests and answers as bytes: what could be read in two ways is refused and the connection closed; what passes is the
//! same for the caller, for the gateway and for the instance.

mod answers;
mod limits;
mod requests;
mod rows;
mod slow;
