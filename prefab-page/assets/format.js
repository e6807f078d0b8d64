// Formats values, rules, durations and times for display.

/**
 * Operators with their name and the kind of operand: `list`, `number`, `date`, `pattern`, `version`, `segment`, `range`, `text`, `none`.
 * @type {[string, string, string][]}
 */
export const OPERATORS = [
  ['PROP_IS_ONE_OF', 'is one of', 'list'],
  ['PROP_IS_NOT_ONE_OF', 'is not one of', 'list'],
  ['PROP_STARTS_WITH_ONE_OF', 'starts with one of', 'list'],
  ['PROP_DOES_NOT_START_WITH_ONE_OF', 'does not start with one of', 'list'],
  ['PROP_ENDS_WITH_ONE_OF', 'ends with one of', 'list'],
  ['PROP_DOES_NOT_END_WITH_ONE_OF', 'does not end with one of', 'list'],
  ['PROP_CONTAINS_ONE_OF', 'contains one of', 'list'],
  ['PROP_DOES_NOT_CONTAIN_ONE_OF', 'does not contain one of', 'list'],
  ['PROP_MATCHES', 'matches', 'pattern'],
  ['PROP_DOES_NOT_MATCH', 'does not match', 'pattern'],
  ['PROP_LESS_THAN', 'is less than', 'number'],
  ['PROP_LESS_THAN_OR_EQUAL', 'is at most', 'number'],
  ['PROP_GREATER_THAN', 'is greater than', 'number'],
  ['PROP_GREATER_THAN_OR_EQUAL', 'is at least', 'number'],
  ['IN_INT_RANGE', 'is in the range', 'range'],
  ['PROP_BEFORE', 'is before', 'date'],
  ['PROP_AFTER', 'is after', 'date'],
  ['PROP_SEMVER_LESS_THAN', 'is a version below', 'version'],
  ['PROP_SEMVER_EQUAL', 'is the version', 'version'],
  ['PROP_SEMVER_GREATER_THAN', 'is a version above', 'version'],
  ['IS_PRESENT', 'is present', 'none'],
  ['IS_NOT_PRESENT', 'is not present', 'none'],
  ['HIERARCHICAL_MATCH', 'is at or below', 'text'],
  ['IN_SEG', 'in segment', 'segment'],
  ['NOT_IN_SEG', 'not in segment', 'segment'],
  ['LOOKUP_KEY_IN', 'lookup key is one of', 'list'],
  ['LOOKUP_KEY_NOT_IN', 'lookup key is not one of', 'list'],
  ['ALWAYS_TRUE', 'always', 'none'],
];

/** @type {Record<string, string>} */
export const VALUE_TYPES = { bool: 'Boolean', string: 'String', int: 'Integer', double: 'Decimal', string_list: 'String list',
  duration: 'Duration', json: 'JSON', log_level: 'Log level', int_range: 'Integer range' };

export const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** @type {Record<string, [page: string, title: string, one: string]>} */
export const TYPES = {
  feature_flag: ['flags', 'Flags', 'flag'],
  config: ['configs', 'Configs', 'config'],
  segment: ['segments', 'Segments', 'segment'],
  log_level: ['log-level-rules', 'Log level rules', 'log level'],
  log_level_v2: ['log-level-rules', 'Log level rules', 'log level'],
  schema: ['schemas', 'Schemas', 'schema'],
  limit_definition: ['configs', 'Configs', 'limit'],
};

/** @type {(name: string) => [string, string, string]} */
export const operator = (name) => OPERATORS.find(([known]) => known === name) ?? [name, name, 'text'];

/**
 * Formats a value.
 * @type {(flat: Flat | null | undefined) => string}
 */
export function value(flat) {
  if (!flat) return 'no value';
  if (flat.decryptWith) return '[encrypted]';
  if (flat.type === 'provided') return `environment variable ${flat.value?.lookup ?? ''}`;
  if (flat.confidential) return '[confidential]';
  switch (flat.type) {
    case 'weighted_values': {
      /** @type {Weighted[]} */
      const parts = flat.value ?? [];
      const sum = parts.reduce((all, one) => all + one.weight, 0) || 1;
      const text = parts.map((one) => `${percent(one.weight / sum)} ${value(one.value)}`).join(', ');
      return flat.hashByPropertyName ? `${text} by ${flat.hashByPropertyName}` : `${text} at random`;
    }
    case 'string': return flat.value === '' ? '""' : String(flat.value);
    case 'string_list': return (flat.value ?? []).join(', ') || '[]';
    case 'duration': return duration(String(flat.value));
    case 'json': return typeof flat.value === 'string' ? flat.value : JSON.stringify(flat.value);
    case 'int_range': return `${flat.value?.start ?? ''}..${flat.value?.end ?? ''}`;
    case 'schema': return flat.value?.schema ?? JSON.stringify(flat.value);
    default: return typeof flat.value === 'object' ? JSON.stringify(flat.value) : String(flat.value);
  }
}

