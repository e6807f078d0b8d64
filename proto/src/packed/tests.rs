//! Packed configs equal decoded configs.

use prefab_core::{Config, ConfigSet, Pointer};
use proptest::prelude::*;
use prost::Message as _;

use super::{check, pack, read};
use crate::{
    convert::{self, tests::config},
    wire,
};

fn set(configs: Vec<Config>) -> ConfigSet {
    let pointer = Some(Pointer { project_id: 202, start_at_id: 9, project_env_id: 308 });
    ConfigSet { configs, pointer, ..ConfigSet::default() }
}

proptest! {
    #[test]
    fn a_packed_set_equals_the_set(configs in prop::collection::vec(config(), 0..4)) {
        let set = set(configs);
        let packed = pack(convert::encode(&set)).unwrap();
        prop_assert_eq!(packed.findings, Vec::new());
        prop_assert_eq!(packed.newest_id, set.configs.iter().map(|config| config.id).fold(0, i64::max));
        prop_assert_eq!(packed.set, set.into());
    }

    #[test]
    fn packing_and_decoding_find_the_same_damage(
        configs in prop::collection::vec(config(), 1..3),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = convert::encode(&set(configs));
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let Ok(decoded) = convert::decode(&bytes) else {
            // A message that does not decode as a whole can still contain valid configs.
            if let Ok(packed) = pack(bytes) {
                packed.set.configs.iter().for_each(|config| assert!(!config.config().key.is_empty()));
            }
            return Ok(());
        };
        let packed = pack(bytes).unwrap();
        prop_assert_eq!(packed.findings, decoded.findings);
        prop_assert_eq!(packed.set, decoded.set.into());
    }

    #[test]
    fn a_config_that_the_check_accepts_decodes(
        config in config(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = wire::Config::from(&config).encode_to_vec();
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(header) = check::config(&bytes) {
            let config: Config = wire::Config::decode(&*bytes).unwrap().try_into().unwrap();
            prop_assert_eq!(&*header.key, &config.key);
            prop_assert_eq!(header.id, config.id);
            prop_assert_eq!(header.config_type, config.config_type);
            prop_assert_eq!(header.is_tombstone, config.is_tombstone());
            prop_assert_eq!(read::config(&bytes), (&config).into());
        }
    }

    #[test]
    fn packing_never_panics(bytes: Vec<u8>) {
        let _ = pack(bytes);
    }
}

#[test]
fn a_truncated_config_is_skipped_and_reported() {
    let part = |key: &str| wire::Config::from(&Config::constant(key, 1)).encode_to_vec();
    let mut message = Vec::new();
    for (key, cut) in [("a", 0), ("b", 3), ("c", 0)] {
        let part = part(key);
        let part = &part[..part.len() - cut];
        message.extend([1 << 3 | 2, u8::try_from(part.len()).unwrap()]);
        message.extend(part);
    }
    let packed = pack(message).unwrap();
    let keys: Vec<&str> = packed.set.configs.iter().map(prefab_core::StoredConfig::key).collect();
    assert_eq!(keys, ["a", "c"]);
    let [finding] = &packed.findings[..] else { panic!("one finding, not {:?}", packed.findings) };
    assert_eq!(
        finding.to_string(),
        "config `b`: `config`: cannot decode the config: failed to decode Protobuf message: Config.rows: buffer underflow"
    );
}
