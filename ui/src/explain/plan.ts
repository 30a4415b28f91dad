/** The plan of a query as the server explains it, and what the page needs to draw it. */
import { formatDuration } from '../lib/time';

export interface PlanReads {
  matchers: string[];
  /** Unix seconds, both included. */
  minTime: number;
  maxTime: number;
  /** Seconds. */
  range: number;
  offset: number;
  at?: number;
  parts: string;
}

export interface PlanStats {
  calls: number;
  seconds: number;
  selfSeconds: number;
  cpuSeconds: number;
  selfCpuSeconds: number;
  series: number;
  samples: number;
  peakBytes: number;
  storage?: {
    series: number;
    seriesRead: number;
    samples: number;
    selectSeconds: number;
    readSeconds: number;
  };
}

export interface PlanNode {
  id: number;
  operator: string;
  role?: string;
  name?: string;
  text?: string;
  /** In bytes of UTF-8. */
  position?: { start: number; end: number };
  steps: number;
  attributes?: Record<string, string>;
  reads?: PlanReads;
  sameAs?: number;
  stats?: PlanStats;
  children: PlanNode[];
}

export interface PlanHint {
  node: number;
  rule: string;
  text: string;
}

export interface Explanation {
  query: string;
  analyzed: boolean;
  plan: PlanNode;
  hints: PlanHint[];
  result?: { resultType: string; series: number; samples: number };
  stats?: { timings?: Record<string, number> };
  memory?: { peakBytes: number };
  cpuSeconds?: number;
  warnings?: string[];
  infos?: string[];
}

/** One line of the drawn tree. */
export interface PlanRow {
  node: PlanNode;
  depth: number;
  /** For each level outside: whether a line passes by to a later sibling. */
  rails: boolean[];
  /** Whether it is the last of its siblings. */
  last: boolean;
}

/** The tree as lines, outside first, without what stands in closed steps. */
export function planRows(root: PlanNode, closed: ReadonlySet<number> = new Set()): PlanRow[] {
  const rows: PlanRow[] = [];
  const add = (node: PlanNode, rails: boolean[], last: boolean) => {
    rows.push({ node, depth: rails.length, rails, last });
    if (closed.has(node.id)) return;
    node.children.forEach((child, i) => {
      add(child, [...rails, i < node.children.length - 1], i === node.children.length - 1);
    });
  };
  add(root, [], true);
  return rows;
}

export const MEASURES = ['seconds', 'cpuSeconds', 'series', 'samples', 'peakBytes'] as const;
export type Measure = (typeof MEASURES)[number];

/** What a step took of a measure. Of what is read from the store, that counts which was read. */
export function measureOf(stats: PlanStats, measure: Measure): { total: number; self: number } {
  switch (measure) {
    case 'seconds':
      return { total: stats.seconds, self: stats.selfSeconds };
    case 'cpuSeconds':
      return { total: stats.cpuSeconds, self: stats.selfCpuSeconds };
    case 'series':
    case 'samples': {
      const own = Math.max(stats[measure], stats.storage?.[measure] ?? 0);
      return { total: own, self: own };
    }
    case 'peakBytes':
      return { total: stats.peakBytes, self: stats.peakBytes };
  }
}

/** The largest of each measure in the tree: what a full bar stands for. */
export function largest(root: PlanNode): Record<Measure, number> {
  const out: Record<Measure, number> = { seconds: 0, cpuSeconds: 0, series: 0, samples: 0, peakBytes: 0 };
  for (const { node } of planRows(root)) {
    if (!node.stats) continue;
    for (const measure of MEASURES)
      out[measure] = Math.max(out[measure], measureOf(node.stats, measure).total);
  }
  return out;
}

/** What all steps read from the store together. */
export function readTotals(root: PlanNode): { series: number; samples: number } {
  let series = 0;
  let samples = 0;
  for (const { node } of planRows(root)) {
    series += node.stats?.storage?.seriesRead ?? 0;
    samples += node.stats?.storage?.samples ?? 0;
  }
  return { series, samples };
}

/** The step whose own processor time is the largest; null when none stands out. */
export function hottest(root: PlanNode): number | null {
  const rows = planRows(root).filter((row) => row.node.stats);
  if (rows.length < 3) return null;
  const self = (row: PlanRow) => row.node.stats?.selfCpuSeconds ?? 0;
  const all = rows.reduce((sum, row) => sum + self(row), 0);
  const top = rows.reduce((best, row) => (self(row) > self(best) ? row : best));
  return self(top) > all * 0.4 ? top.node.id : null;
}

const seconds = (value: number) => formatDuration(value * 1000);

