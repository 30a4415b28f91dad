/** State of the page "Logs" and its form in the address. Reading never fails: what is wrong falls back to the default. */
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../../lib/time';
import type { Direction } from './entries';
import { LEVELS, type Level } from './levels';

export type View = 'list' | 'table' | 'patterns' | 'live';

export interface LogsState {
  query: string;
  time: TimeRange;
  direction: Direction;
  limit: number;
  view: View;
  columns: string[];
  /** Levels left out of the list and the histogram. */
  hidden: Level[];
  wrap: boolean;
  facets: boolean;
  builder: boolean;
  /** Id of the entry that the link leads to. */
  line: string | null;
  /** ms between refreshes, 0 = off. */
  refresh: number;
}

export type Search = Record<string, string>;

export const LIMITS = [100, 500, 1000, 2000, 5000];
export const DEFAULT_LIMIT = 500;
export const MAX_LIMIT = 100_000;
const DEFAULT_RANGE = 3_600_000;
const MAX_COLUMNS = 20;
const VIEWS: View[] = ['list', 'table', 'patterns', 'live'];
const LINE = /^\d{1,20}_[0-9a-z]{1,7}$/;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function decode(search: Search): LogsState {
  const range = parseDuration(search.range ?? '');
  const limit = Number(search.limit);
  const refresh = parseDuration(search.refresh ?? '');
  const list = (text: string | undefined) => (text ? text.split(',') : []);
  return {
    query: search.query ?? '',
    time: {
      range: range === null ? DEFAULT_RANGE : clampRange(range),
      end: parseMoment(search.end ?? '', true),
    },
    direction: search.direction === 'forward' ? 'forward' : 'backward',
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT,
    view: VIEWS.find((view) => view === search.view) ?? 'list',
    columns: [...new Set(list(search.columns))].filter((name) => NAME.test(name)).slice(0, MAX_COLUMNS),
    hidden: LEVELS.filter((level) => list(search.hide).includes(level)),
    wrap: search.wrap !== '0',
    facets: search.facets !== '0',
    builder: search.builder === '1',
    line: search.line !== undefined && LINE.test(search.line) ? search.line : null,
    refresh: refresh === null || refresh < 1000 ? 0 : refresh,
  };
}

export function encode(state: LogsState): Search {
  const out: Search = {};
  if (state.query) out.query = state.query;
  if (state.time.range !== DEFAULT_RANGE) out.range = formatDuration(state.time.range);
  if (state.time.end !== null) out.end = formatMoment(state.time.end, true);
  if (state.direction !== 'backward') out.direction = state.direction;
  if (state.limit !== DEFAULT_LIMIT) out.limit = String(state.limit);
  if (state.view !== 'list') out.view = state.view;
  if (state.columns.length > 0) out.columns = state.columns.join(',');
  if (state.hidden.length > 0) out.hide = state.hidden.join(',');
  if (!state.wrap) out.wrap = '0';
  if (!state.facets) out.facets = '0';
  if (state.builder) out.builder = '1';
  if (state.line) out.line = state.line;
  if (state.refresh > 0) out.refresh = formatDuration(state.refresh);
  return out;
}

/** Widths of bars, ms: so that bars begin at round times. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 2_592_000,
].map((seconds) => seconds * 1000);

/** About 60 bars. */
export function volumeStep(range: number): number {
  return STEPS.find((step) => range / step <= 75) ?? (STEPS.at(-1) as number);
}

/** Bars at multiples of the step that cover the range; a value at t counts (t − step, t]. */
export function volumeSpan(start: number, end: number, step: number): { start: number; end: number } {
  return { start: Math.floor(start / step) * step + step, end: Math.ceil(end / step) * step };
}
