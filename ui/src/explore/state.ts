/**
 * The state of the Explore page and its form in the address. The parameters are Prometheus's own
 * (g0.expr, g0.range_input …), so links work both ways; `g<i>.unit`, `g<i>.only`, `g<i>.hide`, `g<i>.explain`,
 * `g<i>.explain_at`, `g<i>.analyze`, `g<i>.part` and `refresh` are added. All panels share one time range, unless a link gives a panel another one.
 */
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../lib/time';
import { isUnit, type UnitId } from '../lib/units';

export type Density = 'low' | 'medium' | 'high';
export type Resolution = { kind: 'auto'; density: Density } | { kind: 'fixed'; step: number };
export type Display = 'lines' | 'stacked' | 'heatmap';

export type ExplainView = 'auto' | 'plan' | 'parts';

export interface ExplainState {
  /** The server's plan or the parts of the query; auto takes the plan where the server tells one. */
  view: ExplainView;
  /** Planned for one moment, not for the range. */
  moment: boolean;
  /** The query is run to measure its steps. */
  analyze: boolean;
  /** Number of the chosen part, outside first. */
  part: number;
}

export interface PanelState {
  expr: string;
  tab: 'graph' | 'table' | 'explain';
  /** The parts of the query stand below it, with what each gives. */
  tree: boolean;
  explain: ExplainState;
  display: Display;
  exemplars: boolean;
  /** The value axis covers this at least; null leaves it to the values. */
  floor: number | null;
  resolution: Resolution;
  /** Evaluation time of the table, ms; null follows the end of the time range. */
  moment: number | null;
  unit: UnitId | 'auto';
  /** Hash of the one series shown alone. */
  only: string | null;
  /** Hashes of series switched off; bounded by MAX_HIDDEN. */
  hide: string[];
  /** A time range of this panel's own. */
  time: TimeRange | null;
}

export interface ExploreState {
  panels: PanelState[];
  time: TimeRange;
  /** ms between refreshes, 0 = off. */
  refresh: number;
}

export type Search = Record<string, string>;

export const DEFAULT_RANGE = 3_600_000;
export const MAX_PANELS = 50;
export const MAX_HIDDEN = 100;
/** The server refuses more points than this a series. */
const MAX_POINTS = 11_000;

export function newPanel(over: Partial<PanelState> = {}): PanelState {
  return {
    expr: '',
    tab: 'graph',
    tree: false,
    explain: { view: 'auto', moment: false, analyze: false, part: 0 },
    display: 'lines',
    exemplars: false,
    floor: null,
    resolution: { kind: 'auto', density: 'medium' },
    moment: null,
    unit: 'auto',
    only: null,
    hide: [],
    time: null,
    ...over,
  };
}

export function newState(): ExploreState {
  return { panels: [newPanel()], time: { range: DEFAULT_RANGE, end: null }, refresh: 0 };
}

/** Step of a range query in ms: about 100, 250 or 1000 points, never beyond what the server takes. */
export function stepOf(resolution: Resolution, range: number): number {
  const points = { low: 100, medium: 250, high: 1000 };
  const wanted =
    resolution.kind === 'auto'
      ? Math.round(range / points[resolution.density] / 1000) * 1000
      : resolution.step;
  const least = Math.ceil(range / (MAX_POINTS - 1));
  return Math.max(resolution.kind === 'auto' ? 1000 : 1, wanted, least);
}

export function encode(state: ExploreState): Search {
  const out: Search = {};
  state.panels.forEach((panel, i) => {
    const time = panel.time ?? state.time;
    const put = (name: string, value: string) => {
      out[`g${i}.${name}`] = value;
    };
    put('expr', panel.expr);
    put('tab', panel.tab);
    put('range_input', formatDuration(time.range));
    if (time.end !== null) put('end_input', formatMoment(time.end, true));
    if (panel.moment !== null) put('moment_input', formatMoment(panel.moment, true));
    if (panel.tree) put('show_tree', '1');
    if (panel.tab === 'explain') encodeExplain(panel.explain, put);
    if (panel.display !== 'lines') put('display_mode', panel.display);
    if (panel.exemplars) put('show_exemplars', '1');
    if (panel.floor !== null) put('y_axis_min', String(panel.floor));
    if (panel.resolution.kind === 'fixed') {
      put('res_type', 'fixed');
      put('res_step', String(panel.resolution.step / 1000));
    } else if (panel.resolution.density !== 'medium') {
      put('res_type', 'auto');
      put('res_density', panel.resolution.density);
    }
    if (panel.unit !== 'auto') put('unit', panel.unit);
    if (panel.only) put('only', panel.only);
    if (panel.hide.length > 0) put('hide', panel.hide.slice(0, MAX_HIDDEN).join('.'));
  });
  if (state.refresh > 0) out.refresh = formatDuration(state.refresh);
  return out;
}

