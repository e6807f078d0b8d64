//! Who hands configs to the clients?
