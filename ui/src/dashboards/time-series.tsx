/** Time series of a panel: chart and legend. */
import { useMemo, useState } from 'react';
import { useTheme } from '../app/theme';
import { Chart, type ChartSeries } from '../chart/chart';
import type { ExemplarPoint } from '../chart/exemplars';
import type { ChartMarker } from '../chart/markers';
import { utcTime } from '../lib/store';
import type { UnitId } from '../lib/units';
import { colorOf, lineColor, optionsOf, show, titleOf } from './display';
import { CALCS, type Field, type Frame, reduce } from './frames';
import type { FieldOptions, Panel } from './model';
import { unitOf } from './units';
import type { Span } from './variables';

const MAX_LINES = 500;
const LEGEND_ROWS = 40;

export interface Line {
  key: string;
  name: string;
  field: Field;
  options: FieldOptions;
  values: (number | null)[];
  color: string;
}

/** Numbers over time of all frames on the times that occur in any of them. */
export function linesOf(frames: Frame[], panel: Panel, theme: 'light' | 'dark') {
  const found: { field: Field; time: Field; options: FieldOptions; refId: string }[] = [];
  const times = new Set<number>();
  for (const frame of frames) {
    const time = frame.fields.find((f) => f.kind === 'time');
    if (!time) continue;
    const numbers = frame.fields.filter((f) => f.kind === 'number');
    if (numbers.length === 0) continue;
    for (const t of time.values) if (typeof t === 'number') times.add(t);
    for (const field of numbers) {
      const options = optionsOf(panel, field, frame.refId);
      if (!options.hidden) found.push({ field, time, options, refId: frame.refId });
    }
  }
  const ordered = [...times].sort((a, b) => a - b);
  const index = new Map(ordered.map((t, i) => [t, i]));
  const lines = found.map(({ field, time, options, refId }, i): Line => {
    const values: (number | null)[] = new Array(ordered.length).fill(null);
    time.values.forEach((t, k) => {
      const at = index.get(t as number);
      const v = field.values[k];
      if (at !== undefined && typeof v === 'number') values[at] = options.negativeY ? -v : v;
    });
    const name = titleOf(field, options);
    return {
      key: `${refId} ${name} ${i}`,
      name,
      field,
      options,
      values,
      color: lineColor(options, i, theme),
    };
  });
  return { times: ordered, lines };
}

/** Shares of the sum at each time, in percent. */
function shares(lines: Line[]): (number | null)[][] {
  const sums = (lines[0]?.values ?? []).map((_, i) =>
    lines.reduce((sum, l) => sum + (l.options.stacking === 'none' ? 0 : (l.values[i] ?? 0)), 0),
  );
  return lines.map((l) =>
    l.values.map((v, i) => (v === null || !sums[i] ? null : (v / (sums[i] as number)) * 100)),
  );
}

/** The smallest and the largest limit of a line, where the dashboard gives one. */
const bound = (values: (number | null)[], pick: (a: number, b: number) => number): number | null => {
  const given = values.filter((v) => v !== null);
  return given.length === 0 ? null : given.reduce((a, b) => pick(a, b));
};

