/** Finding a metric, and what to ask of it. */
import type { Metadata, MetadataEntry } from '../api/types';
import { metricSelector } from '../lib/labels';

export interface Metric {
  name: string;
  type: string;
  help: string;
}

export const TYPES = ['all', 'counter', 'gauge', 'histogram', 'summary', 'other'] as const;
export type TypeFilter = (typeof TYPES)[number];

export function describe(name: string, metadata: Metadata | undefined): Metric {
  const stem = name.replace(/_(bucket|count|sum)$/, '');
  const entry: MetadataEntry | undefined =
    metadata?.[name]?.[0] ?? metadata?.[stem]?.[0] ?? metadata?.[name.replace(/_total$/, '')]?.[0];
  return { name, type: entry?.type ?? 'unknown', help: entry?.help ?? '' };
}

/** Every word must occur in the name or the help; names that begin with the text come first. */
export function searchMetrics(metrics: Metric[], text: string, type: TypeFilter): Metric[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const known = ['counter', 'gauge', 'histogram', 'summary'];
  const ofType = metrics.filter(
    (m) => type === 'all' || (type === 'other' ? !known.includes(m.type) : m.type === type),
  );
  if (words.length === 0) return ofType;
  const ranked: [number, Metric][] = [];
  for (const metric of ofType) {
    const name = metric.name.toLowerCase();
    const help = metric.help.toLowerCase();
    if (!words.every((word) => name.includes(word) || help.includes(word))) continue;
    const rank = name.startsWith(words[0] as string) ? 0 : words.every((word) => name.includes(word)) ? 1 : 2;
    ranked.push([rank, metric]);
  }
  return ranked.sort((a, b) => a[0] - b[0]).map(([, metric]) => metric);
}

/** Queries that make sense of a metric of this type. */
export function suggestions(metric: Metric): { expr: string; what: string }[] {
  const selector = metricSelector(metric.name);
  const inBraces = selector.startsWith('{');
  if (metric.name.endsWith('_bucket') && metric.type === 'histogram') {
    return [
      { expr: `histogram_quantile(0.95, sum by (le) (rate(${selector}[5m])))`, what: '95th percentile' },
      { expr: `sum by (le) (rate(${selector}[5m]))`, what: 'Buckets per second, for a heatmap' },
    ];
  }
  if (metric.type === 'histogram' && !/_(count|sum)$/.test(metric.name)) {
    return [
      { expr: `histogram_quantile(0.95, sum(rate(${selector}[5m])))`, what: '95th percentile' },
      { expr: `histogram_avg(sum(rate(${selector}[5m])))`, what: 'Mean' },
      { expr: `sum(rate(${selector}[5m]))`, what: 'Heatmap' },
    ];
  }
  if (
    !inBraces &&
    /_(sum|count)$/.test(metric.name) &&
    (metric.type === 'histogram' || metric.type === 'summary')
  ) {
    const stem = metric.name.replace(/_(sum|count)$/, '');
    return [
      { expr: `rate(${stem}_sum[5m]) / rate(${stem}_count[5m])`, what: 'Mean' },
      { expr: `sum by (job) (rate(${stem}_count[5m]))`, what: 'Observations per second' },
    ];
  }
  if (metric.type === 'counter') {
    return [
      { expr: `rate(${selector}[5m])`, what: 'Per second, by series' },
      { expr: `sum by (job) (rate(${selector}[5m]))`, what: 'Per second, by job' },
      { expr: `increase(${selector}[1h])`, what: 'Increase in 1 h' },
    ];
  }
  return [
    { expr: selector, what: 'Current value' },
    { expr: `sum by (job) (${selector})`, what: 'Sum by job' },
    { expr: `max by (instance) (${selector})`, what: 'Maximum by instance' },
  ];
}
