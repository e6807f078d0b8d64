// Validation of JSON while it is typed, with errors at their lines.

import { axe, check, open, picture, publish, until } from '../harness.mjs';

const SHAPE = { type: 'object', additionalProperties: false, required: ['name'], properties: { name: { type: 'string' }, limits: { type: 'array', items: { type: 'integer' } } } };

/** @type {Part} */
export default {
  async 'a JSON pointer leads to its line'({ people: { Ann } }) {
    const text = '{\n  "a/b": {"x": [1,\n    2,\n    {"y": "}"}]},\n  "~": "{\\"",\n  "last":\n    true\n}';
    /** @type {[string, number][]} */
    const cases = [['', 1], ['/a~1b', 2], ['/a~1b/x/1', 3], ['/a~1b/x/2', 4], ['/a~1b/x/2/y', 4], ['/~0', 5], ['/last', 6], ['/missing', 1], ['/a~1b/missing', 2]];
    const found = await Ann.evaluate(async ({ file, json, pointers }) => {
      const { lineOf } = await import(file);
      return pointers.map((pointer) => lineOf(json, pointer));
    }, { file: '/page/json-pointer.js', json: text, pointers: cases.map(([pointer]) => pointer) });
    for (const [at, [pointer, line]] of cases.entries()) check(found[at] === line, `${pointer || 'the whole'}: line ${found[at]}, not ${line}`);
  },

  async 'a schema violation is shown with its line while typing'({ on, people: { Ann } }) {
    const make = (/** @type {object} */ item) => on.manage('POST', '/projects/1/items', { item: { environments: [], ...item } });
    await make({ key: 'shape', type: 'schema', default: { rules: [{ criteria: [], value: { type: 'schema', value: { schemaType: 'JSON_SCHEMA', schema: JSON.stringify(SHAPE) } } }] } });
    await make({ key: 'shaped', type: 'config', valueType: 'json', schemaKey: 'shape', default: { rules: [{ criteria: [], value: { type: 'json', value: '{"name": "a"}' } }] } });
    await open(Ann, on.url, 'configs/shaped');
    const value = Ann.getByLabel('Value', { exact: true });
    const shows = async (/** @type {string[]} */ flaws) => {
      await until(async () => JSON.stringify(await Ann.locator('.flaw').allInnerTexts()) === JSON.stringify(flaws), `the errors are ${flaws.join('; ') || 'nothing'}`);
      const marked = await Ann.locator('.gutter .at').allInnerTexts();
      check(marked.join() === [...new Set(flaws.map((flaw) => /\d+/.exec(flaw)?.[0]))].join(), `the lines are marked: ${marked}`);
    };
    const going = Ann.getByRole('button', { name: 'Review and publish' });
    await value.fill('{\n  "name": 3,\n  "limits": [\n    1,\n    "many"\n  ]\n}');
    await shows(['Line 5\n"many" is not of type "integer"', 'Line 2\n3 is not of type "string"'].sort());
    check(await going.isDisabled(), 'it cannot be published');
    await Ann.getByRole('button', { name: 'Go to line 5' }).click();
    check((await value.evaluate((/** @type {HTMLTextAreaElement} */ box) => box.value.slice(box.selectionStart, box.selectionEnd))) === '    "many"', 'the line is chosen');
    await picture(Ann, 'json-errors');
    const found = await axe(Ann, 'errors at their lines');
    check(!found.length, found.join('\n  '));
    await value.fill('{\n  "name": "b",\n  "limit": 3\n}');
    await until(async () => (await Ann.locator('.gutter .at').allInnerTexts()).join() === '3', 'an unexpected property is marked at its line');
    await value.fill('{\n  "name": "b"\n  "limits": []\n}');
    await shows(['Line 3\nexpected `,` or `}`']);
    check(await going.isDisabled(), 'invalid JSON cannot be published');
    await value.fill('{\n  "name": "b",\n  "limits": [1]\n}');
    await shows([]);
    await publish(Ann);
    const item = await on.manage('GET', '/projects/1/items/shaped');
    check(JSON.parse(item.default.rules[0].value.value).name === 'b', JSON.stringify(item.default));
  },

  async 'strings with a schema and schemas are validated too'({ on, people: { Ann } }) {
    await on.manage('POST', '/projects/1/items', { item: { key: 'shaped-text', type: 'config', valueType: 'string', schemaKey: 'shape', environments: [], default: { rules: [{ criteria: [], value: { type: 'string', value: '{"name": "a"}' } }] } } });
    await open(Ann, on.url, 'configs/shaped-text');
    await Ann.getByLabel('Value', { exact: true }).fill('{\n  "name": "a",\n  "limits": 7\n}');
    await Ann.getByText('7 is not of type "array"').waitFor();
    check((await Ann.locator('.gutter .at').innerText()) === '3', 'at its line');
    await open(Ann, on.url, 'schemas/shape');
    await Ann.getByLabel('Value', { exact: true }).fill('{\n  "type":\n    "objekt"\n}');
    await Ann.locator('.flaw').first().waitFor();
    check((await Ann.locator('.gutter .at').innerText()) === '2', 'at the line of its member');
  },
};