/** @type {(share: number) => string} */
export const percent = (share) => `${Math.round(share * 10000) / 100}%`;

/**
 * Formats a criterion.
 * @type {(criterion: Criterion) => string}
 */
export function criterion({ propertyName, operator: name, valueToMatch }) {
  const [, verb, follows] = operator(name);
  const shown = valueToMatch && (follows === 'date' ? date(valueToMatch.value) : value(valueToMatch));
  if (name === 'ALWAYS_TRUE') return 'always';
  if (name === 'HIERARCHICAL_MATCH' && ['NAMESPACE', 'prefab.namespace'].includes(propertyName ?? '')) return `the namespace is ${shown || '…'} or below it`;
  if (follows === 'segment') return `${verb} ${shown ?? ''}`;
  const subject = name.startsWith('LOOKUP_KEY') ? '' : `${propertyName || '…'} `;
  return follows === 'none' ? `${subject}${verb}` : `${subject}${verb} ${shown ?? '…'}`;
}

/**
 * Formats a rule: `true when user.plan is one of pro`.
 * @type {(rule: Rule) => string}
 */
export function rule({ criteria, value: flat }) {
  const when = (criteria ?? []).map(criterion).join(' and ');
  return when && when !== 'always' ? `${value(flat)} when ${when}` : `${value(flat)} for everyone`;
}

const PARTS = [['D', 'day'], ['H', 'hour'], ['M', 'minute'], ['S', 'second']];
/**
 * Formats an ISO 8601 duration: `PT90S` becomes `90 seconds`.
 * @type {(text: string) => string}
 */
export function duration(text) {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!found) return text;
  const parts = PARTS.map(([, name], at) => found[at + 1] && `${found[at + 1]} ${name}${found[at + 1] === '1' ? '' : 's'}`);
  return parts.filter(Boolean).join(' ') || text;
}

/**
 * Returns a sentence of the server for display: ISO 8601 durations become words, so `from PT2S to PT5M` becomes
 * `from 2 seconds to 5 minutes`, and percentages have no space.
 * @type {(sentence: string) => string}
 */
export const inWords = (sentence) => sentence.replaceAll(/(\d) %/g, '$1%').replaceAll(/\bP(?=\d|T\d)(?:\d+D)?(?:T[\d.HMS]*[HMS])?/g, duration);

/** @type {(value: Json) => string} */
export function date(value) {
  const millis = typeof value === 'number' ? value : /^\d+$/.test(value ?? '') ? Number(value) : Date.parse(value);
  return Number.isNaN(millis) ? String(value) : new Date(millis).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

/** @type {[string, number][]} */
const UNITS = [['y', 31536e6], ['mo', 2592e6], ['d', 864e5], ['h', 36e5], ['min', 6e4]];
/**
 * Returns the time relative to now: `3 h ago`, `in 14 min`.
 * @type {(millis: number | null | undefined, now?: number) => string}
 */
export function ago(millis, now = Date.now()) {
  if (!millis) return 'never';
  const distance = Math.abs(millis - now);
  const unit = UNITS.find(([, length]) => distance >= length);
  if (!unit) return millis > now ? 'in less than 1 min' : 'just now';
  const amount = `${Math.round(distance / unit[1])} ${unit[0]}`;
  return millis > now ? `in ${amount}` : `${amount} ago`;
}

/** How many names a sentence lists. */
const LISTED = 3;
/**
 * Lists names for a sentence: `Staging, Production and 5 more`.
 * @type {(names: string[]) => string}
 */
export function listNames(names) {
  if (names.length > LISTED + 1) return `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** @type {(count: number) => string} */
export const number = (count) => new Intl.NumberFormat('en', { notation: count >= 10000 ? 'compact' : 'standard' }).format(count);

/** @type {(count: number) => string} */
export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1048576) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1048576).toFixed(1)} MiB`;
}
