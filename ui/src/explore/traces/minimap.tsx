/** All spans of a trace in the colours of their services, with the visible range as a window that can be dragged. */
import { useEffect, useRef, useState } from 'react';
import { useTheme } from '../../app/theme';
import { token } from '../../chart/palette';
import type { Colors } from './colors';
import { duration } from './text';
import type { TraceTree } from './tree';

export interface Range {
  /** ns after the base of the trace. */
  from: number;
  to: number;
}

const HEIGHT = 64;
/** The narrowest range, as a share of the trace. */
const NARROWEST = 1e-4;

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  tree: TraceTree,
  starts: Float64Array | null,
  whole: number,
  colors: Colors,
): void {
  const ctx = canvas.getContext('2d');
  if (!ctx) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  ctx.scale(ratio, ratio);
  ctx.clearRect(0, 0, width, HEIGHT);
  const row = HEIGHT / tree.nodes.length;
  const high = Math.max(1, Math.min(5, row * 0.8));
  const bad = token('--bad');
  for (const node of tree.nodes) {
    const start = starts?.[node.index] ?? node.span.start;
    const x = (start / whole) * width;
    const w = Math.max(1, (node.span.duration / whole) * width);
    ctx.fillStyle = node.span.status === 'error' ? bad : colors(node.span.resource.service);
    ctx.fillRect(x, Math.min(node.index * row, HEIGHT - high), w, high);
  }
}

type Drag = { kind: 'from' | 'to' | 'move' | 'new'; at: number; range: Range };

export function Minimap(props: {
  tree: TraceTree;
  starts: Float64Array | null;
  whole: number;
  range: Range;
  colors: Colors;
  onRange: (range: Range) => void;
}) {
  const { tree, whole, range, colors, starts } = props;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const drag = useRef<Drag | null>(null);
  const theme = useTheme();

  useEffect(() => {
    const node = host.current;
    if (!node) return;
    const sizes = new ResizeObserver(() => setWidth(node.clientWidth));
    sizes.observe(node);
    return () => sizes.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides the colours of tokens.
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, tree, starts, whole, colors);
  }, [width, tree, starts, whole, colors, theme]);

  const clamp = (from: number, to: number) => {
    const least = whole * NARROWEST;
    const a = Math.max(0, Math.min(from, whole - least));
    props.onRange({ from: a, to: Math.min(whole, Math.max(to, a + least)) });
  };
  const timeAt = (clientX: number) => {
    const box = host.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * whole : 0;
  };
  const start = (kind: Drag['kind']) => (e: React.PointerEvent) => {
    if (e.button !== 0) return;
    e.stopPropagation();
    e.preventDefault();
    host.current?.setPointerCapture(e.pointerId);
    drag.current = { kind, at: timeAt(e.clientX), range };
  };
  const move = (e: React.PointerEvent) => {
    const d = drag.current;
    if (!d) return;
    const at = timeAt(e.clientX);
    if (d.kind === 'from') clamp(Math.min(at, d.range.to), d.range.to);
    else if (d.kind === 'to') clamp(d.range.from, Math.max(at, d.range.from));
    else if (d.kind === 'new') clamp(Math.min(d.at, at), Math.max(d.at, at));
    else {
      const length = d.range.to - d.range.from;
      const from = Math.max(0, Math.min(d.range.from + at - d.at, whole - length));
      clamp(from, from + length);
    }
  };
  const stop = () => {
    drag.current = null;
  };
  const step = (edge: 'from' | 'to') => (e: React.KeyboardEvent) => {
    const by = e.key === 'ArrowLeft' ? -1 : e.key === 'ArrowRight' ? 1 : 0;
    if (by === 0) return;
    e.preventDefault();
    const amount = (by * whole) / (e.shiftKey ? 10 : 100);
    if (edge === 'from') clamp(Math.min(range.from + amount, range.to), range.to);
    else clamp(range.from, Math.max(range.to + amount, range.from));
  };
  const left = (range.from / whole) * 100;
  const right = (range.to / whole) * 100;
  const narrowed = range.from > 0 || range.to < whole;
  const handle = (edge: 'from' | 'to', at: number) => (
    <span
      className={`minimap-handle minimap-${edge}`}
      style={{ left: `${at}%` }}
      role="slider"
      tabIndex={0}
      aria-label={edge === 'from' ? 'Range start' : 'Range end'}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at)}
      aria-valuetext={duration(range[edge])}
      onPointerDown={start(edge)}
      onKeyDown={step(edge)}
    />
  );
  return (
    <div
      ref={host}
      className="minimap"
      onPointerDown={start('new')}
      onPointerMove={move}
      onPointerUp={stop}
      onPointerCancel={stop}
      onDoubleClick={() => props.onRange({ from: 0, to: whole })}
      title="Drag to zoom, double click for the whole trace"
    >
      <canvas ref={canvas} style={{ width: '100%', height: HEIGHT }} />
      <span className="minimap-shade" style={{ left: 0, width: `${left}%` }} />
      <span className="minimap-shade" style={{ left: `${right}%`, right: 0 }} />
      {narrowed && (
        <span
          className="minimap-window"
          style={{ left: `${left}%`, width: `${right - left}%` }}
          onPointerDown={start('move')}
        />
      )}
      {handle('from', left)}
      {handle('to', right)}
    </div>
  );
}
