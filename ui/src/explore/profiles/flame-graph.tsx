/** Flame graph on a canvas. Only the visible rows and the nodes wider than half a pixel are drawn. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTheme } from '../../app/theme';
import { token } from '../../chart/palette';
import { shortHash } from '../../lib/hash';
import { change, type Flames, leftsOf, nodeOf, packageOf, pathHash, widthsOf } from './flames';
import { formatIn, percent, points } from './units';

const ROW = 20;
const MAX_HEIGHT = 640;
/** Narrowest node in pixels, and the narrowest with a name. */
const NARROWEST = 0.5;
const NAMED = 26;

export interface FlameGraphProps {
  flames: Flames;
  unit: string;
  label: string;
  find: string;
  zoom: string;
  /** Callers grow upwards: the root is the lowest row. */
  upwards?: boolean;
  onZoom: (address: string) => void;
  onFunction: (name: string) => void;
}

interface Layout {
  lefts: Float64Array;
  widths: Float64Array;
  depths: number;
}

function hue(name: string): number {
  return Number.parseInt(shortHash(packageOf(name)), 36) % 360;
}

function colorOf(flames: Flames, node: number, theme: 'light' | 'dark', hues: number[]): string {
  const light = theme === 'light';
  if (flames.base) {
    const c = change(
      flames.total[node] as number,
      flames.total[0] as number,
      flames.base.total[node] as number,
      flames.base.total[0] as number,
    );
    // By the square root, so that small changes stay visible: 1 point has a third of the colour of 10 points.
    const strength = Math.min(1, Math.sqrt(Math.abs(c) * 10));
    const chroma = (0.14 * strength).toFixed(3);
    return `oklch(${light ? 0.88 - 0.12 * strength : 0.4 + 0.06 * strength} ${chroma} ${c > 0 ? 25 : 150})`;
  }
  if (node === 0) return light ? 'oklch(0.88 0.005 250)' : 'oklch(0.38 0.01 250)';
  const h = hues[flames.name[node] as number];
  return light ? `oklch(0.84 0.08 ${h})` : `oklch(0.44 0.075 ${h})`;
}

export function matches(name: string, find: string): boolean {
  return find !== '' && name.toLowerCase().includes(find.toLowerCase());
}

