//! Where an instance runs.

use std::collections::BTreeMap;

/// Where the instance runs. `class` is Java's class name and must come back as clients expect it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataCenterInfo {
    /// `@class` in JSON, `class` in XML.
    pub class: String,
    /// `MyOwn`, `Netflix` or `Amazon`.
    pub name: String,
    /// Amazon's instance metadata; empty elsewhere.
    pub metadata: BTreeMap<String, String>,
}

impl DataCenterInfo {
    /// Java's class for everything outside Amazon.
    pub const DEFAULT_CLASS: &'static str = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo";
    /// Java's class for Amazon.
    pub const AMAZON_CLASS: &'static str = "com.netflix.appinfo.AmazonInfo";
    /// The name that goes with Amazon's class.
    pub const AMAZON_NAME: &'static str = "Amazon";

    /// Only Amazon's has metadata on the wire.
    pub(crate) fn is_amazon(&self) -> bool {
        self.name == Self::AMAZON_NAME
    }
}

impl Default for DataCenterInfo {
    fn default() -> Self {
        Self { class: Self::DEFAULT_CLASS.to_owned(), name: "MyOwn".to_owned(), metadata: BTreeMap::new() }
    }
}
