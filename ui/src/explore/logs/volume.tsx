/** Entries over time by level. Dragging over the bars zooms in; the legend hides levels. */
import { useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { useTheme } from '../../app/theme';
import { Chart } from '../../chart/chart';
import { Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { clampRange, formatDuration, type TimeRange } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { toGrid } from '../shape';
import { type Span, useMatrix } from './api';
import { byLevel, type Level, levelColor } from './levels';
import { volumeQuery } from './query';
import { volumeSpan, volumeStep } from './state';

const HEIGHT = 130;

export function Volume(props: {
  query: string;
  range: Span;
  attempt: number;
  hidden: Level[];
  onHidden: (hidden: Level[]) => void;
  onTime: (time: TimeRange) => void;
}) {
  const { range, hidden } = props;
  const theme = useTheme();
  const utc = utcTime.use();
  const step = volumeStep(range.end - range.start);
  const bars = volumeSpan(range.start, range.end, step);
  const answer = useMatrix(volumeQuery(props.query, formatDuration(step)), bars, step, props.attempt);
  const shown = answer.data;
  const { grid, levels } = useMemo(() => {
    const g = shown ? toGrid(shown.items, shown.start, shown.end, shown.step) : null;
    return { grid: g, levels: g ? byLevel(g.series) : [] };
  }, [shown]);
  const series = useMemo(
    () =>
      levels
        .filter((row) => !hidden.includes(row.level))
        .map((row) => ({
          key: row.level,
          name: row.level,
          values: row.values,
          color: levelColor(row.level, theme),
        })),
    [levels, hidden, theme],
  );
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!shown || !grid) return <Loading label="Counting entries" />;
  const total = levels.reduce((sum, row) => sum + row.total, 0);
  if (total === 0) return null;
  const toggle = (level: Level) =>
    props.onHidden(hidden.includes(level) ? hidden.filter((one) => one !== level) : [...hidden, level]);
  return (
    <section
      className={answer.isPlaceholderData ? 'logs-volume is-stale' : 'logs-volume'}
      aria-label="Log volume"
    >
      <div className="logs-levels">
        {[...levels].reverse().map((row) => (
          <button
            key={row.level}
            type="button"
            className="logs-level"
            aria-pressed={!hidden.includes(row.level)}
            title={hidden.includes(row.level) ? 'Show level' : 'Hide level'}
            onClick={() => toggle(row.level)}
          >
            <span className="swatch" style={{ background: levelColor(row.level, theme) }} />
            {row.level} <b>{formatValue(row.total, 'none', 3)}</b>
          </button>
        ))}
        <span className="muted logs-total">
          {`${formatValue(total, 'none', 4)} entries · ${formatDuration(shown.step)} a bar`}
        </span>
      </div>
      <Chart
        times={grid.times}
        series={series}
        unit="none"
        label={`Entries by level: ${total} entries`}
        height={HEIGHT}
        from={(shown.start - shown.step) / 1000}
        to={shown.end / 1000}
        utc={utc}
        bars
        floor={0}
        onSpan={(from, to) =>
          props.onTime({ range: clampRange((to - from) * 1000), end: Math.ceil(to) * 1000 })
        }
        onZoomOut={() => {
          const length = range.end - range.start;
          props.onTime({
            range: clampRange(length * 2),
            end: Math.ceil((range.end + length / 2) / 1000) * 1000,
          });
        }}
      />
    </section>
  );
}
