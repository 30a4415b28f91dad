import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { type RangeQuery, type Timed, useExemplars, useInstant, useRange } from '../api/queries';
import type { ExemplarSeries, QueryStats, RangeResult } from '../api/types';
import { useTheme } from '../app/theme';
import { Chart, type ExemplarPoint } from '../chart/chart';
import { seriesColor } from '../chart/palette';
import { Icon } from '../components/icons';
import { Button, CopyButton, Empty, Loading, Notice, Popover, Segmented, Select } from '../components/ui';
import { shortName, splitShared } from '../lib/labels';
import { utcTime } from '../lib/store';
import {
  clampRange,
  describeRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  roughDuration,
  type TimeRange,
} from '../lib/time';
import { formatValue, UNIT_CHOICES, type UnitId } from '../lib/units';
import { HeatmapChart } from './heatmap';
import { queryHistory, remember } from './history';
import { Editor } from './lazy-editor';
import { Legend } from './legend';
import { classicHeatmap, type Grid, parseValue, toGrid, toHeatmap } from './shape';
import { type Display, MAX_HIDDEN, type PanelState, type Resolution, stepOf } from './state';
import { ResultTable } from './table';
import { type Units, useUnits } from './use-unit';

const MAX_DRAWN = 1000;
const MAX_EXEMPLARS = 2000;
const GRAPH_HEIGHT = 320;

interface PanelProps {
  panel: PanelState;
  index: number;
  count: number;
  time: TimeRange;
  /** The moment that "now" stands for, ms: moves on run and refresh. */
  now: number;
  update: (patch: Partial<PanelState>, replace?: boolean) => void;
  /** Takes a new query, moves "now". */
  run: (expr: string) => void;
  setTime: (time: TimeRange) => void;
  remove: () => void;
  duplicate: () => void;
  explore: () => void;
  empty: ReactNode;
}

function Messages({ warnings, infos }: { warnings: string[]; infos: string[] }) {
  return (
    <>
      {warnings.map((text) => (
        <Notice key={text} kind="warning">
          {text}
        </Notice>
      ))}
      {infos.map((text) => (
        <Notice key={text} kind="info">
          {text}
        </Notice>
      ))}
    </>
  );
}

function Stats({ took, stats, extra }: { took: number; stats?: QueryStats; extra: string[] }) {
  const server = stats?.timings?.execTotalTime;
  const samples = stats?.samples?.totalQueryableSamples;
  const parts = [`${roughDuration(took)} round trip`];
  if (server !== undefined) parts.push(`${formatValue(server, 'seconds', 3)} on the server`);
  if (samples !== undefined) parts.push(`${formatValue(samples, 'none', 3)} samples read`);
  if (stats?.samples?.peakSamples !== undefined)
    parts.push(`peak ${formatValue(stats.samples.peakSamples, 'none', 3)}`);
  return <div className="panel-stats">{[...extra, ...parts].join(' · ')}</div>;
}

function exemplarPoints(data: ExemplarSeries[]): ExemplarPoint[] {
  const all = data.flatMap((series) =>
    series.exemplars.map((e) => ({
      time: e.timestamp,
      value: parseValue(e.value),
      labels: e.labels,
      series: series.seriesLabels,
    })),
  );
  const every = Math.ceil(all.length / MAX_EXEMPLARS);
  return every <= 1 ? all : all.filter((_, i) => i % every === 0);
}

interface GraphProps {
  panel: PanelState;
  result: Timed<RangeResult> & { query: RangeQuery };
  grid: Grid;
  units: Units;
  exemplars: ExemplarPoint[];
  update: PanelProps['update'];
  setTime: (time: TimeRange) => void;
  run: (expr: string) => void;
}

