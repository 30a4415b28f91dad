/** The geometry of the graph: where nodes stand, and flows whose widths are volumes. */

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 92;

/** Flows at one side of a node are together at most so wide. */
const MOST_WIDE = 62;
const LEAST_WIDE = 1.5;

/** A connection between two nodes. */
export interface Edge {
  id: string;
  from: string;
  to: string;
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  nodes: Map<string, Point>;
  /** Bends of edges that pass other nodes. */
  bends: Map<string, Point[]>;
  width: number;
  height: number;
}

export interface Flow {
  id: string;
  path: string;
  /** Ends and bends. */
  points: Point[];
  width: number;
  middle: Point;
}

/** Flows between nodes that stand as a layout says, stacked at each side in the order of their other ends. */
export function flows<E extends Edge>(layout: Layout, edges: E[], volume: (edge: E) => number): Flow[] {
  const placed = edges.filter((edge) => layout.nodes.has(edge.from) && layout.nodes.has(edge.to));
  const at = (id: string) => layout.nodes.get(id) as Point;
  const out = grouped(placed, 'from');
  const into = grouped(placed, 'to');
  let most = 0;
  for (const group of [...out.values(), ...into.values()])
    most = Math.max(
      most,
      group.reduce((sum, edge) => sum + volume(edge), 0),
    );
  const scale = most > 0 ? MOST_WIDE / most : 0;
  const width = (edge: E) => Math.max(LEAST_WIDE, volume(edge) * scale);
  const next = (edge: E, end: 'from' | 'to') => {
    const bends = layout.bends.get(edge.id);
    return (end === 'to' ? bends?.[0]?.y : bends?.at(-1)?.y) ?? at(edge[end]).y + NODE_HEIGHT / 2;
  };
  const leaves = stacked(out, width, (edge) => next(edge, 'to'));
  const arrives = stacked(into, width, (edge) => next(edge, 'from'));
  return placed.map((edge) => {
    const from = at(edge.from);
    const to = at(edge.to);
    const points: Point[] = [
      { x: from.x + NODE_WIDTH, y: from.y + NODE_HEIGHT / 2 + (leaves.get(edge.id) ?? 0) },
      ...(layout.bends.get(edge.id) ?? []),
      { x: to.x, y: to.y + NODE_HEIGHT / 2 + (arrives.get(edge.id) ?? 0) },
    ];
    return { id: edge.id, path: curve(points), points, width: width(edge), middle: middle(points) };
  });
}

function grouped<E extends Edge>(edges: E[], end: 'from' | 'to'): Map<string, E[]> {
  const out = new Map<string, E[]>();
  for (const edge of edges) {
    const list = out.get(edge[end]);
    if (list) list.push(edge);
    else out.set(edge[end], [edge]);
  }
  return out;
}

/** How far from the middle of its node each flow touches it. */
function stacked<E extends Edge>(
  groups: Map<string, E[]>,
  width: (edge: E) => number,
  order: (edge: E) => number,
): Map<string, number> {
  const out = new Map<string, number>();
  for (const group of groups.values()) {
    const sorted = [...group].sort((a, b) => order(a) - order(b) || a.id.localeCompare(b.id));
    let y = -sorted.reduce((sum, edge) => sum + width(edge), 0) / 2;
    for (const edge of sorted) {
      out.set(edge.id, y + width(edge) / 2);
      y += width(edge);
    }
  }
  return out;
}

const round = (n: number) => Math.round(n * 10) / 10;

/** Through points, level at each of them. */
function curve(points: Point[]): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  let path = `M${round(first.x)} ${round(first.y)}`;
  let before = first;
  for (const point of rest) {
    const half = (point.x - before.x) / 2;
    path += `C${round(before.x + half)} ${round(before.y)} ${round(point.x - half)} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
    before = point;
  }
  return path;
}

function middle(points: Point[]): Point {
  const i = Math.floor((points.length - 1) / 2);
  const a = points[i] as Point;
  const b = points[i + 1] as Point;
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
