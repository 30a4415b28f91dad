/** Answer of a metric query: graph or table. A click on the graph leads to the entries behind the point. */
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import type { LabelSet } from '../../api/types';
import { useTheme } from '../../app/theme';
import { Chart } from '../../chart/chart';
import { seriesColor } from '../../chart/palette';
import { Button, Empty, Loading } from '../../components/ui';
import { shortName, splitShared } from '../../lib/labels';
import { utcTime } from '../../lib/store';
import { clampRange, formatDuration, formatMoment, type TimeRange } from '../../lib/time';
import { Legend } from '../legend';
import { toGrid } from '../shape';
import { ResultTable } from '../table';
import { type Span, useMatrix, useVector } from './api';
import { behindPoint, windowOf } from './links';
import { volumeSpan, volumeStep } from './state';

const HEIGHT = 320;
const MAX_DRAWN = 500;
const NUMBER = { value: 'none', bucket: 'none' } as const;

interface Props {
  query: string;
  range: Span;
  attempt: number;
  onTime: (time: TimeRange) => void;
  onLogs: (query: string, time: TimeRange) => void;
}

function Graph(props: Props) {
  const { range } = props;
  const utc = utcTime.use();
  const theme = useTheme();
  const [only, setOnly] = useState<string | null>(null);
  const [hide, setHide] = useState<string[]>([]);
  const [focus, setFocus] = useState<string | null>(null);
  const [point, setPoint] = useState<{ time: number; name: string; labels: LabelSet } | null>(null);
  // Four points where the histogram has one bar.
  const step = Math.max(1000, volumeStep(range.end - range.start) / 4);
  const answer = useMatrix(props.query, volumeSpan(range.start, range.end, step), step, props.attempt);
  const shown = answer.data;
  const grid = useMemo(
    () => (shown ? toGrid(shown.items, shown.start, shown.end, shown.step) : null),
    [shown],
  );
  const lines = useMemo(() => {
    if (!grid) return [];
    const { varying } = splitShared(grid.series.map((s) => s.labels));
    return grid.series
      .slice(0, MAX_DRAWN)
      .map((s, i) => ({
        key: s.key,
        name: grid.series.length === 1 ? s.name : shortName(s.labels, varying),
        values: s.values,
        color: seriesColor(i, theme),
        labels: s.labels,
      }))
      .filter((s) => (only ? s.key === only : !hide.includes(s.key)));
  }, [grid, theme, only, hide]);
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!shown || !grid) return <Loading label="Running the query" />;
  if (grid.series.length === 0)
    return (
      <Empty icon="graph" title="No data">
        The query is valid, but no entry in this time range has a value.
      </Empty>
    );
  const behind = point && behindPoint(props.query, point.labels);
  return (
    <div className={answer.isPlaceholderData ? 'is-stale' : undefined}>
      <Chart
        times={grid.times}
        series={lines}
        unit="none"
        label={`Graph of ${props.query}: ${grid.series.length} series`}
        height={HEIGHT}
        from={shown.start / 1000}
        to={shown.end / 1000}
        utc={utc}
        focus={focus}
        onSpan={(from, to) =>
          props.onTime({ range: clampRange((to - from) * 1000), end: Math.round(to) * 1000 })
        }
        onPoint={(time, series) => setPoint({ time, name: series.name, labels: series.labels ?? {} })}
      />
      {point && behind && (
        <div className="point-logs">
          <span>
            {point.name} at {formatMoment(point.time * 1000, utc)}
          </span>
          <Button
            icon="logs"
            look="primary"
            onClick={() =>
              props.onLogs(behind, {
                range: clampRange(windowOf(props.query, shown.step)),
                end: Math.ceil(point.time) * 1000,
              })
            }
          >
            Show logs
          </Button>
          <Button icon="close" look="ghost" label="Close" onClick={() => setPoint(null)} />
        </div>
      )}
      <Legend
        series={grid.series}
        unit="none"
        only={only}
        hide={hide}
        onFocus={setFocus}
        onIsolate={(key) => {
          setOnly(only === key ? null : key);
          setHide([]);
        }}
        onToggle={(key) => {
          setOnly(null);
          setHide(hide.includes(key) ? hide.filter((k) => k !== key) : [...hide, key]);
        }}
      />
      <div className="panel-stats">
        {`${grid.series.length} series × ${grid.times.length} points · step ${formatDuration(shown.step)}`}
      </div>
    </div>
  );
}

function Table({ query, range, attempt }: Props) {
  const utc = utcTime.use();
  const answer = useVector(query, range.end, attempt);
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!answer.data) return <Loading label="Running the query" />;
  if (Array.isArray(answer.data.result) && answer.data.result.length === 0)
    return (
      <Empty icon="table" title="No data">
        The query is valid, but has no value at the end of the time range.
      </Empty>
    );
  return <ResultTable data={answer.data} time={range.end} units={NUMBER} utc={utc} />;
}

export function MetricResult({ table, ...props }: Props & { table: boolean }) {
  return table ? <Table {...props} /> : <Graph {...props} />;
}
