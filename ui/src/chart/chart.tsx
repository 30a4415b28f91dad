import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import type { LabelSet } from '../api/types';
import { useTheme } from '../app/theme';
import { stack } from '../explore/shape';
import { formatMoment } from '../lib/time';
import { axisIncrements, formatValue, type UnitId } from '../lib/units';
import { timeTicks, valueBounds, valueTicks } from './axes';
import { drawExemplars, type ExemplarPoint, exemplarAt } from './exemplars';
import { type ChartMarker, drawMarkers, markersAt } from './markers';
import { token } from './palette';
import { Tooltip, type TooltipRow } from './tooltip';

export interface ChartSeries {
  key: string;
  /** Short name, for the tooltip. */
  name: string;
  values: (number | null)[];
  color: string;
  labels?: LabelSet;
  /** Drawn as a dashed line without fill: a limit, a total. */
  limit?: boolean;
}

export interface ChartProps {
  times: number[];
  series: ChartSeries[];
  unit: UnitId;
  /** Writes values in the tooltip; by the unit without it. */
  format?: (value: number) => string;
  /** What the picture shows, for those who cannot see it. */
  label: string;
  height: number;
  /** Unix seconds. */
  from: number;
  to: number;
  utc: boolean;
  stacked?: boolean;
  filled?: boolean;
  /** Lines go over gaps. */
  spanGaps?: boolean;
  /** Stacked bars, the last series lowest. The bar of a value ends at its time. */
  bars?: boolean;
  exemplars?: ExemplarPoint[];
  /** Alerts, restarts and deployments on the time axis. */
  markers?: ChartMarker[];
  /** Bounds that the value axis covers at least. */
  floor?: number | null;
  ceiling?: number | null;
  /** Charts with the same key share their cursor. */
  syncKey?: string;
  /** Key of the series to bring forward. */
  focus?: string | null;
  /** The user dragged over a span, or panned to it (unix seconds). */
  onSpan?: (from: number, to: number) => void;
  onZoomOut?: () => void;
  /** The user clicked at a time (unix seconds); the series is the one drawn nearest. */
  onPoint?: (time: number, series: ChartSeries) => void;
}

const MAX_TOOLTIP_ROWS = 10;
/** With more lines than this none gets a mark at the cursor: moving them all would stutter. */
const MAX_CURSOR_POINTS = 60;
const NO_EXEMPLARS: ExemplarPoint[] = [];
const NO_MARKERS: ChartMarker[] = [];

/** What hooks read: the newest properties, so that new data need no new chart. */
interface Live {
  props: ChartProps;
  hovered: boolean;
}

/** Palette colours are #rrggbb or oklch(l c h). */
function withAlpha(color: string, alpha: number): string {
  return color.startsWith('#')
    ? `${color}${Math.round(alpha * 255)
        .toString(16)
        .padStart(2, '0')}`
    : color.replace(')', ` / ${alpha})`);
}

function plotData(props: ChartProps): uPlot.AlignedData {
  const lines = props.series.filter((s) => !s.limit).map((s) => s.values);
  // Series are drawn in order: lower bars over the taller ones behind them.
  const drawn = props.bars ? stack(lines.reverse()).reverse() : props.stacked ? stack(lines) : lines;
  let next = 0;
  return [
    props.times,
    ...props.series.map((s) => (s.limit ? s.values : (drawn[next++] as (number | null)[]))),
  ];
}

/** A single value between gaps has no line to show it: a point does. */
function lonePoints(u: uPlot, index: number): number[] {
  const values = u.data[index] as (number | null)[];
  const [from, to] = u.series[0]?.idxs ?? [0, values.length - 1];
  const out: number[] = [];
  for (let i = from; i <= to; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  }
  return out;
}

/** The series whose line passes nearest to the pointer at this step. */
function nearestSeries(u: uPlot, index: number, top: number): number {
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (let s = 1; s < u.data.length; s++) {
    const value = (u.data[s] as (number | null)[])[index];
    if (value == null) continue;
    const d = Math.abs(u.valToPos(value, 'y') - top);
    if (d < distance) {
      best = s - 1;
      distance = d;
    }
  }
  return best;
}

