//! How parts of one process come to its own registry when it is locked.

use eurus_registry::access::{AccessConfig, Role, Roles, Token};
use eurus_service::process::BoxError;
use eurus_service::secret::Secret;

/// A token of this process alone, made at each start, with which the gateway and sync-speed come to a registry that is
/// locked; as the part of a URL before the host.
pub(super) fn own_credentials(access: &mut AccessConfig) -> Result<String, BoxError> {
    if access.is_open() {
        return Ok(String::new());
    }
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| format!("no random numbers from the system: {error}"))?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    // A part of it is the name, so that no other has it.
    let (name, secret) = text.split_at(8);
    let name = format!("eurus-{name}");
    let roles = Roles::of(&[Role::Read, Role::Register, Role::Operate]);
    let credentials = format!("{name}:{secret}@");
    access.tokens.push(Token { name, secret: Secret::new(secret), roles });
    Ok(credentials)
}
