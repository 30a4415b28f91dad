/** Tempo's HTTP API below /tempo/api, as far as the pages call it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiError, encodeParams, type Params } from '../../api/client';
import { apiUrl } from '../../app/base';
import {
  type FoundTrace,
  type MetricSeries,
  type SearchMetrics,
  toFound,
  toSeries,
  type WireSeries,
  type WireTrace,
} from './answers';
import { type Trace, toTraces } from './model';
import { readOtlp } from './otlp';

/** Range of time, ms since 1970. */
export interface Window {
  start: number;
  end: number;
}

function problem(status: number, statusText: string, text: string): ApiError {
  let message = text.trim();
  try {
    const body = JSON.parse(text) as { error?: string; message?: string };
    message = body.message ?? body.error ?? message;
  } catch {
    // Tempo answers errors as plain text.
  }
  const kind =
    status === 400 ? 'bad_data' : status === 504 ? 'timeout' : status === 404 ? 'not_found' : 'error';
  return new ApiError(kind, message.slice(0, 2000) || `${status} ${statusText}`, status);
}

/** Throws ApiError. */
export async function tempo<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const query = encodeParams(params).toString();
  const url = apiUrl(`tempo/api/${path}`);
  let response: Response;
  try {
    response = await fetch(query ? `${url}?${query}` : url, {
      headers: { Accept: 'application/json' },
      signal,
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(
      'unreachable',
      'The server did not respond. Check that it is running and that this browser can reach it.',
      0,
    );
  }
  const text = await response.text();
  if (!response.ok) throw problem(response.status, response.statusText, text);
  try {
    return JSON.parse(text) as T;
  } catch {
    // A server without this API answers with a page of its own.
    throw new ApiError('missing_api', `The response of /tempo/api/${path} is not JSON.`, 404);
  }
}

/** Seconds: starts are rounded down, ends up, so that no span at the edge is lost. */
const seconds = ({ start, end }: Window) => ({ start: Math.floor(start / 1000), end: Math.ceil(end / 1000) });

export interface SearchAnswer {
  traces: FoundTrace[];
  metrics: SearchMetrics;
}

export async function fetchSearch(
  q: string,
  window: Window,
  limit: number,
  spss: number,
  signal?: AbortSignal,
): Promise<SearchAnswer> {
  const body = await tempo<{ traces?: WireTrace[] | null; metrics?: SearchMetrics }>(
    'search',
    { q, ...seconds(window), limit, spss },
    signal,
  );
  return { traces: (body.traces ?? []).map(toFound), metrics: body.metrics ?? {} };
}

export function useSearchTraces(q: {
  query: string;
  window: Window;
  limit: number;
  spss: number;
  attempt: number;
  enabled?: boolean;
}) {
  return useQuery({
    queryKey: ['tempo-search', q.query, q.window.start, q.window.end, q.limit, q.spss, q.attempt],
    queryFn: ({ signal }) => fetchSearch(q.query, q.window, q.limit, q.spss, signal),
    enabled: q.enabled !== false && q.query !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface TraceAnswer {
  trace: Trace;
  /** Why the answer holds only a part of the trace. */
  partial: string;
}

/** Null when there is no such trace. */
export async function fetchTrace(id: string, signal?: AbortSignal): Promise<TraceAnswer | null> {
  let body: { status?: string; message?: string };
  try {
    body = await tempo(`v2/traces/${id}`, {}, signal);
  } catch (e) {
    if (e instanceof ApiError && e.status === 404 && e.kind !== 'missing_api') return null;
    throw e;
  }
  const [trace] = toTraces(readOtlp(body));
  if (!trace) return null;
  return { trace, partial: body.status === 'PARTIAL' ? (body.message ?? 'The trace is not complete.') : '' };
}

export function useTrace(id: string, enabled = true) {
  return useQuery({
    queryKey: ['tempo-trace', id],
    queryFn: ({ signal }) => fetchTrace(id, signal),
    enabled: enabled && id !== '',
    staleTime: 60_000,
  });
}

/** Several traces at once, without those that are gone. */
export function useTraces(ids: string[], enabled: boolean) {
  return useQuery({
    queryKey: ['tempo-traces', ids.join(',')],
    queryFn: async ({ signal }) => {
      const out: Trace[] = [];
      // A few at a time: a page of traces may hold 100 large ones.
      for (let i = 0; i < ids.length; i += 8) {
        const answers = await Promise.all(ids.slice(i, i + 8).map((id) => fetchTrace(id, signal)));
        for (const answer of answers) if (answer) out.push(answer.trace);
      }
      return out;
    },
    enabled: enabled && ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function fetchMetrics(
  q: string,
  window: Window,
  step: number,
  signal?: AbortSignal,
): Promise<MetricSeries[]> {
  const body = await tempo<{ series?: WireSeries[] | null }>(
    'metrics/query_range',
    { q, ...seconds(window), step: `${step / 1000}s` },
    signal,
  );
  return (body.series ?? []).map(toSeries);
}

export interface MetricsAnswer extends Window {
  series: MetricSeries[];
  step: number;
}

export function useMetrics(query: string | null, window: Window, step: number, attempt: number) {
  return useQuery({
    queryKey: ['tempo-metrics', query, window.start, window.end, step, attempt],
    queryFn: async ({ signal }): Promise<MetricsAnswer> => ({
      series: await fetchMetrics(query as string, window, step, signal),
      ...window,
      step,
    }),
    enabled: query !== null && query !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface TagScope {
  name: string;
  tags: string[];
}

export async function fetchTags(window: Window, signal?: AbortSignal): Promise<TagScope[]> {
  const body = await tempo<{ scopes?: TagScope[] | null }>('v2/search/tags', { ...seconds(window) }, signal);
  return (body.scopes ?? []).map((s) => ({ name: s.name, tags: s.tags ?? [] }));
}

export interface TagValue {
  type: string;
  value: string;
}

export async function fetchTagValues(
  tag: string,
  window: Window,
  q: string,
  signal?: AbortSignal,
): Promise<TagValue[]> {
  const body = await tempo<{ tagValues?: TagValue[] | null }>(
    `v2/search/tag/${encodeURIComponent(tag)}/values`,
    { ...seconds(window), q: q || undefined, limit: 500 },
    signal,
  );
  return (body.tagValues ?? []).map((v) => ({ type: v.type ?? 'string', value: String(v.value ?? '') }));
}

const DAYS_30 = 30 * 86_400_000;

/** Whether the store holds spans: services of the last 30 days. Asked again while there are none. */
export function useTraceServices(enabled = true) {
  return useQuery({
    queryKey: ['tempo-services'],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const values = await fetchTagValues(
        'resource.service.name',
        { start: now - DAYS_30, end: now },
        '',
        signal,
      );
      return values.map((v) => v.value).sort();
    },
    enabled,
    refetchInterval: (query) => (query.state.error ? false : query.state.data?.length ? 60_000 : 3000),
    staleTime: 30_000,
  });
}
