//! A live handle: the value is evaluated when it changes.

use anyhow::Result;
use prefab_bench::{Contestant, Fit, Item, Part, User, Work};
use prefab_client::{Client, Live};

use crate::{client::Fed, write};

pub(crate) struct Handle {
    fed: Fed,
    live: Live<bool>,
}

impl Contestant for Handle {
    const NAME: &'static str = "prefab-live";
    const CRATE: &'static str = "prefab-client";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "`live.get()` on an existing handle, which ignores the caller's contexts";
    const RENEWS: bool = true;
    type Subject = ();

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let fed = Fed::new(Client::in_memory(), document)?;
        let live = fed.client.live(Item::Static.key())?;
        Ok(Self { fed, live })
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        self.fed.take(document)
    }

    fn subject(_user: &User) {}

    fn enabled(&self, _key: &str, (): &()) -> bool {
        self.live.get()
    }

    fn letter(&self, _key: &str, (): &()) -> u8 {
        0
    }

    fn fit(item: Item) -> Fit {
        if item == Item::Static { Fit::Same } else { Fit::Never }
    }
}
