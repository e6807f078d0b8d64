//! Checks the results of an engine before it is measured.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::{Contestant, Edition, Fit, Item, User, Work};

const PEOPLE: usize = 6_000;

/// Fails if a result is wrong.
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
            "{}: `{}` is wrong for a user that no rule matches",
            C::NAME,
            item.key()
        );
    }
    Ok(())
}

/// Checks that the percentages are right, and that a user always gets the same variant.
fn shares<C: Contestant>(contestant: &C) -> Result<()> {
    let key = Item::Split3.key();
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for at in 0..PEOPLE {
        let person = C::subject(&User::numbered(at));
        let letter = contestant.letter(key, &person);
        ensure!(
            letter == contestant.letter(key, &person),
            "{}: `{key}` returns another value for the same user",
            C::NAME
        );
        *counts.entry(letter).or_default() += 1;
    }
    for letter in *b"abc" {
        let count = counts.get(&letter).copied().unwrap_or_default();
        let fair = PEOPLE / 100 * 29..PEOPLE / 100 * 38;
        ensure!(
            fair.contains(&count),
            "{}: `{key}` has the wrong percentages: {counts:?} of {PEOPLE}",
            C::NAME
        );
    }
    Ok(())
}
