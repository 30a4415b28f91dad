/** Heat map: counts by time and range of values, as cells. Dragging over it selects cells. */
import { useEffect, useRef, useState } from 'react';
import { useTheme } from '../app/theme';
import { timeTicks } from '../chart/axes';
import { heatColor, token } from '../chart/palette';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { formatValue } from '../lib/units';
import './heat-canvas.css';
import { stepOf } from './traces/state';

const HEIGHT = 190;
const LEFT = 64;
const BOTTOM = 22;

export interface HeatGrid {
  /** ms, one a column: the column of a time holds what is in the step before it. */
  times: number[];
  step: number;
  /** Upper bounds of the rows, ascending. */
  bounds: number[];
  /** Counts by column and row: index = column × rows + row. */
  counts: Float64Array;
  max: number;
  total: number;
}

export interface Cell {
  column: number;
  row: number;
}

/** Corners of a selection, both included. */
export interface Corners {
  from: Cell;
  to: Cell;
}

/** Columns and rows as shares of the picture: 0 is left and low. */
export interface Place {
  left: number;
  right: number;
  low: number;
  high: number;
}

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  grid: HeatGrid,
  format: (value: number) => string,
  theme: 'light' | 'dark',
  utc: boolean,
): void {
  const ctx = canvas.getContext('2d');
  if (!ctx) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  ctx.scale(ratio, ratio);
  ctx.clearRect(0, 0, width, HEIGHT);
  const rows = grid.bounds.length;
  const plot = HEIGHT - BOTTOM;
  const x = (column: number) => Math.round(LEFT + (column / grid.times.length) * (width - LEFT));
  const y = (row: number) => Math.round(plot - (row / rows) * plot);
  for (let column = 0; column < grid.times.length; column++)
    for (let row = 0; row < rows; row++) {
      const n = grid.counts[column * rows + row] as number;
      if (n === 0) continue;
      ctx.fillStyle = heatColor(n / grid.max, theme);
      ctx.fillRect(
        x(column),
        y(row + 1),
        Math.max(1, x(column + 1) - x(column) - 1),
        Math.max(1, y(row) - y(row + 1) - 1),
      );
    }
  ctx.fillStyle = token('--text-muted');
  ctx.font = `11px ${token('--font-sans')}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  const every = Math.max(1, Math.ceil(rows / (plot / 22)));
  let shown = ''; // bounds that read alike are labelled once
  grid.bounds.forEach((bound, row) => {
    const text = format(bound);
    if (row % every !== 0 || text === shown) return;
    ctx.fillText(text, LEFT - 8, Math.max(6, y(row + 1)));
    shown = text;
  });
  ctx.textAlign = 'center';
  const first = (grid.times[0] ?? 0) - grid.step;
  const last = grid.times.at(-1) ?? first + 1;
  const most = Math.max(2, Math.floor((width - LEFT) / 90));
  const distance = stepOf(((last - first) / most) * 75) / 1000;
  const ticks: number[] = [];
  for (let t = Math.ceil(first / 1000 / distance) * distance; t <= last / 1000; t += distance) ticks.push(t);
  timeTicks(ticks, distance, utc).forEach((text, i) => {
    const at = LEFT + (((ticks[i] as number) * 1000 - first) / (last - first)) * (width - LEFT);
    if (at > LEFT + 12 && at < width - 12)
      ctx.fillText(text.split('\n')[0] as string, at, HEIGHT - BOTTOM / 2);
  });
}

/**
 * @param noun what is counted, in the plural
 * @param place selected part while corners are dragged, or of the last selection
 */
export function HeatCanvas({
  grid,
  label,
  noun,
  hint,
  format,
  lower,
  place: placeOf,
  onCorners,
}: {
  grid: HeatGrid;
  label: string;
  noun: string;
  hint: string;
  format: (value: number) => string;
  lower: (row: number) => number;
  place: (drag: Corners | null) => Place | null;
  onCorners: (corners: Corners) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<Cell | null>(null);
  const [drag, setDrag] = useState<Corners | null>(null);
  const theme = useTheme();
  const utc = utcTime.use();
  useEffect(() => {
    const node = host.current;
    if (!node) return;
    const sizes = new ResizeObserver(() => setWidth(node.clientWidth));
    sizes.observe(node);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, grid, format, theme, utc);
  }, [width, grid, format, theme, utc]);

  const cellAt = (e: React.PointerEvent): Cell => {
    const area = (host.current as HTMLDivElement).getBoundingClientRect();
    const x = (e.clientX - area.left - LEFT) / (area.width - LEFT);
    const y = 1 - (e.clientY - area.top) / (HEIGHT - BOTTOM);
    return { column: Math.floor(x * grid.times.length), row: Math.floor(y * grid.bounds.length) };
  };
  const place = grid.bounds.length > 0 ? placeOf(drag) : null;
  const count = hover ? (grid.counts[hover.column * grid.bounds.length + hover.row] ?? 0) : 0;
  return (
    <>
      <div
        ref={host}
        className="duration-heat"
        role="img"
        aria-label={`${label}: ${formatValue(grid.total, 'none', 4)} ${noun}`}
        onPointerDown={(e) => {
          if (e.button !== 0) return;
          e.preventDefault();
          e.currentTarget.setPointerCapture(e.pointerId);
          const cell = cellAt(e);
          setDrag({ from: cell, to: cell });
        }}
        onPointerMove={(e) => {
          const cell = cellAt(e);
          if (drag) setDrag({ from: drag.from, to: cell });
          const inside =
            cell.column >= 0 &&
            cell.column < grid.times.length &&
            cell.row >= 0 &&
            cell.row < grid.bounds.length;
          setHover(inside ? cell : null);
        }}
        onPointerUp={() => {
          if (drag) onCorners(drag);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setHover(null)}
      >
        <canvas ref={canvas} style={{ width: '100%', height: HEIGHT }} />
        {place && (
          <span
            className="heat-box"
            style={{
              left: `calc(${LEFT}px + (100% - ${LEFT}px) * ${place.left})`,
              width: `calc((100% - ${LEFT}px) * ${place.right - place.left})`,
              bottom: BOTTOM + (HEIGHT - BOTTOM) * place.low,
              height: (HEIGHT - BOTTOM) * (place.high - place.low),
            }}
          />
        )}
      </div>
      <p className="heatmap-readout muted">
        {hover
          ? `${formatMoment((grid.times[hover.column] ?? 0) - grid.step, utc)} · ${format(lower(hover.row))} – ${format(grid.bounds[hover.row] as number)} · ${formatValue(count, 'none')} ${noun}`
          : hint}
      </p>
    </>
  );
}