function Graph({ panel, result, grid, units, exemplars, update, setTime, run }: GraphProps) {
  const utc = utcTime.use();
  const theme = useTheme();
  const [focus, setFocus] = useState<string | null>(null);
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
  const zoomOut = () =>
    setTime({
      range: clampRange((end - start) * 2),
      end: Math.round((end + (end - start) / 2) / 1000) * 1000,
    });
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
        syncKey="explore"
        focus={focus}
        onSpan={span}
        onZoomOut={zoomOut}
      />
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

function NothingFound({ time, utc }: { time: string; utc: boolean }) {
  return (
    <Empty icon="search" title="No data">
      The query is valid, but no series matched {time}
      {utc ? ' (UTC)' : ''}. Check label values and the time range.
    </Empty>
  );
}

function GraphTab(props: PanelProps & { time: TimeRange }) {
  const { panel, time, now } = props;
  const utc = utcTime.use();
  const step = stepOf(panel.resolution, time.range);
  // A relative range ends on a step: refreshing then moves the picture without making it flicker.
  const end = time.end ?? Math.floor(now / step) * step;
  const query = { expr: panel.expr, start: end - time.range, end, step };
  const result = useRange(query, true);
  const exemplars = useExemplars(panel.expr, query.start, query.end, panel.exemplars);
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
          time={`between ${formatMoment(shown.query.start, utc)} and ${formatMoment(shown.query.end, utc)}`}
          utc={utc}
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

function TableTab({ panel, time, now }: PanelProps & { time: TimeRange }) {
  const utc = utcTime.use();
  const moment = panel.moment ?? time.end ?? now;
  const result = useInstant(panel.expr, moment, true);
  const units = useUnits(panel.expr, panel.unit);
  if (result.error) return <ErrorNotice error={result.error} />;
  if (!result.data) return <Loading label="Running the query" />;
  const { answer, took } = result.data;
  const { data } = answer;
  const nothing = Array.isArray(data.result) && data.result.length === 0;
  return (
    <div className={result.isPlaceholderData ? 'is-stale' : undefined} aria-busy={result.isFetching}>
      <Messages warnings={answer.warnings} infos={answer.infos} />
      {nothing ? (
        <NothingFound time={`at ${formatMoment(result.data.time, utc)}`} utc={utc} />
      ) : (
        <ResultTable data={data} time={result.data.time} units={units} utc={utc} />
      )}
      <Stats took={took} stats={data.stats} extra={[]} />
    </div>
  );
}

const RESOLUTIONS: { value: string; label: string }[] = [
  { value: 'low', label: 'Low resolution' },
  { value: 'medium', label: 'Medium resolution' },
  { value: 'high', label: 'High resolution' },
  ...['1s', '5s', '10s', '15s', '30s', '1m', '5m', '15m', '1h', '6h', '1d'].map((text) => ({
    value: text,
    label: `Step ${text}`,
  })),
];

function resolutionValue(resolution: Resolution): string {
  return resolution.kind === 'auto' ? resolution.density : formatDuration(resolution.step);
}

function readResolution(value: string): Resolution {
  if (value === 'low' || value === 'medium' || value === 'high') return { kind: 'auto', density: value };
  return { kind: 'fixed', step: parseDuration(value) ?? 60_000 };
}

function ResolutionSelect({ value, onChange }: { value: Resolution; onChange: (value: Resolution) => void }) {
  const current = resolutionValue(value);
  const choices = RESOLUTIONS.some((c) => c.value === current)
    ? RESOLUTIONS
    : [...RESOLUTIONS, { value: current, label: `Step ${current}` }];
  return (
    <Select
      label="Resolution"
      hideLabel
      value={current}
      choices={choices}
      onChange={(text) => onChange(readResolution(text))}
    />
  );
}

function MomentField({
  value,
  onChange,
}: {
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  const utc = utcTime.use();
  const written = value === null ? '' : formatMoment(value, utc);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const wrong = text.trim() !== '' && parseMoment(text, utc) === null;
  const commit = () => {
    const next = text.trim() === '' ? null : parseMoment(text, utc);
    if (!wrong && next !== value) onChange(next);
  };
  return (
    <label className="moment-field">
      <span className="field-label">At</span>
      <input
        value={text}
        placeholder="end of range"
        aria-invalid={wrong}
        aria-label="Evaluation time, like 2026-11-20 09:15"
        title="Evaluation time, like 2026-11-20 09:15. Empty: the end of the time range."
        onChange={(e) => setText(e.target.value)}
        onBlur={commit}
        onKeyDown={(e) => {
          if (e.key === 'Enter') commit();
        }}
      />
    </label>
  );
}

function HistoryMenu({ onPick }: { onPick: (expr: string) => void }) {
  const list = queryHistory.use();
  return (
    <Popover
      label="Recent queries"
      align="end"
      className="history-popover"
      button={(_open, toggle) => (
        <Button icon="history" look="ghost" label="Recent queries" onClick={toggle} />
      )}
    >
      {(close) => (
        <>
          <div className="popover-head">
            <strong>Recent queries</strong>
            {list.length > 0 && (
              <Button look="ghost" onClick={() => queryHistory.set([])}>
                Clear
              </Button>
            )}
          </div>
          {list.length === 0 && (
            <p className="muted">Queries that you run are kept here, in this browser only.</p>
          )}
          <div className="history-list">
            {list.map((expr) => (
              <button
                key={expr}
                type="button"
                className="menu-item mono-text"
                onClick={() => {
                  onPick(expr);
                  close();
                }}
              >
                {expr}
              </button>
            ))}
          </div>
        </>
      )}
    </Popover>
  );
}

function Toolbar({
  panel,
  update,
  time,
  ownTime,
  clearOwnTime,
}: {
  panel: PanelState;
  update: PanelProps['update'];
  time: TimeRange;
  ownTime: boolean;
  clearOwnTime: () => void;
}) {
  const utc = utcTime.use();
  return (
    <div className="panel-tools">
      <Segmented
        label="View"
        value={panel.tab}
        choices={[
          { value: 'graph', label: 'Graph', icon: 'graph' },
          { value: 'table', label: 'Table', icon: 'table' },
        ]}
        onChange={(tab) => update({ tab })}
      />
      {panel.tab === 'graph' ? (
        <>
          <Segmented<Display>
            label="Drawing"
            value={panel.display}
            choices={[
              { value: 'lines', label: 'Lines', icon: 'lines', iconOnly: true },
              { value: 'stacked', label: 'Stacked', icon: 'stacked', iconOnly: true },
              { value: 'heatmap', label: 'Heatmap', icon: 'heatmap', iconOnly: true },
            ]}
            onChange={(display) => update({ display })}
          />
          <ResolutionSelect value={panel.resolution} onChange={(resolution) => update({ resolution })} />
          <Button
            icon="exemplar"
            look="plain"
            pressed={panel.exemplars}
            onClick={() => update({ exemplars: !panel.exemplars })}
          >
            Exemplars
          </Button>
        </>
      ) : (
        <MomentField value={panel.moment} onChange={(moment) => update({ moment })} />
      )}
      <Select
        label="Unit"
        hideLabel
        value={panel.unit}
        choices={[
          { value: 'auto' as const, label: 'Unit: automatic' },
          ...UNIT_CHOICES.map((u) => ({ value: u.id, label: u.name })),
        ]}
        onChange={(unit) => update({ unit: unit as UnitId | 'auto' })}
      />
      {ownTime && (
        <span className="own-time">
          <Icon name="clock" size={14} /> {describeRange(time, utc)}
          <Button icon="close" look="ghost" label="Use the page's time range" onClick={clearOwnTime} />
        </span>
      )}
    </div>
  );
}

export function Panel(props: PanelProps) {
  const { panel, index, update } = props;
  const [draft, setDraft] = useState(panel.expr);
  const [formatError, setFormatError] = useState<unknown>(null);
  useEffect(() => setDraft(panel.expr), [panel.expr]);
  const time = panel.time ?? props.time;
  const setTime = (next: TimeRange) => (panel.time ? update({ time: next }) : props.setTime(next));

  const run = (expr: string) => {
    setFormatError(null);
    queryHistory.set(remember(queryHistory.get(), expr));
    props.run(expr.trim());
  };
  const format = async () => {
    if (draft.trim() === '') return;
    try {
      const { data } = await call<string>('format_query', { query: draft });
      setDraft(data);
      setFormatError(null);
    } catch (e) {
      setFormatError(e);
    }
  };
  const tab = { ...props, run, time, setTime };
  return (
    <section className="panel" aria-label={`Query ${index + 1}`}>
      <div className="query">
        <div className="query-box">
          <Editor
            value={draft}
            onChange={setDraft}
            onRun={run}
            label={`PromQL query ${index + 1}`}
            autoFocus={index === 0 && panel.expr === ''}
          />
          <div className="query-buttons">
            <Button icon="compass" look="ghost" label="Browse metrics" onClick={props.explore} />
            <HistoryMenu
              onPick={(expr) => {
                setDraft(expr);
                run(expr);
              }}
            />
            <Button icon="format" look="ghost" label="Format the query" onClick={() => void format()} />
            <CopyButton label="Copy the query" text={() => draft} />
            <Button icon="plus" look="ghost" label="Add a copy of this panel" onClick={props.duplicate} />
            {props.count > 1 && (
              <Button icon="trash" look="ghost" label="Remove this panel" onClick={props.remove} />
            )}
          </div>
        </div>
        <Button look="primary" icon="play" className="run" onClick={() => run(draft)}>
          Run
        </Button>
      </div>
      {formatError !== null && <ErrorNotice error={formatError} />}
      {panel.expr === '' ? (
        props.empty
      ) : (
        <>
          <Toolbar
            panel={panel}
            update={update}
            time={time}
            ownTime={panel.time !== null}
            clearOwnTime={() => update({ time: null })}
          />
          <div className="panel-body">
            {panel.tab === 'graph' ? <GraphTab {...tab} /> : <TableTab {...tab} />}
          </div>
        </>
      )}
    </section>
  );
}
