/** Changes of a dashboard on Grafana's model, so that members that the page does not know stay. */
import { at, type Json, number, object, objects, set, text } from './json';
import type { PanelKind, Place, Signal, Target } from './model';
import { upgrade } from './upgrade';

const COLUMNS = 24;
const SOURCES: Record<Signal, string> = {
  metrics: 'prometheus',
  logs: 'loki',
  traces: 'tempo',
  profiles: 'grafana-pyroscope-datasource',
};

/** The model in its newer form; each panel has an id of its own. */
export function editable(raw: Json): Json {
  const used = new Set<number>();
  let next = 1;
  const identified = (panel: Json): Json => {
    let id = number(panel.id) ?? 0;
    if (id <= 0 || used.has(id)) {
      while (used.has(next)) next++;
      id = next;
    }
    used.add(id);
    const nested = objects(panel.panels);
    return { ...panel, id, ...(nested.length > 0 ? { panels: nested.map(identified) } : {}) };
  };
  const now = upgrade(raw);
  for (const p of objects(now.panels)) if (number(p.id)) next = Math.max(next, (number(p.id) ?? 0) + 1);
  return { ...now, panels: objects(now.panels).map(identified) };
}

const mapPanels = (raw: Json, change: (panel: Json) => Json | null): Json => {
  const mapped = (panels: Json[]): Json[] =>
    panels.flatMap((panel) => {
      const next = change(panel);
      if (next === null) return [];
      return [Array.isArray(next.panels) ? { ...next, panels: mapped(objects(next.panels)) } : next];
    });
  return { ...raw, panels: mapped(objects(raw.panels)) };
};

export const updatePanel = (raw: Json, id: number, change: (panel: Json) => Json): Json =>
  mapPanels(raw, (p) => (number(p.id) === id ? change(p) : p));

export const findPanel = (raw: Json, id: number): Json | undefined =>
  objects(raw.panels)
    .flatMap((p) => [p, ...objects(p.panels)])
    .find((p) => number(p.id) === id);

export const removePanel = (raw: Json, id: number): Json =>
  settle(
    mapPanels(raw, (p) => (number(p.id) === id ? null : p)),
    null,
  );

const placeOf = (panel: Json): Place => ({
  x: number(at(panel, 'gridPos.x')) ?? 0,
  y: number(at(panel, 'gridPos.y')) ?? 0,
  w: text(panel.type) === 'row' ? COLUMNS : (number(at(panel, 'gridPos.w')) ?? 12),
  h: text(panel.type) === 'row' ? 1 : (number(at(panel, 'gridPos.h')) ?? 8),
});

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Moves panels down that others cover, and up where there is room. The moved panel comes first at its height. */
function settle(raw: Json, moved: number | null): Json {
  const ordered = objects(raw.panels)
    .map((panel, i) => ({ panel, place: placeOf(panel), i }))
    .sort(
      (a, b) =>
        a.place.y - b.place.y ||
        Number(number(b.panel.id) === moved) - Number(number(a.panel.id) === moved) ||
        a.place.x - b.place.x ||
        a.i - b.i,
    );
  const taken: Place[] = [];
  const panels = ordered.map(({ panel, place }) => {
    const free = (y: number) => !taken.some((t) => overlap(t, { ...place, y }));
    let y = place.y;
    while (!free(y)) y++;
    while (y > 0 && free(y - 1)) y--;
    const next = { ...place, y };
    taken.push(next);
    return { ...panel, gridPos: { ...object(panel.gridPos), ...next } };
  });
  return { ...raw, panels };
}

const bounded = (v: number, low: number, high: number) => Math.min(high, Math.max(low, v));

export function movePanel(raw: Json, id: number, dx: number, dy: number): Json {
  const changed = updatePanel(raw, id, (p) => {
    const place = placeOf(p);
    const x = bounded(place.x + dx, 0, COLUMNS - place.w);
    return set(p, 'gridPos', { ...place, x, y: Math.max(0, place.y + dy) });
  });
  return settle(changed, dy < 0 || dx !== 0 ? id : null);
}