/** `a{b="c"}[5m] offset 1m` of what is asked of the store. */
export function readsText(reads: PlanReads): string {
  let name = '';
  const rest: string[] = [];
  for (const matcher of reads.matchers) {
    const plain = /^__name__="([a-zA-Z_:][a-zA-Z0-9_:]*)"$/.exec(matcher);
    if (plain && name === '') name = plain[1] as string;
    else rest.push(matcher);
  }
  const offset =
    reads.offset === 0 ? '' : ` offset ${reads.offset < 0 ? '-' : ''}${seconds(Math.abs(reads.offset))}`;
  return `${name}${rest.length > 0 || name === '' ? `{${rest.join(', ')}}` : ''}${reads.range > 0 ? `[${seconds(reads.range)}]` : ''}${offset}`;
}

const list = (value: string) => `(${value})`;

/** What a step does in a few words of code, and which attributes these words hold. */
export function headline(node: PlanNode): { code: string; rest: [string, string][] } {
  const a = node.attributes ?? {};
  const used = new Set<string>();
  const take = (name: string) => {
    used.add(name);
    return a[name];
  };
  let code = '';
  if (node.reads) {
    code = readsText(node.reads);
  } else {
    const what = take('function') ?? take('operator') ?? node.name ?? '';
    const words = [node.name && node.name !== what && !a.function ? node.name : what];
    for (const name of ['on', 'ignoring', 'group_left', 'group_right'])
      if (name in a) words.push(`${name}${list(take(name) as string)}`);
    for (const name of ['fill', 'fill_left', 'fill_right'])
      if (name in a) words.push(`${name}${list(take(name) as string)}`);
    const by = 'by' in a && node.operator !== 'Sort' ? take('by') : undefined;
    if (by) words.push(`by ${list(by)}`);
    if ('without' in a) words.push(`without ${list(take('without') as string)}`);
    if (node.operator === 'Constant' || node.operator === 'Text') words.push(take('value') ?? '');
    code = words.filter(Boolean).join(' ');
    // The step is called as the function is.
    if (code.replaceAll('_', '') === node.operator.toLowerCase()) code = '';
  }
  return { code, rest: Object.entries(a).filter(([name]) => !used.has(name)) };
}

/** A place in bytes of UTF-8 as a place in the text's own units. */
export function textRange(
  text: string,
  position: { start: number; end: number },
): { from: number; to: number } {
  let bytes = 0;
  let from = -1;
  let i = 0;
  while (i < text.length) {
    if (from < 0 && bytes >= position.start) from = i;
    if (bytes >= position.end) break;
    const code = text.codePointAt(i) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    i += code > 0xffff ? 2 : 1;
  }
  return { from: from < 0 ? text.length : from, to: i };
}

/** What each kind of step is, for whom the name says nothing. */
export const OPERATORS: Record<string, string> = {
  InstantSelect: 'Reads the newest sample of each series before each step',
  SmoothedSelect: 'Reads samples around each step and interpolates between them',
  RangeSelect: 'Reads the samples of a window before each step',
  Subquery: 'Evaluates the inner expression at many times and returns windows of the results',
  RangeFunction: 'Computes one value from each window of samples',
  SeriesFunction: 'Applies a function to each value',
  Aggregate: 'Merges series into groups, one series at a time, without holding all of its input in memory',
  QuantileAggregate: 'Takes a quantile over the series of each group',
  SelectK: 'Keeps some series of each group',
  CountValues: 'Counts series by their value',
  VectorJoin: 'Combines the series of both sides that match',
  VectorScalar: 'Combines every series with one number per step',
  SetOperation: 'Keeps series by whether the other side has a match',
  InfoJoin: 'Adds labels of info metrics',
  HistogramQuantile: 'Estimates a quantile from histogram buckets',
  HistogramFraction: 'Estimates the share of observations between two bounds',
  LabelChange: 'Writes a label',
  Sort: 'Orders the series',
  Absent: 'Returns a sample if there are no series',
  Constant: 'A number known before the query runs',
  Time: 'The time of each step',
  ScalarOperation: 'Computes a number from two',
  ScalarFunction: 'Computes a number from a number',
  ToScalar: 'Converts a single series to a number',
  ToVector: 'Converts a number to a series',
  StepInvariant: 'Does not depend on the step: computed once, then repeated',
  Shared: 'Occurs several times in the query: computed once',
  Text: 'A text',
};

export const HINT_TITLES: Record<string, string> = {
  'regex-is-equality': 'A regular expression that could be a plain comparison',
  'regex-without-prefix': 'A regular expression that must be tried on every value',
  'no-metric-name': 'A selector without a metric name',
  'many-series': 'A selector that finds many series',
  'window-too-short': 'A window too short for its samples',
  'window-shorter-than-step': 'A window shorter than the step: samples in between are ignored',
  'dense-subquery': 'A subquery with very many evaluation steps',
};
