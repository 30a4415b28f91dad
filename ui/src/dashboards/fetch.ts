/** Runs the queries of a panel. */
import { call } from '../api/client';
import { instantQuery, rangeQuery } from '../api/queries';
import type { ExemplarSeries, InstantResult, MatrixItem } from '../api/types';
import type { ExemplarPoint } from '../chart/exemplars';
import { fetchEntries, fetchMatrix, loki } from '../explore/logs/api';
import { type Entry, msToNs } from '../explore/logs/entries';
import { isMetric } from '../explore/logs/query';
import { exemplarPoints } from '../explore/shape';
import type { FoundTrace } from '../explore/traces/answers';
import { fetchMetrics, fetchSearch } from '../explore/traces/api';
import { isMetrics } from '../explore/traces/filters';
import { type Frame, instantFrames, seriesFrames, tableFrame } from './frames';
import type { Target } from './model';
import type { Span } from './variables';

const MAX_LINES = 1000;
const MAX_TRACES = 200;

export interface Query {
  target: Target;
  /** With variables replaced. */
  query: string;
  legend: string;
  step: number;
}

export interface Answer {
  frames: Frame[];
  /** Native histograms, which have no line. */
  histograms: MatrixItem[];
  entries: Entry[];
  traces: FoundTrace[];
  exemplars: ExemplarPoint[];
  warnings: string[];
  span: Span;
  step: number;
}

export const NO_ANSWER: Omit<Answer, 'span' | 'step'> = {
  frames: [],
  histograms: [],
  entries: [],
  traces: [],
  exemplars: [],
  warnings: [],
};

/** Ends on a step, so that a refresh does not move the points of a chart. */
const aligned = ({ start, end }: Span, step: number): Span => ({
  start: Math.floor(start / step) * step,
  end: Math.floor(end / step) * step,
});

/** Exemplars are an addition: without them the panel is shown. */
async function exemplarsOf(
  query: string,
  { start, end }: Span,
  signal?: AbortSignal,
): Promise<ExemplarPoint[]> {
  try {
    const params = { query, start: start / 1000, end: end / 1000 };
    return exemplarPoints((await call<ExemplarSeries[]>('query_exemplars', params, signal)).data);
  } catch (e) {
    if (signal?.aborted) throw e;
    return [];
  }
}

async function metrics(q: Query, span: Span, shift: number, signal?: AbortSignal): Promise<Answer> {
  const target = { ...q.target, query: q.query, legend: q.legend };
  if (target.instant) {
    const { data, warnings } = await instantQuery(q.query, span.end - shift, signal);
    return { ...NO_ANSWER, frames: instantFrames(data, target), warnings, span, step: q.step };
  }
  const range = aligned({ start: span.start - shift, end: span.end - shift }, q.step);
  const { data, warnings } = await rangeQuery({ expr: q.query, ...range, step: q.step }, signal);
  const items = data.result;
  const exemplars = target.exemplars ? await exemplarsOf(q.query, range, signal) : [];
  const frames = target.table
    ? [
        tableFrame(
          items.flatMap((i) => (i.values ?? []).map(([time, value]) => ({ labels: i.metric, time, value }))),
          target.refId,
        ),
      ]
    : seriesFrames(items, target, shift);
  return {
    ...NO_ANSWER,
    frames,
    histograms: items.filter((i) => !i.values?.length && i.histograms?.length),
    exemplars,
    warnings,
    span: range,
    step: q.step,
  };
}

async function logs(q: Query, span: Span, shift: number, signal?: AbortSignal): Promise<Answer> {
  const range = { start: span.start - shift, end: span.end - shift };
  if (!isMetric(q.query)) {
    const limit = Math.min(MAX_LINES, q.target.limit || 200);
    const page = await fetchEntries(
      q.query,
      { start: msToNs(range.start), end: msToNs(range.end) },
      'backward',
      limit,
      signal,
    );
    return { ...NO_ANSWER, entries: page.entries, span, step: q.step };
  }
  const target = { ...q.target, query: q.query, legend: q.legend };
  if (target.instant) {
    const { data } = await loki<{ data: InstantResult }>(
      'query',
      { query: q.query, time: msToNs(range.end) },
      signal,
    );
    return { ...NO_ANSWER, frames: instantFrames(data, target), span, step: q.step };
  }
  const answer = await fetchMatrix(q.query, aligned(range, q.step), q.step, signal);
  return { ...NO_ANSWER, frames: seriesFrames(answer.items, target, shift), span, step: q.step };
}

async function traces(q: Query, span: Span, shift: number, signal?: AbortSignal): Promise<Answer> {
  const range = { start: span.start - shift, end: span.end - shift };
  if (!isMetrics(q.query)) {
    const limit = Math.min(MAX_TRACES, q.target.limit || 20);
    const found = await fetchSearch(q.query, range, limit, 3, signal);
    return { ...NO_ANSWER, traces: found.traces, span, step: q.step };
  }
  const window = aligned(range, q.step);
  const series = await fetchMetrics(q.query, window, q.step, signal);
  const items = series.map((s) => ({
    metric: s.labels,
    values: s.samples.map(({ time, value }): [number, string] => [time / 1000, String(value)]),
  }));
  return {
    ...NO_ANSWER,
    frames: seriesFrames(items, { ...q.target, query: q.query, legend: q.legend }, shift),
    span,
    step: q.step,
  };
}

/** The answers of the queries of a panel as one. Throws ApiError. */
export async function fetchPanel(
  queries: Query[],
  span: Span,
  shift: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const run = { metrics, logs, traces, profiles: null };
  const answers = await Promise.all(
    queries.flatMap((q) => {
      const of = run[q.target.signal];
      return of ? [of(q, span, shift, signal)] : [];
    }),
  );
  return {
    frames: answers.flatMap((a) => a.frames),
    histograms: answers.flatMap((a) => a.histograms),
    entries: answers.flatMap((a) => a.entries),
    traces: answers.flatMap((a) => a.traces),
    exemplars: answers.flatMap((a) => a.exemplars),
    warnings: [...new Set(answers.flatMap((a) => a.warnings))],
    span,
    step: queries.reduce((most, q) => Math.max(most, q.step), 1),
  };
}
