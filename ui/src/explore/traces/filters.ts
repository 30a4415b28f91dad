/** Edits of TraceQL queries: the terms of a spanset filter as chips, and queries that follow from another one. */
import { quoted } from '../logs/lexer';
import { type Token, tokenize } from './lexer';
import type { AttributeValue } from './model';
import { formatAttribute } from './model';
import type { Selection } from './state';

export interface Term {
  text: string;
  from: number;
  to: number;
}

export interface Spanset {
  /** Places of the braces, the closing one included. */
  from: number;
  to: number;
  inner: string;
  /** Conditions joined by &&. Null when they are joined by || as well. */
  terms: Term[] | null;
}

/** The first spanset filter. Null when the text has none that is complete. */
export function firstSpanset(text: string): Spanset | null {
  const tokens = tokenize(text);
  const open = tokens.findIndex((t) => t.text === '{');
  const close = tokens.findIndex((t, i) => i > open && t.text === '}');
  if (open < 0 || close < 0) return null;
  const from = (tokens[open] as Token).from;
  const to = (tokens[close] as Token).to;
  const inside = tokens.slice(open + 1, close);
  const terms: Term[] = [];
  let depth = 0;
  let start = -1;
  let last = -1;
  let either = false;
  const finish = () => {
    if (start >= 0) terms.push({ text: text.slice(start, last), from: start, to: last });
    start = -1;
  };
  for (const token of inside) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (depth === 0 && token.text === '||') either = true;
    if (depth === 0 && token.text === '&&') finish();
    else {
      if (start < 0) start = token.from;
      last = token.to;
    }
  }
  finish();
  return { from, to, inner: text.slice(from + 1, to - 1).trim(), terms: either ? null : terms };
}

const braces = (inner: string) => (inner === '' ? '{ }' : `{ ${inner} }`);

const normal = (text: string) =>
  tokenize(text)
    .map((t) => t.text)
    .join(' ');

/** Adds a condition to the first spanset filter; the same one again removes it. */
export function withTerm(text: string, term: string): string {
  const set = firstSpanset(text);
  if (!set) return text.trim() === '' ? braces(term) : text;
  if (set.terms) {
    const at = set.terms.findIndex((one) => normal(one.text) === normal(term));
    if (at >= 0) return withoutTerm(text, at);
  }
  const inner = set.inner === '' ? term : `${set.terms ? set.inner : `(${set.inner})`} && ${term}`;
  return text.slice(0, set.from) + braces(inner) + text.slice(set.to);
}

export const hasTerm = (text: string, term: string): boolean =>
  firstSpanset(text)?.terms?.some((one) => normal(one.text) === normal(term)) ?? false;

export function withoutTerm(text: string, index: number): string {
  const set = firstSpanset(text);
  if (!set?.terms) return text;
  const rest = set.terms.filter((_, i) => i !== index).map((one) => one.text);
  return text.slice(0, set.from) + braces(rest.join(' && ')) + text.slice(set.to);
}

/** `=` turned into `!=` and the other way round; conditions of other operators stay. */
export function turnedTerm(text: string, index: number): string {
  const term = firstSpanset(text)?.terms?.[index];
  if (!term) return text;
  const ops = tokenize(term.text).filter((t) => t.kind === 'operator');
  const opposite: Record<string, string> = {
    '=': '!=',
    '!=': '=',
    '=~': '!~',
    '!~': '=~',
    '>': '<=',
    '<=': '>',
    '<': '>=',
    '>=': '<',
  };
  const op = ops[0];
  const other = op && opposite[op.text];
  if (!op || !other || ops.length !== 1) return text;
  return text.slice(0, term.from + op.from) + other + text.slice(term.from + op.to);
}

const PLAIN_NAME = /^[^\s{}()=~!<>&|^,"]+$/;

/** Name of an attribute in a query: quoted where TraceQL requires it. */
export const attributeName = (scope: string, key: string): string =>
  `${scope}.${PLAIN_NAME.test(key) ? key : `"${key.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`}`;

const KEYWORD_INTRINSICS = new Set(['status', 'kind', 'span:status', 'span:kind']);
const DURATION_INTRINSICS = new Set([
  'duration',
  'traceDuration',
  'span:duration',
  'trace:duration',
  'event:timeSinceStart',
]);

/** Literal of a value. The type decides: "5" as text is another value than the number 5. */
export function literal(value: AttributeValue): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return quoted(formatAttribute(value));
}

