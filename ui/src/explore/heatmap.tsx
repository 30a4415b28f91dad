import { useEffect, useRef, useState } from 'react';
import { useTheme } from '../app/theme';
import { timeTicks } from '../chart/axes';
import { heatColor, token } from '../chart/palette';
import { formatMoment } from '../lib/time';
import { formatValue, type UnitId } from '../lib/units';
import type { HeatCell, Heatmap } from './shape';

interface Props {
  data: Heatmap;
  unit: UnitId;
  height: number;
  utc: boolean;
  step: number;
  label: string;
}

const LEFT = 68;
const BOTTOM = 26;
const TOP = 8;

interface Frame {
  y: (value: number) => number;
  bounds: number[];
}

/** Rows are the distinct bounds in order, each as high as the others: buckets grow exponentially. */
function frame(cells: HeatCell[], height: number): Frame {
  const bounds = [...new Set(cells.flatMap((cell) => [cell.low, cell.high]))].sort((a, b) => a - b);
  const rank = new Map(bounds.map((bound, i) => [bound, i]));
  const plot = height - TOP - BOTTOM;
  const rows = Math.max(1, bounds.length - 1);
  return { bounds, y: (value) => TOP + plot - ((rank.get(value) ?? 0) / rows) * plot };
}

const NICE_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 2_592_000,
];

function draw(canvas: HTMLCanvasElement, width: number, props: Props, theme: 'light' | 'dark'): void {
  const { data, height, unit, utc } = props;
  const ctx = canvas.getContext('2d');
  if (!ctx) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  ctx.scale(ratio, ratio);
  ctx.clearRect(0, 0, width, height);
  const { y, bounds } = frame(data.cells, height);
  const columns = Math.max(1, data.times.length);
  const cellWidth = (width - LEFT) / columns;
  for (const cell of data.cells) {
    ctx.fillStyle = heatColor(cell.count / data.max, theme);
    // Whole pixels: neighbours must neither overlap nor leave a seam.
    const left = Math.round(LEFT + cell.column * cellWidth);
    const right = Math.max(left + 1, Math.round(LEFT + (cell.column + 1) * cellWidth));
    const bottom = Math.round(y(cell.low));
    const height = Math.max(1, bottom - Math.round(y(cell.high)));
    ctx.fillRect(left, bottom - height, right - left, height);
  }
  ctx.fillStyle = token('--text-muted');
  ctx.font = `11px ${token('--font-sans')}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  const every = Math.max(1, Math.ceil(bounds.length / ((height - TOP - BOTTOM) / 26)));
  bounds.forEach((bound, i) => {
    if (i % every === 0) ctx.fillText(formatValue(bound, unit, 3), LEFT - 8, Math.max(TOP + 5, y(bound)));
  });
  ctx.textAlign = 'center';
  const first = data.times[0] ?? 0;
  const last = data.times.at(-1) ?? first + 1;
  const distance = NICE_STEPS.find((s) => ((last - first) / s) * 72 <= width - LEFT) ?? 2_592_000;
  const ticks: number[] = [];
  for (let t = Math.ceil(first / distance) * distance; t <= last; t += distance) ticks.push(t);
  timeTicks(ticks, distance, utc).forEach((text, i) => {
    const x = LEFT + (((ticks[i] as number) - first) / Math.max(1, last - first)) * (width - LEFT);
    ctx.fillText(
      text.split('\n')[0] as string,
      Math.min(Math.max(x, LEFT + 18), width - 18),
      height - BOTTOM / 2,
    );
  });
}

/** Counts of histogram buckets over time. */
export function HeatmapChart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<HeatCell | null>(null);
  const theme = useTheme();

  useEffect(() => {
    const node = host.current;
    if (!node) return;
    const sizes = new ResizeObserver(() => setWidth(node.clientWidth));
    sizes.observe(node);
    return () => sizes.disconnect();
  }, []);

  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, props, theme);
  }, [width, props, theme]);

  const find = (x: number, top: number): HeatCell | null => {
    const column = Math.floor(((x - LEFT) / (width - LEFT)) * props.data.times.length);
    const { y } = frame(props.data.cells, props.height);
    return props.data.cells.find((c) => c.column === column && y(c.high) <= top && top <= y(c.low)) ?? null;
  };

  return (
    <div ref={host} className="heatmap" role="img" aria-label={props.label}>
      <canvas
        ref={canvas}
        style={{ width: '100%', height: props.height }}
        onMouseMove={(e) => setHover(find(e.nativeEvent.offsetX, e.nativeEvent.offsetY))}
        onMouseLeave={() => setHover(null)}
      />
      <div className="heatmap-readout muted">
        {hover
          ? `${formatMoment((props.data.times[hover.column] ?? 0) * 1000, props.utc)} · ${formatValue(hover.low, props.unit)} – ${formatValue(hover.high, props.unit)} · ${formatValue(hover.count, 'none')}`
          : 'Darker cells hold more observations. Hover over a cell for details.'}
      </div>
    </div>
  );
}
