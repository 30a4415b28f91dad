/**
 * Grafana's older models in the form of its newer ones, as far as the page reads it. Members that are not read stay,
 * so that an export has them again.
 */
import { at, type Json, list, number, object, objects, text } from './json';

const COLUMNS = 24;
/** Pixels of a unit of height with its gap. */
const ROW = 38;

/** Types of panels that were replaced. */
const TYPES: Record<string, string> = {
  graph: 'timeseries',
  singlestat: 'stat',
  'table-old': 'table',
  'grafana-singlestat-panel': 'stat',
  'grafana-piechart-panel': 'piechart',
};

export function upgrade(raw: Json): Json {
  const withPanels = Array.isArray(raw.rows) && !Array.isArray(raw.panels) ? fromRows(raw) : raw;
  const panels = objects(withPanels.panels).map(upgradePanel);
  return { ...withPanels, panels };
}

/** Rows of versions before 5 have panels with a span of 12 columns, one after the other. */
function fromRows(raw: Json): Json {
  const rows = objects(raw.rows);
  // A single row without a title is only a frame.
  const titled = rows.some(
    (row) => row.collapse === true || row.showTitle === true || text(row.repeat) !== '',
  );
  const panels: Json[] = [];
  let id = objects(raw.rows)
    .flatMap((row) => objects(row.panels))
    .reduce((most, p) => Math.max(most, number(p.id) ?? 0), 0);
  let y = 0;
  for (const row of rows) {
    const high = Math.max(3, Math.ceil(pixels(row.height) / ROW));
    const own: Json[] = [];
    let x = 0;
    let rowY = y + (titled ? 1 : 0);
    for (const panel of objects(row.panels)) {
      const w = Math.min(COLUMNS, Math.max(1, Math.round((number(panel.span) ?? 4) * 2)));
      const h = panel.height === undefined ? high : Math.max(2, Math.ceil(pixels(panel.height) / ROW));
      if (x + w > COLUMNS) {
        x = 0;
        rowY += high;
      }
      own.push({ ...panel, gridPos: { x, y: rowY, w, h } });
      x += w;
    }
    const end = own.length > 0 ? rowY + high : rowY;
    if (titled) {
      const collapsed = row.collapse === true;
      panels.push({
        id: ++id,
        type: 'row',
        title: text(row.title),
        collapsed,
        ...(text(row.repeat) ? { repeat: row.repeat } : {}),
        gridPos: { x: 0, y, w: COLUMNS, h: 1 },
        panels: collapsed ? own : [],
      });
      if (!collapsed) panels.push(...own);
      y = collapsed ? y + 1 : end;
    } else {
      panels.push(...own);
      y = end;
    }
  }
  const { rows: _rows, ...rest } = raw;
  return { ...rest, panels };
}

function pixels(v: unknown): number {
  const n = Number.parseFloat(text(v));
  return Number.isFinite(n) ? n : 250;
}

export function upgradePanel(panel: Json): Json {
  const nested = Array.isArray(panel.panels) ? { panels: objects(panel.panels).map(upgradePanel) } : {};
  const type = text(panel.type);
  if (type === 'graph') return { ...fromGraph(panel), ...nested };
  if (type === 'singlestat' || type === 'grafana-singlestat-panel')
    return { ...fromSingleStat(panel), ...nested };
  if (type === 'table-old' || (type === 'table' && Array.isArray(panel.styles) && !panel.fieldConfig))
    return { ...fromOldTable(panel), ...nested };
  if (type === 'text' && panel.options === undefined && panel.content !== undefined)
    return {
      ...panel,
      options: { mode: text(panel.mode, 'markdown'), content: text(panel.content) },
      ...nested,
    };
  if (type === 'heatmap' && panel.options === undefined) return { ...fromOldHeatmap(panel), ...nested };
  return { ...panel, type: TYPES[type] ?? type, ...nested };
}

const steps = (...all: [number | null, string][]) => all.map(([value, color]) => ({ value, color }));

