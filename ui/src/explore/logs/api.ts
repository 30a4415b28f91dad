/** Loki's HTTP API below /loki/api/v1, as far as the page calls it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ApiError, encodeParams, type Params } from '../../api/client';
import type { InstantResult, LabelSet, MatrixItem, RuleGroup } from '../../api/types';
import { apiUrl } from '../../app/base';
import { type Direction, type Entry, msToNs, type StreamItem, shiftNs, toEntries } from './entries';
import type { PatternItem } from './patterns';
import { patternQuery, selectorOf } from './query';
import { EXPLORE } from './ruler';

const MAX_GET_LENGTH = 2000;

export interface Stats {
  summary?: {
    totalBytesProcessed?: number;
    totalLinesProcessed?: number;
    execTime?: number;
    totalEntriesReturned?: number;
  };
}

interface Envelope<T> {
  status?: string;
  data?: T;
  message?: string;
  error?: string;
  errorType?: string;
  warnings?: string[];
}

function problem(status: number, statusText: string, text: string): ApiError {
  let message = text.trim();
  try {
    const body = JSON.parse(text) as Envelope<unknown>;
    message = body.message ?? body.error ?? message;
  } catch {
    // Loki answers errors as plain text as well.
  }
  const kind =
    status === 400 ? 'bad_data' : status === 504 ? 'timeout' : status === 404 ? 'not_found' : 'error';
  return new ApiError(kind, message.slice(0, 2000) || `${status} ${statusText}`, status);
}

/** The whole answer, without its envelope opened: some answers have none. Throws ApiError. */
export async function loki<T>(
  path: string,
  params: Params = {},
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<T> {
  const query = encodeParams(params).toString();
  const url = apiUrl(`loki/api/v1/${path}`);
  let response: Response;
  try {
    response =
      query.length > MAX_GET_LENGTH
        ? await fetch(url, { method: 'POST', body: new URLSearchParams(query), headers, signal })
        : await fetch(query ? `${url}?${query}` : url, { headers, signal });
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
    throw new ApiError('not_found', `The response of /loki/api/v1/${path} is not JSON.`, 404);
  }
}

const data = async <T>(path: string, params: Params, signal?: AbortSignal): Promise<T> =>
  (await loki<{ data: T }>(path, params, signal)).data;

export interface Span {
  /** ms since 1970. */
  start: number;
  end: number;
}

const span = ({ start, end }: Span) => ({ start: msToNs(start), end: msToNs(end) });

export interface LogPage {
  entries: Entry[];
  stats?: Stats;
  /** Whether the server may have more beyond this page. */
  full: boolean;
}

const CATEGORIZED = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

export async function fetchEntries(
  query: string,
  range: { start: string; end: string },
  direction: Direction,
  limit: number,
  signal?: AbortSignal,
): Promise<LogPage> {
  const body = await loki<{ data: { resultType: string; result: StreamItem[]; stats?: Stats } }>(
    'query_range',
    { query, ...range, direction, limit },
    signal,
    CATEGORIZED,
  );
  const { resultType, result, stats } = body.data;
  if (resultType !== 'streams') throw new ApiError('bad_data', `Expected streams, got ${resultType}.`, 200);
  const entries = toEntries(result ?? [], direction);
  return { entries, stats, full: entries.length >= limit };
}

/** Pages of entries from one end of the range to the other. `from` (ns) begins the first page within the range. */
export function useEntries(q: {
  query: string;
  range: Span;
  direction: Direction;
  limit: number;
  attempt: number;
  from: string | null;
  enabled: boolean;
}) {
  const first = q.direction === 'backward' ? msToNs(q.range.end) : msToNs(q.range.start);
  return useInfiniteQuery({
    queryKey: ['loki-entries', q.query, q.range.start, q.range.end, q.direction, q.limit, q.from, q.attempt],
    initialPageParam: q.from ?? first,
    queryFn: ({ pageParam, signal }) =>
      fetchEntries(
        q.query,
        q.direction === 'backward'
          ? { start: msToNs(q.range.start), end: pageParam }
          : { start: pageParam, end: msToNs(q.range.end) },
        q.direction,
        q.limit,
        signal,
      ),
    getNextPageParam: (page, _pages, param): string | undefined => {
      const last = page.entries.at(-1);
      if (!page.full || !last) return undefined;
      // The end is exclusive: one nanosecond more reads the rest of this timestamp, its known entries are left out.
      const next = q.direction === 'backward' ? shiftNs(last.ns, 1) : last.ns;
      // More entries at one timestamp than a page holds: go past it.
      return next === param ? (q.direction === 'backward' ? last.ns : shiftNs(last.ns, 1)) : next;
    },
    enabled: q.enabled,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Entries newer than a linked one, so that it does not stand at the edge. */
export function useNewer(query: string, from: string | null, end: number, limit: number) {
  return useQuery({
    queryKey: ['loki-newer', query, from, end, limit],
    queryFn: ({ signal }) =>
      fetchEntries(query, { start: from as string, end: msToNs(end) }, 'forward', limit, signal),
    enabled: from !== null && query !== '',
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface MatrixAnswer {
  items: MatrixItem[];
  stats?: Stats;
  start: number;
  end: number;
  step: number;
}

export async function fetchMatrix(
  query: string,
  range: Span,
  step: number,
  signal?: AbortSignal,
): Promise<MatrixAnswer> {
  const answer = await data<{ resultType: string; result: MatrixItem[]; stats?: Stats }>(
    'query_range',
    { query, ...span(range), step: `${step}ms` },
    signal,
  );
  return { items: answer.result ?? [], stats: answer.stats, ...range, step };
}

export function useMatrix(query: string | null, range: Span, step: number, attempt: number, enabled = true) {
  return useQuery({
    queryKey: ['loki-matrix', query, range.start, range.end, step, attempt],
    queryFn: ({ signal }) => fetchMatrix(query as string, range, step, signal),
    enabled: enabled && query !== null && query !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useVector(query: string | null, time: number, attempt: number, enabled = true) {
  return useQuery({
    queryKey: ['loki-vector', query, time, attempt],
    queryFn: ({ signal }) =>
      data<InstantResult>('query', { query: query as string, time: msToNs(time) }, signal),
    enabled: enabled && query !== null && query !== '',
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const DAYS_30 = 30 * 86_400_000;

/** Names of labels of the last 30 days. Asked again while there are none: the first entry may arrive. */
export function useLabelNames(enabled = true) {
  return useQuery({
    queryKey: ['loki-labels'],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const names = await data<string[] | null>('labels', span({ start: now - DAYS_30, end: now }), signal);
      return (names ?? []).filter((name) => name !== '__name__');
    },
    enabled,
    refetchInterval: (query) => (query.state.error ? false : query.state.data?.length ? 60_000 : 3000),
    staleTime: 30_000,
  });
}

export const fetchLabelValues = async (name: string, range: Span, query?: string, signal?: AbortSignal) =>
  (await data<string[] | null>(
    `label/${encodeURIComponent(name)}/values`,
    { ...span(range), query },
    signal,
  )) ?? [];

export function useLabelValues(name: string, range: Span, query: string | undefined, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-values', name, query, range.start, range.end],
    queryFn: ({ signal }) => fetchLabelValues(name, range, query, signal),
    enabled: enabled && name !== '',
    staleTime: 60_000,
  });
}

export interface DetectedField {
  label: string;
  type: string;
  cardinality: number;
  parsers: string[] | null;
}

export const fetchFields = async (query: string, range: Span, signal?: AbortSignal) =>
  (
    await loki<{ fields?: DetectedField[] | null }>(
      'detected_fields',
      { query, ...span(range), limit: 500 },
      signal,
    )
  ).fields ?? [];

export function useFields(query: string | null, range: Span, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-fields', query, range.start, range.end],
    queryFn: ({ signal }) => fetchFields(query as string, range, signal),
    enabled: enabled && query !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export const fetchFieldValues = async (name: string, query: string, range: Span, signal?: AbortSignal) =>
  (
    await loki<{ values?: string[] | null }>(
      `detected_field/${encodeURIComponent(name)}/values`,
      { query, ...span(range), limit: 200 },
      signal,
    )
  ).values ?? [];

export interface DetectedLabel {
  label: string;
  cardinality: number;
}

export function useDetectedLabels(query: string | null, range: Span, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-detected', query, range.start, range.end],
    queryFn: async ({ signal }) =>
      (
        await loki<{ detectedLabels?: DetectedLabel[] | null }>(
          'detected_labels',
          { query: query as string, ...span(range) },
          signal,
        )
      ).detectedLabels ?? [],
    enabled: enabled && query !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export function usePatterns(query: string, range: Span, step: number, attempt: number, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-patterns', query, range.start, range.end, attempt],
    queryFn: async ({ signal }) => {
      const of = (text: string) =>
        data<PatternItem[] | null>(
          'patterns',
          { query: text, ...span(range), step: `${step}ms`, limit: 300 },
          signal,
        );
      const whole = patternQuery(query);
      const selector = selectorOf(query) as string;
      try {
        if (whole !== null) return { query: whole, items: (await of(whole)) ?? [] };
      } catch (e) {
        // Not every server takes filters here, and none takes filters on labels of streams.
        if (!(e instanceof ApiError) || e.status !== 400) throw e;
      }
      return { query: selector, items: (await of(selector)) ?? [] };
    },
    enabled: enabled && selectorOf(query) !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Creates an alert over logs by the ruler API. Throws ApiError, also if the name is taken. */
export async function createAlert(name: string, expr: string, hold: string, severity: string): Promise<void> {
  const url = apiUrl(`loki/api/v1/rules/${EXPLORE}`);
  const rules = await fetch(apiUrl('prometheus/api/v1/rules'));
  const known = rules.ok
    ? ((await rules.json()) as { data: { groups: { name: string; file: string }[] } }).data.groups
    : [];
  if (known.some((group) => group.name === name && group.file.endsWith(`/${EXPLORE}`)))
    throw new ApiError('bad_data', `An alert '${name}' exists. Choose another name.`, 400);
  const rule = { alert: name, expr, for: hold, labels: { severity }, annotations: { summary: name } };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: JSON.stringify({ name, rules: [rule] }), // JSON is YAML
  });
  if (!response.ok) throw problem(response.status, response.statusText, await response.text());
}

/** Removes a group of the ruler API with its rules. Throws ApiError. */
export async function removeRuleGroup(namespace: string, group: RuleGroup): Promise<void> {
  const path = [namespace, group.name].map(encodeURIComponent).join('/');
  const response = await fetch(apiUrl(`loki/api/v1/rules/${path}`), {
    method: 'DELETE',
    headers: { 'x-scope-orgid': group.tenant ?? '' },
  });
  // A group that is not there any more was removed by another user.
  if (!response.ok && response.status !== 404)
    throw problem(response.status, response.statusText, await response.text());
}

export interface IndexStats {
  streams: number;
  chunks: number;
  bytes: number;
  entries: number;
}

/** How much a query reads, roughly: shown before it is run over a long range. */
export function useIndexStats(query: string | null, range: Span, attempt: number, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-stats', query, range.start, range.end, attempt],
    queryFn: ({ signal }) =>
      loki<IndexStats>('index/stats', { query: query as string, ...span(range) }, signal),
    enabled: enabled && query !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The one of some queries that selects most entries; the first one where the server does not count them. */
export function useBroadest(queries: string[], range: Span, enabled: boolean) {
  return useQuery({
    queryKey: ['loki-broadest', queries],
    queryFn: async ({ signal }) => {
      const counts = await Promise.all(
        queries.map((query) =>
          loki<IndexStats>('index/stats', { query, ...span(range) }, signal).then(
            (stats) => stats.entries,
            () => 0,
          ),
        ),
      );
      return queries[counts.indexOf(Math.max(...counts))] ?? '';
    },
    enabled: enabled && queries.length > 0,
    staleTime: 0,
  });
}

export const formatQuery = (query: string): Promise<string> => data<string>('format_query', { query });

/** Address of the live tail. */
export function tailUrl(query: string, startMs: number, limit: number): string {
  const url = new URL(apiUrl('loki/api/v1/tail'), location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = encodeParams({ query, start: msToNs(startMs), limit }).toString();
  return url.href;
}

/** Labels that both stores know: what leads from an entry to metrics and back. */
export function sharedLabels(labels: LabelSet, known: string[]): LabelSet {
  const names = new Set(known);
  return Object.fromEntries(
    Object.entries(labels).filter(([name, value]) => names.has(name) && value !== ''),
  );
}
