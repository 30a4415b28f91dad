/** Duration heat map: the buckets of `histogram_over_time(duration)` as cells, and boxes over them. */
import type { HeatGrid, Place } from '../heat-canvas';
import type { MetricSeries } from './answers';
import type { Grid } from './lines';
import type { Box } from './state';

/** More rows than this are not drawn: 2^64 ns is 584 years. */
const MAX_ROWS = 64;

/** Bounds are seconds, each twice the one before. */
export function heatGrid(series: MetricSeries[], { start, end, step }: Grid): HeatGrid {
  const columns = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: columns }, (_, i) => start + i * step);
  const known = series
    .map((s) => Number(s.labels.__bucket))
    .filter((bound) => Number.isFinite(bound) && bound > 0);
  const bounds: number[] = [];
  if (known.length > 0) {
    const least = Math.min(...known);
    const rows = Math.min(MAX_ROWS, Math.round(Math.log2(Math.max(...known) / least)) + 1);
    for (let i = 0; i < rows; i++) bounds.push(least * 2 ** i);
  }
  const counts = new Float64Array(columns * bounds.length);
  let max = 0;
  let total = 0;
  for (const { labels, samples } of series) {
    const bound = Number(labels.__bucket);
    const row = bound > 0 && bounds[0] ? Math.round(Math.log2(bound / bounds[0])) : 0;
    if (row < 0 || row >= bounds.length) continue;
    for (const { time, value } of samples) {
      const column = Math.round((time - start) / step);
      if (column < 0 || column >= columns || !(value > 0)) continue;
      const at = column * bounds.length + row;
      counts[at] = (counts[at] as number) + value;
      max = Math.max(max, counts[at] as number);
      total += value;
    }
  }
  return { times, step, bounds, counts, max, total };
}

export const lowerBound = (grid: HeatGrid, row: number): number => (grid.bounds[row] as number) / 2;

/** The cells between two corners, both included. The lowest row reaches down to 0. */
export function boxOf(
  grid: HeatGrid,
  a: { column: number; row: number },
  b: { column: number; row: number },
): Box {
  const clampColumn = (c: number) => Math.min(grid.times.length - 1, Math.max(0, c));
  const clampRow = (r: number) => Math.min(grid.bounds.length - 1, Math.max(0, r));
  const [left, right] = [
    clampColumn(Math.min(a.column, b.column)),
    clampColumn(Math.max(a.column, b.column)),
  ];
  const [low, high] = [clampRow(Math.min(a.row, b.row)), clampRow(Math.max(a.row, b.row))];
  return {
    from: (grid.times[left] as number) - grid.step,
    to: grid.times[right] as number,
    low: low === 0 ? 0 : lowerBound(grid, low),
    high: high === grid.bounds.length - 1 ? Number.POSITIVE_INFINITY : (grid.bounds[high] as number),
  };
}

/** Columns and rows that a box covers, as shares of the picture: 0 is left and low. */
export function boxPlace(grid: HeatGrid, box: Box): Place {
  const first = (grid.times[0] ?? 0) - grid.step;
  const length = grid.times.length * grid.step;
  const rows = grid.bounds.length;
  const rowOf = (bound: number) => Math.log2(bound / (grid.bounds[0] as number)) + 1;
  const within = (x: number) => Math.min(1, Math.max(0, x));
  return {
    left: within((box.from - first) / length),
    right: within((box.to - first) / length),
    low: within(box.low === 0 ? 0 : rowOf(box.low) / rows),
    high: within(Number.isFinite(box.high) ? rowOf(box.high) / rows : 1),
  };
}

/** The slowest rows over the whole range that hold at most a share of the spans, at least one. Null without spans. */
export function slowestBox(grid: HeatGrid, share = 0.05): Box | null {
  if (grid.total === 0) return null;
  const rows = grid.bounds.length;
  let row = rows;
  let sum = 0;
  while (row > 0) {
    let own = 0;
    for (let column = 0; column < grid.times.length; column++)
      own += grid.counts[column * rows + row - 1] as number;
    if (row < rows && sum > 0 && sum + own > grid.total * share) break;
    sum += own;
    row--;
  }
  return boxOf(grid, { column: 0, row }, { column: grid.times.length - 1, row: rows - 1 });
}
