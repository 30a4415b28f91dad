/** State of the page "Traces" and its form in the address. Reading never fails: what is wrong falls back to the default. */
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../../lib/time';

export type View = 'traces' | 'spans' | 'structure';
export type Search = Record<string, string>;

/** A box on the heat map. */
export interface Box {
  /** ms since 1970. */
  from: number;
  to: number;
  /** Seconds; `high` may be infinite. */
  low: number;
  high: number;
}

/** Spans that are compared with all others of the query. */
export type Selection = Box | 'errors';

export interface TracesState {
  query: string;
  time: TimeRange;
  limit: number;
  view: View;
  box: Selection | null;
  /** Traces chosen for comparison, at most two. */
  chosen: string[];
  /** ms between refreshes, 0 = off. */
  refresh: number;
}

export const LIMITS = [20, 50, 100, 200, 500];
export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 1000;
const DEFAULT_RANGE = 3_600_000;
const VIEWS: View[] = ['traces', 'spans', 'structure'];

function readBox(text: string | undefined): Selection | null {
  if (text === 'errors') return text;
  const parts = (text ?? '')
    .split('_')
    .map((part) => (part === 'inf' ? Number.POSITIVE_INFINITY : Number(part)));
  const [from, to, low, high] = parts as [number, number, number, number];
  if (parts.length !== 4 || parts.some(Number.isNaN)) return null;
  return Number.isFinite(from) && Number.isFinite(to) && from < to && low >= 0 && low < high
    ? { from, to, low, high }
    : null;
}

export const writeBox = (box: Box) =>
  [box.from, box.to, box.low, box.high].map((n) => (Number.isFinite(n) ? String(n) : 'inf')).join('_');

export function decode(search: Search): TracesState {
  const range = parseDuration(search.range ?? '');
  const limit = Number(search.limit);
  const refresh = parseDuration(search.refresh ?? '');
  return {
    query: search.query ?? '',
    time: {
      range: range === null ? DEFAULT_RANGE : clampRange(range),
      end: parseMoment(search.end ?? '', true),
    },
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT,
    view: VIEWS.find((view) => view === search.view) ?? 'traces',
    box: readBox(search.box),
    chosen: (search.compare ?? '')
      .split(',')
      .filter((id) => /^[0-9a-f]{1,32}$/.test(id))
      .slice(0, 2),
    refresh: refresh === null || refresh < 1000 ? 0 : refresh,
  };
}

export function encode(state: TracesState): Search {
  const out: Search = {};
  if (state.query) out.query = state.query;
  if (state.time.range !== DEFAULT_RANGE) out.range = formatDuration(state.time.range);
  if (state.time.end !== null) out.end = formatMoment(state.time.end, true);
  if (state.limit !== DEFAULT_LIMIT) out.limit = String(state.limit);
  if (state.view !== 'traces') out.view = state.view;
  if (state.box) out.box = state.box === 'errors' ? state.box : writeBox(state.box);
  if (state.chosen.length > 0) out.compare = state.chosen.join(',');
  if (state.refresh > 0) out.refresh = formatDuration(state.refresh);
  return out;
}

/** Widths of columns, ms: so that they begin at round times. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 2_592_000,
].map((seconds) => seconds * 1000);

/** About 60 columns. */
export function stepOf(range: number): number {
  return STEPS.find((step) => range / step <= 75) ?? (STEPS.at(-1) as number);
}

/** The range at multiples of the step: samples sit on those. */
export const aligned = (start: number, end: number, step: number) => ({
  start: Math.floor(start / step) * step,
  end: Math.ceil(end / step) * step,
});
