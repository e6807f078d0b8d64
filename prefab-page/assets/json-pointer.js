// Finds the line of a JSON text that a JSON pointer refers to.

/**
 * Returns the line, from 1, at which the target of a pointer starts. A member starts at its name. For a missing
 * target, it returns the line of the value that would contain it.
 *
 * @param {string} text JSON that parses
 * @param {string} pointer as in RFC 6901: `/limits/0`
 */
export function lineOf(text, pointer) {
  const path = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = place(text, path);
  return text.slice(0, found).split('\n').length;
}

/** @type {(text: string, wanted: string[]) => number} */
function place(text, wanted) {
  let at = 0;
  const space = () => { while (' \t\r\n'.includes(text[at] || 'x')) at += 1; };

  function string() {
    const from = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    return text.slice(from, at);
  }

  /**
   * Reads past a value and returns the position of `path` within it.
   * @type {(path: string[] | null) => number}
   */
  function value(path) {
    space();
    const begin = at;
    if (text[at] === '"') string();
    else if (text[at] === '{' || text[at] === '[') return members(path, text[at] === '{' ? '}' : ']') ?? begin;
    else while (at < text.length && !',]} \t\r\n'.includes(text[at])) at += 1;
    return begin;
  }

  /** @type {(path: string[] | null, end: string) => number | null} */
  function members(path, end) {
    /** @type {number | null} */
    let found = null;
    at += 1;
    for (let index = 0; ; index += 1) {
      space();
      if (at >= text.length) return found;
      if (text[at] === end) break;
      const begin = at;
      let name = String(index);
      if (end === '}') {
        name = JSON.parse(string());
        space();
        at += 1;
      }
      const below = path?.length && path[0] === name ? path.slice(1) : null;
      const within = value(below);
      // The last of two members with the same name wins, as in every JSON parser.
      if (below) found = below.length ? within : begin;
      space();
      if (text[at] === ',') at += 1;
    }
    at += 1;
    return found;
  }

  return value(wanted);
}
