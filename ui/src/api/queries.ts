/** What pages ask of the server, as cached queries. */
import { keepPreviousData, QueryClient, useQuery } from '@tanstack/react-query';
import { type Answer, ApiError, call } from './client';
import type {
  BlockMeta,
  ExemplarSeries,
  InstantResult,
  Metadata,
  Notification,
  RangeResult,
  RuleGroup,
  RuntimeInfo,
  TargetsData,
  TsdbStatus,
  WalReplay,
} from './types';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server said is wrong stays wrong; only a lost connection is worth another try.
      retry: (count, error) => count < 2 && error instanceof ApiError && error.unreachable,
      retryDelay: (count) => 400 * 2 ** count,
      refetchOnWindowFocus: false,
      staleTime: 15_000,
      gcTime: 60_000,
    },
  },
});

export interface RangeQuery {
  expr: string;
  /** ms since 1970. */
  start: number;
  end: number;
  /** ms. */
  step: number;
}

const seconds = (ms: number) => String(ms / 1000);

export function rangeQuery(q: RangeQuery, signal?: AbortSignal): Promise<Answer<RangeResult>> {
  return call<RangeResult>(
    'query_range',
    { query: q.expr, start: seconds(q.start), end: seconds(q.end), step: seconds(q.step), stats: 'true' },
    signal,
  );
}

export function instantQuery(
  expr: string,
  time: number,
  signal?: AbortSignal,
): Promise<Answer<InstantResult>> {
  return call<InstantResult>('query', { query: expr, time: seconds(time), stats: 'true' }, signal);
}

export interface Timed<T> {
  answer: Answer<T>;
  /** Milliseconds that the browser waited. */
  took: number;
}

async function timed<T>(work: Promise<Answer<T>>): Promise<Timed<T>> {
  const start = performance.now();
  const answer = await work;
  return { answer, took: performance.now() - start };
}

