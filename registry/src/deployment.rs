//! Where a registry runs and how it is called.

use eurus_service::properties::Properties;

/// What the pages and `status` say about this registry. It decides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `eureka.environment`
    pub environment: String,
    /// `eureka.datacenter`
    pub datacenter: String,
    /// `spring.application.name`, upper case.
    pub application: String,
    /// `eureka.instance.hostname`; else the address it listens on.
    pub host_name: Option<String>,
    /// `eureka.instance.ip-address`; else the address it listens on.
    pub ip_address: Option<String>,
}

impl Deployment {
    /// Spring's words where nobody said anything.
    pub fn stock() -> Self {
        Self {
            environment: "test".to_owned(),
            datacenter: "default".to_owned(),
            application: "EURUS-REGISTRY".to_owned(),
            host_name: None,
            ip_address: None,
        }
    }

    pub(crate) fn from_properties(properties: &Properties) -> Self {
        let stock = Self::stock();
        let application = properties.string("spring.application.name").map(|name| name.to_uppercase());
        Self {
            environment: properties.string("eureka.environment").unwrap_or(stock.environment),
            datacenter: properties.string("eureka.datacenter").unwrap_or(stock.datacenter),
            application: application.unwrap_or(stock.application),
            host_name: properties.string("eureka.instance.hostname"),
            ip_address: properties.string("eureka.instance.ip-address"),
        }
    }
}