export function TimeSeries(props: {
  panel: Panel;
  title: string;
  frames: Frame[];
  exemplars: ExemplarPoint[];
  markers: ChartMarker[];
  span: Span;
  height: number;
  onSpan: (from: number, to: number) => void;
  onZoomOut: () => void;
}) {
  const { panel, frames, span } = props;
  const theme = useTheme();
  const utc = utcTime.use();
  const [focus, setFocus] = useState<string | null>(null);
  const [only, setOnly] = useState<string | null>(null);
  const [hidden, setHidden] = useState<string[]>([]);
  const { times, lines } = useMemo(() => linesOf(frames, panel, theme), [frames, panel, theme]);
  const { draw } = panel.field;
  // Series that are not stacked stand out of a stack, as totals do.
  const stacking = lines.find((l) => l.options.stacking !== 'none')?.options.stacking ?? 'none';
  const percent = stacking === 'percent';
  const bars = draw === 'bars';
  const unit = unitOf(lines[0]?.options.unit ?? panel.field.unit);
  const axis: UnitId = percent ? 'percent' : unit.id;
  const factor = percent ? 1 : unit.factor;
  const { decimals } = panel.field;
  const visible = useMemo(
    () => lines.filter((l) => (only ? l.key === only : !hidden.includes(l.key))).slice(0, MAX_LINES),
    [lines, only, hidden],
  );
  const series = useMemo(() => {
    const values = percent ? shares(visible) : visible.map((l) => l.values);
    const out: ChartSeries[] = visible.map((l, i) => ({
      key: l.key,
      name: l.name,
      values: factor === 1 ? (values[i] as (number | null)[]) : (values[i] ?? []).map((v) => v && v * factor),
      color: l.color,
      labels: l.field.labels,
      limit: stacking !== 'none' && l.options.stacking === 'none',
    }));
    if (panel.field.thresholdLines && times.length > 0)
      for (const t of panel.field.thresholds)
        if (t.value !== null)
          out.push({
            key: `threshold ${t.value}`,
            name: 'Threshold',
            values: times.map(() => (t.value as number) * factor),
            color: colorOf(t.color, theme),
            limit: true,
          });
    return out;
  }, [visible, percent, stacking, factor, panel, times, theme]);
  const exemplars = useMemo(
    () => props.exemplars.map((e) => ({ ...e, value: e.value * factor })),
    [props.exemplars, factor],
  );
  const seconds = useMemo(() => times.map((t) => t / 1000), [times]);
  const rows = panel.legend.shown ? Math.min(lines.length, panel.legend.table ? 6 : 3) : 0;
  const legend =
    rows === 0 ? 0 : panel.legend.table ? 26 + rows * 22 : Math.min(66, 8 + Math.ceil(lines.length / 4) * 20);
  const height = Math.max(60, props.height - Math.min(legend, props.height / 2));
  return (
    <>
      <Chart
        times={seconds}
        series={series}
        unit={axis}
        format={percent ? undefined : (v) => unit.format(v / factor, decimals)}
        label={`${props.title || 'Panel'}: ${lines.length} series`}
        height={height}
        from={span.start / 1000}
        to={span.end / 1000}
        utc={utc}
        stacked={stacking !== 'none' && !bars}
        bars={bars}
        spanGaps={panel.field.spanGaps}
        filled={panel.field.fill > 0}
        floor={
          percent
            ? 0
            : scaled(
                bound(
                  visible.map((l) => l.options.min),
                  Math.min,
                ),
                factor,
              )
        }
        ceiling={
          percent
            ? 100
            : scaled(
                bound(
                  visible.map((l) => l.options.max),
                  Math.max,
                ),
                factor,
              )
        }
        exemplars={exemplars}
        markers={props.markers}
        syncKey="dashboard"
        focus={focus}
        onSpan={props.onSpan}
        onZoomOut={props.onZoomOut}
      />
      {panel.legend.shown && (
        <PanelLegend
          lines={lines.slice(0, LEGEND_ROWS)}
          more={lines.length - LEGEND_ROWS}
          table={panel.legend.table || panel.legend.calcs.length > 0}
          calcs={panel.legend.calcs}
          only={only}
          hidden={hidden}
          theme={theme}
          onFocus={setFocus}
          onPress={(key, add) => {
            if (add) {
              setOnly(null);
              setHidden(hidden.includes(key) ? hidden.filter((k) => k !== key) : [...hidden, key]);
            } else {
              setHidden([]);
              setOnly(only === key ? null : key);
            }
          }}
        />
      )}
      {lines.length > MAX_LINES && (
        <p className="muted">{`${lines.length} series: the first ${MAX_LINES} are drawn.`}</p>
      )}
    </>
  );
}

const scaled = (v: number | null, factor: number) => (v === null ? null : v * factor);

function PanelLegend(props: {
  lines: Line[];
  more: number;
  table: boolean;
  calcs: string[];
  only: string | null;
  hidden: string[];
  theme: 'light' | 'dark';
  onFocus: (key: string | null) => void;
  onPress: (key: string, add: boolean) => void;
}) {
  const on = (key: string) => (props.only ? props.only === key : !props.hidden.includes(key));
  const name = (l: Line) => (
    <button
      type="button"
      className="dash-legend-name"
      aria-pressed={on(l.key)}
      title={`${l.name}\nClick: show only this series. Ctrl+click: hide it.`}
      onClick={(e) => props.onPress(l.key, e.ctrlKey || e.metaKey)}
      onMouseEnter={() => props.onFocus(l.key)}
      onMouseLeave={() => props.onFocus(null)}
      onFocus={() => props.onFocus(l.key)}
      onBlur={() => props.onFocus(null)}
    >
      <span className="swatch" style={{ background: l.color }} />
      <span>{l.name}</span>
    </button>
  );
  const more = props.more > 0 && <span className="muted">{`${props.more} more`}</span>;
  if (!props.table)
    return (
      <div className="dash-legend">
        {props.lines.map((l) => (
          <span key={l.key}>{name(l)}</span>
        ))}
        {more}
      </div>
    );
  return (
    <div className="dash-legend is-table">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {props.calcs.map((c) => (
              <th key={c} scope="col" className="num">
                {CALCS[c] ?? c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.lines.map((l) => (
            <tr key={l.key} className={on(l.key) ? undefined : 'is-off'}>
              <td>{name(l)}</td>
              {props.calcs.map((c) => (
                <td key={c} className="num">
                  {show(reduce(l.values, c), { ...l.options, noValue: '–' }, props.theme).text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}
