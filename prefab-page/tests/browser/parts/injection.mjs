// Hostile input is text on every page.

import { check, errors, open, until } from '../harness.mjs';

const HARM = '"><img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';
const PAGES = ['flags', 'configs', 'segments', 'schemas', 'secrets', 'log-level-rules', 'log-levels', 'playground', 'contexts', 'evaluations', 'audit', 'archived', 'environments', 'people', 'keys', 'transfer', 'health', 'start',
  'configs/harm', 'configs/harm?view=history', 'configs/harm?view=together', 'configs/harm?view=evaluations', 'segments/harmful'];

/** @type {Part} */
export default {
  async 'markup in every field stays text'({ on, people: { Ann } }) {
    const text = (/** @type {string} */ value) => ({ type: 'string', value });
    const list = (/** @type {string} */ value) => ({ type: 'string_list', value: [value] });
    await on.manage('POST', '/projects/1/items', { comment: HARM, item: { key: 'harm', type: 'config', valueType: 'string', environments: [], default: { rules: [
      { criteria: [{ propertyName: `user.${HARM}`, operator: 'PROP_IS_ONE_OF', valueToMatch: list(HARM) }], value: text(HARM) }, { criteria: [], value: text(HARM) }] } } });
    await on.manage('POST', '/projects/1/items', { item: { key: 'harmful', type: 'segment', environments: [], default: { rules: [{ criteria: [{ propertyName: 'user.name', operator: 'PROP_CONTAINS_ONE_OF', valueToMatch: list(HARM) }], value: { type: 'bool', value: true } }] } } });
    const key = await on.manage('POST', '/projects/1/items', { item: { key: HARM, type: 'config', valueType: 'string', environments: [], default: { rules: [{ criteria: [], value: text(HARM) }] } } }).catch((error) => error);
    await on.manage('PATCH', '/projects/1', { name: HARM.slice(0, 90) });
    await on.manage('POST', '/projects/1/environments', { name: HARM.slice(0, 90) });
    await on.manage('PUT', `/projects/1/log-levels/my_app.harm`, { level: 'DEBUG', for: { property: 'user.key', values: [HARM] } });
    const { default: report } = await import('../telemetry.mjs');
    await report(on, HARM);
    for (const at of PAGES) {
      await open(Ann, on.url, `${at}${at.includes('?') ? '&' : '?'}environment=Development`);
      await Ann.waitForTimeout(200);
      check((await Ann.evaluate(() => window.harmed)) === undefined, `${at}: a script ran`);
      check((await Ann.locator('img, main script').count()) === 0, `${at}: markup became elements`);
    }
    await open(Ann, on.url, 'contexts?environment=Development');
    await until(async () => (await Ann.locator('main').innerText()).includes(HARM), 'what telemetry brought is shown as text');
    check(errors.length === 0, errors.join('; '));
    return key instanceof Error ? 'such a key is refused' : 'such a key is taken, too';
  },
};
