//! Whom a certificate names: what a server that has verified it may go by.

use std::net::IpAddr;

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// What names begin with, so that none of one kind is taken for one of another.
pub const KINDS: [&str; 5] = ["CN=", "DNS:", "URI:", "IP:", "EMAIL:"];

/// `CN=…` of the subject, and `DNS:…`, `URI:…`, `IP:…`, `EMAIL:…` of the alternative names. A certificate that cannot be
/// read names nobody.
pub fn of_certificate(der: &[u8]) -> Vec<String> {
    let Ok(certificate) = Certificate::from_der(der) else { return Vec::new() };
    let certificate = certificate.tbs_certificate();
    let mut names = Vec::new();
    if let Ok(Some(common_name)) = certificate.subject().common_name() {
        names.push(format!("CN={}", common_name.value()));
    }
    if let Ok(Some((_, alternatives))) = certificate.get_extension::<SubjectAltName>() {
        names.extend(alternatives.0.iter().filter_map(alternative));
    }
    names
}

fn alternative(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(format!("DNS:{name}")),
        GeneralName::UniformResourceIdentifier(uri) => Some(format!("URI:{uri}")),
        GeneralName::Rfc822Name(address) => Some(format!("EMAIL:{address}")),
        GeneralName::IpAddress(octets) => address(octets.as_bytes()).map(|address| format!("IP:{address}")),
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn subject_and_alternatives() {
        let mut params = CertificateParams::new(["ci.example".to_owned(), "10.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "ci, the \"first\"");
        params.subject_alt_names.push(SanType::URI("spiffe://a/ci".try_into().unwrap()));
        params.subject_alt_names.push(SanType::Rfc822Name("ci@example".try_into().unwrap()));
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(
            of_certificate(certificate.der()),
            ["CN=ci, the \"first\"", "DNS:ci.example", "IP:10.0.0.1", "URI:spiffe://a/ci", "EMAIL:ci@example"]
        );
        assert!(of_certificate(b"rubbish").is_empty());
    }
}