/** `attempt` makes a query that is run again by hand another one. */
export function useRange(q: RangeQuery, attempt: number) {
  return useQuery({
    queryKey: ['range', q.expr, q.start, q.end, q.step, attempt],
    queryFn: async ({ signal }) => ({ ...(await timed(rangeQuery(q, signal))), query: q }),
    enabled: q.expr !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useInstant(expr: string, time: number, attempt: number) {
  return useQuery({
    queryKey: ['instant', expr, time, attempt],
    queryFn: async ({ signal }) => ({ ...(await timed(instantQuery(expr, time, signal))), expr, time }),
    enabled: expr !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useExemplars(expr: string, start: number, end: number, attempt: number, enabled: boolean) {
  return useQuery({
    queryKey: ['exemplars', expr, start, end, attempt],
    queryFn: ({ signal }) =>
      call<ExemplarSeries[]>(
        'query_exemplars',
        { query: expr, start: seconds(start), end: seconds(end) },
        signal,
      ),
    enabled: enabled && expr !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useMetadata() {
  return useQuery({
    queryKey: ['metadata'],
    queryFn: ({ signal }) => call<Metadata>('metadata', {}, signal),
    staleTime: 120_000,
  });
}

export function useMetricNames(enabled: boolean) {
  return useQuery({
    queryKey: ['metric-names'],
    queryFn: ({ signal }) => call<string[]>('label/__name__/values', {}, signal),
    staleTime: 60_000,
    enabled,
  });
}

const every = (ms: number) => ({ refetchInterval: ms, placeholderData: keepPreviousData });

/** Above this number of targets their list is asked for less often. */
const MANY_TARGETS = 1000;

export function useTargets(enabled = true) {
  return useQuery({
    enabled,
    queryKey: ['targets'],
    queryFn: async ({ signal }) => {
      const answer = await call<TargetsData>('targets', { state: 'any' }, signal);
      // Empty lists may be left out.
      answer.data.activeTargets ??= [];
      answer.data.droppedTargets ??= [];
      return answer;
    },
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      (query.state.data?.data.activeTargets.length ?? 0) > MANY_TARGETS ? 30_000 : 10_000,
  });
}

/** The active targets of one pool, asked for once. */
export function usePool(scrapePool: string | undefined) {
  return useQuery({
    queryKey: ['pool', scrapePool],
    queryFn: ({ signal }) =>
      call<TargetsData>('targets', { state: 'active', scrapePool: scrapePool ?? '' }, signal),
    enabled: scrapePool !== undefined,
    staleTime: 300_000,
  });
}

/** The only value of an expression, 0 while unknown. Not asked again after an error. */
export function useCount(expr: string, enabled: boolean): number {
  const { data } = useQuery({
    queryKey: ['count', expr],
    queryFn: async ({ signal }) => {
      const { data } = await call<InstantResult>('query', { query: expr }, signal);
      return data.resultType === 'vector' ? Number(data.result[0]?.value?.[1] ?? 0) : 0;
    },
    enabled,
    refetchInterval: (query) => (query.state.error ? false : 15_000),
  });
  return enabled ? (data ?? 0) : 0;
}

/** What the server wants its operator to know. A server without this endpoint is asked once. */
export function useNotifications(enabled: boolean): Notification[] {
  const { data } = useQuery({
    queryKey: ['notifications'],
    queryFn: async ({ signal }) =>
      (await call<Notification[] | null>('notifications', {}, signal)).data ?? [],
    enabled,
    refetchInterval: (query) => (query.state.error ? false : 20_000),
  });
  return (data ?? []).filter((n) => n.active);
}

export function useRules(enabled = true) {
  return useQuery({
    enabled,
    queryKey: ['rules'],
    queryFn: async ({ signal }): Promise<{ groups: RuleGroup[] }> => {
      try {
        return (await call<{ groups: RuleGroup[] }>('rules', {}, signal)).data;
      } catch (e) {
        // A server that evaluates no rules has none.
        if (e instanceof ApiError && e.status === 404) return { groups: [] };
        throw e;
      }
    },
    ...every(10_000),
  });
}

export function useConfig() {
  return useQuery({
    queryKey: ['config'],
    queryFn: ({ signal }) => call<{ yaml: string }>('status/config', {}, signal),
  });
}

export function useFlags() {
  return useQuery({
    queryKey: ['flags'],
    queryFn: ({ signal }) => call<Record<string, string>>('status/flags', {}, signal),
  });
}

export function useRuntimeInfo() {
  return useQuery({
    queryKey: ['runtimeinfo'],
    queryFn: ({ signal }) => call<RuntimeInfo>('status/runtimeinfo', {}, signal),
    ...every(30_000),
  });
}

export function useBuildInfo(enabled = true) {
  return useQuery({
    enabled,
    queryKey: ['buildinfo'],
    queryFn: ({ signal }) => call<Record<string, string>>('status/buildinfo', {}, signal),
    staleTime: 600_000,
  });
}

export function useTsdbStatus(limit: number) {
  return useQuery({
    queryKey: ['tsdb', limit],
    queryFn: ({ signal }) => call<TsdbStatus>('status/tsdb', { limit }, signal),
    ...every(30_000),
  });
}

export function useBlocks() {
  return useQuery({
    queryKey: ['blocks'],
    // An older server does not know this path: no list then.
    queryFn: ({ signal }) => call<{ blocks: BlockMeta[] | null }>('status/tsdb/blocks', {}, signal),
    retry: false,
  });
}

export function useWalReplay(enabled: boolean) {
  return useQuery({
    queryKey: ['walreplay'],
    queryFn: ({ signal }) => call<WalReplay>('status/walreplay', {}, signal),
    enabled,
    refetchInterval: 1000,
    retry: false,
  });
}

/** Instant values of one expression, refreshed. */
export function useVector(expr: string, refresh: number, enabled = true) {
  return useQuery({
    queryKey: ['vector', expr],
    queryFn: async ({ signal }) => {
      const { data } = await call<InstantResult>('query', { query: expr }, signal);
      return data.resultType === 'vector' ? data.result : [];
    },
    enabled,
    ...every(refresh),
  });
}
