/** Ranking of what distinguishes selected spans from the others, out of the answer of TraceQL's `compare`. */
import type { MetricSeries } from './answers';
import { termFor } from './filters';
import type { AttributeValue } from './model';
import { formatAttribute } from './model';

export interface Difference {
  /** Attribute as a query spells it. */
  name: string;
  text: string;
  /** Condition that selects the spans. */
  term: string;
  /** Condition that leaves them out. */
  without: string;
  /** Shares of the selected and of the other spans, 0 to 1. */
  inside: number;
  outside: number;
}

export interface AttributeDifference {
  name: string;
  /** Largest distance between the shares of a value. */
  score: number;
  values: Difference[];
  /** The server left out values of this attribute. */
  cut: boolean;
}

export interface Comparison {
  /** Numbers of spans. */
  inside: number;
  outside: number;
  attributes: AttributeDifference[];
}

/** Values shown of one attribute. */
const MAX_VALUES = 5;
/** Below this distance of shares nothing is said: chance alone gives as much. */
const MIN_SCORE = 0.02;

/** Follow from the selection itself, or name single spans: true, and no help. */
const TRIVIAL = new Set([
  'duration',
  'span:duration',
  'traceDuration',
  'trace:duration',
  'nestedSetParent',
  'nestedSetLeft',
  'nestedSetRight',
  'trace:id',
  'span:id',
  'span:parentID',
]);

interface Counts {
  value: AttributeValue;
  inside: number;
  outside: number;
}

const total = (series: MetricSeries) => series.samples.reduce((sum, s) => sum + s.value, 0);

const distance = (d: { inside: number; outside: number }) => Math.abs(d.inside - d.outside);

const isNumber = (value: AttributeValue): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** The threshold at which the shares below it differ most. Null when fewer than three numbers are known. */
export function bestThreshold(
  name: string,
  counts: Counts[],
  inside: number,
  outside: number,
): Difference | null {
  const numbers = counts.filter((c) => isNumber(c.value)).sort((a, b) => Number(a.value) - Number(b.value));
  if (numbers.length < 3 || numbers.length < counts.length) return null;
  const all = numbers.reduce((sum, c) => ({ a: sum.a + c.inside, b: sum.b + c.outside }), { a: 0, b: 0 });
  let best: Difference | null = null;
  let a = 0;
  let b = 0;
  for (const c of numbers.slice(0, -1)) {
    a += c.inside;
    b += c.outside;
    const value = String(c.value);
    const options: Difference[] = [
      {
        name,
        text: `≤ ${value}`,
        term: `${name} <= ${value}`,
        without: `${name} > ${value}`,
        inside: inside > 0 ? a / inside : 0,
        outside: outside > 0 ? b / outside : 0,
      },
      {
        name,
        text: `> ${value}`,
        term: `${name} > ${value}`,
        without: `${name} <= ${value}`,
        inside: inside > 0 ? (all.a - a) / inside : 0,
        outside: outside > 0 ? (all.b - b) / outside : 0,
      },
    ];
    for (const one of options)
      if (one.inside > one.outside && (best === null || distance(one) > distance(best))) best = one;
  }
  return best;
}

export function rank(series: MetricSeries[]): Comparison {
  const counts = new Map<string, Map<string, Counts>>();
  const cut = new Set<string>();
  let inside = 0;
  let outside = 0;
  for (const one of series) {
    const type = one.labels.__meta_type;
    const name = Object.keys(one.labels).find((key) => !key.startsWith('__meta'));
    if (!type || name === undefined) continue;
    if (one.labels.__meta_error) {
      cut.add(name);
      continue;
    }
    const sum = total(one);
    // Spans that have the attribute. Some have it on all spans: those give the number of spans.
    if (type === 'selection_total') inside = Math.max(inside, sum);
    else if (type === 'baseline_total') outside = Math.max(outside, sum);
    else {
      const values = counts.get(name) ?? new Map<string, Counts>();
      counts.set(name, values);
      const value = one.typed[name] ?? '';
      const key = `${typeof value} ${formatAttribute(value)}`;
      const found = values.get(key) ?? { value, inside: 0, outside: 0 };
      values.set(key, found);
      if (type === 'selection') found.inside += sum;
      else if (type === 'baseline') found.outside += sum;
    }
  }
  const attributes: AttributeDifference[] = [];
  for (const [name, values] of counts) {
    if (TRIVIAL.has(name)) continue;
    const list = [...values.values()];
    const differences = list.map(
      (c): Difference => ({
        name,
        text: formatAttribute(c.value),
        term: termFor(name, c.value),
        without: termFor(name, c.value, true),
        inside: inside > 0 ? c.inside / inside : 0,
        outside: outside > 0 ? c.outside / outside : 0,
      }),
    );
    const range = cut.has(name) ? null : bestThreshold(name, list, inside, outside);
    const bestSingle = differences.reduce((most, d) => Math.max(most, distance(d)), 0);
    if (range && distance(range) > bestSingle) differences.push(range);
    const score = differences.reduce((most, d) => Math.max(most, distance(d)), 0);
    // What the selected spans have comes before what they lack.
    const lacks = (d: Difference) => (d.inside > d.outside ? 0 : 1);
    differences.sort((x, y) => lacks(x) - lacks(y) || distance(y) - distance(x));
    if (score >= MIN_SCORE)
      attributes.push({ name, score, values: differences.slice(0, MAX_VALUES), cut: cut.has(name) });
  }
  attributes.sort((a, b) => b.score - a.score || a.name.localeCompare(b.name));
  return { inside, outside, attributes };
}

/** Pairs of the strongest conditions of different attributes: more frequent inside, each by itself. */
export function pairsOf(comparison: Comparison, most = 3): [Difference, Difference][] {
  const strong = comparison.attributes
    .flatMap((a) => a.values.filter((v) => v.inside - v.outside > 0.1).slice(0, 1))
    .slice(0, 3);
  const out: [Difference, Difference][] = [];
  strong.forEach((a, i) => {
    for (const b of strong.slice(i + 1)) out.push([a, b]);
  });
  return out.slice(0, most);
}
