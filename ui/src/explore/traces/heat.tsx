/** Duration heat map. A box drawn over it selects spans; what they share is listed below. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { useTheme } from '../../app/theme';
import { timeTicks } from '../../chart/axes';
import { heatColor, token } from '../../chart/palette';
import { Button, Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { clampRange, formatMoment, type TimeRange } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { useMetrics, type Window } from './api';
import { ComparePanel } from './compare-panel';
import { heatQuery, selectionTerms } from './filters';
import { boxOf, boxPlace, type HeatGrid, heatGrid, lowerBound, slowestBox } from './heat-model';
import { aligned, type Selection, stepOf } from './state';

const HEIGHT = 190;
const LEFT = 64;
const BOTTOM = 22;

const seconds = (value: number) => formatValue(value, 'seconds', 3);

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  grid: HeatGrid,
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
  grid.bounds.forEach((bound, row) => {
    if (row % every === 0) ctx.fillText(seconds(bound), LEFT - 8, Math.max(6, y(row + 1)));
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

interface Cell {
  column: number;
  row: number;
}

function HeatCanvas({
  grid,
  box,
  onBox,
}: {
  grid: HeatGrid;
  box: Selection | null;
  onBox: (box: Selection | null) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<Cell | null>(null);
  const [drag, setDrag] = useState<{ from: Cell; to: Cell } | null>(null);
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
    if (canvas.current && width > 0) draw(canvas.current, width, grid, theme, utc);
  }, [width, grid, theme, utc]);

  const cellAt = (e: React.PointerEvent): Cell => {
    const area = (host.current as HTMLDivElement).getBoundingClientRect();
    const x = (e.clientX - area.left - LEFT) / (area.width - LEFT);
    const y = 1 - (e.clientY - area.top) / (HEIGHT - BOTTOM);
    return { column: Math.floor(x * grid.times.length), row: Math.floor(y * grid.bounds.length) };
  };
  const shown = drag ? boxOf(grid, drag.from, drag.to) : box !== 'errors' ? box : null;
  const place = shown && grid.bounds.length > 0 ? boxPlace(grid, shown) : null;
  const count = hover ? (grid.counts[hover.column * grid.bounds.length + hover.row] ?? 0) : 0;
  return (
    <>
      <div
        ref={host}
        className="duration-heat"
        role="img"
        aria-label={`Durations over time: ${formatValue(grid.total, 'none', 4)} spans`}
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
          if (drag) onBox(boxOf(grid, drag.from, drag.to));
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
          ? `${formatMoment((grid.times[hover.column] ?? 0) - grid.step, utc)} · ${seconds(lowerBound(grid, hover.row))} – ${seconds(grid.bounds[hover.row] as number)} · ${formatValue(count, 'none')} spans`
          : 'Drag a box over slow spans to see what they have in common.'}
      </p>
    </>
  );
}

export function HeatPanel(props: {
  query: string;
  window: Window;
  attempt: number;
  box: Selection | null;
  onBox: (box: Selection | null) => void;
  onTerm: (term: string) => void;
  onTerms: (terms: string[], time: TimeRange) => void;
}) {
  const { box } = props;
  const step = stepOf(props.window.end - props.window.start);
  const window = aligned(props.window.start, props.window.end, step);
  const answer = useMetrics(heatQuery(props.query), window, step, props.attempt);
  const grid = useMemo(() => (answer.data ? heatGrid(answer.data.series, answer.data) : null), [answer.data]);
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!grid) return <Loading label="Measuring durations" />;
  if (grid.total === 0 && !box) return null;
  return (
    <div className={answer.isPlaceholderData ? 'heat-panel is-stale' : 'heat-panel'}>
      <header className="heat-head">
        <h2>Durations</h2>
        <Button onClick={() => props.onBox(slowestBox(grid))}>Select slowest</Button>
        <Button pressed={box === 'errors'} onClick={() => props.onBox(box === 'errors' ? null : 'errors')}>
          Select errors
        </Button>
        {box && (
          <>
            {box !== 'errors' && (
              <Button
                icon="filterIn"
                onClick={() =>
                  props.onTerms(selectionTerms(box), {
                    range: clampRange(box.to - box.from),
                    end: Math.ceil(box.to / 1000) * 1000,
                  })
                }
              >
                Zoom to selection
              </Button>
            )}
            <Button icon="close" look="ghost" label="Clear selection" onClick={() => props.onBox(null)} />
          </>
        )}
      </header>
      {grid.bounds.length > 0 && <HeatCanvas grid={grid} box={box} onBox={props.onBox} />}
      {box && (
        <ComparePanel
          query={props.query}
          window={window}
          step={step}
          attempt={props.attempt}
          box={box}
          onTerm={props.onTerm}
        />
      )}
    </div>
  );
}
