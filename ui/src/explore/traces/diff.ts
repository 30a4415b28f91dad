/** Difference of two traces by structure: spans are matched by service, operation and parent, not by id. */
import type { Trace } from './model';
import { type StructureNode, structureOf } from './structure';

export interface DiffSide {
  spans: number;
  errors: number;
  total: number;
  self: number;
}

export interface DiffNode {
  key: string;
  service: string;
  name: string;
  depth: number;
  /** Null where a trace does not have the node. */
  a: DiffSide | null;
  b: DiffSide | null;
  kind: 'added' | 'removed' | 'slower' | 'faster' | 'changed' | 'same';
  children: DiffNode[];
}

/** Below this share of the longer trace, and below a tenth of its own time, a difference is noise. */
const NOISE = 0.01;
const OWN = 0.1;

type Pair = [StructureNode | undefined, StructureNode | undefined];

const side = (node: StructureNode | undefined): DiffSide | null =>
  node ? { spans: node.spans, errors: node.errors, total: node.total, self: node.self } : null;

export function diffTraces(a: Trace, b: Trace): DiffNode[] {
  const whole = Math.max(a.duration, b.duration, 1);
  const kindOf = (x: DiffSide | null, y: DiffSide | null): DiffNode['kind'] => {
    if (!x) return 'added';
    if (!y) return 'removed';
    const delta = y.total - x.total;
    if (Math.abs(delta) > NOISE * whole && Math.abs(delta) > OWN * Math.max(x.total, y.total))
      return delta > 0 ? 'slower' : 'faster';
    return x.spans !== y.spans || x.errors !== y.errors ? 'changed' : 'same';
  };
  const pairs = (left: StructureNode[], right: StructureNode[]): Pair[] => {
    const name = (node: StructureNode) => `${node.service}\0${node.name}`;
    const byKey = new Map(right.map((node) => [name(node), node]));
    const known = new Set(left.map(name));
    return [
      ...left.map((node): [StructureNode, StructureNode | undefined] => [node, byKey.get(name(node))]),
      ...right
        .filter((node) => !known.has(name(node)))
        .map((node): [undefined, StructureNode] => [undefined, node]),
    ];
  };
  let made = 0;
  const make = (pair: Pair): DiffNode => {
    const [x, y] = pair;
    const any = (x ?? y) as StructureNode;
    const [one, two] = [side(x), side(y)];
    return {
      key: String(made++),
      service: any.service,
      name: x && y && x.name !== y.name ? `${x.name} → ${y.name}` : any.name,
      depth: any.depth,
      a: one,
      b: two,
      kind: kindOf(one, two),
      children: [],
    };
  };
  const [left, right] = [structureOf([a]).roots, structureOf([b]).roots];
  // Two requests of different routes are compared as well: a single root matches a single root.
  const top: Pair[] = left.length === 1 && right.length === 1 ? [[left[0], right[0]]] : pairs(left, right);
  const out: DiffNode[] = [];
  const open: { pair: (typeof top)[number]; into: DiffNode[] }[] = top
    .map((pair) => ({ pair, into: out }))
    .reverse();
  while (open.length > 0) {
    const { pair, into } = open.pop() as (typeof open)[number];
    const node = make(pair);
    into.push(node);
    const below = pairs(pair[0]?.children ?? [], pair[1]?.children ?? []);
    for (let i = below.length - 1; i >= 0; i--)
      open.push({ pair: below[i] as (typeof top)[number], into: node.children });
  }
  return out;
}

/** Numbers of nodes by kind. */
export function diffCounts(roots: DiffNode[]): Record<DiffNode['kind'], number> {
  const counts = { added: 0, removed: 0, slower: 0, faster: 0, changed: 0, same: 0 };
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop() as DiffNode;
    counts[node.kind]++;
    stack.push(...node.children);
  }
  return counts;
}
