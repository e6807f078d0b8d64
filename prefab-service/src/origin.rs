//! Where a request comes from.

/// Where a request comes from, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the peer, and the address that an untrusted proxy forwards for.
    pub address: String,
    /// The program, as it calls itself.
    pub via: String,
}

impl Origin {
    /// Returns the address of the peer, without what untrusted proxies claim.
    pub fn peer(&self) -> &str {
        self.address.split(' ').next().unwrap_or_default()
    }
}