function tooltipRows(
  props: ChartProps,
  index: number,
  nearest: number,
): { rows: TooltipRow[]; more: number } {
  const all = props.series
    .map((s, i) => ({ s, i, value: s.values[index] ?? null }))
    .filter((entry): entry is typeof entry & { value: number } => entry.value !== null);
  if (props.stacked) all.reverse();
  else all.sort((a, b) => b.value - a.value);
  let shown = all.slice(0, MAX_TOOLTIP_ROWS);
  if (all.length > MAX_TOOLTIP_ROWS) {
    // Keep the one pointed at in view.
    const at = Math.max(
      0,
      all.findIndex((entry) => entry.i === nearest),
    );
    const start = Math.min(Math.max(0, at - MAX_TOOLTIP_ROWS / 2), all.length - MAX_TOOLTIP_ROWS);
    shown = all.slice(start, start + MAX_TOOLTIP_ROWS);
  }
  return {
    rows: shown.map(({ s, i, value }) => ({
      color: s.color,
      name: s.name,
      value: props.format?.(value) ?? formatValue(value, props.unit),
      focused: i === nearest && all.length > 1,
    })),
    more: all.length - shown.length,
  };
}

function onCursor(u: uPlot, live: Live, tip: Tooltip): void {
  const { left, top, idx } = u.cursor;
  if (!live.hovered || left == null || top == null || left < 0 || idx == null) {
    tip.hide();
    return;
  }
  const { props } = live;
  const exemplar = exemplarAt(u, props.exemplars ?? NO_EXEMPLARS, left, top);
  if (exemplar) {
    tip.show(
      {
        title: formatMoment(exemplar.time * 1000, props.utc),
        rows: [
          {
            color: token('--exemplar'),
            name: 'Exemplar',
            value: formatValue(exemplar.value, props.unit),
            focused: true,
          },
        ],
        more: 0,
        details: [...Object.entries(exemplar.labels), ...Object.entries(exemplar.series)],
      },
      left,
      top,
    );
    return;
  }
  const nearest = nearestSeries(u, idx, top);
  const { rows, more } = tooltipRows(props, idx, nearest);
  const markers = markersAt(u, props.markers ?? NO_MARKERS, left);
  if (rows.length === 0 && markers.length === 0) {
    tip.hide();
    return;
  }
  const labels = props.series[nearest]?.labels;
  tip.show(
    {
      title: formatMoment((u.data[0][idx] as number) * 1000, props.utc),
      rows,
      more,
      details: [
        ...markers.map(({ kind, text }): [string, string] => [kind, text]),
        ...(labels ? Object.entries(labels).filter(([name]) => name !== '__name__') : []),
      ],
    },
    left,
    top,
  );
}

/** Shift and drag moves the visible span; the new one is reported when the button is released. */
function startPan(u: uPlot, live: Live, down: MouseEvent): void {
  const { from, to } = live.props;
  const perPixel = (to - from) / u.over.clientWidth;
  let shift = 0;
  const move = (e: MouseEvent) => {
    shift = (down.clientX - e.clientX) * perPixel;
    u.setScale('x', { min: from + shift, max: to + shift });
  };
  const up = () => {
    document.removeEventListener('mousemove', move);
    document.removeEventListener('mouseup', up);
    u.over.classList.remove('is-panning');
    if (Math.abs(shift) > perPixel * 3) live.props.onSpan?.(from + shift, to + shift);
    else u.setScale('x', { min: from, max: to });
  };
  u.over.classList.add('is-panning');
  document.addEventListener('mousemove', move);
  document.addEventListener('mouseup', up);
}

function seriesOptions(props: ChartProps): uPlot.Series[] {
  const filled = props.filled ?? props.series.length === 1;
  if (props.bars) {
    const paths = uPlot.paths.bars?.({ size: [0.86, 60], align: -1 });
    return props.series.map((s) => ({
      label: s.name,
      stroke: s.color,
      width: 0,
      fill: s.color,
      paths,
      points: { show: false },
    }));
  }
  return props.series.map((s) => ({
    label: s.name,
    stroke: s.color,
    width: s.limit ? 1.25 : props.stacked ? 1 : 1.75,
    dash: s.limit ? [6, 4] : undefined,
    spanGaps: props.spanGaps,
    fill: s.limit
      ? undefined
      : props.stacked
        ? withAlpha(s.color, 0.45)
        : filled
          ? withAlpha(s.color, 0.12)
          : undefined,
    points: { show: true, size: 5, fill: s.color, filter: (u: uPlot, index: number) => lonePoints(u, index) },
  }));
}

