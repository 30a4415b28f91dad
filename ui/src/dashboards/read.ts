/** Reads Grafana's JSON model. What the page does not show is named in notes, never left out silently. */
import { parseDuration } from '../lib/time';
import { at, flag, isObject, type Json, list, number, object, objects, text, texts } from './json';
import {
  type Annotation,
  type Dashboard,
  type Item,
  KINDS,
  type Link,
  type Panel,
  type PanelKind,
  type Place,
  type Row,
  type Signal,
  type Target,
  type Variable,
  type VariableKind,
} from './model';
import { FIELD, readField } from './read-field';
import { SUPPORTED_TRANSFORMATIONS } from './transform';
import { upgrade } from './upgrade';

/** More panels than this are not shown; real dashboards have fewer than 200. */
export const MAX_PANELS = 500;
const MAX_TARGETS = 26;
const MAX_VARIABLES = 100;

/** Signal of a type of data source. */
const SOURCES: Record<string, Signal> = {
  prometheus: 'metrics',
  'grafana-amazonprometheus-datasource': 'metrics',
  'grafana-azureprometheus-datasource': 'metrics',
  'victoriametrics-datasource': 'metrics',
  'victoriametrics-metrics-datasource': 'metrics',
  loki: 'logs',
  tempo: 'traces',
  'grafana-pyroscope-datasource': 'profiles',
  phlare: 'profiles',
};

interface Sources {
  /** Type of a data source by the name of a variable or an input. */
  types: Map<string, string>;
}

function sourcesOf(raw: Json): Sources {
  const types = new Map<string, string>();
  for (const input of objects(raw.__inputs)) types.set(text(input.name), text(input.pluginId));
  for (const v of objects(at(raw, 'templating.list')))
    if (text(v.type) === 'datasource') types.set(text(v.name), text(v.query));
  return { types };
}

/** Type of the data source that a reference names; "" for the default one. */
export function sourceType(reference: unknown, sources: Sources): string {
  if (isObject(reference)) {
    const uid = text(reference.uid);
    if (uid === '__expr__' || text(reference.type) === '__expr__') return '__expr__';
    if (uid === '-- Mixed --') return '';
    if (uid === '-- Grafana --' || uid === '-- Dashboard --') return uid;
    return text(reference.type) || sourceType(uid, sources);
  }
  const name = text(reference);
  if (name === '' || name === 'default' || name === '-- Mixed --') return '';
  const variable = /^\$\{?(\w+)\}?$/.exec(name)?.[1] ?? name;
  const known = sources.types.get(variable);
  if (known) return known;
  if (name.startsWith('-- ')) return name;
  if (/loki|logs/i.test(name)) return 'loki';
  if (/tempo|trace/i.test(name)) return 'tempo';
  if (/pyroscope|phlare/i.test(name)) return 'grafana-pyroscope-datasource';
  return '';
}

const TRACE_VALUE = /^-?\d+(\.\d+)?(ns|us|µs|ms|s|m|h)?$/;

/** TraceQL of the search form of Grafana. */
function traceFilters(filters: Json[]): string {
  const terms = filters.flatMap((f) => {
    const values = Array.isArray(f.value) ? texts(f.value) : text(f.value) ? [text(f.value)] : [];
    const tag = text(f.tag);
    if (values.length === 0 || !tag) return [];
    const scope = text(f.scope);
    const name = scope === 'intrinsic' || scope === '' ? (scope === '' ? `.${tag}` : tag) : `${scope}.${tag}`;
    const plain = ['duration', 'status', 'kind', 'traceDuration'].includes(tag);
    const operator = text(f.operator, '=');
    if (values.length === 1) {
      const value = values[0] as string;
      return [`${name}${operator}${plain || TRACE_VALUE.test(value) ? value : JSON.stringify(value)}`];
    }
    return [`${name}=~${JSON.stringify(values.join('|'))}`];
  });
  return `{${terms.join(' && ')}}`;
}

interface Context {
  sources: Sources;
}