function encodeExplain(explain: ExplainState, put: (name: string, value: string) => void): void {
  if (explain.view !== 'auto') put('explain', explain.view);
  if (explain.moment) put('explain_at', 'moment');
  if (explain.analyze) put('analyze', '1');
  if (explain.part > 0) put('part', String(explain.part));
}

const HASH = /^[0-9a-z]{1,7}$/;

function decodeResolution(get: (name: string) => string | undefined): Resolution {
  const type = get('res_type');
  const density = get('res_density');
  const step = Number(get('res_step') ?? get('step_input'));
  if (type !== 'auto' && Number.isFinite(step) && step > 0)
    return { kind: 'fixed', step: Math.round(step * 1000) };
  return { kind: 'auto', density: density === 'low' || density === 'high' ? density : 'medium' };
}

function decodeTime(get: (name: string) => string | undefined): TimeRange {
  const range = parseDuration(get('range_input') ?? '');
  return {
    range: range === null ? DEFAULT_RANGE : clampRange(range),
    end: parseMoment(get('end_input') ?? '', true),
  };
}

function decodeExplain(get: (name: string) => string | undefined): ExplainState {
  const view = get('explain');
  const part = Number(get('part'));
  return {
    view: view === 'plan' || view === 'parts' ? view : 'auto',
    moment: get('explain_at') === 'moment',
    analyze: get('analyze') === '1',
    part: Number.isInteger(part) && part > 0 ? part : 0,
  };
}

function decodeFloor(text: string | undefined): number | null {
  const floor = Number.parseFloat(text ?? '');
  return Number.isFinite(floor) ? floor : null;
}

function decodePanel(get: (name: string) => string | undefined): PanelState {
  const tab = get('tab');
  const display = get('display_mode');
  const unit = get('unit');
  const only = get('only');
  return newPanel({
    expr: get('expr') ?? '',
    // Old links say 0 for the graph and 1 for the table; without a tab Prometheus shows the table.
    tab: tab === 'graph' || tab === '0' ? 'graph' : tab === 'explain' ? 'explain' : 'table',
    tree: get('show_tree') === '1',
    explain: decodeExplain(get),
    display:
      display === 'stacked' || display === 'heatmap' ? display : get('stacked') === '1' ? 'stacked' : 'lines',
    exemplars: get('show_exemplars') === '1',
    floor: decodeFloor(get('y_axis_min')),
    resolution: decodeResolution(get),
    moment: parseMoment(get('moment_input') ?? '', true),
    unit: unit !== undefined && isUnit(unit) ? unit : 'auto',
    only: only !== undefined && HASH.test(only) ? only : null,
    hide: (get('hide') ?? '')
      .split('.')
      .filter((h) => HASH.test(h))
      .slice(0, MAX_HIDDEN),
  });
}

const sameTime = (a: TimeRange, b: TimeRange) => a.range === b.range && a.end === b.end;

/** Never fails: what cannot be read falls back to the default. */
export function decode(search: Search): ExploreState {
  const indices = new Set<number>();
  for (const key of Object.keys(search)) {
    const match = /^g(\d{1,3})\./.exec(key);
    if (match) indices.add(Number(match[1]));
  }
  if (indices.size === 0) {
    // Hand-written links: /query?expr=up.
    const state = newState();
    if (search.expr) state.panels = [newPanel({ expr: search.expr })];
    return state;
  }
  const panels: PanelState[] = [];
  let shared: TimeRange | null = null;
  for (const i of [...indices].sort((a, b) => a - b).slice(0, MAX_PANELS)) {
    const get = (name: string) => search[`g${i}.${name}`];
    const time = decodeTime(get);
    shared ??= time;
    panels.push({ ...decodePanel(get), time: sameTime(time, shared) ? null : time });
  }
  const refresh = parseDuration(search.refresh ?? '');
  return { panels, time: shared as TimeRange, refresh: refresh === null || refresh < 1000 ? 0 : refresh };
}