function bands(props: ChartProps): uPlot.Band[] {
  if (!props.stacked) return [];
  const stackedAt = props.series.map((s, i) => (s.limit ? 0 : i + 1)).filter((i) => i > 0);
  const out: uPlot.Band[] = [];
  for (let i = 1; i < stackedAt.length; i++) {
    const color = props.series[(stackedAt[i] as number) - 1]?.color ?? '#888';
    out.push({ series: [stackedAt[i] as number, stackedAt[i - 1] as number], fill: withAlpha(color, 0.45) });
  }
  return out;
}

function axisFont(): string {
  return `11px ${token('--font-sans')}`;
}

function yAxisSize(u: uPlot, values: string[] | null): number {
  if (!values) return 48;
  u.ctx.save();
  u.ctx.font = `${11 * uPlot.pxRatio}px ${token('--font-sans')}`;
  const widest = values.reduce((most, text) => Math.max(most, text ? u.ctx.measureText(text).width : 0), 0);
  u.ctx.restore();
  return Math.ceil(widest / uPlot.pxRatio) + 18;
}

function options(live: Live, tip: () => Tooltip, width: number): uPlot.Options {
  const { props } = live;
  const muted = token('--text-muted');
  const grid = { stroke: token('--line-soft'), width: 1 };
  const incrs = axisIncrements(props.unit);
  return {
    width,
    height: props.height,
    padding: [10, 20, 0, 0],
    legend: { show: false },
    tzDate: props.utc ? (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') : undefined,
    focus: { alpha: 0.18 },
    scales: {
      x: { time: true, range: () => [live.props.from, live.props.to] },
      y: {
        range: (_u, min, max) =>
          valueBounds(
            min ?? Number.NaN,
            max ?? Number.NaN,
            live.props.floor ?? null,
            live.props.ceiling ?? null,
          ),
      },
    },
    series: [{}, ...seriesOptions(props)],
    bands: bands(props),
    axes: [
      {
        stroke: muted,
        font: axisFont(),
        grid: { ...grid, show: false },
        ticks: { stroke: token('--line'), width: 1, size: 4 },
        space: 72,
        size: (_u, values) => (values?.some((text) => text?.includes('\n')) ? 42 : 28),
        gap: 5,
        values: (_u, splits, _axis, _space, increment) => timeTicks(splits, increment, props.utc),
      },
      {
        stroke: muted,
        font: axisFont(),
        grid,
        ticks: { show: false },
        border: { show: false },
        size: yAxisSize,
        gap: 8,
        space: 36,
        ...(incrs ? { incrs } : {}),
        values: (_u, splits) => valueTicks(splits, props.unit),
      },
    ],
    cursor: {
      y: false,
      points: {
        ...(props.bars || props.series.length > MAX_CURSOR_POINTS ? { show: false } : {}),
        size: 7,
        width: 1.5,
        fill: (_u, s) => props.series[s - 1]?.color ?? muted,
        stroke: () => token('--surface'),
      },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      sync: props.syncKey ? { key: props.syncKey, setSeries: false } : undefined,
      bind: {
        mousedown: (u, _target, handler) => (e: MouseEvent) => {
          if (e.button === 0 && e.shiftKey && live.props.onSpan) startPan(u, live, e);
          else handler(e);
          return null;
        },
        dblclick: () => () => {
          live.props.onZoomOut?.();
          return null;
        },
      },
    },
    hooks: {
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          live.props.onSpan?.(from, to);
        },
      ],
      setCursor: [(u) => onCursor(u, live, tip())],
      draw: [
        (u) => {
          drawMarkers(u, live.props.markers ?? NO_MARKERS);
          drawExemplars(u, live.props.exemplars ?? NO_EXEMPLARS);
        },
      ],
    },
  };
}

