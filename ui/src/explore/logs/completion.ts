/** Position in a LogQL query, and the names that fit there. */
import { type Token, tokenize, unquote } from './lexer';
import { PARSERS } from './query';

export type Place =
  | { kind: 'label-name'; from: number }
  | { kind: 'label-value'; name: string; from: number; to: number; quoted: boolean }
  | { kind: 'field-value'; name: string; from: number; to: number; quoted: boolean }
  | { kind: 'stage'; from: number }
  | { kind: 'grouping'; from: number }
  | { kind: 'unwrap'; from: number }
  | { kind: 'function'; from: number }
  | { kind: 'after'; from: number }
  | { kind: 'none' };

export interface NameHelp {
  name: string;
  help: string;
  apply?: string;
}

const n = (name: string, help: string, apply?: string): NameHelp => ({ name, help, apply });

export const STAGES: NameHelp[] = [
  n('json', 'Reads the line as JSON; nested names are joined by _.'),
  n('logfmt', 'Reads name=value pairs of the line.'),
  n('pattern', 'Captures parts of the line, as in <ip> - <_>.', 'pattern "<_>"'),
  n('regexp', 'Captures named groups of an expression.', 'regexp "(?P<name>.*)"'),
  n('unpack', 'Reads labels packed into the line by Promtail.'),
  n('line_format', 'Rewrites the line with a template.', 'line_format "{{.message}}"'),
  n('label_format', 'Renames labels or sets them from templates.', 'label_format '),
  n('decolorize', 'Removes ANSI colours from the line.'),
  n('drop', 'Removes labels from the result.', 'drop '),
  n('keep', 'Keeps only the named labels.', 'keep '),
  n('unwrap', 'Uses the number in a label as the value of the sample.', 'unwrap '),
];

export const AFTER: NameHelp[] = [
  n('|=', 'Line contains the text.', '|= ""'),
  n('!=', 'Line does not contain the text.', '!= ""'),
  n('|~', 'Line matches the expression.', '|~ ""'),
  n('!~', 'Line does not match the expression.', '!~ ""'),
  n('|>', 'Line matches the pattern.', '|> "<_>"'),
  n('!>', 'Line does not match the pattern.', '!> "<_>"'),
  n('| json', 'Reads the line as JSON.'),
  n('| logfmt', 'Reads name=value pairs of the line.'),
];

const range = (name: string, help: string) => n(name, help, `${name}(`);

export const FUNCTIONS: NameHelp[] = [
  range('rate', 'Entries per second over the window; for unwrapped values, their sum per second.'),
  range('count_over_time', 'Entries within the window.'),
  range('bytes_rate', 'Bytes of lines per second over the window.'),
  range('bytes_over_time', 'Bytes of lines within the window.'),
  range('absent_over_time', '1 when the window holds no entry.'),
  range('rate_counter', 'Growth per second of an unwrapped counter, adjusted for resets.'),
  range('sum_over_time', 'Sum of unwrapped values.'),
  range('avg_over_time', 'Mean of unwrapped values.'),
  range('min_over_time', 'Smallest unwrapped value.'),
  range('max_over_time', 'Largest unwrapped value.'),
  range('first_over_time', 'Oldest unwrapped value.'),
  range('last_over_time', 'Newest unwrapped value.'),
  range('stddev_over_time', 'Standard deviation of unwrapped values.'),
  range('stdvar_over_time', 'Variance of unwrapped values.'),
  n('quantile_over_time', 'Quantile of unwrapped values.', 'quantile_over_time(0.95, '),
  n('sum', 'Sum of all series, or by labels.', 'sum by () ('),
  n('avg', 'Mean of all series, or by labels.', 'avg by () ('),
  n('min', 'Smallest value, or by labels.', 'min by () ('),
  n('max', 'Largest value, or by labels.', 'max by () ('),
  n('count', 'Number of series, or by labels.', 'count by () ('),
  n('stddev', 'Standard deviation, or by labels.', 'stddev by () ('),
  n('stdvar', 'Variance, or by labels.', 'stdvar by () ('),
  n('topk', 'Series with the largest values.', 'topk(10, '),
  n('bottomk', 'Series with the smallest values.', 'bottomk(10, '),
  range('sort', 'Sorts by value, smallest first.'),
  range('sort_desc', 'Sorts by value, largest first.'),
  n('approx_topk', 'Series with the largest values, approximately.', 'approx_topk(10, '),
  range('label_replace', 'Sets a label from another one by an expression.'),
  range('vector', 'A number as a vector without labels.'),
];

const FUNCTION_NAMES = new Set(FUNCTIONS.map((f) => f.name));
export const isFunction = (word: string): boolean => FUNCTION_NAMES.has(word.toLowerCase());
export const KEYWORDS = new Set([
  ...STAGES.map((s) => s.name),
  ...PARSERS,
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'ip',
]);

const isMatch = (text: string) => ['=', '!=', '=~', '!~'].includes(text);

/** The bracket that is open at the end of the tokens, with the word before it. */
function enclosing(tokens: Token[]): { text: string; before: string } | null {
  const open: { text: string; before: string }[] = [];
  tokens.forEach((token, i) => {
    if ('{(['.includes(token.text))
      open.push({ text: token.text, before: tokens[i - 1]?.text.toLowerCase() ?? '' });
    else if ('})]'.includes(token.text)) open.pop();
  });
  return open.at(-1) ?? null;
}

function valuePlace(
  kind: 'label-value' | 'field-value',
  tokens: Token[],
  current: Token | null,
  pos: number,
): Place {
  const name = tokens.at(-2)?.text ?? '';
  return current
    ? { kind, name, from: current.from + 1, to: pos, quoted: true }
    : { kind, name, from: pos, to: pos, quoted: false };
}

export function placeAt(text: string, pos: number): Place {
  const all = tokenize(text.slice(0, pos), true);
  const last = all.at(-1);
  if (last?.kind === 'comment') return { kind: 'none' };
  const typing = last && last.to === pos && (last.kind === 'word' || last.open) ? last : null;
  const tokens = typing ? all.slice(0, -1) : all;
  const from = typing?.from ?? pos;
  const before = tokens.at(-1);
  const within = enclosing(tokens);
  const string = typing?.kind === 'string' ? typing : null;
  if (within?.text === '{') {
    if (before && isMatch(before.text)) return valuePlace('label-value', tokens, string, pos);
    return !string && (before?.text === '{' || before?.text === ',')
      ? { kind: 'label-name', from }
      : { kind: 'none' };
  }
  if (string) {
    const name = tokens.at(-2);
    return before && isMatch(before.text) && name?.kind === 'word' && !KEYWORDS.has(name.text)
      ? valuePlace('field-value', tokens, string, pos)
      : { kind: 'none' };
  }
  if (within?.text === '[') return { kind: 'none' };
  if (within?.text === '(' && /^(by|without|on|ignoring)$/.test(within.before))
    return { kind: 'grouping', from };
  if (before?.text === '|') return { kind: 'stage', from };
  if (before?.text === 'unwrap') return { kind: 'unwrap', from };
  if (before?.text === '}' || (before?.kind === 'string' && !typing)) return { kind: 'after', from };
  if (!before || before.text === '(' || before.text === ',' || '+-*/%^'.includes(before.text))
    return { kind: 'function', from };
  return { kind: 'none' };
}

/** The string that the cursor is in, read as its value so far. */
export const typedValue = (text: string, from: number, pos: number): string =>
  unquote(`"${text.slice(from, pos)}`);