export function resizePanel(raw: Json, id: number, dw: number, dh: number): Json {
  const changed = updatePanel(raw, id, (p) => {
    const place = placeOf(p);
    const w = bounded(place.w + dw, 2, COLUMNS - place.x);
    return set(p, 'gridPos', { ...place, w, h: bounded(place.h + dh, 2, 60) });
  });
  return settle(changed, id);
}

/** Adds a panel below all others. */
export function addPanel(raw: Json, panel: Json): { raw: Json; id: number } {
  const now = editable(raw);
  const all = objects(now.panels);
  const ids = all.flatMap((p) => [p, ...objects(p.panels)]).map((p) => number(p.id) ?? 0);
  const id = ids.reduce((a, b) => Math.max(a, b), 0) + 1;
  const y = all.reduce((most, p) => Math.max(most, placeOf(p).y + placeOf(p).h), 0);
  const place = { w: 12, h: 8, ...object(panel.gridPos), x: 0, y };
  return { raw: settle({ ...now, panels: [...all, { ...panel, id, gridPos: place }] }, null), id };
}

export const sourceOf = (signal: Signal): Json => ({ type: SOURCES[signal] });

/** A query in the form of the data source of its language. */
export function newTarget(refId: string, signal: Signal, query: string, profileType = ''): Json {
  const target: Json = { refId, datasource: sourceOf(signal) };
  return withQuery(target, signal, query, profileType);
}

export function withQuery(target: Json, signal: Signal, query: string, profileType?: string): Json {
  if (signal === 'traces') {
    const { filters: _filters, ...rest } = target;
    return { ...rest, queryType: 'traceql', query };
  }
  if (signal === 'profiles')
    return {
      ...target,
      labelSelector: query,
      ...(profileType === undefined ? {} : { profileTypeId: profileType }),
      queryType: text(target.queryType, 'profile'),
    };
  return { ...target, expr: query };
}

/** A panel of a query, as Explore adds it. */
export function newPanel(
  kind: PanelKind,
  title: string,
  targets: { signal: Signal; query: string; profileType?: string; instant?: boolean }[],
): Json {
  return {
    type: kind,
    title,
    ...(targets[0] ? { datasource: sourceOf(targets[0].signal) } : {}),
    fieldConfig: { defaults: {}, overrides: [] },
    options: {},
    targets: targets.map((t, i) => ({
      ...newTarget(String.fromCharCode(65 + i), t.signal, t.query, t.profileType),
      ...(t.instant ? { instant: true, range: false, format: 'table' } : {}),
    })),
    gridPos: { w: kind === 'stat' || kind === 'gauge' ? 6 : 12, h: kind === 'stat' ? 4 : 8 },
  };
}

export const emptyDashboard = (title: string): Json => ({
  title,
  tags: [],
  schemaVersion: 39,
  editable: true,
  time: { from: 'now-1h', to: 'now' },
  refresh: '',
  templating: { list: [] },
  annotations: { list: [] },
  panels: [],
});

/** How a query is read: over the range, its last value, or its last values as a table. */
export type Reading = 'range' | 'instant' | 'table';
export const readingOf = (t: Target): Reading => (t.instant ? (t.table ? 'table' : 'instant') : 'range');

export function withReading(target: Json, reading: Reading): Json {
  return {
    ...target,
    instant: reading !== 'range',
    range: reading === 'range',
    format: reading === 'table' ? 'table' : 'time_series',
    ...(text(target.queryType) === 'instant' || text(target.queryType) === 'range'
      ? { queryType: reading === 'range' ? 'range' : 'instant' }
      : {}),
  };
}

/** Variables of the model, for the form that edits them. */
export const variablesOf = (raw: Json): Json[] => objects(at(raw, 'templating.list'));
export const withVariables = (raw: Json, all: Json[]): Json => set(raw, 'templating.list', all);
