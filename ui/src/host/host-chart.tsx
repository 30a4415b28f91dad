import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { rangeQuery } from '../api/queries';
import { useTheme } from '../app/theme';
import { Chart, type ChartSeries } from '../chart/chart';
import { seriesColor } from '../chart/palette';
import { Icon } from '../components/icons';
import { summarise, toGrid } from '../explore/shape';
import { encode, newPanel, newState } from '../explore/state';
import { utcTime } from '../lib/store';
import { clampRange, type TimeRange } from '../lib/time';
import { formatValue } from '../lib/units';
import type { ChartSpec } from './metrics';

const HEIGHT = 190;
/** A machine with hundreds of devices is shown by its busiest. */
const MAX_LINES = 16;

interface Props {
  spec: ChartSpec;
  time: TimeRange;
  start: number;
  end: number;
  step: number;
  /** The host has only begun to tell: what is not there may still come. */
  begun: boolean;
  onTime: (time: TimeRange) => void;
}

function busiest(lines: ChartSeries[]): ChartSeries[] {
  if (lines.length <= MAX_LINES) return lines;
  const mean = new Map(lines.map((line) => [line.key, summarise(line.values).mean ?? 0]));
  const kept = new Set(
    [...lines].sort((a, b) => (mean.get(b.key) ?? 0) - (mean.get(a.key) ?? 0)).slice(0, MAX_LINES),
  );
  return lines.filter((line) => kept.has(line));
}

export function HostChart({ spec, time, start, end, step, begun, onTime }: Props) {
  const utc = utcTime.use();
  const theme = useTheme();
  const [focus, setFocus] = useState<string | null>(null);
  const results = useQueries({
    queries: spec.lines.map((line) => ({
      queryKey: ['host', line.expr, start, end, step],
      queryFn: async ({ signal }: { signal: AbortSignal }) => ({
        items: (await rangeQuery({ expr: line.expr, start, end, step }, signal)).data.result,
        start,
        end,
        step,
      }),
      placeholderData: <T,>(previous: T | undefined) => previous,
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
  const error = results.find((r) => r.error)?.error;
  const loading = results.some((r) => r.isPending);
  const marks = results.map((r) => r.dataUpdatedAt).join(' ');

  // biome-ignore lint/correctness/useExhaustiveDependencies: marks stands for the results, which are new objects each time.
  const { lines, times, from, to } = useMemo(() => {
    const out: ChartSeries[] = [];
    // Panels move together: the grid is that of the newest answer, older ones are put on it.
    const newest = results.reduce<(typeof results)[number]['data']>(
      (best, r) => (r.data && (!best || r.data.end > best.end) ? r.data : best),
      undefined,
    );
    const grid = newest ?? { start, end, step };
    results.forEach((result, i) => {
      const line = spec.lines[i];
      if (!result.data || !line) return;
      for (const series of toGrid(result.data.items, grid.start, grid.end, grid.step).series) {
        out.push({
          key: `${i}${series.key}`,
          name: line.name(series.labels),
          values: series.values,
          color: seriesColor(line.color?.(series.labels) ?? out.length, theme),
          limit: line.limit,
        });
      }
    });
    return {
      lines: busiest(out),
      times: toGrid([], grid.start, grid.end, grid.step).times,
      from: grid.start / 1000,
      to: grid.end / 1000,
    };
  }, [marks, spec, theme]);

  const explore = encode({
    ...newState(),
    time,
    panels: spec.lines.map((line) =>
      newPanel({ expr: line.expr, unit: spec.unit, display: spec.stacked ? 'stacked' : 'lines' }),
    ),
  });
  return (
    <section className="card host-card" aria-label={spec.title}>
      <header className="host-card-head">
        <div>
          <h2>{spec.title}</h2>
          <p className="muted">{spec.hint}</p>
        </div>
        <Link
          to="/query"
          search={explore as never}
          className="button button-ghost button-icon"
          aria-label={`Open ${spec.title} in Explore`}
          title="Open in Explore"
        >
          <Icon name="explore" size={16} />
        </Link>
      </header>
      {error ? (
        <ErrorNotice error={error} />
      ) : lines.length === 0 ? (
        <div className="host-card-none" style={{ minHeight: HEIGHT }}>
          {loading ? (
            <span className="spinner" />
          ) : (
            <span className="muted">
              {begun ? 'No data yet. Samples appear as they arrive.' : spec.absent}
            </span>
          )}
        </div>
      ) : (
        <>
          <Chart
            times={times}
            series={lines}
            unit={spec.unit}
            label={`${spec.title}: ${lines.map((line) => line.name).join(', ')}`}
            height={HEIGHT}
            from={from}
            to={to}
            utc={utc}
            stacked={spec.stacked}
            floor={0}
            ceiling={spec.ceiling}
            syncKey="host"
            focus={focus}
            onSpan={(a, b) => onTime({ range: clampRange((b - a) * 1000), end: Math.round(b) * 1000 })}
            onZoomOut={() =>
              onTime({
                range: clampRange(time.range * 2),
                end: time.end === null ? null : time.end + time.range / 2,
              })
            }
          />
          <ul className="host-legend">
            {lines.map((line) => {
              const { last } = summarise(line.values);
              return (
                <li
                  key={line.key}
                  onMouseEnter={() => setFocus(line.key)}
                  onMouseLeave={() => setFocus(null)}
                >
                  <span className="swatch" style={{ background: line.color }} />
                  {line.name}
                  <b>{last === null ? '–' : formatValue(last, spec.unit, 3)}</b>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}
