/**
 * Places of the nodes of the service map: callers stand left of what they call, in columns. Nodes of an expanded
 * group stand in one frame, which covers the columns of its nodes. Frames and single nodes are packed from the top in
 * an order that shortens the calls (barycentre heuristic of Sugiyama, Tagawa and Toda, 1981). Everything is linear in
 * nodes and edges for each round, so that 300 services with 900 calls take some milliseconds.
 */
import { type Layout, NODE_HEIGHT, NODE_WIDTH, type Point } from '../pipelines/flow';
import type { MapEdge, MapGroup, MapNode } from './graph';

export interface Frame {
  id: string;
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface MapLayout extends Layout {
  frames: Frame[];
}

const GAP = 26;
const PAD = 14;
const FRAME_HEAD = 30;
/** Room of a call that passes a column. */
const LANE = 18;
/** More columns than this are folded. */
const MAX_COLUMNS = 9;

/** Columns of a graph: the longest chain of a dense one says little, so that it becomes about a square. */
const mostColumns = (nodes: number, edges: number): number =>
  edges <= 2 * nodes ? MAX_COLUMNS : Math.min(MAX_COLUMNS, Math.max(4, Math.ceil(Math.sqrt(nodes) * 1.3)));
const ROUNDS = 8;
/** With more calls than this long ones pass behind cards: lanes for all would pull the map apart. */
const MAX_LANED = 60;
const MARGIN = 12;
/** Distance of a call that leads back from the cards above it: half of the widest band, and some air. */
const BACK = 46;

/** Column of each node: one more than the largest of its callers, without calls that close a circle. */
export function columnsOf(
  nodes: Pick<MapNode, 'id'>[],
  edges: Pick<MapEdge, 'from' | 'to'>[],
): Map<string, number> {
  const out = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const callers = new Map<string, number>(nodes.map(({ id }) => [id, 0]));
  for (const { from, to } of edges) {
    if (from === to || !out.has(from) || !out.has(to)) continue;
    out.get(from)?.push(to);
    callers.set(to, (callers.get(to) ?? 0) + 1);
  }
  // Without recursion: chains may be as long as the map.
  const state = new Map<string, 1 | 2>();
  const kept = new Map<string, string[]>();
  const order: string[] = [];
  const visit = (start: string) => {
    if (state.has(start)) return;
    state.set(start, 1);
    const stack = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { id: string; next: number };
      const to = out.get(top.id)?.[top.next++];
      if (to === undefined) {
        state.set(top.id, 2);
        order.push(top.id);
        stack.pop();
        continue;
      }
      // A call to a node that is being visited closes a circle.
      if (state.get(to) === 1) continue;
      const list = kept.get(top.id);
      if (list) list.push(to);
      else kept.set(top.id, [to]);
      if (!state.has(to)) {
        state.set(to, 1);
        stack.push({ id: to, next: 0 });
      }
    }
  };
  for (const { id } of nodes) if (callers.get(id) === 0) visit(id);
  for (const { id } of nodes) visit(id);
  const columns = new Map<string, number>(nodes.map(({ id }) => [id, 0]));
  let most = 0;
  for (const id of order.reverse())
    for (const to of kept.get(id) ?? []) {
      const column = Math.max(columns.get(to) ?? 0, (columns.get(id) ?? 0) + 1);
      columns.set(to, column);
      most = Math.max(most, column);
    }
  const limit = mostColumns(nodes.length, edges.length);
  if (most >= limit)
    for (const [id, column] of columns) columns.set(id, Math.floor((column * limit) / (most + 1)));
  return columns;
}

/** What is placed as a whole: a frame, a single node, or the lane of a long call. */
interface Unit {
  id: string;
  first: number;
  last: number;
  height: number;
  /** Nodes by column, in order from the top. */
  members: Map<number, string[]>;
  frame: MapGroup | null;
}

