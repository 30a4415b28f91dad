/** From query answers to what charts and tables draw. */
import type { ExemplarSeries, HistogramValue, LabelSet, MatrixItem, SamplePair } from '../api/types';
import type { ExemplarPoint } from '../chart/exemplars';
import { shortHash } from '../lib/hash';
import { seriesName } from '../lib/labels';

export interface Series {
  /** Stable over refreshes and links: a hash of the series' name. */
  key: string;
  labels: LabelSet;
  name: string;
  /** One value a step; null where there is none. */
  values: (number | null)[];
}

export interface Grid {
  /** Unix seconds, one a step. */
  times: number[];
  series: Series[];
  /** Series that hold only native histograms and so have no line. */
  histograms: MatrixItem[];
}

export function parseValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}

/** Puts every series on the grid start, start+step … end (ms). */
export function toGrid(items: MatrixItem[], start: number, end: number, step: number): Grid {
  const count = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: count }, (_, i) => (start + i * step) / 1000);
  const series: Series[] = [];
  const histograms: MatrixItem[] = [];
  for (const item of items) {
    if (!item.values?.length) {
      if (item.histograms?.length) histograms.push(item);
      continue;
    }
    const values: (number | null)[] = new Array(count).fill(null);
    for (const [t, text] of item.values) {
      const i = Math.round((t * 1000 - start) / step);
      const value = parseValue(text);
      // NaN and infinities have no place on an axis: a gap.
      if (i >= 0 && i < count) values[i] = Number.isFinite(value) ? value : null;
    }
    const name = seriesName(item.metric);
    series.push({ key: shortHash(name), labels: item.metric, name, values });
  }
  return { times, series, histograms };
}

/** Running sums from the first series up. A gap counts as nothing, unless no series has a value there. */
export function stack(values: (number | null)[][]): (number | null)[][] {
  const length = values[0]?.length ?? 0;
  const sums: (number | null)[] = new Array(length).fill(null);
  for (const line of values) for (let i = 0; i < length; i++) if (line[i] != null) sums[i] = 0;
  return values.map((line) =>
    line.map((value, i) => {
      const below = sums[i];
      if (below == null) return null;
      sums[i] = below + (value ?? 0);
      return sums[i] as number;
    }),
  );
}

const MAX_EXEMPLARS = 2000;

/** Points of exemplars; of more than can be told apart, each n-th. */
export function exemplarPoints(data: ExemplarSeries[]): ExemplarPoint[] {
  const all = data.flatMap((series) =>
    series.exemplars.map((e) => ({
      time: e.timestamp,
      value: parseValue(e.value),
      labels: e.labels,
      series: series.seriesLabels,
    })),
  );
  const every = Math.ceil(all.length / MAX_EXEMPLARS);
  return every <= 1 ? all : all.filter((_, i) => i % every === 0);
}

export interface Summary {
  last: number | null;
  min: number | null;
  max: number | null;
  mean: number | null;
}

export function summarise(values: (number | null)[]): Summary {
  let last: number | null = null;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    last = value;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count++;
  }
  return count === 0
    ? { last: null, min: null, max: null, mean: null }
    : { last, min, max, mean: sum / count };
}

export interface HeatCell {
  /** Index on the grid's times. */
  column: number;
  low: number;
  high: number;
  count: number;
}

export interface Heatmap {
  times: number[];
  cells: HeatCell[];
  max: number;
}

/** Adds up the buckets of all native histograms at each step; bounds that differ stay separate cells. */
export function toHeatmap(items: MatrixItem[], start: number, end: number, step: number): Heatmap {
  const count = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: count }, (_, i) => (start + i * step) / 1000);
  const cells = new Map<string, HeatCell>();
  for (const item of items) {
    for (const [t, histogram] of item.histograms ?? []) {
      const column = Math.round((t * 1000 - start) / step);
      if (column < 0 || column >= count) continue;
      for (const [, lower, upper, n] of histogram.buckets ?? [])
        addCell(cells, column, lower, upper, parseValue(n));
    }
  }
  const list = [...cells.values()];
  return { times, cells: list, max: list.reduce((most, cell) => Math.max(most, cell.count), 0) };
}

function addCell(
  cells: Map<string, HeatCell>,
  column: number,
  lower: string,
  upper: string,
  count: number,
): void {
  if (!(count > 0)) return;
  const key = `${column} ${lower} ${upper}`;
  const cell = cells.get(key);
  if (cell) cell.count += count;
  else cells.set(key, { column, low: parseValue(lower), high: parseValue(upper), count });
}

/**
 * Classic histograms as a heatmap: series that differ in nothing but `le` are cumulative; neighbours
 * subtract to buckets. Null when the series are no such family.
 */
export function classicHeatmap(grid: Grid): Heatmap | null {
  if (grid.series.length < 2 || !grid.series.every((s) => s.labels.le !== undefined)) return null;
  const families = new Map<string, { le: number; values: (number | null)[] }[]>();
  for (const series of grid.series) {
    const { le, ...rest } = series.labels;
    const key = seriesName(rest);
    const family = families.get(key) ?? [];
    family.push({ le: parseValue(le as string), values: series.values });
    families.set(key, family);
  }
  const cells = new Map<string, HeatCell>();
  for (const family of families.values()) {
    family.sort((a, b) => a.le - b.le);
    for (let column = 0; column < grid.times.length; column++) {
      let below = 0;
      let lower = family[0] && family[0].le > 0 ? 0 : Number.NEGATIVE_INFINITY;
      for (const bucket of family) {
        const value = bucket.values[column];
        if (value === null || value === undefined) continue;
        addCell(cells, column, String(lower), String(bucket.le), value - below);
        below = value;
        lower = bucket.le;
      }
    }
  }
  const list = [...cells.values()];
  return { times: grid.times, cells: list, max: list.reduce((most, cell) => Math.max(most, cell.count), 0) };
}

export interface Row {
  labels: LabelSet;
  value?: string;
  values?: SamplePair[];
  histogram?: HistogramValue;
}

/** Rows as CSV, one column a label, the value last. */
export function toCsv(rows: Row[], names: string[]): string {
  const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  const lines = [[...names, 'value'].map(cell).join(',')];
  for (const row of rows) {
    const value =
      row.value ??
      row.values?.at(-1)?.[1] ??
      (row.histogram ? `count=${row.histogram.count} sum=${row.histogram.sum}` : '');
    lines.push([...names.map((name) => cell(row.labels[name] ?? '')), cell(value)].join(','));
  }
  return `${lines.join('\n')}\n`;
}