function readTarget(
  raw: Json,
  panel: Json,
  index: number,
  context: Context,
  notes: Set<string>,
): Target | null {
  const refId = text(raw.refId) || String.fromCharCode(65 + (index % 26));
  if (flag(raw.hide)) return null;
  const own = sourceType(raw.datasource, context.sources);
  const type = own || sourceType(panel.datasource, context.sources);
  if (type === '__expr__') {
    notes.add(`query ${refId}: expressions (${text(raw.type, 'math')})`);
    return null;
  }
  const signal: Signal | undefined =
    type === ''
      ? raw.profileTypeId !== undefined
        ? 'profiles'
        : text(panel.type) === 'logs'
          ? 'logs'
          : text(panel.type) === 'traces'
            ? 'traces'
            : 'metrics'
      : SOURCES[type];
  if (!signal) {
    notes.add(`query ${refId}: data source ${type}`);
    return null;
  }
  const target: Target = {
    refId,
    signal,
    query: text(raw.expr),
    legend: text(raw.legendFormat),
    instant: flag(raw.instant) || text(raw.queryType) === 'instant',
    table: text(raw.format) === 'table',
    exemplars: flag(raw.exemplar) && signal === 'metrics',
    interval: text(raw.interval) || text(raw.step && signal === 'logs' ? raw.step : ''),
    limit: number(raw.limit ?? raw.maxLines) ?? 0,
    profileType: '',
    groupBy: [],
  };
  if (signal === 'traces') {
    const kind = text(raw.queryType, 'traceql');
    if (kind === 'traceqlSearch') target.query = traceFilters(objects(raw.filters));
    else if (kind === 'traceql' || kind === 'traceId') target.query = text(raw.query);
    else {
      notes.add(`query ${refId}: ${kind} of Tempo`);
      return null;
    }
  }
  if (signal === 'profiles') {
    target.query = text(raw.labelSelector, '{}');
    target.profileType = text(raw.profileTypeId);
    target.groupBy = texts(raw.groupBy);
    target.instant = text(raw.queryType) !== 'metrics';
  }
  if (target.query.trim() === '') return null;
  return target;
}

const SHOWN: Record<string, PanelKind> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, kind])),
  trend: 'timeseries',
  barchart: 'bargauge',
  piechart: 'bargauge',
  'state-timeline': 'timeseries',
  'status-history': 'timeseries',
};

/** Types that are shown in another form. */
const APPROXIMATE: Record<string, string> = {
  barchart: 'bar chart, shown as bars of the last values',
  piechart: 'pie chart, shown as bars',
  'state-timeline': 'state timeline, shown as lines',
  'status-history': 'status history, shown as lines',
  trend: 'trend, shown over time',
};

const place = (raw: unknown): Place => ({
  x: Math.min(23, Math.max(0, number(at(raw, 'x')) ?? 0)),
  y: Math.max(0, number(at(raw, 'y')) ?? 0),
  w: Math.min(24, Math.max(1, number(at(raw, 'w')) ?? 12)),
  h: Math.min(100, Math.max(1, number(at(raw, 'h')) ?? 8)),
});

const readLinks = (raw: unknown): Link[] =>
  objects(raw).flatMap((l): Link[] =>
    text(l.type) === 'dashboards'
      ? [{ title: text(l.title), url: '', tags: texts(l.tags) }]
      : text(l.url)
        ? [{ title: text(l.title) || text(l.url), url: text(l.url), tags: null }]
        : [],
  );