export function FlameGraph(props: FlameGraphProps) {
  const { flames, find, unit } = props;
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [scroll, setScroll] = useState(0);
  const [hovered, setHovered] = useState<{ node: number; x: number; y: number } | null>(null);
  const [selected, setSelected] = useState(-1);
  const layout = useMemo<Layout>(() => {
    const widths = widthsOf(flames);
    let depths = 0;
    for (const d of flames.depth) depths = Math.max(depths, d + 1);
    return { widths, lefts: leftsOf(flames, widths), depths };
  }, [flames]);
  const hues = useMemo(() => flames.names.map(hue), [flames]);
  const top = useMemo(() => nodeOf(flames, props.zoom), [flames, props.zoom]);
  const tall = layout.depths * ROW;
  const high = Math.min(MAX_HEIGHT, tall);

  useEffect(() => {
    const node = host.current;
    if (!node) return;
    const sizes = new ResizeObserver(() => setWidth(node.clientWidth));
    sizes.observe(node);
    return () => sizes.disconnect();
  }, []);

  // A new tree has other nodes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the tree decides.
  useEffect(() => {
    setHovered(null);
    setSelected(-1);
  }, [flames]);

  const origin = layout.lefts[top] as number;
  const scale = width / (layout.widths[top] || 1);
  const rowOf = (depth: number) => (props.upwards ? layout.depths - 1 - depth : depth) * ROW;

  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (!ctx || !canvas.current || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = width * ratio;
    canvas.current.height = high * ratio;
    ctx.scale(ratio, ratio);
    ctx.clearRect(0, 0, width, high);
    ctx.font = `12px ${token('--font-mono')}`;
    ctx.textBaseline = 'middle';
    const text = token('--text');
    const focus = token('--focus');
    const character = ctx.measureText('m').width;
    const row = (depth: number) => (props.upwards ? layout.depths - 1 - depth : depth) * ROW - scroll;
    const box = (node: number, x: number, w: number) => {
      const y = row(flames.depth[node] as number);
      if (y <= -ROW || y >= high) return;
      const from = Math.max(0, x);
      const shown = Math.min(width, x + w) - from;
      const name = flames.names[flames.name[node] as number] as string;
      const found = find === '' || matches(name, find);
      ctx.globalAlpha = found ? 1 : 0.25;
      ctx.fillStyle = colorOf(flames, node, theme, hues);
      ctx.fillRect(from, y, Math.max(NARROWEST, shown - (shown > 3 ? 1 : 0)), ROW - 1);
      if (find !== '' && found) {
        ctx.strokeStyle = text;
        ctx.strokeRect(from + 0.5, y + 0.5, Math.max(1, shown - 2), ROW - 2);
      }
      if (node === selected) {
        ctx.strokeStyle = focus;
        ctx.lineWidth = 2;
        ctx.strokeRect(from + 1, y + 1, Math.max(1, shown - 3), ROW - 3);
        ctx.lineWidth = 1;
      }
      if (shown > NAMED) {
        ctx.globalAlpha = 1;
        ctx.fillStyle = text;
        const letters = Math.floor((shown - 8) / character);
        const label = name.length > letters ? `${name.slice(0, Math.max(1, letters - 1))}…` : name;
        ctx.fillText(label, from + 4, y + (ROW - 1) / 2 + 0.5);
      }
    };
    for (let n = flames.parent[top] as number; n >= 0; n = flames.parent[n] as number) box(n, 0, width);
    const open = [top];
    while (open.length > 0) {
      const node = open.pop() as number;
      const w = (layout.widths[node] as number) * scale;
      if (w < NARROWEST) continue;
      box(node, ((layout.lefts[node] as number) - origin) * scale, w);
      const first = flames.first[node] as number;
      for (let i = 0; i < (flames.count[node] as number); i++) open.push(first + i);
    }
    ctx.globalAlpha = 1;
  }, [flames, layout, width, high, scroll, theme, find, top, origin, scale, selected, hues, props.upwards]);

  /** Node at a place of the canvas, -1 for none. */
  const nodeAt = (x: number, y: number): number => {
    const line = Math.floor((y + scroll) / ROW);
    const depth = props.upwards ? layout.depths - 1 - line : line;
    const zoomed = flames.depth[top] as number;
    if (depth < 0 || depth >= layout.depths) return -1;
    if (depth <= zoomed) {
      let n = top;
      while ((flames.depth[n] as number) > depth) n = flames.parent[n] as number;
      return n;
    }
    const share = origin + x / scale;
    let n = top;
    while ((flames.depth[n] as number) < depth) {
      const first = flames.first[n] as number;
      let next = -1;
      for (let i = first; i < first + (flames.count[n] as number); i++) {
        const left = layout.lefts[i] as number;
        if (share >= left && share < left + (layout.widths[i] as number)) next = i;
      }
      if (next < 0) return -1;
      n = next;
    }
    return n;
  };
  const at = (e: React.MouseEvent) => {
    const area = canvas.current?.getBoundingClientRect();
    return area ? { x: e.clientX - area.left, y: e.clientY - area.top } : { x: 0, y: 0 };
  };
  const zoomTo = (node: number) => props.onZoom(node <= 0 ? '' : pathHash(flames, node));
  const nameOf = (node: number) => flames.names[flames.name[node] as number] as string;

  const key = (e: React.KeyboardEvent) => {
    const current = selected < 0 ? top : selected;
    const parent = flames.parent[current] as number;
    const sibling = (by: number) => {
      if (parent < 0) return current;
      const first = flames.first[parent] as number;
      return Math.min(first + (flames.count[parent] as number) - 1, Math.max(first, current + by));
    };
    const [inner, outer] = props.upwards ? ['ArrowUp', 'ArrowDown'] : ['ArrowDown', 'ArrowUp'];
    let next = current;
    if (e.key === inner) {
      const first = flames.first[current] as number;
      let widest = current;
      for (let i = first; i < first + (flames.count[current] as number); i++)
        if (widest === current || (layout.widths[i] as number) > (layout.widths[widest] as number))
          widest = i;
      next = widest;
    } else if (e.key === outer) next = Math.max(0, parent);
    else if (e.key === 'ArrowLeft') next = sibling(-1);
    else if (e.key === 'ArrowRight') next = sibling(1);
    else if (e.key === 'Enter') zoomTo(current);
    else if (e.key === 's') props.onFunction(nameOf(current));
    else if (e.key === 'Escape') zoomTo(0);
    else return;
    e.preventDefault();
    setSelected(next);
    const y = rowOf(flames.depth[next] as number);
    const node = host.current;
    if (node && (y < node.scrollTop || y + ROW > node.scrollTop + high)) node.scrollTop = y - high / 2;
  };
  const shown = hovered?.node ?? selected;
  return (
    <div className="flames">
      <div
        ref={host}
        className="flames-scroll"
        style={{ height: high }}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys select nodes.
        tabIndex={0}
        aria-label={`${props.label}. Arrow keys select a node, Enter zooms, s shows callers and callees.`}
        onKeyDown={key}
        onScroll={(e) => setScroll(e.currentTarget.scrollTop)}
        onMouseMove={(e) => {
          const place = at(e);
          const node = nodeAt(place.x, place.y);
          setHovered(node < 0 ? null : { node, ...place });
        }}
        onMouseLeave={() => setHovered(null)}
        onClick={(e) => {
          const place = at(e);
          const node = nodeAt(place.x, place.y);
          if (node < 0) return;
          if (e.shiftKey) props.onFunction(nameOf(node));
          else zoomTo(node);
        }}
      >
        <div style={{ height: tall }}>
          <canvas ref={canvas} style={{ width: '100%', height: high }} />
        </div>
      </div>
      {hovered && (
        <div
          className="flames-tip"
          style={
            hovered.x > width / 2
              ? { right: width - hovered.x + 12, top: hovered.y + 14 }
              : { left: hovered.x + 12, top: hovered.y + 14 }
          }
        >
          <b>{nameOf(hovered.node)}</b>
          <Values flames={flames} node={hovered.node} unit={unit} />
        </div>
      )}
      <p className="panel-stats" aria-live="polite">
        {shown >= 0
          ? `${nameOf(shown)}: total ${formatIn(flames.total[shown] as number, unit)}, self ${formatIn(flames.self[shown] as number, unit)}`
          : 'Click to zoom, Shift+click for callers and callees.'}
      </p>
    </div>
  );
}

function Values({ flames, node, unit }: { flames: Flames; node: number; unit: string }) {
  const whole = flames.total[0] as number;
  const value = (v: number, all: number) => `${formatIn(v, unit)} (${percent(all > 0 ? v / all : 0)})`;
  const { base } = flames;
  return (
    <dl>
      <dt>Total</dt>
      <dd>{value(flames.total[node] as number, whole)}</dd>
      <dt>Self</dt>
      <dd>{value(flames.self[node] as number, whole)}</dd>
      {base && (
        <>
          <dt>Baseline</dt>
          <dd>{value(base.total[node] as number, base.total[0] as number)}</dd>
          <dt>Change</dt>
          <dd>
            {points(
              change(
                flames.total[node] as number,
                whole,
                base.total[node] as number,
                base.total[0] as number,
              ),
            )}
          </dd>
        </>
      )}
    </dl>
  );
}
