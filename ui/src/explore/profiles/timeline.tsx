/** Values of the selected profiles over time. Dragging over the chart selects a time range. */
import { useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { useTheme } from '../../app/theme';
import { Chart } from '../../chart/chart';
import { seriesColor } from '../../chart/palette';
import { Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { clampRange, type TimeRange } from '../../lib/time';
import { type Selection, useTimeline } from './api';
import { inSeconds, isTime, perSecond } from './units';

const HEIGHT = 110;
/** ms. */
const STEPS = [10, 15, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 43_200, 86_400, 604_800].map(
  (s) => s * 1000,
);
const POINTS = 120;

export const stepOf = (range: number): number =>
  STEPS.find((step) => range / step <= POINTS) ?? (STEPS.at(-1) as number);

export function TimelineChart(props: {
  title: string;
  selection: Selection;
  unit: string;
  attempt: number;
  color: number;
  onTime: (time: TimeRange) => void;
}) {
  const { selection, unit } = props;
  const theme = useTheme();
  const utc = utcTime.use();
  const step = stepOf(selection.end - selection.start);
  const { data, error } = useTimeline(selection, step, props.attempt);
  const lines = useMemo(() => {
    if (!data) return null;
    const from = Math.floor(data.start / data.step) * data.step;
    const count = Math.floor((data.end - from) / data.step) + 1;
    const values: (number | null)[] = new Array(count).fill(0);
    for (const { time, value } of data.points) {
      const i = Math.floor((time - from) / data.step);
      if (i < 0 || i >= count) continue;
      const own = isTime(unit) ? inSeconds(value, unit) / (data.step / 1000) : value;
      values[i] = (values[i] as number) + own;
    }
    // A step that is partly outside of the range has less than its profiles.
    if (count > 2) {
      if (from < data.start) values[0] = null;
      if (from + count * data.step > data.end) values[count - 1] = null;
    }
    return { times: values.map((_, i) => (from + i * data.step) / 1000), values };
  }, [data, unit]);
  if (error) return <ErrorNotice error={error} />;
  if (!data || !lines) return <Loading label="Loading profiles" />;
  return (
    <section className="profile-timeline" aria-label={props.title}>
      <h2>
        {props.title} {isTime(unit) && <span className="muted">{perSecond(selection.type)}</span>}
      </h2>
      <Chart
        times={lines.times}
        series={[
          { key: 'value', name: props.title, values: lines.values, color: seriesColor(props.color, theme) },
        ]}
        unit={unit === 'bytes' ? 'bytes' : 'none'}
        label={`${props.title} over time`}
        height={HEIGHT}
        from={data.start / 1000}
        to={data.end / 1000}
        utc={utc}
        floor={0}
        filled
        syncKey="profiles"
        onSpan={(from, to) =>
          props.onTime({ range: clampRange((to - from) * 1000), end: Math.ceil(to) * 1000 })
        }
        onZoomOut={() => {
          const length = data.end - data.start;
          props.onTime({
            range: clampRange(length * 2),
            end: Math.ceil((data.end + length / 2) / 1000) * 1000,
          });
        }}
      />
    </section>
  );
}
