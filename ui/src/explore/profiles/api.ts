/** Pyroscope's querier below /pyroscope, over Connect in JSON. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { apiUrl } from '../../app/base';
import { decodeFlames, type Flames, type WireFlames } from './flames';
import { type ProfileHeat, profileHeat, type WireHeatSeries } from './heat-model';
import { SERVICE } from './state';

/** Range of time, ms since 1970. */
export interface Window {
  start: number;
  end: number;
}

export interface Selection extends Window {
  type: string;
  query: string;
  /** Id of one profile; all without it. */
  profile?: string;
  /** Id of the span that samples were taken in; all without it. */
  span?: string;
}

/** Throws ApiError. */
async function call<T>(method: string, body: object, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(`pyroscope/querier.v1.QuerierService/${method}`), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
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
  let answer: { message?: string } = {};
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    if (response.ok) throw new ApiError('missing_api', `The response of ${method} is not JSON.`, 404);
  }
  if (response.ok) return answer as T;
  const { status } = response;
  const kind =
    status === 400 ? 'bad_data' : status === 504 ? 'timeout' : status === 503 ? 'unavailable' : 'error';
  throw new ApiError(
    kind,
    answer.message ?? (text.trim().slice(0, 2000) || `${status} ${response.statusText}`),
    status,
  );
}

const selected = (s: Selection) => ({
  profileTypeID: s.type,
  labelSelector: s.query || '{}',
  start: Math.floor(s.start),
  end: Math.ceil(s.end),
  ...(s.profile ? { profileIdSelector: [s.profile] } : {}),
  ...(s.span ? { spanSelector: [s.span] } : {}),
});

const keyOf = (s: Selection) => [s.type, s.query, s.start, s.end, s.profile ?? '', s.span ?? ''];

/** Labels of the stored series. Asked again while there are none. */
export function useProfileSeries(window: Window, attempt: number) {
  return useQuery({
    queryKey: ['profiles-series', window.start, window.end, attempt],
    queryFn: async ({ signal }) => {
      const body = await call<{ labelsSet?: { labels?: { name: string; value: string }[] }[] }>(
        'Series',
        { matchers: [], labelNames: [], start: Math.floor(window.start), end: Math.ceil(window.end) },
        signal,
      );
      return (body.labelsSet ?? []).map(
        (set) =>
          Object.fromEntries((set.labels ?? []).map((l) => [l.name, l.value])) as Record<string, string>,
      );
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Whether the store has profiles of any time. Asked again while it has none. */
export function useAnyProfiles() {
  return useQuery({
    queryKey: ['profiles-any'],
    queryFn: async ({ signal }) =>
      (await call<{ dataIngested?: boolean }>('GetProfileStats', {}, signal)).dataIngested === true,
    refetchInterval: (query) => (query.state.error ? false : query.state.data ? 60_000 : 3000),
    staleTime: 30_000,
  });
}

/** Names of labels of profiles, the private ones left out; none where the server has no profiles. */
export function useProfileLabels(window: Window) {
  return useQuery({
    queryKey: ['profiles-labels', window.start, window.end],
    queryFn: async ({ signal }) => {
      try {
        const body = await call<{ names?: string[] }>('LabelNames', { matchers: [], ...window }, signal);
        return (body.names ?? []).filter((name) => !name.startsWith('__'));
      } catch (e) {
        if (e instanceof ApiError && e.kind === 'missing_api') return [];
        throw e;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const MAX_NODES = 100_000;

export function useFlames(selection: Selection | null, baseline: Selection | null, attempt: number) {
  return useQuery({
    queryKey: ['profiles-flames', selection && keyOf(selection), baseline && keyOf(baseline), attempt],
    queryFn: async ({ signal }): Promise<Flames> => {
      const own = { ...selected(selection as Selection), maxNodes: MAX_NODES };
      const body = await call<{ flamegraph?: WireFlames }>(
        baseline ? 'Diff' : 'SelectMergeStacktraces',
        baseline ? { left: { ...selected(baseline), maxNodes: MAX_NODES }, right: own } : own,
        signal,
      );
      return decodeFlames(body.flamegraph ?? {}, baseline !== null);
    },
    enabled: selection !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Service with the largest total of a profile type; null if there is none. */
export async function largestService(
  type: string,
  window: Window,
  signal: AbortSignal,
): Promise<string | null> {
  const body = await call<{ series?: { labels?: { name: string; value: string }[] }[] }>(
    'SelectSeries',
    {
      ...selected({ ...window, type, query: '{}' }),
      step: Math.max(1, (window.end - window.start) / 1000),
      groupBy: [SERVICE],
      limit: 1,
    },
    signal,
  );
  return body.series?.[0]?.labels?.find((l) => l.name === SERVICE)?.value ?? null;
}

export interface Timeline extends Window {
  step: number;
  points: { time: number; value: number }[];
}

export function useTimeline(selection: Selection | null, step: number, attempt: number) {
  return useQuery({
    queryKey: ['profiles-timeline', selection && keyOf(selection), step, attempt],
    queryFn: async ({ signal }): Promise<Timeline> => {
      const s = selection as Selection;
      const body = await call<{ series?: { points?: { value?: number; timestamp?: string | number }[] }[] }>(
        'SelectSeries',
        { ...selected(s), step: step / 1000, groupBy: [] },
        signal,
      );
      const points = (body.series ?? []).flatMap((one) => one.points ?? []);
      return {
        start: s.start,
        end: s.end,
        step,
        points: points.map((p) => ({ time: Number(p.timestamp ?? 0), value: Number(p.value ?? 0) })),
      };
    },
    enabled: selection !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Single profiles by time and value, with the largest of each cell. */
export function useProfileHeat(selection: Selection, step: number, attempt: number) {
  return useQuery({
    queryKey: ['profiles-heat', keyOf(selection), step, attempt],
    queryFn: async ({ signal }): Promise<ProfileHeat> => {
      const window = {
        start: Math.floor(selection.start / step) * step,
        end: Math.ceil(selection.end / step) * step,
      };
      const body = await call<{ series?: WireHeatSeries[] }>(
        'SelectHeatmap',
        {
          ...selected({ ...selection, ...window }),
          step: step / 1000,
          groupBy: [],
          queryType: 'HEATMAP_QUERY_TYPE_INDIVIDUAL',
          exemplarType: 'EXEMPLAR_TYPE_INDIVIDUAL',
        },
        signal,
      );
      return profileHeat(body.series ?? [], { ...window, step });
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
