import { ErrorNotice } from '../api/errors';
import { useRange } from '../api/queries';
import type { MatrixItem } from '../api/types';
import { useTheme } from '../app/theme';
import { Chart } from '../chart/chart';
import type { ChartMarker } from '../chart/markers';
import { seriesColor, token } from '../chart/palette';
import { Loading } from '../components/ui';
import { toGrid } from '../explore/shape';
import { utcTime } from '../lib/store';
import { clampRange } from '../lib/time';
import { formatValue, type UnitId } from '../lib/units';
import type { ServicesState } from './state';

const CHART_HEIGHT = 130;

/** A chart of at most three queries with its latest value. */
export function Figure({
  title,
  unit,
  state,
  queries,
  markers,
  onPoint,
}: {
  title: string;
  unit: UnitId;
  state: ServicesState;
  queries: [string, string, string][];
  markers?: ChartMarker[];
  /** The user clicked at a time (ms since 1970). */
  onPoint?: (time: number) => void;
}) {
  const theme = useTheme();
  const utc = utcTime.use();
  const step = Math.max(1000, Math.round((state.end - state.start) / 120 / 1000) * 1000);
  const ask = (i: number) => ({ expr: queries[i]?.[1] ?? '', start: state.start, end: state.end, step });
  // Three at most: hooks cannot be called in a loop.
  const answers = [
    useRange(ask(0), state.attempt),
    useRange(ask(1), state.attempt),
    useRange(ask(2), state.attempt),
  ];
  const error = answers.find((a) => a.error)?.error;
  if (error) return <ErrorNotice error={error} />;
  const first = answers[0]?.data;
  if (!first) return <Loading label={title} />;
  const { query } = first;
  const grids = queries.map((_, i) => {
    const data = answers[i]?.data;
    return data
      ? toGrid((data.answer.data.result ?? []) as MatrixItem[], query.start, query.end, query.step)
      : null;
  });
  const series = queries.map(([label, , color], i) => ({
    key: label,
    name: label,
    values: grids[i]?.series[0]?.values ?? [],
    color: color ? token(color) : seriesColor([0, 4, 7][i] ?? i, theme),
  }));
  const shown = series[Math.min(1, series.length - 1)];
  const latest = shown?.values.findLast((v) => v !== null) ?? null;
  const label = series.length > 1 ? `${shown?.name} ` : '';
  return (
    <section className="red-figure" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="red-value">
          {latest === null ? 'No data' : label + formatValue(latest, unit, 3)}
        </span>
      </header>
      <Chart
        times={grids[0]?.times ?? []}
        series={series}
        unit={unit}
        label={title}
        height={CHART_HEIGHT}
        from={query.start / 1000}
        to={query.end / 1000}
        utc={utc}
        floor={0}
        syncKey="service"
        markers={markers}
        onPoint={onPoint && ((time) => onPoint(time * 1000))}
        onSpan={(from, to) =>
          state.setTime({ range: clampRange((to - from) * 1000), end: Math.ceil(to) * 1000 })
        }
      />
    </section>
  );
}
