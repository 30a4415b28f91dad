import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { type RangeQuery, type Timed, useExemplars, useRange } from '../api/queries';
import type { RangeResult } from '../api/types';
import { useTheme } from '../app/theme';
import { Chart, type ChartSeries } from '../chart/chart';
import type { ExemplarPoint } from '../chart/exemplars';
import { seriesColor } from '../chart/palette';
import { Loading, Notice } from '../components/ui';
import { shortName, splitShared } from '../lib/labels';
import { utcTime } from '../lib/store';
import { clampRange, formatDuration, formatMoment, type TimeRange } from '../lib/time';
import { Messages, NothingFound, Stats, type TabProps } from './answer';
import { HeatmapChart } from './heatmap';
import { Legend } from './legend';
import { PointLogs } from './point-logs';
import { classicHeatmap, exemplarPoints, type Grid, toGrid, toHeatmap } from './shape';
import { MAX_HIDDEN, stepOf } from './state';
import { type Units, useUnits } from './use-unit';

const MAX_DRAWN = 1000;
const GRAPH_HEIGHT = 320;

/** Twice the span around the same middle. */
function zoomedOut(start: number, end: number): TimeRange {
  const length = end - start;
  return { range: clampRange(length * 2), end: Math.round((end + length / 2) / 1000) * 1000 };
}

interface GraphProps extends Pick<TabProps, 'panel' | 'update' | 'setTime' | 'run'> {
  result: Timed<RangeResult> & { query: RangeQuery };
  grid: Grid;
  units: Units;
  exemplars: ExemplarPoint[];
}

function Graph({ panel, result, grid, units, exemplars, update, setTime, run }: GraphProps) {
  const utc = utcTime.use();
  const theme = useTheme();
  const [focus, setFocus] = useState<string | null>(null);
  const [point, setPoint] = useState<{ time: number; series: ChartSeries } | null>(null);
  const { query } = result;
  const { start, end, step } = query;

  const heatmap = useMemo(() => {
    if (grid.histograms.length > 0 && (panel.display === 'heatmap' || grid.series.length === 0)) {
      return toHeatmap(grid.histograms, start, end, step);
    }
    return panel.display === 'heatmap' ? classicHeatmap(grid) : null;
  }, [grid, panel.display, start, end, step]);

  const lines = useMemo(() => {
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
      .filter((s) => (panel.only ? s.key === panel.only : !panel.hide.includes(s.key)));
  }, [grid, theme, panel.only, panel.hide]);

  const span = (from: number, to: number) =>
    setTime({ range: clampRange((to - from) * 1000), end: Math.round(to) * 1000 });
  const label = `Graph of ${query.expr}: ${grid.series.length} series`;

  if (heatmap && heatmap.cells.length > 0) {
    return (
      <>
        <HeatmapChart
          data={heatmap}
          unit={units.bucket}
          height={GRAPH_HEIGHT}
          utc={utc}
          step={step}
          label={label}
        />
        {grid.series.length === 0 && (
          <div className="panel-hint">
            <span className="muted">Native histograms. As lines:</span>
            {['histogram_quantile(0.95, ', 'histogram_avg(', 'histogram_count('].map((f) => (
              <button key={f} type="button" className="pill" onClick={() => run(`${f}${query.expr})`)}>
                <code>{`${f}…)`}</code>
              </button>
            ))}
          </div>
        )}
      </>
    );
  }
  if (grid.series.length === 0) return null;
  return (
    <>
      {panel.display === 'heatmap' && (
        <Notice kind="info">
          A heatmap needs native histograms or classic buckets that differ in <code>le</code>: lines are
          shown.
        </Notice>
      )}
      {grid.series.length > MAX_DRAWN && (
        <Notice kind="warning">
          {`${grid.series.length} series: the first ${MAX_DRAWN} are drawn. Aggregate, or use topk.`}
        </Notice>
      )}
      <Chart
        times={grid.times}
        series={lines}
        unit={units.value}
        label={label}
        height={GRAPH_HEIGHT}
        from={start / 1000}
        to={end / 1000}
        utc={utc}
        stacked={panel.display === 'stacked'}
        exemplars={exemplars}
        floor={panel.floor}
        syncKey="explore"
        focus={focus}
        onSpan={span}
        onZoomOut={() => setTime(zoomedOut(start, end))}
        onPoint={(time, series) => setPoint({ time, series })}
      />
      {point && (
        <PointLogs
          name={point.series.name}
          labels={point.series.labels ?? {}}
          time={point.time * 1000}
          onClose={() => setPoint(null)}
        />
      )}
      <Legend
        series={grid.series}
        unit={units.value}
        only={panel.only}
        hide={panel.hide}
        onFocus={setFocus}
        onIsolate={(key) => update({ only: panel.only === key ? null : key, hide: [] }, true)}
        onToggle={(key) =>
          update(
            {
              only: null,
              hide: panel.hide.includes(key)
                ? panel.hide.filter((k) => k !== key)
                : [...panel.hide, key].slice(-MAX_HIDDEN),
            },
            true,
          )
        }
      />
    </>
  );
}

export function GraphTab(props: TabProps) {
  const { panel, time, now, attempt } = props;
  const utc = utcTime.use();
  const step = stepOf(panel.resolution, time.range);
  // A relative range ends on a step: refreshing then moves the picture without making it flicker.
  const end = time.end ?? Math.floor(now / step) * step;
  const query = { expr: panel.expr, start: end - time.range, end, step };
  const result = useRange(query, attempt);
  const exemplars = useExemplars(panel.expr, query.start, query.end, attempt, panel.exemplars);
  const units = useUnits(panel.expr, panel.unit);
  const shown = result.data;
  const grid = useMemo(
    () =>
      shown ? toGrid(shown.answer.data.result, shown.query.start, shown.query.end, shown.query.step) : null,
    [shown],
  );
  const points = useMemo(
    () => (panel.exemplars && exemplars.data ? exemplarPoints(exemplars.data.data) : []),
    [exemplars.data, panel.exemplars],
  );
  if (result.error) return <ErrorNotice error={result.error} />;
  if (!shown || !grid) return <Loading label="Running the query" />;
  const { answer, took } = shown;
  const nothing = grid.series.length === 0 && grid.histograms.length === 0;
  return (
    <div className={result.isPlaceholderData ? 'is-stale' : undefined} aria-busy={result.isFetching}>
      <Messages warnings={answer.warnings} infos={answer.infos} />
      {exemplars.error && panel.exemplars && <ErrorNotice error={exemplars.error} />}
      {panel.exemplars && exemplars.data && points.length === 0 && (
        <Notice kind="info">There are no exemplars for this query in this time range.</Notice>
      )}
      {nothing ? (
        <NothingFound
          expr={panel.expr}
          onRun={props.run}
          time={`between ${formatMoment(shown.query.start, utc)} and ${formatMoment(shown.query.end, utc)}`}
          utc={utc}
          onZoomOut={() => props.setTime(zoomedOut(shown.query.start, shown.query.end))}
        />
      ) : (
        <Graph
          panel={panel}
          result={shown}
          grid={grid}
          units={units}
          exemplars={points}
          update={props.update}
          setTime={props.setTime}
          run={props.run}
        />
      )}
      <Stats
        took={took}
        stats={answer.data.stats}
        extra={[
          `${grid.series.length + grid.histograms.length} series × ${grid.times.length} points`,
          `step ${formatDuration(shown.query.step)}`,
        ]}
      />
    </div>
  );
}
