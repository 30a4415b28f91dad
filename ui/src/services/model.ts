/** Services and the calls between them, out of answers of PromQL. */
import type { InstantResult } from '../api/types';

export type Vector = Extract<InstantResult, { resultType: 'vector' }>['result'];

export interface Operation {
  name: string;
  /** Requests a second. */
  rate: number;
  /** Share of the requests that failed, 0 to 1. */
  errors: number;
  /** Seconds; null without observations. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Service extends Operation {
  /** Whether it takes requests; a service that only sends some has no figures. */
  entry: boolean;
  /** Its busiest operations. */
  operations: { name: string; rate: number }[];
  /** One of its containers, where only the node agent sees the service. */
  container?: string;
}

/** Quantiles in seconds; null without durations. */
export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** One service in the answer of `/services`. */
export interface ServiceAnswer {
  name: string;
  takesRequests: boolean;
  /** Whether only the node agent sees it. */
  observedOnly: boolean;
  rate: number;
  failed: number;
  latency: Latency;
  operations: { name: string; rate: number }[];
  containers: { id: string; machine: string; application: string; image: string }[];
}

export interface Answers {
  rate: Vector;
  failures: Vector;
  p50: Vector;
  p95: Vector;
  p99: Vector;
}

const numberOf = (item: Vector[number]): number | null => {
  const value = Number(item.value?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
};

function indexed(vector: Vector, key: (labels: Record<string, string>) => string): Map<string, number> {
  const out = new Map<string, number>();
  for (const item of vector) {
    const value = numberOf(item);
    if (value !== null) out.set(key(item.metric), value);
  }
  return out;
}

function figures(name: string, key: string, maps: Record<keyof Answers, Map<string, number>>): Operation {
  const rate = maps.rate.get(key) ?? 0;
  return {
    name,
    rate,
    errors: rate > 0 ? Math.min(1, (maps.failures.get(key) ?? 0) / rate) : 0,
    p50: maps.p50.get(key) ?? null,
    p95: maps.p95.get(key) ?? null,
    p99: maps.p99.get(key) ?? null,
  };
}

const mapsOf = (answers: Answers, key: (labels: Record<string, string>) => string) => ({
  rate: indexed(answers.rate, key),
  failures: indexed(answers.failures, key),
  p50: indexed(answers.p50, key),
  p95: indexed(answers.p95, key),
  p99: indexed(answers.p99, key),
});

export const servicesOf = (answers: ServiceAnswer[]): Service[] =>
  answers.map(({ name, takesRequests, observedOnly, rate, failed, latency, operations, containers }) => ({
    name,
    rate,
    errors: rate > 0 ? Math.min(1, failed / rate) : 0,
    ...latency,
    entry: takesRequests,
    operations,
    container: observedOnly ? containers[0]?.id : undefined,
  }));

export function operationsOf(answers: Answers): Operation[] {
  const maps = mapsOf(answers, (labels) => labels.span_name ?? '');
  return [...maps.rate.keys()].map((name) => figures(name, name, maps)).sort((a, b) => b.rate - a.rate);
}

export type SortKey = 'rate' | 'errors' | 'p50' | 'p95' | 'p99';

/** The highest figure first; what is not known comes last. */
export const sortedBy = <T extends Operation>(list: T[], key: SortKey): T[] =>
  [...list].sort((a, b) => (b[key] ?? -1) - (a[key] ?? -1) || a.name.localeCompare(b.name));

export type Health = 'ok' | 'warning' | 'failing';

/** Failing above 5 % of errors, warning above 1 %. */
export const healthOf = (errors: number): Health =>
  errors > 0.05 ? 'failing' : errors > 0.01 ? 'warning' : 'ok';