export function layoutOf(nodes: MapNode[], edges: MapEdge[], groups: MapGroup[], between: number): MapLayout {
  const sorted = [...nodes].sort((a, b) => a.id.localeCompare(b.id));
  const columns = columnsOf(sorted, edges);
  const column = (id: string) => columns.get(id) ?? 0;
  const units = new Map<string, Unit>();
  const unitOf = new Map<string, Unit>();
  const framed = new Map(groups.flatMap((group) => group.members.map((id) => [id, group] as const)));
  const neighbours = new Map<string, string[]>();
  const connect = (a: string, b: string) => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const list = neighbours.get(one);
      if (list) list.push(other);
      else neighbours.set(one, [other]);
    }
  };
  for (const { id } of sorted) {
    const group = framed.get(id) ?? null;
    const key = group ? `frame ${group.id}` : id;
    const at = column(id);
    const unit = units.get(key) ?? {
      id: key,
      first: at,
      last: at,
      height: 0,
      members: new Map<number, string[]>(),
      frame: group,
    };
    units.set(key, unit);
    unitOf.set(id, unit);
    unit.first = Math.min(unit.first, at);
    unit.last = Math.max(unit.last, at);
    unit.members.set(at, [...(unit.members.get(at) ?? []), id]);
  }
  for (const unit of units.values()) {
    const most = Math.max(...[...unit.members.values()].map((list) => list.length));
    unit.height = most * (NODE_HEIGHT + GAP) - GAP + (unit.frame ? FRAME_HEAD + PAD : 0);
  }
  const known = edges.filter(({ from, to }) => columns.has(from) && columns.has(to) && from !== to);
  const lanes = new Map<string, string[]>();
  const laned = groups.length === 0 && known.length <= MAX_LANED;
  for (const edge of known) {
    let before = edge.from;
    if (laned)
      for (let c = column(edge.from) + 1; c < column(edge.to); c++) {
        const lane = `lane ${edge.id} ${c}`;
        const unit = {
          id: lane,
          first: c,
          last: c,
          height: LANE,
          members: new Map([[c, [lane]]]),
          frame: null,
        };
        units.set(lane, unit);
        unitOf.set(lane, unit);
        lanes.set(edge.id, [...(lanes.get(edge.id) ?? []), lane]);
        connect(before, lane);
        before = lane;
      }
    connect(before, edge.to);
  }

  const best = ordered([...units.values()], unitOf, neighbours);
  const x = (at: number) => MARGIN + PAD + at * (NODE_WIDTH + between);
  const places = new Map<string, Point>();
  for (const unit of units.values())
    for (const [at, list] of unit.members)
      for (const id of list)
        if (!id.startsWith('lane ')) places.set(id, { x: x(at), y: (best.get(id) ?? 0) + MARGIN });
  const frames = [...units.values()].flatMap(({ frame, first, last, height, members }): Frame[] => {
    if (!frame) return [];
    const top = Math.min(...[...members.values()].flat().map((id) => places.get(id)?.y ?? 0));
    return [
      {
        id: frame.id,
        name: frame.name,
        x: x(first) - PAD,
        y: top - FRAME_HEAD,
        width: x(last) - x(first) + NODE_WIDTH + 2 * PAD,
        height,
      },
    ];
  });
  const bends = new Map<string, Point[]>();
  let back = 0;
  for (const edge of known) {
    const from = places.get(edge.from) as Point;
    const to = places.get(edge.to) as Point;
    const through = lanes.get(edge.id);
    if (through)
      bends.set(
        edge.id,
        through.flatMap((lane) => {
          const left = x(unitOf.get(lane)?.first ?? 0);
          const y = (best.get(lane) ?? 0) + MARGIN + LANE / 2;
          return [
            { x: left, y },
            { x: left + NODE_WIDTH, y },
          ];
        }),
      );
    else if (column(edge.to) <= column(edge.from)) {
      // Back to the left: below all cards between, in a dense map through the gap below both.
      const cards = laned
        ? [...places].filter(([id]) => column(id) >= column(edge.to) && column(id) <= column(edge.from))
        : [];
      const lowest = Math.max(from.y, to.y, ...cards.map(([, { y }]) => y)) + NODE_HEIGHT;
      const y = lowest + (laned ? BACK + back * LANE : GAP / 2 + ((back % 5) - 2) * 4);
      back++;
      bends.set(edge.id, [
        { x: from.x + NODE_WIDTH + 44, y },
        { x: to.x - 44, y },
      ]);
    }
  }
  const all = [...places.values()];
  const ends = [...bends.values()].flat();
  return {
    nodes: places,
    bends,
    frames,
    width: Math.max(0, ...all.map((p) => p.x + NODE_WIDTH)) + PAD + MARGIN,
    height: Math.max(0, ...all.map((p) => p.y + NODE_HEIGHT), ...ends.map((p) => p.y)) + PAD + GAP + MARGIN,
  };
}

