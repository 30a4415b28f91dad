/** Answers of queries as frames: columns of equal length, as Grafana's transformations take them. */
import type { InstantResult, LabelSet, MatrixItem } from '../api/types';
import { parseValue } from '../explore/shape';
import { seriesName } from '../lib/labels';
import type { Target } from './model';

export type Cell = number | string | null;

export interface Field {
  name: string;
  kind: 'time' | 'number' | 'string';
  values: Cell[];
  labels?: LabelSet;
  /** Name by the legend of the query. */
  title?: string;
}

export interface Frame {
  refId: string;
  fields: Field[];
}

export const rowsOf = (frame: Frame): number => frame.fields[0]?.values.length ?? 0;

/** Name of a field for people: of an override, of the legend, of its labels. */
export function nameOf(field: Field): string {
  return field.title ?? field.name;
}

/** A number, or null for what has no place on an axis. */
const finite = (text: string): number | null => {
  const value = parseValue(text);
  return Number.isFinite(value) ? value : null;
};

const TEMPLATE = /\{\{\s*(.+?)\s*\}\}/g;

/** Name of a series by its legend; without one by its labels. `count` series are in the answer. */
export function legendName(legend: string, labels: LabelSet, count: number, query: string): string {
  if (legend && legend !== '__auto') return legend.replace(TEMPLATE, (_, name: string) => labels[name] ?? '');
  if (Object.keys(labels).length === 0) return query;
  if (legend === '__auto' && count === 1 && labels.__name__) return labels.__name__;
  return seriesName(labels);
}

/** Names by the labels that differ, for the legend that Grafana calls auto. */
function autoNames(frames: Frame[], target: Target): void {
  if (target.legend !== '__auto' || frames.length < 2) return;
  const sets = frames.map((f) => f.fields[1]?.labels ?? {});
  const names = [...new Set(sets.flatMap((s) => Object.keys(s)))].filter((n) => {
    const first = sets[0]?.[n];
    return sets.some((s) => s[n] !== first);
  });
  frames.forEach((frame, i) => {
    const labels = sets[i] as LabelSet;
    const own = names.filter((n) => labels[n] !== undefined);
    const field = frame.fields[1];
    if (!field || own.length === 0) return;
    field.title =
      own.length === 1
        ? labels[own[0] as string]
        : seriesName(Object.fromEntries(own.map((n) => [n, labels[n] as string])));
  });
}

/** A frame for each series. */
export function seriesFrames(items: MatrixItem[], target: Target, shift: number): Frame[] {
  const frames = items
    .filter((item) => item.values?.length)
    .map((item): Frame => {
      const values = item.values as [number, string][];
      return {
        refId: target.refId,
        fields: [
          { name: 'Time', kind: 'time', values: values.map(([t]) => t * 1000 + shift) },
          {
            name: 'Value',
            kind: 'number',
            values: values.map(([, v]) => finite(v)),
            labels: item.metric,
            title: legendName(target.legend, item.metric, items.length, target.query),
          },
        ],
      };
    });
  autoNames(frames, target);
  return frames;
}

/** The answer of an instant query: a frame for each series, or one frame with a column for each label. */
export function instantFrames(data: InstantResult, target: Target): Frame[] {
  const { refId } = target;
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [time, value] = data.result;
    return [
      {
        refId,
        fields: [
          { name: 'Time', kind: 'time', values: [time * 1000] },
          data.resultType === 'string'
            ? { name: 'Value', kind: 'string', values: [value] }
            : { name: 'Value', kind: 'number', values: [finite(value)], labels: {}, title: target.query },
        ],
      },
    ];
  }
  if (data.resultType === 'matrix')
    return target.table
      ? [tableFrame(rowsOfMatrix(data.result), refId)]
      : seriesFrames(data.result, target, 0);
  const items = data.result.filter((item) => item.value);
  if (target.table)
    return [
      tableFrame(
        items.map((item) => ({
          labels: item.metric,
          time: item.value?.[0] ?? 0,
          value: item.value?.[1] ?? '',
        })),
        refId,
      ),
    ];
  return seriesFrames(
    items.map((item) => ({ metric: item.metric, values: item.value ? [item.value] : [] })),
    target,
    0,
  );
}

