//! The origin of a request.

/// The origin of a request, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the peer, followed by the address that an untrusted proxy claims to forward for.
    pub address: String,
    /// The program, as named in the request.
    pub via: String,
}

impl Origin {
    /// Returns the address of the peer, without the claims of untrusted proxies.
    pub fn peer(&self) -> &str {
        self.address.split(' ').next().unwrap_or_default()
    }
}