export function readPanel(raw: Json, context: Context = { sources: { types: new Map() } }): Panel {
  const notes = new Set<string>();
  const type = text(raw.type, 'timeseries');
  const kind = SHOWN[type] ?? null;
  if (raw.libraryPanel && !raw.type)
    notes.add(`library panel ${text(at(raw, 'libraryPanel.name'))}, whose content is not in the file`);
  else if (kind === null) notes.add(`panel type ${type}`);
  else if (APPROXIMATE[type]) notes.add(APPROXIMATE[type] as string);
  const { field, overrides } = readField(raw, notes);
  const options = object(raw.options);
  const queries = objects(raw.targets);
  if (queries.length > MAX_TARGETS) notes.add(`queries beyond the first ${MAX_TARGETS}`);
  const targets = queries
    .slice(0, MAX_TARGETS)
    .map((t, i) => readTarget(t, raw, i, context, notes))
    .filter((t) => t !== null);
  const transformations = objects(raw.transformations)
    .filter((t) => !flag(t.disabled))
    .filter((t) => {
      const id = text(t.id);
      if (SUPPORTED_TRANSFORMATIONS.has(id)) return true;
      notes.add(`transformation ${id}`);
      return false;
    })
    .map((t) => ({ id: text(t.id), options: object(t.options) }));
  if (raw.alert) notes.add('alert of the panel');
  if (objects(raw.seriesOverrides).some((o) => number(o.yaxis) === 2)) notes.add('second axis');
  if (objects(raw.transformations).some((t) => t.filter)) notes.add('filters of transformations');
  if (type === 'heatmap' && flag(options.calculate))
    notes.add('heat map calculated from series, shown as lines');
  if (kind === 'text' && text(options.mode) === 'html') notes.add('HTML, shown as text');
  if (text(at(raw, 'xaxis.mode'), 'time') !== 'time')
    notes.add(`axis of mode ${text(at(raw, 'xaxis.mode'))}`);
  if (objects(raw.timeRegions).length > 0) notes.add('time regions');
  if (flag(options.showPercentChange)) notes.add('change in percent');
  if (kind === 'table' && flag(at(options, 'footer.show'))) notes.add('table footer');
  if (kind === 'logs' && text(options.dedupStrategy, 'none') !== 'none') notes.add('deduplication of lines');
  const lines = kind === 'timeseries';
  if (lines && field.draw === 'bars' && field.stacking === 'none' && targets.length > 0)
    notes.add('bars side by side, shown stacked');
  const calcs = texts(at(options, 'reduceOptions.calcs'));
  return {
    id: number(raw.id) ?? 0,
    kind: raw.libraryPanel && !raw.type ? null : kind,
    type,
    title: text(raw.title),
    description: text(raw.description),
    place: place(raw.gridPos),
    targets,
    field: field.thresholds.length === 0 && raw.fieldConfig === undefined ? FIELD : field,
    overrides,
    transformations,
    calcs: calcs.length > 0 ? calcs : ['lastNotNull'],
    options,
    legend: {
      shown:
        at(options, 'legend.showLegend') !== false && text(at(options, 'legend.displayMode')) !== 'hidden',
      table: text(at(options, 'legend.displayMode')) === 'table',
      calcs: texts(at(options, 'legend.calcs')),
    },
    interval: text(raw.interval),
    maxPoints: number(raw.maxDataPoints),
    timeFrom: text(raw.timeFrom),
    timeShift: text(raw.timeShift),
    repeat: text(raw.repeat),
    repeatDown: text(raw.repeatDirection) === 'v',
    repeatMax: number(raw.maxPerRow) ?? 4,
    links: readLinks(raw.links),
    notes: [...notes],
    raw,
  };
}

const VARIABLES: VariableKind[] = [
  'query',
  'custom',
  'constant',
  'interval',
  'textbox',
  'datasource',
  'adhoc',
];

function readVariable(raw: Json, context: Context, notes: Set<string>): Variable | null {
  const name = text(raw.name);
  const kind = VARIABLES.find((k) => k === text(raw.type));
  if (!kind || !name) {
    notes.add(`variable ${name || 'without name'} of type ${text(raw.type) || 'unknown'}`);
    return null;
  }
  const type = sourceType(raw.datasource, context.sources);
  const signal: Signal = SOURCES[type] ?? 'metrics';
  if (kind === 'query' && type !== '' && !SOURCES[type]) {
    notes.add(`variable ${name}: data source ${type}`);
  }
  const query = raw.query;
  const current = at(raw, 'current.value');
  const chosen = Array.isArray(current) ? texts(current) : text(current) ? [text(current)] : [];
  return {
    name,
    label: text(raw.label),
    kind,
    query: isObject(query) ? variableQuery(query, signal) : text(query) || text(raw.definition),
    signal,
    regex: text(raw.regex),
    sort: number(raw.sort) ?? 0,
    multi: flag(raw.multi),
    all: flag(raw.includeAll),
    allValue: text(raw.allValue),
    current: chosen,
    hidden: number(raw.hide) === 2,
    hideLabel: number(raw.hide) === 1,
    auto: flag(raw.auto) ? (number(raw.auto_count) ?? 30) : 0,
    autoMin: text(raw.auto_min, '10s'),
    onRange: number(raw.refresh) === 2,
    filters: objects(raw.filters).map((f) => ({
      key: text(f.key),
      operator: text(f.operator, '='),
      value: text(f.value),
    })),
    options: objects(raw.options).map((o) => ({ text: text(o.text), value: text(o.value) })),
  };
}

/** Text of the query of a variable, which newer versions store as an object. */
function variableQuery(query: Json, signal: Signal): string {
  if (query.query !== undefined) return text(query.query);
  if (signal === 'logs') {
    const label = text(query.label);
    const stream = text(query.stream);
    return number(query.type) === 0 || !label
      ? 'label_names()'
      : stream
        ? `label_values(${stream}, ${label})`
        : `label_values(${label})`;
  }
  if (signal === 'traces')
    return number(query.type) === 0 ? 'label_names()' : `label_values(${text(query.label)})`;
  if (signal === 'profiles')
    return text(query.type) === 'labelValue' ? `label_values(${text(query.labelName)})` : 'label_names()';
  return '';
}

