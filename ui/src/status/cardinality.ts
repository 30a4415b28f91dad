/** The state of the cardinality page in its address, and what it asks for and advises. */
import type { NamedValue } from '../api/types';
import { labelName, quote } from '../lib/labels';
import { parseDuration } from '../lib/time';

export interface LabelCost {
  name: string;
  values: number;
  /** Series that carry it. */
  series: number;
  seriesIfDropped: number;
  memoryBytesSaved: number;
}

export interface Cardinality {
  parts: number;
  series: number;
  relativeError: number;
  memoryBytesPerSeries: number;
  labelNames: number;
  labels: LabelCost[];
  label: string;
  values: number;
  topValues: NamedValue[];
  topPairs: NamedValue[];
}

export type Pair = [name: string, value: string];

export interface CardinalityState {
  /** A series selector that someone typed. */
  match: string;
  /** Labels and values that were pressed, from outside to inside. */
  inside: Pair[];
  /** The label whose values are listed; empty: what is most telling. */
  label: string;
  prefix: string;
  /** ms before now; 0 is everything. */
  range: number;
  limit: number;
  /** The label whose removal is explained. */
  drop: string;
}

export const LIMITS = [20, 50, 100, 500];
export const MAX_DEPTH = 20;

export function readCardinality(search: Record<string, string>): CardinalityState {
  const inside: Pair[] = [];
  for (const part of (search.in ?? '').split(',').slice(0, MAX_DEPTH)) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    try {
      inside.push([decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1))]);
    } catch {
      // Not written by this page.
    }
  }
  const limit = Number(search.limit);
  return {
    match: search.match ?? '',
    inside,
    label: search.label ?? '',
    prefix: search.prefix ?? '',
    range: parseDuration(search.range ?? '') ?? 0,
    limit: LIMITS.includes(limit) ? limit : (LIMITS[0] as number),
    drop: search.drop ?? '',
  };
}

export const writeInside = (inside: Pair[]) =>
  inside.map((pair) => pair.map(encodeURIComponent).join('=')).join(',');

/** One selector for what was typed and what was pressed; empty for all series. */
export function selector(match: string, inside: Pair[]): string {
  const matchers = inside.map(([name, value]) => `${labelName(name)}=${quote(value)}`).join(', ');
  const typed = match.trim();
  if (matchers === '') return typed;
  if (typed === '') return `{${matchers}}`;
  if (!typed.endsWith('}')) return `${typed}{${matchers}}`;
  const body = typed.slice(0, -1).trimEnd();
  return `${body}${body.endsWith('{') || body.endsWith(',') ? ' ' : ', '}${matchers}}`.replace('{ ', '{');
}

/** `name=value` of the server's list of pairs: names hold no "=" where it writes them so. */
export function splitPair(pair: string): Pair {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

const escapeRegex = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

/** YAML in double quotes takes JSON's escapes. Without quotes some words would be read as something else. */
const yaml = (text: string) =>
  /^[A-Za-z_][\w:]*$/.test(text) && !/^(true|false|yes|no|on|off|y|n|null)$/i.test(text)
    ? text
    : JSON.stringify(text);

/** What labels hold that are part of a metric, so that no rule may remove them. */
const STRUCTURAL: Record<string, string> = {
  le: 'le is the upper bound of classic histogram buckets. Without it buckets of one histogram overwrite each other and histogram_quantile() returns wrong values.',
  quantile:
    'quantile distinguishes the values of a summary. Without it the quantiles of one summary overwrite each other.',
};

/** Why a label cannot be dropped; empty for labels that can. */
export const whyKept = (label: string): string => STRUCTURAL[label] ?? '';

/** Labels that can be dropped first, by what that saves; then those that cannot. */
export const byAdvice = (labels: LabelCost[]): LabelCost[] => [
  ...labels.filter((l) => whyKept(l.name) === ''),
  ...labels.filter((l) => whyKept(l.name) !== ''),
];

/** The rule that removes a label: of all series of the scrape job, or of those that were pressed. */
export function dropLabelRule(label: string, inside: Pair[]): string {
  if (inside.length === 0) {
    return `metric_relabel_configs:\n  - action: labeldrop\n    regex: ${yaml(escapeRegex(label))}\n`;
  }
  const names = inside.map(([name]) => yaml(name)).join(', ');
  const values = inside.map(([, value]) => escapeRegex(value)).join(';');
  return `metric_relabel_configs:\n  - source_labels: [${names}]\n    regex: ${yaml(values)}\n    target_label: ${yaml(label)}\n    replacement: ""\n`;
}

/** The rule that keeps series with these labels out. */
export function dropSeriesRule(inside: Pair[]): string {
  const names = inside.map(([name]) => yaml(name)).join(', ');
  const values = inside.map(([, value]) => escapeRegex(value)).join(';');
  return `metric_relabel_configs:\n  - source_labels: [${names}]\n    regex: ${yaml(values)}\n    action: drop\n`;
}