interface TableRow {
  labels: LabelSet;
  time: number;
  value: string;
}

const rowsOfMatrix = (items: MatrixItem[]): TableRow[] =>
  items.flatMap((item) => (item.values ?? []).map(([time, value]) => ({ labels: item.metric, time, value })));

export function tableFrame(rows: TableRow[], refId: string): Frame {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].sort();
  return {
    refId,
    fields: [
      { name: 'Time', kind: 'time', values: rows.map((r) => r.time * 1000) },
      ...names.map(
        (name): Field => ({ name, kind: 'string', values: rows.map((r) => r.labels[name] ?? null) }),
      ),
      { name: 'Value', kind: 'number', values: rows.map((r) => finite(r.value)) },
    ],
  };
}

/** In an answer of several tables the columns of values have the name of their query. */
export function nameValues(frames: Frame[]): Frame[] {
  const tables = frames.filter(
    (f) => f.fields.length > 2 || f.fields.some((x) => x.name === 'Value' && !x.labels),
  );
  if (new Set(frames.map((f) => f.refId)).size < 2) return frames;
  return frames.map((frame) =>
    tables.includes(frame)
      ? {
          ...frame,
          fields: frame.fields.map((f) => (f.name === 'Value' ? { ...f, name: `Value #${frame.refId}` } : f)),
        }
      : frame,
  );
}

/** Numbers of a field without gaps. */
const numbers = (values: Cell[]): number[] => values.filter((v): v is number => typeof v === 'number');

/** One value of a column. Unknown reducers read as the last value. */
export function reduce(values: Cell[], calc: string): Cell {
  const all = numbers(values);
  switch (calc) {
    case 'last':
      return values.at(-1) ?? null;
    case 'first':
      return values[0] ?? null;
    case 'firstNotNull':
      return values.find((v) => v !== null) ?? null;
    case 'min':
      return all.length ? all.reduce((a, b) => Math.min(a, b)) : null;
    case 'max':
      return all.length ? all.reduce((a, b) => Math.max(a, b)) : null;
    case 'mean':
    case 'avg':
      return all.length ? all.reduce((a, b) => a + b, 0) / all.length : null;
    case 'sum':
    case 'total':
      return all.length ? all.reduce((a, b) => a + b, 0) : null;
    case 'count':
      return values.length;
    case 'range':
      return all.length ? all.reduce((a, b) => Math.max(a, b)) - all.reduce((a, b) => Math.min(a, b)) : null;
    case 'diff':
      return all.length ? (all.at(-1) as number) - (all[0] as number) : null;
    case 'diffperc':
      return all.length && all[0] !== 0
        ? ((all.at(-1) as number) - (all[0] as number)) / (all[0] as number)
        : null;
    case 'delta': {
      let sum = 0;
      for (let i = 1; i < all.length; i++) {
        const step = (all[i] as number) - (all[i - 1] as number);
        sum += step >= 0 ? step : (all[i] as number);
      }
      return all.length ? sum : null;
    }
    case 'median':
      return quantile(all, 0.5);
    case 'distinctCount':
      return new Set(values).size;
    case 'stdDev':
    case 'variance': {
      if (!all.length) return null;
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length;
      return calc === 'variance' ? variance : Math.sqrt(variance);
    }
    default: {
      const p = /^p(\d+)$/.exec(calc);
      return p ? quantile(all, Number(p[1]) / 100) : (values.findLast((v) => v !== null) ?? null);
    }
  }
}

function quantile(all: number[], q: number): number | null {
  if (all.length === 0) return null;
  const ordered = [...all].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.floor(q * ordered.length))] as number;
}

/** Names of reducers as columns. */
export const CALCS: Record<string, string> = {
  lastNotNull: 'Last *',
  last: 'Last',
  firstNotNull: 'First *',
  first: 'First',
  min: 'Min',
  max: 'Max',
  mean: 'Mean',
  sum: 'Total',
  count: 'Count',
  range: 'Range',
  diff: 'Difference',
  delta: 'Delta',
  median: 'Median',
  stdDev: 'StdDev',
  variance: 'Variance',
  distinctCount: 'Distinct count',
};
