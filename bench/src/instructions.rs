//! The region in which callgrind counts instructions.

use anyhow::{Context as _, Result};

use crate::{Contestant, Item, User, Work, items};

/// Calls `work`. Callgrind counts instructions while this function runs; it finds the function by name.
#[inline(never)]
pub fn counted_region(times: u32, work: &mut impl FnMut()) {
    for _ in 0..times {
        work();
    }
}

/// Makes `times` calls of an item, after a warm-up that is not counted.
pub(crate) fn repeat<C: Contestant>(item: &str, times: u32) -> Result<()> {
    if item == "context" {
        let user = User::known();
        counted_region(times, &mut || drop(std::hint::black_box(C::subject(&user))));
        return Ok(());
    }
    let item = Item::ALL.into_iter().find(|known| known.name() == item);
    let item = item.context("unknown item")?;
    let contestant = C::load(&C::write(&Work::alone())?)?;
    let mut call = items::call(&contestant, item);
    for _ in 0..100 {
        call();
    }
    counted_region(times, &mut call);
    Ok(())
}
