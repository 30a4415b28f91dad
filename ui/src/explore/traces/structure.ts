/** Aggregated structure of traces: one node for equal services and operations below an equal parent. */
import type { Trace } from './model';
import { buildTree } from './tree';

export interface StructureNode {
  /** Unique within the structure; equal for equal input. */
  key: string;
  service: string;
  name: string;
  depth: number;
  spans: number;
  /** Traces that have the node at least once. */
  traces: number;
  errors: number;
  /** ns, summed over the spans. */
  total: number;
  self: number;
  longest: number;
  children: StructureNode[];
}

/** More nodes are counted into their parent: a trace with generated names would fill the memory. */
export const MAX_NODES = 20_000;

export interface Structure {
  roots: StructureNode[];
  traces: number;
  spans: number;
  /** Spans that the limit kept out. */
  left: number;
}

type Building = StructureNode & { index: Map<string, Building>; last: number };

export function structureOf(traces: Trace[], limit = MAX_NODES): Structure {
  const roots = new Map<string, Building>();
  let count = 0;
  let left = 0;
  let spans = 0;
  traces.forEach((trace, t) => {
    const tree = buildTree(trace);
    const places: (Building | null)[] = [];
    for (const node of tree.nodes) {
      spans++;
      const above = node.parent < 0 ? undefined : places[node.parent];
      if (above === null) {
        places.push(null);
        left++;
        continue;
      }
      const siblings = above ? above.index : roots;
      const { service } = node.span.resource;
      const key = `${service}\0${node.span.name}`;
      let found = siblings.get(key);
      if (!found) {
        if (count >= limit) {
          places.push(null);
          left++;
          continue;
        }
        count++;
        found = {
          key: String(count),
          service,
          name: node.span.name,
          depth: above ? above.depth + 1 : 0,
          spans: 0,
          traces: 0,
          errors: 0,
          total: 0,
          self: 0,
          longest: 0,
          children: [],
          index: new Map(),
          last: -1,
        };
        siblings.set(key, found);
        above?.children.push(found);
      }
      found.spans++;
      if (found.last !== t) found.traces++;
      found.last = t;
      if (node.span.status === 'error') found.errors++;
      found.total += node.span.duration;
      found.self += node.self;
      found.longest = Math.max(found.longest, node.span.duration);
      places.push(found);
    }
  });
  const sorted = [...roots.values()].sort((a, b) => b.total - a.total);
  // Not recursive: chains may be as deep as traces.
  const open: StructureNode[] = [...sorted];
  while (open.length > 0) {
    const node = open.pop() as StructureNode;
    node.children.sort((a, b) => b.total - a.total);
    open.push(...node.children);
  }
  return { roots: sorted, traces: traces.length, spans, left };
}

/** Depth first, without what is below collapsed nodes. */
export function flatten<T extends { key: string; children: T[] }>(
  roots: T[],
  collapsed: ReadonlySet<string>,
): T[] {
  const out: T[] = [];
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const node = stack.pop() as T;
    out.push(node);
    if (!collapsed.has(node.key))
      for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i] as T);
  }
  return out;
}
