/** Instances of a service out of TraceQL metrics. */
import type { MetricSeries } from '../explore/traces/answers';

export interface Instance {
  instance: string;
  host: string;
  requests: number;
  /** Share that failed. */
  errors: number;
  /** Seconds. */
  p95: number | null;
}

/** An attribute that a span does not have is named nil. */
const label = (labels: Record<string, string>, name: string) => {
  const value = labels[name] ?? '';
  return value === 'nil' || value === '<nil>' ? '' : value;
};

export function instancesOf(counts: MetricSeries[], p95: MetricSeries[]): Instance[] {
  const rows = new Map<string, Instance & { failed: number }>();
  const rowOf = (labels: Record<string, string>) => {
    const instance = label(labels, 'resource.service.instance.id');
    const host = label(labels, 'resource.host.name');
    const key = `${instance}\0${host}`;
    const row = rows.get(key) ?? { instance, host, requests: 0, errors: 0, p95: null, failed: 0 };
    rows.set(key, row);
    return row;
  };
  for (const { labels, samples } of counts) {
    const row = rowOf(labels);
    const sum = samples.reduce((a, s) => a + s.value, 0);
    row.requests += sum;
    if (labels.status === 'error') row.failed += sum;
  }
  for (const { labels, samples } of p95) {
    const row = rowOf(labels);
    for (const { value } of samples) if (value > 0) row.p95 = Math.max(row.p95 ?? 0, value);
  }
  return [...rows.values()]
    .filter((row) => row.requests > 0)
    .map(({ failed, ...row }) => ({ ...row, errors: failed / row.requests }))
    .sort((a, b) => b.requests - a.requests || a.instance.localeCompare(b.instance));
}
