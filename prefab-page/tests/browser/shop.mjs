// Sample data of a small shop: flags, configs, a segment, log levels, and a day of evaluations.

import { day } from './telemetry.mjs';

const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const everyone = (/** @type {Flat} */ value) => [{ criteria: [], value }];
const shared = (/** @type {number} */ percent) => ({ type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 100 - percent, value: bool(false) }, { weight: percent, value: bool(true) }] });
/** @type {(propertyName: string, operator: string, ...value: string[]) => Criterion[]} */
const when = (propertyName, operator, ...value) => [{ propertyName, operator, valueToMatch: { type: 'string_list', value } }];
const ours = [{ operator: 'IN_SEG', valueToMatch: { type: 'string', value: 'our-own-people' } }];

/** Flags: default rules, overrides, and relative counts of `true` and `false`. */
const FLAGS = /** @type {[key: string, rules: Rule[], environments: Item['environments'], counts: [number, number]][]} */ ([
  ['gift-cards', [{ criteria: ours, value: bool(true) }, ...everyone(bool(false))], [], [1, 0.3]],
  ['search.fuzzy', [{ criteria: when('user.plan', 'PROP_IS_ONE_OF', 'pro', 'team'), value: bool(true) }, ...everyone(shared(10))], [{ id: 'Development', rules: everyone(bool(true)) }], [2, 0.6]],
  ['rollout', everyone(shared(10)), [], [0.2, 1.8]],
  ['checkout.express', everyone(bool(false)), [{ id: 'Development', rules: everyone(bool(true)) }, { id: 'Staging', rules: everyone(shared(50)) }], [0.8, 0]],
  ['dark-mode', everyone(bool(true)), [], [3.1, 0]],
  ['loyalty-points', [{ criteria: when('user.country', 'PROP_IS_ONE_OF', 'DE', 'FR'), value: bool(true) }, ...everyone(bool(false))], [], [0.5, 1.1]],
  ['recommendations', everyone(shared(25)), [{ id: 'Production', rules: everyone(bool(false)) }], [0.3, 0.9]],
  ['returns.by-post', everyone(bool(true)), [{ id: 'Production', rules: everyone(bool(false)) }], [0.7, 0]],
]);

/**
 * Creates the sample data with the given client.
 * @type {(on: Server, manage: Server['manage']) => Promise<void>}
 */
export async function furnish(on, manage) {
  await manage('PATCH', '/projects/1', { name: 'Acme shop' });
  const make = (/** @type {Partial<Item>} */ item) => manage('POST', '/projects/1/items', { item: { environments: [], ...item } });
  await make({ key: 'our-own-people', type: 'segment', default: { rules: [{ criteria: when('user.email', 'PROP_ENDS_WITH_ONE_OF', '@acme.test'), value: bool(true) }, ...everyone(bool(false))] } });
  for (const [key, rules, environments] of FLAGS) {
    await make({ key, type: 'feature_flag', valueType: 'bool', variants: [{ value: bool(true) }, { value: bool(false) }], default: { rules }, environments });
  }
  await make({ key: 'checkout.timeout', type: 'config', valueType: 'duration', default: { rules: everyone({ type: 'duration', value: 'PT30S' }) }, environments: [{ id: 'Production', rules: everyone({ type: 'duration', value: 'PT10S' }) }] });
  await make({ key: 'search.page-size', type: 'config', valueType: 'int', default: { rules: everyone({ type: 'int', value: 20 }) } });
  await manage('PUT', '/projects/1/log-levels/shop', { level: 'INFO' });
  await manage('PUT', '/projects/1/log-levels/shop.checkout', { level: 'DEBUG', environment: 'Development', for: { property: 'user.key', values: ['u-7'] }, expiresIn: '1h' });
  await manage('PUT', '/projects/1/log-levels/shop.search', { level: 'TRACE', environment: 'Development', for: { segment: 'our-own-people' }, expiresIn: '8h' });
  /** @type {{items: Summary[]}} */
  const { items } = await manage('GET', '/projects/1/items');
  const id = (/** @type {string} */ key) => items.find((one) => one.key === key)?.id ?? '';
  const asked = [...FLAGS.map(([key, , , counts]) => ({ key, counts })), { key: 'new-checkout', counts: [0.4, 1.1] }];
  await day(on, asked.map(({ key, counts }) => ({ key, id: id(key), type: 'FEATURE_FLAG', values: [true, false].map((value, at) => ({ value: { bool: value }, share: counts[at] })).filter(({ share }) => share) })));
}

const HOUR = 36e5;
/** The relative load of each of the last 24 hours. */
const BUSY = Array.from({ length: 24 }, (_, at) => 0.6 + Math.sin((at / 24) * 2 * Math.PI - 1) * 0.4 + (at % 5) * 0.06);
const ALL = BUSY.reduce((sum, one) => sum + one, 0);

/**
 * Shows a page a whole day of evaluations. The server counts by the hour in which reports arrive, so this spreads the
 * counts over the last 24 hours.
 * @type {(page: Page) => Promise<void>}
 */
export async function asADay(page) {
  await page.route(/\/api\/manage\/v1\/projects\/1\/(evaluations\?|items\?|usage$)/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    for (const one of body.environments ?? []) one.buckets = one.buckets.flatMap(spread);
    for (const one of body.items ?? (Array.isArray(body) ? body : [])) if (one.evaluations24h) one.sparkline = BUSY.map((busy) => Math.round((one.evaluations24h * busy) / ALL));
    await route.fulfill({ response, json: body });
  });
}

/** @type {(bucket: Bucket) => Bucket[]} */
const spread = (bucket) => BUSY.map((busy, at) => {
  const part = (/** @type {number} */ count) => Math.round((count * busy) / ALL);
  return { at: bucket.at - (23 - at) * HOUR, total: part(bucket.total), counts: bucket.counts.map((one) => ({ ...one, count: part(one.count) })) };
});
