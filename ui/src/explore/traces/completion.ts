/** Position in a TraceQL query, and the names that fit there. */
import { type Token, tokenize } from './lexer';

export type Place =
  | { kind: 'field'; from: number }
  | { kind: 'value'; name: string; from: number; to: number; quoted: boolean }
  | { kind: 'stage'; from: number }
  | { kind: 'after'; from: number }
  | { kind: 'start'; from: number }
  | { kind: 'none' };

export interface NameHelp {
  name: string;
  help: string;
  apply?: string;
}

const n = (name: string, help: string, apply?: string): NameHelp => ({ name, help, apply });

export const STAGES: NameHelp[] = [
  n('rate', 'Spans per second.', 'rate()'),
  n('count_over_time', 'Spans in each step.', 'count_over_time()'),
  n('quantile_over_time', 'Quantiles of a number or duration.', 'quantile_over_time(duration, 0.95)'),
  n('histogram_over_time', 'Counts in buckets of powers of two.', 'histogram_over_time(duration)'),
  n('avg_over_time', 'Mean in each step.', 'avg_over_time(duration)'),
  n('min_over_time', 'Smallest value in each step.', 'min_over_time(duration)'),
  n('max_over_time', 'Largest value in each step.', 'max_over_time(duration)'),
  n('sum_over_time', 'Sum in each step.', 'sum_over_time(duration)'),
  n('compare', 'Compares a selection with all other spans.', 'compare({ status = error })'),
  n('count', 'Number of spans in the spanset.', 'count() > 1'),
  n('avg', 'Mean over the spanset.', 'avg(duration) > 1s'),
  n('min', 'Smallest value of the spanset.', 'min(duration) > 1s'),
  n('max', 'Largest value of the spanset.', 'max(duration) > 1s'),
  n('sum', 'Sum over the spanset.', 'sum(duration) > 1s'),
  n('by', 'Splits spansets by a field.', 'by(resource.service.name)'),
  n('coalesce', 'Merges the spansets of a trace.', 'coalesce()'),
  n('select', 'Returns further fields of the spans.', 'select('),
  n('topk', 'Largest series at each step.', 'topk(10)'),
  n('bottomk', 'Smallest series at each step.', 'bottomk(10)'),
];

export const INTRINSICS: NameHelp[] = [
  n('duration', 'Duration of the span.'),
  n('name', 'Name of the span: its operation.'),
  n('status', 'ok, error or unset.'),
  n('statusMessage', 'Text of the status.'),
  n('kind', 'server, client, producer, consumer or internal.'),
  n('rootName', 'Name of the root span.'),
  n('rootServiceName', 'Service of the root span.'),
  n('traceDuration', 'Time between first start and last end of the trace.'),
  n('nestedSetParent', 'Below 0 for root spans.', 'nestedSetParent < 0'),
  n('trace:id', 'Id of the trace.'),
  n('span:id', 'Id of the span.'),
  n('span:parentID', 'Id of the parent span.'),
  n('span:childCount', 'Number of children.'),
  n('event:name', 'Name of an event.'),
  n('event:timeSinceStart', 'Time between start of the span and event.'),
  n('link:traceID', 'Trace id of a link.'),
  n('link:spanID', 'Span id of a link.'),
  n('instrumentation:name', 'Name of the instrumentation library.'),
  n('instrumentation:version', 'Version of the instrumentation library.'),
];

export const AFTER: NameHelp[] = [
  n('>>', 'Descendants of the spans on the left.', '>> { }'),
  n('>', 'Children of the spans on the left.', '> { }'),
  n('&&', 'Traces with spans on both sides.', '&& { }'),
  n('||', 'Traces with spans on either side.', '|| { }'),
  n('~', 'Siblings of the spans on the left.', '~ { }'),
  n('|', 'Aggregates, metrics and selected fields.', '| '),
];

const KEYWORDS = new Set([
  'true',
  'false',
  'nil',
  'ok',
  'error',
  'unset',
  'by',
  'with',
  'coalesce',
  'select',
]);
const FUNCTIONS = new Set(STAGES.map((s) => s.name).filter((name) => !KEYWORDS.has(name)));
export const isFunction = (word: string): boolean => FUNCTIONS.has(word);
export const isKeyword = (word: string): boolean => KEYWORDS.has(word);

const COMPARISONS = new Set(['=', '!=', '=~', '!~', '>', '<', '>=', '<=']);

/** Values of intrinsics that are keywords, without asking the server. */
export const KEYWORD_VALUES: Record<string, string[]> = {
  status: ['error', 'ok', 'unset'],
  'span:status': ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'producer', 'consumer', 'internal', 'unspecified'],
  'span:kind': ['server', 'client', 'producer', 'consumer', 'internal', 'unspecified'],
};

function inBraces(tokens: Token[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '{') depth++;
    else if (token.text === '}') depth--;
  }
  return depth > 0;
}

export function placeAt(text: string, pos: number): Place {
  const all = tokenize(text.slice(0, pos), true);
  const last = all.at(-1);
  if (last?.kind === 'comment') return { kind: 'none' };
  const typing =
    last && last.to === pos && (['word', 'attribute', 'number'].includes(last.kind) || last.open)
      ? last
      : null;
  const tokens = typing ? all.slice(0, -1) : all;
  const from = typing?.from ?? pos;
  const before = tokens.at(-1);
  const braces = inBraces(tokens);
  if (before && COMPARISONS.has(before.text) && braces) {
    const name = tokens.at(-2)?.text ?? '';
    return typing?.open
      ? { kind: 'value', name, from: typing.from + 1, to: pos, quoted: true }
      : { kind: 'value', name, from, to: pos, quoted: false };
  }
  if (typing?.open) return { kind: 'none' };
  if (braces) {
    const opens = before === undefined || ['{', '(', '&&', '||', '!'].includes(before.text);
    return opens ? { kind: 'field', from } : { kind: 'none' };
  }
  if (before?.text === '|') return { kind: 'stage', from };
  if (before?.text === '(' || before?.text === ',') return { kind: 'field', from };
  if (before?.text === '}' || before?.text === ')') return { kind: 'after', from };
  return before === undefined ? { kind: 'start', from } : { kind: 'none' };
}
