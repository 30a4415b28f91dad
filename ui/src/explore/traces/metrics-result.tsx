/** Series of a TraceQL metrics query as a chart. */
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { useTheme } from '../../app/theme';
import { Chart } from '../../chart/chart';
import { seriesColor } from '../../chart/palette';
import { Empty, Loading } from '../../components/ui';
import { shortHash } from '../../lib/hash';
import { seriesName, shortName, splitShared } from '../../lib/labels';
import { utcTime } from '../../lib/store';
import { clampRange, type TimeRange } from '../../lib/time';
import { Legend } from '../legend';
import type { Series } from '../shape';
import { useMetrics, type Window } from './api';
import { toLines } from './lines';
import { aligned, stepOf } from './state';

const MAX_DRAWN = 500;
const DURATIONS = /_over_time\((?:span:|trace:)?(?:duration|traceDuration)\b/;
const COUNTS = /\b(?:count_over_time|histogram_over_time|rate|compare)\(/;

export function MetricsResult(props: {
  query: string;
  window: Window;
  attempt: number;
  onTime: (time: TimeRange) => void;
}) {
  const theme = useTheme();
  const utc = utcTime.use();
  const [focus, setFocus] = useState<string | null>(null);
  const [only, setOnly] = useState<string | null>(null);
  const [hide, setHide] = useState<string[]>([]);
  const step = stepOf(props.window.end - props.window.start);
  const window = aligned(props.window.start, props.window.end, step);
  const answer = useMetrics(props.query, window, step, props.attempt);
  const grid = useMemo(
    () => (answer.data ? toLines(answer.data.series, answer.data, null) : null),
    [answer.data],
  );
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!answer.data || !grid) return <Loading label="Running the query" />;
  if (grid.lines.length === 0)
    return (
      <Empty icon="search" title="No series">
        The query is valid, but no span matched in the time range.
      </Empty>
    );
  const series: Series[] = grid.lines.map(({ labels, values }) => {
    const name = seriesName(labels);
    return { key: shortHash(name), labels, name, values };
  });
  const { varying } = splitShared(series.map((s) => s.labels));
  const lines = series
    .slice(0, MAX_DRAWN)
    .map((s, i) => ({
      ...s,
      name: series.length === 1 ? s.name : shortName(s.labels, varying),
      color: seriesColor(i, theme),
    }))
    .filter((s) => (only ? s.key === only : !hide.includes(s.key)));
  const durations = DURATIONS.test(props.query) && !COUNTS.test(props.query);
  const unit = durations ? 'seconds' : 'none';
  return (
    <div className={answer.isPlaceholderData ? 'is-stale' : undefined}>
      <Chart
        times={grid.times}
        series={lines}
        unit={unit}
        label={`${series.length} series`}
        height={300}
        from={answer.data.start / 1000}
        to={answer.data.end / 1000}
        utc={utc}
        focus={focus}
        onSpan={(from, to) =>
          props.onTime({ range: clampRange((to - from) * 1000), end: Math.ceil(to) * 1000 })
        }
      />
      <Legend
        series={series}
        unit={unit}
        only={only}
        hide={hide}
        onIsolate={(key) => setOnly(only === key ? null : key)}
        onToggle={(key) => setHide(hide.includes(key) ? hide.filter((one) => one !== key) : [...hide, key])}
        onFocus={setFocus}
      />
    </div>
  );
}
