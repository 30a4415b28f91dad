/** Annotations of a dashboard: queries of metrics and logs whose results mark times on the charts. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { rangeQuery } from '../api/queries';
import type { LabelSet, MatrixItem } from '../api/types';
import type { ChartMarker } from '../chart/markers';
import { fetchEntries } from '../explore/logs/api';
import { msToNs } from '../explore/logs/entries';
import { parseValue } from '../explore/shape';
import type { Annotation } from './model';
import { interpolate, type Scope, type Span, stepFor, withStep } from './variables';

const MAX_MARKERS = 200;
const TEMPLATE = /\{\{\s*([\w.:-]+)\s*\}\}/g;

const filled = (format: string, labels: LabelSet): string =>
  format.replace(TEMPLATE, (_, name: string) => labels[name] ?? '').trim();

/** Times at which a series begins to be above zero, as Grafana's regions begin. */
export function beginnings(item: MatrixItem, step: number, asTime: boolean): number[] {
  const out: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [time, text] of item.values ?? []) {
    const value = parseValue(text);
    if (!(value > 0)) continue;
    // The value is the time in milliseconds, where the annotation says so.
    if (asTime) {
      if (!out.includes(value / 1000)) out.push(value / 1000);
    } else if (time - last > step / 1000 + 0.001) out.push(time);
    last = time;
  }
  return out;
}

async function fetchMarkers(
  a: Annotation,
  scope: Scope,
  span: Span,
  signal?: AbortSignal,
): Promise<ChartMarker[]> {
  const step = stepFor(span.end - span.start, 240, 60_000);
  const query = interpolate(a.query, withStep(scope, span, step), a.signal);
  if (a.signal === 'logs') {
    const range = { start: msToNs(span.start), end: msToNs(span.end) };
    const { entries } = await fetchEntries(query, range, 'backward', MAX_MARKERS, signal);
    return entries.map((e) => ({
      time: e.ms / 1000,
      kind: 'annotation',
      text: `${a.name}: ${e.line.slice(0, 200)}`,
    }));
  }
  const start = Math.floor(span.start / step) * step;
  const { data } = await rangeQuery({ expr: query, start, end: span.end, step }, signal);
  return data.result.flatMap((item) =>
    beginnings(item, step, a.valueIsTime).map((time): ChartMarker => {
      const text = [filled(a.title, item.metric), filled(a.text, item.metric)]
        .filter((t) => t !== '')
        .join(' ');
      return { time, kind: 'annotation', text: text ? `${a.name}: ${text}` : a.name };
    }),
  );
}

export interface Markers {
  markers: ChartMarker[];
  /** Annotations that failed, with the reason. */
  failed: string[];
}

const NONE: Markers = { markers: [], failed: [] };

export function useAnnotations(
  all: Annotation[],
  scope: Scope,
  span: Span,
  ready: boolean,
  attempt: number,
): Markers {
  const texts = all.map((a) => interpolate(a.query, scope, a.signal));
  const answer = useQuery({
    queryKey: ['dashboard-annotations', all, texts, span.start, span.end, attempt],
    queryFn: async ({ signal }): Promise<Markers> => {
      const results = await Promise.allSettled(all.map((a) => fetchMarkers(a, scope, span, signal)));
      return {
        markers: results.flatMap((r) => (r.status === 'fulfilled' ? r.value : [])).slice(0, MAX_MARKERS),
        failed: results.flatMap((r, i) =>
          r.status === 'rejected'
            ? [`${all[i]?.name}: ${r.reason instanceof Error ? r.reason.message : String(r.reason)}`]
            : [],
        ),
      };
    },
    enabled: ready && all.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return answer.data ?? NONE;
}
