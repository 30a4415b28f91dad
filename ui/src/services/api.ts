import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { instantQuery, rangeQuery } from '../api/queries';
import type { MatrixItem } from '../api/types';
import { toGrid } from '../explore/shape';
import { parseDuration } from '../lib/time';
import { type MapAnswer, mapOf, type ServiceMap } from './graph';
import {
  type Operation,
  operationsOf,
  type Service,
  type ServiceAnswer,
  servicesOf,
  type Vector,
} from './model';
import { AGE, failures, quantile, rate, SCRAPE_MS, type Scope } from './queries';

const SPARK_POINTS = 40;

async function vector(query: string, time: number, signal?: AbortSignal): Promise<Vector> {
  const { data } = await instantQuery(query, time, signal);
  return data.resultType === 'vector' ? data.result : [];
}

const settings = { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY };

/**
 * Age of the oldest sample within the window: a rate over more time than there are samples is too small, as in the
 * first minutes of a server.
 */
export function useDataAge(time: number): number | null {
  const { data } = useQuery({
    queryKey: ['data-age', Math.floor(time / SCRAPE_MS)],
    queryFn: async ({ signal }): Promise<number | null> => {
      const seconds = Number((await vector(AGE, time, signal))[0]?.value?.[1] ?? Number.NaN);
      return Number.isFinite(seconds) ? seconds * 1000 : null;
    },
    ...settings,
  });
  return data ?? null;
}

/** Range whose end is a time, in the API's seconds. */
const rangeOf = (time: number, window: string) => ({
  start: String((time - (parseDuration(window) ?? 0)) / 1000),
  end: String(time / 1000),
});

export function useServices(time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['services', time, window, attempt],
    queryFn: async ({ signal }): Promise<Service[]> =>
      servicesOf((await call<ServiceAnswer[]>('services', rangeOf(time, window), signal)).data),
    ...settings,
  });
}

export interface Sparks {
  rate: Map<string, (number | null)[]>;
  errors: Map<string, (number | null)[]>;
  /** p95, seconds. */
  duration: Map<string, (number | null)[]>;
}

/** Rates, failures and durations of all services over the range. */
export function useSparks(start: number, end: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['service-sparks', start, end, window, attempt],
    queryFn: async ({ signal }): Promise<Sparks> => {
      const step = Math.max(1000, Math.round((end - start) / SPARK_POINTS / 1000) * 1000);
      const scope: Scope = { service: null, window };
      const [rates, failed, p95] = await Promise.all(
        [rate(scope), failures(scope), quantile(0.95, scope)].map(async (expr) => {
          const { data } = await rangeQuery({ expr, start, end, step }, signal);
          const items = (data.result ?? []) as MatrixItem[];
          return new Map(
            toGrid(items, start, end, step).series.map((s) => [s.labels.service ?? '', s.values] as const),
          );
        }),
      );
      return { rate: rates ?? new Map(), errors: failed ?? new Map(), duration: p95 ?? new Map() };
    },
    ...settings,
  });
}

export function useOperations(service: string, time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['service-operations', service, time, window, attempt],
    queryFn: async ({ signal }): Promise<Operation[]> => {
      const scope: Scope = { service, window };
      const [rates, failed, p50, p95, p99] = await Promise.all(
        [
          rate(scope, true),
          failures(scope, true),
          quantile(0.5, scope, true),
          quantile(0.95, scope, true),
          quantile(0.99, scope, true),
        ].map((query) => vector(query, time, signal)),
      );
      return operationsOf({
        rate: rates ?? [],
        failures: failed ?? [],
        p50: p50 ?? [],
        p95: p95 ?? [],
        p99: p99 ?? [],
      });
    },
    ...settings,
  });
}

export function useServiceMap(time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['service-map', time, window, attempt],
    queryFn: async ({ signal }): Promise<ServiceMap> =>
      mapOf((await call<MapAnswer>('services/map', rangeOf(time, window), signal)).data),
    ...settings,
  });
}