function fromGraph(panel: Json): Json {
  const axis = object(list(panel.yaxes)[0]);
  const stack = panel.stack === true;
  const bars = panel.bars === true && panel.lines !== true;
  const fill = number(panel.fill) ?? 1;
  const defaults: Json = {
    unit: text(axis.format),
    ...(number(axis.min) !== null ? { min: number(axis.min) } : {}),
    ...(number(axis.max) !== null ? { max: number(axis.max) } : {}),
    ...(number(panel.decimals) !== null ? { decimals: number(panel.decimals) } : {}),
    custom: {
      drawStyle: bars ? 'bars' : panel.lines === false && panel.points === true ? 'points' : 'line',
      fillOpacity: fill * 10,
      spanNulls: panel.nullPointMode === 'connected',
      stacking: { mode: stack ? (panel.percentage === true ? 'percent' : 'normal') : 'none' },
      ...(number(axis.logBase) !== null && number(axis.logBase) !== 1
        ? { scaleDistribution: { type: 'log', log: number(axis.logBase) } }
        : {}),
    },
    ...graphThresholds(panel),
    ...(stack || panel.nullPointMode !== 'null as zero' ? {} : { nullValueMode: 'null as zero' }),
  };
  const overrides: Json[] = [];
  const colors = object(panel.aliasColors);
  for (const [name, color] of Object.entries(colors))
    overrides.push(override('byName', name, [['color', { mode: 'fixed', fixedColor: color }]]));
  for (const one of objects(panel.seriesOverrides)) overrides.push(seriesOverride(one));
  const legend = object(panel.legend);
  const calcs = (
    [
      ['current', 'lastNotNull'],
      ['min', 'min'],
      ['max', 'max'],
      ['avg', 'mean'],
      ['total', 'sum'],
    ] as const
  ).flatMap(([old, now]) => (legend[old] === true ? [now] : []));
  return {
    ...panel,
    type: 'timeseries',
    fieldConfig: { defaults, overrides },
    options: {
      legend: {
        showLegend: legend.show !== false,
        displayMode: legend.alignAsTable === true || calcs.length > 0 ? 'table' : 'list',
        placement: legend.rightSide === true ? 'right' : 'bottom',
        calcs,
      },
      tooltip: { mode: at(panel, 'tooltip.shared') === false ? 'single' : 'multi' },
    },
  };
}

const override = (id: string, options: string, properties: [string, unknown][]): Json => ({
  matcher: { id, options },
  properties: properties.map(([name, value]) => ({ id: name, value })),
});

function seriesOverride(one: Json): Json {
  const alias = text(one.alias);
  const regex = /^\/(.*)\/[a-z]*$/.exec(alias);
  const properties: [string, unknown][] = [];
  for (const [key, value] of Object.entries(one)) {
    if (key === 'alias' || key === '$$hashKey') continue;
    if (key === 'color') properties.push(['color', { mode: 'fixed', fixedColor: value }]);
    else if (key === 'fill') properties.push(['custom.fillOpacity', (number(value) ?? 0) * 10]);
    else if (key === 'stack')
      properties.push(['custom.stacking', { mode: value === false ? 'none' : 'normal' }]);
    else if (key === 'bars' && value === true) properties.push(['custom.drawStyle', 'bars']);
    else if (key === 'lines' && value === false) properties.push(['custom.drawStyle', 'points']);
    else if (key === 'transform' && value === 'negative-Y')
      properties.push(['custom.transform', 'negative-Y']);
    else if (key === 'yaxis' && number(value) === 2) properties.push(['custom.axisPlacement', 'right']);
    else if (key === 'hideTooltip' || key === 'linewidth' || key === 'zindex' || key === 'dashes')
      properties.push([`custom.${key}`, value]);
    else properties.push([`graph.${key}`, value]);
  }
  return override(regex ? 'byRegexp' : 'byName', regex ? alias : alias, properties);
}

function graphThresholds(panel: Json): Json {
  const all = objects(panel.thresholds).filter((t) => number(t.value) !== null && t.op !== 'lt');
  if (all.length === 0) return {};
  const colors: Record<string, string> = { critical: 'red', warning: 'orange', ok: 'green' };
  return {
    thresholds: {
      mode: 'absolute',
      steps: [
        ...steps([null, 'transparent']),
        ...all.map((t) => ({
          value: number(t.value),
          color: colors[text(t.colorMode)] ?? text(t.lineColor, 'red'),
        })),
      ],
    },
    thresholdLines: true,
  };
}

/** The name of a reducer in Grafana's older panels. */
const REDUCERS: Record<string, string> = {
  avg: 'mean',
  current: 'lastNotNull',
  total: 'sum',
  first: 'firstNotNull',
  delta: 'delta',
  diff: 'diff',
  range: 'range',
  min: 'min',
  max: 'max',
  name: 'name',
};

