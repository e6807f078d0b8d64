// Rules: percentage rollouts, conditions, order, and restored versions.

import { check, open, pick, publish, until } from '../harness.mjs';

/** @type {(on: Server, key: string) => Promise<void>} */
async function flag(on, key) {
  const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
  await on.manage('POST', '/projects/1/items', { item: { key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules: [{ criteria: [], value: bool(false) }] }, environments: [] } });
}

/** @type {Part} */
export default {
  async 'a rollout to 10%, whose parts always add up to 100%'({ on, people: { Ann } }) {
    await flag(on, 'ten-percent');
    await open(Ann, on.url, 'flags/ten-percent');
    await Ann.getByRole('button', { name: 'Percentage rollout' }).click();
    const shares = Ann.locator('input.share');
    await shares.nth(0).fill('25');
    const slider = Ann.getByRole('slider');
    await slider.focus();
    for (let step = 0; step < 15; step += 1) await slider.press('ArrowLeft');
    check((await shares.nth(0).inputValue()) === '10' && (await shares.nth(1).inputValue()) === '90', 'both numbers follow the handle');
    const box = await Ann.locator('.bar').boundingBox();
    const grip = await slider.boundingBox();
    check(box && grip, 'the bar and its handle are there');
    await Ann.mouse.move(grip.x + 6, grip.y + 8);
    await Ann.mouse.down();
    await Ann.mouse.move(box.x + box.width / 2, grip.y + 8, { steps: 5 });
    await Ann.mouse.up();
    const dragged = Number(await shares.nth(0).inputValue()) + Number(await shares.nth(1).inputValue());
    check(dragged === 100 && (await shares.nth(0).inputValue()) !== '10', `dragging moves it: ${dragged}`);
    await shares.nth(0).fill('10');
    check(/10% true, 90% false by user.key/.test(await publish(Ann)), 'the diff shows the shares');
    const item = await on.manage('GET', '/projects/1/items/ten-percent');
    const [{ value }] = item.default.rules;
    check(JSON.stringify(value.value.map((/** @type {Weighted} */ one) => one.weight)) === '[10,90]', JSON.stringify(value));
    let reached = 0;
    for (let user = 0; user < 300; user += 1) {
      const answer = await on.manage('POST', '/projects/1/explain', { key: 'ten-percent', environment: 'Production', contexts: { user: { key: `u-${user}` } } });
      if (answer.value === true) reached += 1;
    }
    check(reached > 12 && reached < 52, `${reached} of 300 users get it`);
    return `${reached} of 300 users`;
  },

  async 'a rule with conditions in one environment, before the rule for everyone'({ on, people: { Ann } }) {
    await flag(on, 'targeted');
    await open(Ann, on.url, 'flags/targeted');
    await Ann.getByRole('tab', { name: 'Staging' }).click();
    await Ann.getByRole('button', { name: 'Override in Staging' }).click();
    await Ann.getByRole('button', { name: 'Add rule' }).click();
    await Ann.getByLabel('Property').fill('user.email');
    await Ann.getByLabel('Operator').selectOption('PROP_ENDS_WITH_ONE_OF');
    await Ann.getByLabel('Values').fill('@acme.test');
    await Ann.keyboard.press('Enter');
    await Ann.locator('.sentence', { hasText: 'If user.email ends with one of @acme.test → : serve true' }).waitFor();
    await publish(Ann);
    /** @type {(environment: string, address: string) => Promise<unknown>} */
    const ask = async (environment, address) => (await on.manage('POST', '/projects/1/explain', { key: 'targeted', environment, contexts: { user: { email: address } } })).value;
    check((await ask('Staging', 'ann@acme.test')) === true, 'ours get it in Staging');
    check((await ask('Staging', 'x@other.test')) === false, 'others do not');
    check((await ask('Production', 'ann@acme.test')) === false, 'it is off in Production');
  },

  async 'rules are reordered by keyboard'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/targeted');
    await Ann.getByRole('tab', { name: 'Staging' }).click();
    check((await Ann.getByRole('button', { name: /^Rule \d of/ }).count()) === 0, 'one rule with conditions cannot be moved');
    await pick(Ann, 'Actions of rule 1', 'Duplicate');
    await Ann.getByRole('button', { name: 'Edit rule 2' }).click();
    await Ann.locator('.answer select').selectOption('false');
    await Ann.getByRole('button', { name: 'Rule 1 of 3' }).focus();
    await Ann.keyboard.press('ArrowDown');
    check(/Rule 2 of 3/.test(await Ann.evaluate(() => document.activeElement?.ariaLabel ?? '')), 'the focus goes along');
    await Ann.keyboard.press('ArrowDown');
    check(/Rule 2 of 3/.test(await Ann.evaluate(() => document.activeElement?.ariaLabel ?? '')), 'the rule for everyone else stays last');
    await Ann.keyboard.press('ArrowUp');
    await Ann.keyboard.press('Escape');
    await pick(Ann, 'Actions of rule 2', 'Remove');
    await until(async () => (await Ann.getByRole('button', { name: 'Review and publish' }).count()) === 0, 'restored, nothing is changed');
  },

  async 'every operator has an input for its operand'({ on, people: { Ann } }) {
    await flag(on, 'all-operands');
    await open(Ann, on.url, 'flags/all-operands');
    await Ann.getByRole('button', { name: 'Add rule' }).click();
    const names = await Ann.getByLabel('Operator').locator('option').evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
    check(names.length === 28, `${names.length} operators`);
    const fitting = { PROP_BEFORE: 'Date', PROP_SEMVER_EQUAL: 'Version', PROP_MATCHES: 'Pattern', PROP_LESS_THAN: 'Number', IN_INT_RANGE: 'From', PROP_IS_ONE_OF: 'Values' };
    for (const [operator, label] of Object.entries(fitting)) {
      await Ann.getByLabel('Operator').selectOption(operator);
      await Ann.getByLabel(label, { exact: true }).waitFor();
    }
    await Ann.getByLabel('Operator').selectOption('PROP_MATCHES');
    await Ann.getByLabel('Pattern').fill('([');
    await Ann.getByText('Not a valid regular expression.').waitFor();
    await Ann.getByRole('button', { name: 'Discard' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  },

  async 'a log level for one user expires'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'log-levels');
    await Ann.getByRole('button', { name: 'Set level', exact: true }).click();
    const dialog = Ann.getByRole('dialog');
    await dialog.getByLabel('Logger').fill('my_app.checkout');
    await dialog.getByLabel('For', { exact: true }).selectOption('1h');
    await dialog.getByLabel('Applies to').selectOption('some');
    await dialog.getByLabel('Is one of').fill('u-1');
    await Ann.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Set level', exact: true }).click();
    await Ann.getByText('where user.key is u-1').waitFor();
    await Ann.getByText(/^expires in/).waitFor();
    const [level] = await on.manage('GET', '/projects/1/log-levels');
    check(level.levels[0].level === 'DEBUG' && level.levels[0].expiresAt > Date.now(), JSON.stringify(level));
  },

  async 'a rule for a namespace, and numbers and patterns as typed'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { key: 'max-jobs', type: 'config', valueType: 'int', default: { rules: [{ criteria: [], value: { type: 'int', value: 30 } }] } } });
    await on.manage('PUT', '/projects/1/items/max-jobs/value', { value: { type: 'int', value: 40 }, namespace: 'services' });
    await open(Ann, on.url, 'configs/max-jobs');
    await Ann.locator('.rule').first().getByText('the namespace is').waitFor();
    await Ann.getByRole('button', { name: 'Edit rule 1' }).click();
    const namespace = Ann.getByLabel('Namespace');
    check((await namespace.inputValue()) === 'services', 'the namespace of the rule is shown');
    const review = Ann.getByRole('button', { name: 'Review and publish' });
    await namespace.fill('services.');
    await Ann.getByText('Expected names separated by dots').waitFor();
    await namespace.fill('services.cron');
    await Ann.locator('.sentence', { hasText: 'If the namespace is services.cron or below it' }).waitFor();
    await Ann.getByRole('button', { name: 'Add rule' }).click();
    const added = Ann.locator('.rule').nth(1);
    await added.getByRole('button', { name: 'Remove condition' }).click();
    await added.getByRole('button', { name: 'Add namespace' }).click();
    await added.getByLabel('Namespace').fill('services');
    await added.getByRole('button', { name: 'Add condition' }).click();
    await added.getByLabel('Operator').selectOption('PROP_GREATER_THAN');
    const number = added.getByLabel('Number');
    await number.fill('1,5');
    await Ann.getByText('Expected a number.').waitFor();
    check(await review.isDisabled(), 'an invalid number cannot be published');
    await number.fill('9007199254740993');
    await added.getByRole('button', { name: 'Add condition' }).click();
    await added.getByLabel('Operator').nth(1).selectOption('PROP_MATCHES');
    await added.getByLabel('Pattern').fill('(?i)acme');
    await publish(Ann);
    const item = await on.manage('GET', '/projects/1/items/max-jobs');
    const [first, second] = item.default.rules;
    check(first.criteria[0].valueToMatch.value === 'services.cron', JSON.stringify(first));
    const [place, count, pattern] = second.criteria;
    check(place.propertyName === 'NAMESPACE' && place.operator === 'HIERARCHICAL_MATCH' && place.valueToMatch.value === 'services', JSON.stringify(place));
    check(count.valueToMatch.type === 'int' && count.valueToMatch.value === '9007199254740993', JSON.stringify(count));
    check(pattern.valueToMatch.value === '(?i)acme', JSON.stringify(pattern));
  },

  async 'an old version is restored from the history'({ on, people: { Ann } }) {
    await open(Ann, on.url, 'flags/ten-percent?view=history');
    await Ann.getByText('Show changes').first().click();
    await Ann.locator('.diff').first().waitFor();
    await Ann.getByRole('button', { name: 'Restore this version' }).click();
    await Ann.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await Ann.getByText('Version restored.').waitFor();
    const item = await on.manage('GET', '/projects/1/items/ten-percent');
    check(item.default.rules[0].value.value === false, JSON.stringify(item.default));
  },
};
