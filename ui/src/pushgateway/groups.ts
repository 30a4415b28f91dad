/** What the API of a push gateway says of its groups. */
import type { LabelSet } from '../api/types';

export interface PushedMetric {
  labels: LabelSet;
  value?: string;
  count?: string;
  sum?: string;
  quantiles?: Record<string, string>;
  buckets?: Record<string, string> | [number, string, string, string][];
}

export interface Family {
  name: string;
  type: string;
  help: string;
  /** When it was pushed, ms since 1970. */
  at: number;
  metrics: PushedMetric[];
}

export interface Group {
  labels: LabelSet;
  successful: boolean;
  families: Family[];
  /** ms since 1970; 0 for never. */
  pushed: number;
  failed: number;
}

interface RawFamily {
  time_stamp: string;
  type: string;
  help?: string;
  metrics: PushedMetric[];
}

const OWN = new Set(['push_time_seconds', 'push_failure_time_seconds']);

function ownTime(raw: unknown): number {
  const value = Number((raw as RawFamily | undefined)?.metrics?.[0]?.value ?? 0);
  return Number.isFinite(value) ? value * 1000 : 0;
}

export function readGroup(raw: Record<string, unknown>): Group {
  const families: Family[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const family = value as RawFamily;
    if (OWN.has(name) || typeof value !== 'object' || !Array.isArray(family?.metrics)) continue;
    families.push({
      name,
      type: family.type.toLowerCase(),
      help: family.help ?? '',
      at: Date.parse(family.time_stamp),
      metrics: family.metrics,
    });
  }
  return {
    labels: raw.labels as LabelSet,
    successful: raw.last_push_successful !== false,
    families: families.sort((a, b) => a.name.localeCompare(b.name)),
    pushed: ownTime(raw.push_time_seconds),
    failed: ownTime(raw.push_failure_time_seconds),
  };
}

/** A value as text: what a histogram or summary has counted, or the number. */
export function valueText(metric: PushedMetric): string {
  if (metric.value !== undefined) return metric.value;
  return `count ${metric.count ?? '0'}, sum ${metric.sum ?? '0'}`;
}

/** Quantiles and buckets in one line. */
export function detailText(metric: PushedMetric): string {
  if (metric.quantiles)
    return Object.entries(metric.quantiles)
      .map(([quantile, value]) => `${quantile}: ${value}`)
      .join(', ');
  if (Array.isArray(metric.buckets)) return `${metric.buckets.length} native buckets`;
  if (metric.buckets)
    return Object.entries(metric.buckets)
      .sort(([a], [b]) => Number(a.replace('Inf', 'Infinity')) - Number(b.replace('Inf', 'Infinity')))
      .map(([bound, value]) => `≤${bound}: ${value}`)
      .join(', ');
  return '';
}

const LEGACY = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** A label name as paths carry it: other characters by their code points. */
export function escapedName(name: string): string {
  if (LEGACY.test(name)) return name;
  let out = 'U__';
  for (const [i, c] of [...name].entries()) {
    if (c === '_') out += '__';
    else if (i === 0 ? /[a-zA-Z:]/.test(c) : /[a-zA-Z0-9:]/.test(c)) out += c;
    else out += `_${(c.codePointAt(0) as number).toString(16)}_`;
  }
  return out;
}

/** base64 of the alphabet for URLs, "=" for nothing. */
export function encodedValue(value: string): string {
  const bytes = new TextEncoder().encode(value);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const text = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return text === '' ? '=' : text;
}

/** Where a group is deleted, below the gateway's root; values in base64, so that any can stand there. */
export function groupPath(labels: LabelSet): string {
  const rest = Object.entries(labels)
    .filter(([name]) => name !== 'job')
    .map(([name, value]) => `/${escapedName(name)}@base64/${encodedValue(value)}`);
  return `metrics/job@base64/${encodedValue(labels.job ?? '')}${rest.join('')}`;
}

/** Every word occurs in the labels or the names of its metrics. */
export function groupMatches(group: Group, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const labels = Object.entries(group.labels).map(([name, value]) => `${name}=${value}`);
  const hay = [...labels, ...group.families.map((family) => family.name)].join(' ').toLowerCase();
  return words.every((word) => hay.includes(word));
}