function readTime(raw: Json, notes: Set<string>): number {
  const from = /^now-(\w+)$/.exec(text(at(raw, 'time.from')));
  const to = text(at(raw, 'time.to'), 'now');
  const range = from ? parseDuration((from[1] as string).replace('M', 'd')) : null;
  if (to !== 'now' || (at(raw, 'time.from') !== undefined && range === null))
    notes.add('time range that does not end now');
  return range ?? 3_600_000 * 6;
}

/** Annotations of metrics and logs. Those that are switched off are not read, others are named. */
function readAnnotations(raw: Json, context: Context, notes: Set<string>): Annotation[] {
  return objects(at(raw, 'annotations.list')).flatMap((a): Annotation[] => {
    const name = text(a.name) || 'annotation';
    if (number(a.builtIn) === 1 || a.enable === false) return [];
    const signal = SOURCES[sourceType(a.datasource, context.sources) || 'prometheus'];
    const query = text(a.expr) || text(at(a, 'target.expr'));
    if ((signal !== 'metrics' && signal !== 'logs') || query === '') {
      notes.add(`annotation ${name}`);
      return [];
    }
    return [
      {
        name,
        signal,
        query,
        title: text(a.titleFormat),
        text: text(a.textFormat),
        valueIsTime: text(a.useValueForTime) === 'on' || flag(a.useValueForTime),
      },
    ];
  });
}

export function readDashboard(original: Json): Dashboard {
  const raw = upgrade(original);
  const notes = new Set<string>();
  const context: Context = { sources: sourcesOf(raw) };
  const all = objects(raw.panels);
  if (all.length > MAX_PANELS) notes.add(`panels beyond the first ${MAX_PANELS}`);
  const items: Item[] = all.slice(0, MAX_PANELS).map((p) => {
    if (text(p.type) !== 'row') return { panel: readPanel(p, context) };
    const row: Row = {
      id: number(p.id) ?? 0,
      title: text(p.title),
      collapsed: flag(p.collapsed),
      repeat: text(p.repeat),
      y: place(p.gridPos).y,
      panels: objects(p.panels)
        .slice(0, MAX_PANELS)
        .map((inner) => readPanel(inner, context)),
    };
    return { row };
  });
  const annotations = readAnnotations(raw, context, notes);
  const variables = objects(at(raw, 'templating.list'));
  if (variables.length > MAX_VARIABLES) notes.add(`variables beyond the first ${MAX_VARIABLES}`);
  return {
    title: text(raw.title) || 'Untitled',
    description: text(raw.description),
    tags: texts(raw.tags),
    items,
    variables: variables
      .slice(0, MAX_VARIABLES)
      .map((v) => readVariable(v, context, notes))
      .filter((v) => v !== null),
    range: readTime(raw, notes),
    refresh: parseDuration(text(raw.refresh)) ?? 0,
    links: readLinks(raw.links),
    annotations,
    notes: [...notes],
  };
}

export const panelsOf = (dashboard: Dashboard): Panel[] =>
  dashboard.items.flatMap((item) => (item.panel ? [item.panel] : item.row.panels));

export interface Report {
  panels: number;
  shown: number;
  /** Of the dashboard, then of panels by title. */
  notes: { subject: string; notes: string[] }[];
}

/** What an import cannot show. */
export function reportOf(dashboard: Dashboard): Report {
  const all = panelsOf(dashboard);
  return {
    panels: all.length,
    shown: all.filter((p) => p.kind !== null).length,
    notes: [
      ...(dashboard.notes.length > 0 ? [{ subject: 'Dashboard', notes: dashboard.notes }] : []),
      ...all
        .filter((p) => p.notes.length > 0)
        .map((p) => ({ subject: p.title || `Panel ${p.id}`, notes: p.notes })),
    ],
  };
}

/** Whether a value is a dashboard in the form that the page reads. */
export function unwrap(v: unknown): Json | null {
  if (!isObject(v)) return null;
  const inner = isObject(v.dashboard) && !Array.isArray(v.panels) ? v.dashboard : v;
  return Array.isArray(inner.panels) || Array.isArray(inner.rows) || typeof inner.title === 'string'
    ? inner
    : null;
}

export const idsOf = (raw: Json): number[] =>
  list(upgrade(raw).panels)
    .flatMap((p) => [p, ...list(object(p).panels)])
    .map((p) => number(object(p).id) ?? 0);
