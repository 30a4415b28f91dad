import { describe, expect, it } from 'vitest';
import { flows, NODE_HEIGHT, NODE_WIDTH } from '../pipelines/flow';
import type { MapEdge, MapGroup, MapNode } from './graph';
import { columnsOf, type LabelBox, labelPlaces, layoutOf, pointAt } from './map-layout';

const node = (id: string) => ({ id, name: id }) as MapNode;
const edge = (from: string, to: string, rate = 1) => ({ id: `${from} ${to}`, from, to, rate }) as MapEdge;

/** A graph that is the same on every run. */
function random(nodes: number, edges: number) {
  let seed = 7;
  const next = (n: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    // The lowest bits of such a generator have short periods.
    return (seed >>> 8) % n;
  };
  const ids = Array.from({ length: nodes }, (_, i) => `s${i}`);
  const all = new Map<string, MapEdge>();
  while (all.size < edges) {
    const one = edge(ids[next(nodes)] as string, ids[next(nodes)] as string, next(50) + 1);
    if (one.from !== one.to) all.set(one.id, one);
  }
  return { nodes: ids.map(node), edges: [...all.values()] };
}

const apart = (a: LabelBox, b: LabelBox) =>
  Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || a.y >= b.y + b.height || b.y >= a.y + a.height;

const cards = (layout: ReturnType<typeof layoutOf>): LabelBox[] =>
  [...layout.nodes].map(([id, { x, y }]) => ({
    id,
    x: x + NODE_WIDTH / 2,
    y,
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    lines: 0,
  }));

const allApart = (boxes: LabelBox[]) => boxes.every((a, i) => boxes.slice(i + 1).every((b) => apart(a, b)));

describe('columns', () => {
  it('put callers left of what they call', () => {
    const columns = columnsOf(['a', 'b', 'c', 'd'].map(node), [
      edge('a', 'b'),
      edge('b', 'c'),
      edge('a', 'c'),
      edge('c', 'd'),
    ]);
    expect(Object.fromEntries(columns)).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  });

  it('end in spite of circles and calls to itself', () => {
    const columns = columnsOf(['a', 'b', 'c'].map(node), [
      edge('a', 'b'),
      edge('b', 'c'),
      edge('c', 'a'),
      edge('b', 'b'),
    ]);
    expect([...columns.values()].sort()).toEqual([0, 1, 2]);
  });

  it('are few, however long a chain is', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `n${i}`);
    const chain = names.slice(1).map((to, i) => edge(names[i] as string, to));
    expect(Math.max(...columnsOf(names.map(node), chain).values())).toBeLessThan(9);
  });
});

describe('layout', () => {
  it('has no cards that overlap', () => {
    const { nodes, edges } = random(300, 900);
    const layout = layoutOf(nodes, edges, [], 120);
    expect(layout.nodes.size).toBe(300);
    expect(allApart(cards(layout))).toBe(true);
    for (const { x, y } of layout.nodes.values()) {
      expect(x + NODE_WIDTH).toBeLessThanOrEqual(layout.width);
      expect(y + NODE_HEIGHT).toBeLessThanOrEqual(layout.height);
    }
  });

  it('frames the nodes of a group, and no others', () => {
    const { nodes, edges } = random(120, 300);
    const groups: MapGroup[] = ['a', 'b', 'c'].map((name, g) => ({
      id: name,
      name,
      members: nodes.filter((_, i) => i % 4 === g).map(({ id }) => id),
    }));
    const layout = layoutOf(nodes, edges, groups, 120);
    expect(layout.frames.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    expect(allApart(cards(layout))).toBe(true);
    for (const frame of layout.frames) {
      const inside = [...layout.nodes].filter(
        ([, { x, y }]) =>
          x + NODE_WIDTH > frame.x &&
          x < frame.x + frame.width &&
          y + NODE_HEIGHT > frame.y &&
          y < frame.y + frame.height,
      );
      const members = groups.find(({ id }) => id === frame.id)?.members ?? [];
      expect(inside.map(([id]) => id).sort()).toEqual([...members].sort());
    }
  });

  it('leads long calls past the cards between', () => {
    const nodes = ['a', 'b', 'c'].map(node);
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('a', 'c')];
    const layout = layoutOf(nodes, edges, [], 120);
    const long = flows(layout, edges, () => 1).find(({ id }) => id === 'a c');
    const b = layout.nodes.get('b') as { x: number; y: number };
    const passing = (long?.points ?? []).filter(({ x }) => x >= b.x && x <= b.x + NODE_WIDTH);
    expect(passing).toHaveLength(2);
    expect(passing.every(({ y }) => y < b.y || y > b.y + NODE_HEIGHT)).toBe(true);
  });

  it('leads calls back below all cards between', () => {
    const nodes = ['a', 'b', 'c', 'd'].map(node);
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('a', 'd'), edge('c', 'a')];
    const layout = layoutOf(nodes, edges, [], 120);
    const lowest = Math.max(...[...layout.nodes.values()].map(({ y }) => y + NODE_HEIGHT));
    const bends = layout.bends.get('c a') ?? [];
    expect(bends).toHaveLength(2);
    expect(bends.every(({ y }) => y > lowest && y < layout.height)).toBe(true);
  });

  it('orders callees like their callers, so that calls do not cross', () => {
    const nodes = ['web', 'cart', 'pay', 'mail', 'postgresql', 'redis'].map(node);
    const edges = [
      edge('web', 'cart'),
      edge('web', 'pay'),
      edge('cart', 'redis'),
      edge('pay', 'mail'),
      edge('pay', 'postgresql'),
    ];
    const layout = layoutOf(nodes, edges, [], 120);
    const y = (id: string) => layout.nodes.get(id)?.y ?? 0;
    const cartFirst = y('cart') < y('pay');
    for (const other of ['mail', 'postgresql']) expect(y('redis') < y(other)).toBe(cartFirst);
  });

  it('is the same whatever the order of the answer', () => {
    const { nodes, edges } = random(40, 80);
    const turned = layoutOf([...nodes].reverse(), edges, [], 120);
    expect([...turned.nodes].sort()).toEqual([...layoutOf(nodes, edges, [], 120).nodes].sort());
  });
});

describe('labels', () => {
  it('never overlap each other or a card', () => {
    const { nodes, edges } = random(60, 140);
    const layout = layoutOf(nodes, edges, [], 140);
    const labels = labelPlaces(
      flows(layout, edges, ({ rate }) => rate).map(({ id, points }) => ({
        id,
        points,
        lines: ['12/s · 9.2% errors', '1.1 s › 920 ms', 'gap 184 ms'],
      })),
      layout,
    );
    expect(labels.size).toBeGreaterThan(20);
    expect(new Set([...labels.values()].map(({ lines }) => lines))).toEqual(new Set([1, 3]));
    expect(allApart([...labels.values(), ...cards(layout)])).toBe(true);
  });

  it('stand on their call', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 100, y: 50 },
    ];
    expect(pointAt(points, 0.5)).toEqual({ x: 50, y: 25 });
    expect(pointAt(points, 0)).toEqual({ x: 0, y: 0 });
  });
});
