/** Series of TraceQL metrics on the grid of a chart. */
import type { MetricSeries } from './answers';

export interface Line {
  labels: Record<string, string>;
  values: (number | null)[];
}

export interface Grid {
  start: number;
  end: number;
  step: number;
}

/** Samples of one step are added. `missing` stands where a series has no sample: 0 for counts, null for a gap. */
export function toLines(
  series: Pick<MetricSeries, 'labels' | 'samples'>[],
  { start, end, step }: Grid,
  missing: number | null = 0,
): { times: number[]; lines: Line[] } {
  const count = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: count }, (_, i) => (start + i * step) / 1000);
  const lines = series.map(({ labels, samples }) => {
    const values: (number | null)[] = new Array(count).fill(missing);
    for (const { time, value } of samples) {
      const i = Math.round((time - start) / step);
      if (i >= 0 && i < count && Number.isFinite(value)) values[i] = (values[i] ?? 0) + value;
    }
    return { labels, values };
  });
  return { times, lines };
}
