//! Whoever answers wrongly is not timed.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::{Contestant, Edition, Fit, Item, User, Work};

const PEOPLE: usize = 6_000;

/// Fails where an answer is not the one that the work means.
pub(crate) fn check<C: Contestant>() -> Result<()> {
    let contestant = C::load(&C::write(&Work::alone())?)?;
    items(&contestant)?;
    if C::RENEWS {
        contestant.renew(&C::write(&Work::beside(20, Edition::Second))?)?;
        items(&contestant)?;
    }
    Ok(())
}

fn items<C: Contestant>(contestant: &C) -> Result<()> {
    let (known, unknown) = (C::subject(&User::known()), C::subject(&User::unknown()));
    for item in Item::ALL.into_iter().filter(|item| C::fit(*item) != Fit::Never) {
        if item == Item::Split3 {
            shares(contestant)?;
            continue;
        }
        ensure!(contestant.enabled(item.key(), &known), "{}: `{}` is off", C::NAME, item.key());
        let on_for_all = item == Item::Static;
        ensure!(
            contestant.enabled(item.key(), &unknown) == on_for_all,
            "{}: `{}` is wrong for somebody no rule is about",
            C::NAME,
            item.key()
        );
    }
    Ok(())
}

/// The shares come out, and who asks twice gets the same.
fn shares<C: Contestant>(contestant: &C) -> Result<()> {
    let key = Item::Split3.key();
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for at in 0..PEOPLE {
        let person = C::subject(&User::numbered(at));
        let letter = contestant.letter(key, &person);
        ensure!(letter == contestant.letter(key, &person), "{}: `{key}` changes its mind", C::NAME);
        *counts.entry(letter).or_default() += 1;
    }
    for letter in *b"abc" {
        let count = counts.get(&letter).copied().unwrap_or_default();
        let fair = PEOPLE / 100 * 29..PEOPLE / 100 * 38;
        ensure!(fair.contains(&count), "{}: `{key}` gives out {counts:?} of {PEOPLE}", C::NAME);
    }
    Ok(())
}