function fromSingleStat(panel: Json): Json {
  const values = text(panel.thresholds)
    .split(',')
    .map((t) => number(t.trim()))
    .filter((n) => n !== null);
  const colors = list(panel.colors).map((c) => text(c, 'green'));
  const gauge = object(panel.gauge);
  const mappings: Json[] = objects(panel.valueMaps).map((m) => ({
    type: text(m.value) === 'null' ? 'special' : 'value',
    options:
      text(m.value) === 'null'
        ? { match: 'null', result: { text: text(m.text) } }
        : { [text(m.value)]: { text: text(m.text) } },
  }));
  for (const m of objects(panel.rangeMaps))
    if (text(m.from) !== 'null')
      mappings.push({
        type: 'range',
        options: { from: number(m.from), to: number(m.to), result: { text: text(m.text) } },
      });
  const shows = gauge.show === true;
  return {
    ...panel,
    type: shows ? 'gauge' : 'stat',
    fieldConfig: {
      defaults: {
        unit: text(panel.format),
        ...(number(panel.decimals) !== null ? { decimals: number(panel.decimals) } : {}),
        ...(shows ? { min: number(gauge.minValue) ?? 0, max: number(gauge.maxValue) ?? 100 } : {}),
        ...(text(panel.nullText) ? { noValue: text(panel.nullText) } : {}),
        mappings,
        thresholds: {
          mode: 'absolute',
          steps:
            values.length > 0
              ? steps(
                  [null, colors[0] ?? 'green'],
                  ...values.map((v, i): [number, string] => [v, colors[i + 1] ?? 'red']),
                )
              : steps([null, 'text']),
        },
        ...(text(panel.prefix) || text(panel.postfix)
          ? { prefix: text(panel.prefix), postfix: text(panel.postfix) }
          : {}),
      },
      overrides: [],
    },
    options: {
      reduceOptions: { calcs: [REDUCERS[text(panel.valueName)] ?? 'mean'], values: false, fields: '' },
      graphMode: at(panel, 'sparkline.show') === true ? 'area' : 'none',
      colorMode: panel.colorBackground === true ? 'background' : panel.colorValue === true ? 'value' : 'none',
      textMode: text(panel.valueName) === 'name' ? 'name' : 'value',
    },
  };
}

function fromOldTable(panel: Json): Json {
  const overrides: Json[] = [];
  const excluded: Record<string, boolean> = {};
  let defaults: Json = {};
  for (const style of objects(panel.styles)) {
    const pattern = text(style.pattern);
    const regex = /^\/(.*)\/[a-z]*$/.exec(pattern);
    if (text(style.type) === 'hidden') {
      if (regex) overrides.push(override('byRegexp', pattern, [['custom.hidden', true]]));
      else excluded[pattern] = true;
      continue;
    }
    const properties: [string, unknown][] = [];
    if (text(style.alias)) properties.push(['displayName', text(style.alias)]);
    if (text(style.unit) && text(style.type) === 'number') properties.push(['unit', text(style.unit)]);
    if (number(style.decimals) !== null && text(style.type) === 'number')
      properties.push(['decimals', number(style.decimals)]);
    const mode = text(style.colorMode);
    const values = texts(style.thresholds);
    if (mode && values.length > 0) {
      const colors = list(style.colors).map((c) => text(c, 'green'));
      properties.push([
        'thresholds',
        {
          mode: 'absolute',
          steps: steps(
            [null, colors[0] ?? 'green'],
            ...values.map((v, i): [number, string] => [v, colors[i + 1] ?? 'red']),
          ),
        },
      ]);
      properties.push(['custom.cellOptions', { type: mode === 'value' ? 'color-text' : 'color-background' }]);
    }
    if (pattern === '/.*/') defaults = Object.fromEntries(properties.filter(([id]) => !id.includes('.')));
    else if (properties.length > 0)
      overrides.push(override(regex ? 'byRegexp' : 'byName', pattern, properties));
  }
  return {
    ...panel,
    type: 'table',
    fieldConfig: { defaults, overrides },
    transformations: [
      // The older panel joins the columns of its queries.
      { id: 'merge', options: {} },
      ...(Object.keys(excluded).length > 0 ? [{ id: 'organize', options: { excludeByName: excluded } }] : []),
      ...objects(panel.transformations),
    ],
  };
}

const texts = (v: unknown): number[] =>
  list(v)
    .map(number)
    .filter((n) => n !== null);

function fromOldHeatmap(panel: Json): Json {
  return {
    ...panel,
    fieldConfig: { defaults: {}, overrides: [] },
    options: {
      calculate: text(panel.dataFormat, 'timeseries') !== 'tsbuckets',
      yAxis: { unit: text(at(panel, 'yAxis.format')) },
    },
  };
}
