import type { LabelSet } from '../api/types';

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export const quote = (value: string) =>
  `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;

export const labelName = (name: string) => (LEGACY_LABEL.test(name) ? name : quote(name));

/** The series in PromQL spelling, labels sorted: http_requests_total{code="200", method="GET"}. */
export function seriesName(labels: LabelSet): string {
  const name = labels.__name__;
  const parts = Object.keys(labels)
    .filter((key) => key !== '__name__')
    .sort()
    .map((key) => `${labelName(key)}=${quote(labels[key] as string)}`);
  if (name !== undefined && !LEGACY_NAME.test(name)) parts.unshift(quote(name));
  const shown = name !== undefined && LEGACY_NAME.test(name) ? name : '';
  return parts.length === 0 ? shown || '{}' : `${shown}{${parts.join(', ')}}`;
}

/** A metric name as a query: names beyond the classic alphabet stand quoted in braces. */
export function metricSelector(name: string): string {
  return LEGACY_NAME.test(name) ? name : `{${quote(name)}}`;
}

/** Labels that every series carries with one value, and the names of those that differ. */
export function splitShared(sets: LabelSet[]): { shared: LabelSet; varying: string[] } {
  const first = sets[0];
  if (!first) return { shared: {}, varying: [] };
  const shared: LabelSet = { ...first };
  const names = new Set<string>();
  for (const set of sets) {
    for (const key of Object.keys(set)) names.add(key);
    for (const key of Object.keys(shared)) if (set[key] !== shared[key]) delete shared[key];
  }
  const varying = [...names].filter((key) => !(key in shared)).sort(compareLabelNames);
  return { shared, varying };
}

/** The metric name first, then job and instance, then the alphabet. */
export function compareLabelNames(a: string, b: string): number {
  const rank = (name: string) => (name === '__name__' ? 0 : name === 'job' ? 1 : name === 'instance' ? 2 : 3);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** What tells this series from its siblings; the whole name when nothing does. */
export function shortName(labels: LabelSet, varying: string[]): string {
  const own = varying.filter((key) => labels[key] !== undefined);
  if (own.length === 0) return seriesName(labels);
  if (own.length === 1) return labels[own[0] as string] || `${own[0]}=""`;
  const name = own.includes('__name__') ? labels.__name__ : '';
  const rest = own
    .filter((key) => key !== '__name__')
    .map((key) => `${labelName(key)}=${quote(labels[key] as string)}`);
  return rest.length === 0 ? (name as string) : `${name}{${rest.join(', ')}}`;
}

/** A regular expression that matches the text alone. */
export const regexLiteral = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
