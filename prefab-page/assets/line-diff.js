// The lines in which two texts differ.

/** Longer texts are compared by their first and last lines only. */
const MAX_LINES = 2000;
/** Unchanged lines around a change. */
const CONTEXT = 2;

/** @typedef {{sign: ' ' | '−' | '+' | '…', text: string}} DiffLine */

/**
 * Returns the lines of both texts with their sign, without long unchanged parts.
 * @type {(before: string, after: string) => DiffLine[]}
 */
export function lineDiff(before, after) {
  const [left, right] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const [oldPart, newPart] = [left.slice(start, left.length - end), right.slice(start, right.length - end)];
  const same = (/** @type {string[]} */ lines) => lines.map((text) => /** @type {DiffLine} */ ({ sign: ' ', text }));
  return shorten([...same(left.slice(0, start)), ...middle(oldPart, newPart), ...same(left.slice(left.length - end))]);
}

/**
 * Compares by the longest common subsequence.
 * @type {(left: string[], right: string[]) => DiffLine[]}
 */
function middle(left, right) {
  if (left.length * right.length > MAX_LINES * MAX_LINES / 4) {
    return [...left.map((text) => /** @type {DiffLine} */ ({ sign: '−', text })), ...right.map((text) => /** @type {DiffLine} */ ({ sign: '+', text }))];
  }
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      lengths[row][column] = left[row] === right[column] ? lengths[row + 1][column + 1] + 1 : Math.max(lengths[row + 1][column], lengths[row][column + 1]);
    }
  }
  /** @type {DiffLine[]} */
  const lines = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push({ sign: ' ', text: left[row] });
      row += 1;
      column += 1;
    } else if (column >= right.length || (row < left.length && lengths[row + 1][column] >= lengths[row][column + 1])) {
      lines.push({ sign: '−', text: left[row] });
      row += 1;
    } else {
      lines.push({ sign: '+', text: right[column] });
      column += 1;
    }
  }
  return lines;
}

/** @type {(lines: DiffLine[]) => DiffLine[]} */
function shorten(lines) {
  const isNear = lines.map((_, at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((one) => one.sign !== ' '));
  return lines.flatMap((line, at) => {
    if (isNear[at]) return [line];
    return at === 0 || isNear[at - 1] ? [/** @type {DiffLine} */ ({ sign: '…', text: '' })] : [];
  });
}