/** Fingers have no hover: a touch puts the cursor where it is. */
function bindTouch(u: uPlot, live: Live): void {
  const follow = (e: PointerEvent) => {
    if (e.pointerType !== 'touch') return;
    const box = u.over.getBoundingClientRect();
    live.hovered = true;
    u.setCursor({ left: e.clientX - box.left, top: e.clientY - box.top });
  };
  let down: { x: number; y: number } | null = null;
  u.over.addEventListener('pointerdown', (e) => {
    down = { x: e.clientX, y: e.clientY };
  });
  u.over.addEventListener('click', (e) => {
    const { idx, top } = u.cursor;
    // The end of a drag is a click as well.
    const moved = !down || Math.abs(e.clientX - down.x) + Math.abs(e.clientY - down.y) > 3;
    if (moved || !live.props.onPoint || idx == null || top == null) return;
    const series = live.props.series[nearestSeries(u, idx, top)];
    if (series) live.props.onPoint(u.data[0][idx] as number, series);
  });
  u.over.addEventListener('pointerdown', follow);
  u.over.addEventListener('pointermove', follow);
  u.over.addEventListener('mouseenter', () => {
    live.hovered = true;
  });
  u.over.addEventListener('mouseleave', () => {
    live.hovered = false;
    u.setCursor({ left: -10, top: -10 });
  });
}

/** A time chart. Data may change on every render; the plot is only built anew when its structure does. */
export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const live = useRef<Live>({ props, hovered: false });
  const theme = useTheme();
  live.current.props = props;

  const structure = useMemo(
    () =>
      JSON.stringify([
        props.series.map((s) => [s.key, s.name, s.color, s.limit ?? false]),
        props.unit,
        props.stacked ?? false,
        props.filled ?? null,
        props.spanGaps ?? false,
        props.bars ?? false,
        props.utc,
        props.height,
        props.syncKey ?? null,
        // Data that stays the same does not make the plot look for its bounds again.
        props.floor ?? null,
      ]),
    [
      props.series,
      props.unit,
      props.stacked,
      props.filled,
      props.spanGaps,
      props.bars,
      props.utc,
      props.height,
      props.syncKey,
      props.floor,
    ],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: structure and theme stand for all that builds the plot.
  useEffect(() => {
    const node = host.current;
    if (!node) return;
    let tip: Tooltip | null = null;
    const current = live.current;
    const u = new uPlot(
      options(current, () => tip as Tooltip, Math.max(node.clientWidth, 50)),
      plotData(current.props),
      (self, init) => {
        tip = new Tooltip(self.over);
        init();
        node.append(self.root);
      },
    );
    bindTouch(u, current);
    plot.current = u;
    // A canvas keeps the fallback it was drawn with when the font comes later.
    if (document.fonts.status === 'loading') {
      void document.fonts.ready.then(() => {
        if (plot.current === u) u.redraw(false, true);
      });
    }
    const sizes = new ResizeObserver(() => {
      if (node.clientWidth > 0 && node.clientWidth !== u.width)
        u.setSize({ width: node.clientWidth, height: current.props.height });
    });
    sizes.observe(node);
    return () => {
      sizes.disconnect();
      tip?.remove();
      u.destroy();
      plot.current = null;
    };
  }, [structure, theme]);

  const drawn = useRef('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what the plot draws.
  useEffect(() => {
    // The first draw of a new plot already had this data.
    const u = plot.current;
    const token = `${structure} ${theme}`;
    if (!u || drawn.current !== token) {
      drawn.current = token;
      return;
    }
    u.setData(plotData(live.current.props));
  }, [props.times, props.series, props.from, props.to, props.exemplars, props.markers, props.ceiling]);

  useEffect(() => {
    const u = plot.current;
    if (!u) return;
    const at = props.focus ? live.current.props.series.findIndex((s) => s.key === props.focus) : -1;
    u.setSeries(at >= 0 ? at + 1 : null, { focus: true });
  }, [props.focus]);

  return (
    <div ref={host} className="chart" role="img" aria-label={props.label} style={{ height: props.height }} />
  );
}