/** Condition on an attribute that an answer names: values of status, kind and durations are not quoted. */
export function termFor(name: string, value: AttributeValue, exclude = false): string {
  const text =
    typeof value === 'string' && (KEYWORD_INTRINSICS.has(name) || DURATION_INTRINSICS.has(name))
      ? value
      : literal(value);
  return `${name} ${exclude ? '!=' : '='} ${text}`;
}

/** Place of the first pipe outside of filters. */
function firstPipe(text: string): number {
  let depth = 0;
  for (const token of tokenize(text)) {
    if ('{('.includes(token.text)) depth++;
    else if ('})'.includes(token.text)) depth--;
    else if (token.text === '|' && depth === 0) return token.from;
    else if (token.text === 'with' && depth === 0) return token.from;
  }
  return text.length;
}

/** The spanset expression alone, without pipeline stages and hints. */
export const spansetPart = (text: string): string => text.slice(0, firstPipe(text)).trim();

const METRICS = new Set([
  'rate',
  'count_over_time',
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'quantile_over_time',
  'histogram_over_time',
  'compare',
]);

/** Whether the query gives numbers over time. */
export const isMetrics = (text: string): boolean => {
  const tokens = tokenize(text);
  return tokens.some((t, i) => t.kind === 'word' && METRICS.has(t.text) && tokens[i + 1]?.text === '(');
};

export const rateQuery = (text: string): string => `${spansetPart(text)} | rate() by (status)`;
export const durationQuery = (text: string): string =>
  `${spansetPart(text)} | quantile_over_time(duration, 0.5, 0.95, 0.99)`;
export const heatQuery = (text: string): string => `${spansetPart(text)} | histogram_over_time(duration)`;

const UNITS: [string, number][] = [
  ['h', 3_600_000_000_000],
  ['m', 60_000_000_000],
  ['s', 1_000_000_000],
  ['ms', 1_000_000],
  ['us', 1000],
  ['ns', 1],
];

/** Exact literal of a duration: the largest unit that needs no fraction. */
export function durationLiteral(seconds: number): string {
  const ns = Math.round(seconds * 1e9);
  const [name, size] = UNITS.find(([, s]) => ns >= s && ns % s === 0) ?? ['ns', 1];
  return `${ns / size}${name}`;
}

/** Conditions of the selected spans, without their time. Buckets include their upper bound. */
export function selectionTerms(selection: Selection): string[] {
  if (selection === 'errors') return ['status = error'];
  const out: string[] = [];
  if (selection.low > 0) out.push(`duration > ${durationLiteral(selection.low)}`);
  if (Number.isFinite(selection.high)) out.push(`duration <= ${durationLiteral(selection.high)}`);
  return out;
}

/**
 * Compares the selected spans with all others of the query. Failed spans of a query for failed spans
 * are compared with those that did not fail.
 */
export function compareQuery(text: string, selection: Selection, top: number): string {
  const inside = selectionTerms(selection).join(' && ') || 'true';
  const ns = (ms: number) => `${Math.round(ms)}000000`;
  const times = selection === 'errors' ? '' : `, ${ns(selection.from)}, ${ns(selection.to)}`;
  const failed = selection === 'errors' && hasTerm(text, inside);
  return `${spansetPart(failed ? withTerm(text, inside) : text)} | compare({ ${inside} }, ${top}${times})`;
}

/** Root spans, server spans, or all: a choice that is one condition of the filter. */
export const ROLES = { root: 'nestedSetParent < 0', server: 'kind = server', all: '' } as const;
export type Role = keyof typeof ROLES;

export const roleOf = (text: string): Role =>
  hasTerm(text, ROLES.root) ? 'root' : hasTerm(text, ROLES.server) ? 'server' : 'all';

export function withRole(text: string, role: Role): string {
  const now = roleOf(text);
  if (now === role) return text;
  const bare = now === 'all' ? text : withTerm(text, ROLES[now]);
  return role === 'all' ? bare : withTerm(bare, ROLES[role]);
}
