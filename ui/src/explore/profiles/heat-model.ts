/** Heat map of single profiles: Pyroscope's slots as cells, with one profile of each. */
import type { Corners, HeatGrid, Place } from '../heat-canvas';

export interface WireHeatSeries {
  slots?: {
    timestamp?: string | number;
    yMin?: number[];
    counts?: number[];
    exemplars?: WireExemplar[];
  }[];
}

interface WireExemplar {
  timestamp?: string | number;
  profileId?: string;
  value?: string | number;
  labels?: { name?: string; value?: string }[];
}

/** Profile with the largest value of a cell. */
export interface Example {
  id: string;
  /** ms since 1970. */
  time: number;
  value: number;
  labels: Record<string, string>;
}

export interface ProfileHeat {
  grid: HeatGrid;
  /** Lower bounds of the rows. */
  lower: number[];
  /** By cell: column × rows + row. */
  examples: Map<number, Example>;
}

export function profileHeat(
  series: WireHeatSeries[],
  { start, end, step }: { start: number; end: number; step: number },
): ProfileHeat {
  const columns = Math.max(1, Math.round((end - start) / step) + 1);
  const times = Array.from({ length: columns }, (_, i) => start + i * step);
  const lower = series.flatMap((s) => s.slots ?? [])[0]?.yMin ?? [];
  const rows = lower.length;
  const height = rows > 1 ? (lower[rows - 1] as number) - (lower[rows - 2] as number) : 1;
  const bounds = lower.map((low, i) => lower[i + 1] ?? low + height);
  const counts = new Float64Array(columns * rows);
  const examples = new Map<number, Example>();
  let max = 0;
  let total = 0;
  for (const slot of series.flatMap((s) => s.slots ?? [])) {
    const column = Math.round((Number(slot.timestamp ?? 0) - start) / step);
    if (column < 0 || column >= columns) continue;
    (slot.counts ?? []).forEach((n, row) => {
      const at = column * rows + row;
      counts[at] = (counts[at] as number) + n;
      max = Math.max(max, counts[at] as number);
      total += n;
    });
    for (const e of slot.exemplars ?? []) {
      const value = Number(e.value ?? 0);
      const row = Math.max(
        0,
        lower.findLastIndex((low) => value >= low),
      );
      const at = column * rows + row;
      const known = examples.get(at);
      if (!e.profileId || (known && known.value >= value)) continue;
      examples.set(at, {
        id: e.profileId,
        time: Number(e.timestamp ?? 0),
        value,
        labels: Object.fromEntries((e.labels ?? []).map((l) => [l.name ?? '', l.value ?? ''])),
      });
    }
  }
  return { grid: { times, step, bounds, counts, max, total }, lower, examples };
}

/** Columns and rows between two corners, first and last. */
function cells({ grid }: ProfileHeat, { from, to }: Corners) {
  const within = (n: number, count: number) => Math.min(count - 1, Math.max(0, n));
  const column = (n: number) => within(n, grid.times.length);
  const row = (n: number) => within(n, grid.bounds.length);
  return {
    left: column(Math.min(from.column, to.column)),
    right: column(Math.max(from.column, to.column)),
    low: row(Math.min(from.row, to.row)),
    high: row(Math.max(from.row, to.row)),
  };
}

/** The largest profile between two corners; null if there is none. */
export function exampleOf(heat: ProfileHeat, corners: Corners): Example | null {
  const { left, right, low, high } = cells(heat, corners);
  let found: Example | null = null;
  for (let column = left; column <= right; column++)
    for (let row = low; row <= high; row++) {
      const e = heat.examples.get(column * heat.grid.bounds.length + row);
      if (e && (!found || e.value > found.value)) found = e;
    }
  return found;
}

export function placeOf(heat: ProfileHeat, corners: Corners): Place {
  const { left, right, low, high } = cells(heat, corners);
  const columns = heat.grid.times.length;
  const rows = heat.grid.bounds.length;
  return { left: left / columns, right: (right + 1) / columns, low: low / rows, high: (high + 1) / rows };
}