/** Tops of all nodes in the best of some rounds: each round sorts by the mean place of neighbours. */
function ordered(
  units: Unit[],
  unitOf: Map<string, Unit>,
  neighbours: Map<string, string[]>,
): Map<string, number> {
  const frames = units.some(({ frame }) => frame !== null);
  let order = [...units].sort((a, b) => a.first - b.first || a.id.localeCompare(b.id));
  let best = new Map<string, number>();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const tops = packed(order);
    if (!frames) centred(units, tops);
    const length = lengthOf(tops, neighbours);
    if (length < least) {
      least = length;
      best = tops;
    }
    // Callers and callees in turn: with both at once two columns would swap for ever.
    const left = round % 2 === 0;
    const wanted = (ids: string[]) => {
      let sum = 0;
      let n = 0;
      for (const id of ids) {
        const own = unitOf.get(id);
        for (const other of neighbours.get(id) ?? []) {
          const unit = unitOf.get(other);
          // Calls within a frame do not move it.
          if (!own || !unit || unit === own || left !== unit.first < own.first) continue;
          sum += tops.get(other) ?? 0;
          n++;
        }
      }
      return n > 0 ? sum / n : null;
    };
    const target = new Map<Unit, number>();
    for (const unit of units) {
      for (const list of unit.members.values())
        if (list.length > 1) {
          const at = new Map(list.map((id) => [id, wanted([id]) ?? tops.get(id) ?? 0]));
          list.sort((a, b) => (at.get(a) ?? 0) - (at.get(b) ?? 0) || a.localeCompare(b));
        }
      const ids = [...unit.members.values()].flat();
      target.set(unit, wanted(ids) ?? tops.get(ids[0] ?? '') ?? 0);
    }
    const place = new Map(order.map((unit, i) => [unit, i]));
    order = [...order].sort(
      (a, b) => (target.get(a) ?? 0) - (target.get(b) ?? 0) || (place.get(a) ?? 0) - (place.get(b) ?? 0),
    );
  }
  return best;
}

/** Tops of nodes: each unit stands as high as the columns that it covers allow. */
function packed(order: Unit[]): Map<string, number> {
  const free: number[] = [];
  const tops = new Map<string, number>();
  for (const unit of order) {
    let top = 0;
    for (let c = unit.first; c <= unit.last; c++) top = Math.max(top, free[c] ?? 0);
    for (let c = unit.first; c <= unit.last; c++) free[c] = top + unit.height + GAP;
    const head = unit.frame ? FRAME_HEAD : 0;
    for (const list of unit.members.values())
      list.forEach((id, i) => {
        tops.set(id, top + head + i * (NODE_HEIGHT + GAP));
      });
  }
  return tops;
}

/** Moves each column to the middle of the highest one. */
function centred(units: Unit[], tops: Map<string, number>): void {
  const ends: number[] = [];
  const end = (unit: Unit) => (tops.get(unit.members.get(unit.first)?.[0] ?? '') ?? 0) + unit.height;
  for (const unit of units) ends[unit.first] = Math.max(ends[unit.first] ?? 0, end(unit));
  const highest = Math.max(0, ...ends.map((e) => e ?? 0));
  for (const unit of units)
    for (const id of unit.members.get(unit.first) ?? [])
      tops.set(id, (tops.get(id) ?? 0) + (highest - (ends[unit.first] ?? 0)) / 2);
}

