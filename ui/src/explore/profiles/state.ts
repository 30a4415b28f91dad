/** State of the page "Profiles" and its form in the address. Reading never fails: what is wrong falls back to the default. */
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../../lib/time';

export type View = 'flames' | 'table' | 'sandwich';
export type Search = Record<string, string>;

export interface ProfilesState {
  /** Profile type: name:sample type:unit:period type:unit. */
  type: string;
  /** Selector of labels, with braces. */
  query: string;
  time: TimeRange;
  view: View;
  find: string;
  /** Function of the sandwich. */
  fn: string;
  /** Address of the node that fills the width. */
  zoom: string;
  /** Id of the one profile that is shown; empty for all of the selection. */
  profile: string;
  /** Id of the one span whose samples are shown; empty for all. */
  span: string;
  /** Whether single profiles are shown as a heat map. */
  single: boolean;
  inverted: boolean;
  compare: boolean;
  /** Selector of the baseline; empty for that of the query. */
  base: string;
  /** ms by which the baseline is earlier. */
  shift: number;
  /** ms between refreshes, 0 = off. */
  refresh: number;
}

const DEFAULT_RANGE = 3_600_000;
const VIEWS: View[] = ['flames', 'table', 'sandwich'];

export function decode(search: Search): ProfilesState {
  const range = parseDuration(search.range ?? '');
  const refresh = parseDuration(search.refresh ?? '');
  return {
    type: search.type ?? '',
    query: search.query ?? '',
    time: {
      range: range === null ? DEFAULT_RANGE : clampRange(range),
      end: parseMoment(search.end ?? '', true),
    },
    view: VIEWS.find((view) => view === search.view) ?? 'flames',
    find: search.find ?? '',
    fn: search.fn ?? '',
    zoom: search.zoom ?? '',
    profile: search.profile ?? '',
    span: /^[0-9a-f]{16}$/.test(search.span ?? '') ? (search.span as string) : '',
    single: search.single === '1',
    inverted: search.invert === '1',
    compare: search.compare === '1',
    base: search.base ?? '',
    shift: Math.max(0, parseDuration(search.shift ?? '') ?? 0),
    refresh: refresh === null || refresh < 1000 ? 0 : refresh,
  };
}

export function encode(state: ProfilesState): Search {
  const out: Search = {};
  if (state.type) out.type = state.type;
  if (state.query) out.query = state.query;
  if (state.time.range !== DEFAULT_RANGE) out.range = formatDuration(state.time.range);
  if (state.time.end !== null) out.end = formatMoment(state.time.end, true);
  if (state.view !== 'flames') out.view = state.view;
  if (state.find) out.find = state.find;
  if (state.fn) out.fn = state.fn;
  if (state.zoom) out.zoom = state.zoom;
  if (state.profile) out.profile = state.profile;
  if (state.span) out.span = state.span;
  if (state.single) out.single = '1';
  if (state.inverted) out.invert = '1';
  if (state.compare) {
    out.compare = '1';
    if (state.base) out.base = state.base;
    if (state.shift > 0) out.shift = formatDuration(state.shift);
  }
  if (state.refresh > 0) out.refresh = formatDuration(state.refresh);
  return out;
}

/** Value of a label of PromQL's selectors. */
const quoted = (value: string) =>
  `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The selector with a label equal to a value; a matcher of the same label is replaced. */
export function withLabel(query: string, name: string, value: string): string {
  const own = `${LABEL.test(name) ? name : quoted(name)}=${quoted(value)}`;
  const kept = matchers(query).filter(
    (m) => !new RegExp(`^"?${name.replace(/[.*+?^$\\{}()|[\]]/g, '\\$&')}"?\\s*(=|!=|=~|!~)`).test(m),
  );
  return `{${(name === SERVICE ? [own, ...kept] : [...kept, own]).join(', ')}}`;
}

export const SERVICE = 'service_name';

/** Matchers of a selector as they are written; commas within quotes separate nothing. */
function matchers(query: string): string[] {
  const inside = query.trim().replace(/^\{/, '').replace(/\}$/, '');
  return (inside.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? []).map((m) => m.trim()).filter((m) => m !== '');
}

/** Service that a selector names, or ''. */
export function serviceOf(query: string): string {
  const found = /(?:^|[{,\s])service_name\s*=\s*"((?:[^"\\]|\\.)*)"/.exec(query);
  return found ? (found[1] as string).replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)) : '';
}
