//! Packed and decoded configs of a server message are equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::{ConfigSet, StoredConfig, borrowed};
use prefab_proto::{convert, packed};

fuzz_target!(|bytes: &[u8]| {
    let packed = packed::pack(bytes);
    let Ok(decoded) = convert::decode(bytes) else {
        // Such a message can still contain valid configs.
        let configs = packed.map(|packed| packed.set.configs).unwrap_or_default();
        assert!(configs.iter().all(|config| config.config().key == config.key()));
        return;
    };
    let packed = packed.expect("a message that decodes can be packed");
    assert_eq!(packed.findings, decoded.findings);
    // Compared as text, because NaN is not equal to itself.
    for (packed, config) in packed.set.configs.iter().zip(&decoded.set.configs) {
        let read: borrowed::Config<'_> = config.into();
        assert_eq!(format!("{:?}", packed.borrowed()), format!("{read:?}"));
    }
    let decoded: ConfigSet<StoredConfig> = decoded.set.into();
    assert_eq!(format!("{:?}", packed.set), format!("{decoded:?}"));
});