function lengthOf(tops: Map<string, number>, neighbours: Map<string, string[]>): number {
  let sum = 0;
  for (const [id, others] of neighbours)
    for (const other of others) sum += Math.abs((tops.get(id) ?? 0) - (tops.get(other) ?? 0));
  return sum;
}

export interface LabelBox {
  id: string;
  /** Middle of its top edge. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Lines that have room. */
  lines: number;
}

export const LABEL_LINE = 15;
/** Mean width of a character of the labels. */
const LABEL_CHARACTER = 6.3;

const overlaps = (a: LabelBox, b: LabelBox) =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 + 4 && a.y < b.y + b.height + 2 && b.y < a.y + a.height + 2;

/** Places along a call, from its middle to its ends. */
const SHARES = [0.5, ...[1, 2, 3, 4, 5, 6, 7].flatMap((i) => [0.5 - i * 0.05, 0.5 + i * 0.05])];

/**
 * A label on each call that has room for one: never on a card, never on another label. Without room for all lines the
 * first one is placed.
 */
export function labelPlaces(
  calls: { id: string; points: Point[]; lines: string[] }[],
  layout: Layout,
): Map<string, LabelBox> {
  // Buckets by columns of this width keep the search short.
  const cell = 200;
  const taken = new Map<number, LabelBox[]>();
  const cells = (box: LabelBox) => {
    const first = Math.floor((box.x - box.width / 2) / cell);
    const last = Math.floor((box.x + box.width / 2) / cell);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  };
  const take = (box: LabelBox) => {
    for (const c of cells(box)) {
      const list = taken.get(c);
      if (list) list.push(box);
      else taken.set(c, [box]);
    }
  };
  for (const [id, { x, y }] of layout.nodes)
    take({ id, x: x + NODE_WIDTH / 2, y, width: NODE_WIDTH, height: NODE_HEIGHT, lines: 0 });
  const out = new Map<string, LabelBox>();
  const room = (call: { id: string; points: Point[] }, lines: string[]): LabelBox | undefined => {
    const width = Math.max(...lines.map((line) => line.length)) * LABEL_CHARACTER;
    const height = lines.length * LABEL_LINE;
    for (const share of SHARES) {
      const at = pointAt(call.points, share);
      const box = { id: call.id, x: at.x, y: at.y - height / 2, width, height, lines: lines.length };
      if (!cells(box).some((c) => (taken.get(c) ?? []).some((other) => overlaps(box, other)))) return box;
    }
    return undefined;
  };
  for (const call of calls) {
    if (call.lines.length === 0) continue;
    const box = room(call, call.lines) ?? room(call, call.lines.slice(0, 1));
    if (!box) continue;
    take(box);
    out.set(call.id, box);
  }
  return out;
}

/** Point at a share of the way, on curves that are level at each of their points. */
export function pointAt(points: Point[], share: number): Point {
  const widths = points
    .slice(1)
    .map((p, i) => Math.hypot(p.x - (points[i]?.x ?? 0), p.y - (points[i]?.y ?? 0)));
  let rest = share * widths.reduce((a, b) => a + b, 0);
  let i = 0;
  while (i < widths.length - 1 && rest > (widths[i] as number)) rest -= widths[i++] as number;
  const a = points[i] as Point;
  const b = points[i + 1] as Point;
  const t = (widths[i] as number) > 0 ? Math.min(1, rest / (widths[i] as number)) : 0;
  // Control points lie half way between, level with the ends.
  const half = (a.x + b.x) / 2;
  const u = 1 - t;
  return {
    x: u ** 3 * a.x + 3 * u * u * t * half + 3 * u * t * t * half + t ** 3 * b.x,
    y: (u ** 3 + 3 * u * u * t) * a.y + (3 * u * t * t + t ** 3) * b.y,
  };
}
