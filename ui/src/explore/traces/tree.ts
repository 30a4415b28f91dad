/**
 * Spans of a trace as a forest in depth-first order.
 *
 * Senders are not trusted: a parent may be missing, ids may repeat, parents may form a cycle, clocks may differ.
 * Every span gets exactly one place. Nothing recurses: a chain of 100,000 spans is an ordinary trace.
 */
import type { Span, Trace } from './model';

export interface TreeNode {
  span: Span;
  /** Index in the order; equal to its place in `nodes`. */
  index: number;
  /** Index of the parent, -1 for a root. */
  parent: number;
  depth: number;
  /** Number of nodes in the subtree, itself included: its descendants follow it directly. */
  size: number;
  /** Indexes of the children, by start. */
  children: number[];
  /** ns not covered by children. */
  self: number;
  /** Errors in the subtree, itself excluded. */
  errorsBelow: number;
  missingParent: boolean;
  duplicateId: boolean;
  /** Its parent was one of its descendants. */
  cycle: boolean;
  /** Starts before its parent although another process reports it. */
  skewed: boolean;
}

export interface TraceTree {
  trace: Trace;
  nodes: TreeNode[];
  roots: number[];
  maxDepth: number;
  counts: { errors: number; missingParents: number; duplicates: number; cycles: number; skewed: number };
}

/** Candidates for a parent id: a server span that shares its client's id comes after it. */
function byId(spans: Span[]): Map<string, number[]> {
  const out = new Map<string, number[]>();
  spans.forEach((span, i) => {
    const list = out.get(span.id);
    if (list) list.push(i);
    else out.set(span.id, [i]);
  });
  return out;
}

/** More spans than this with one id are not searched for the best parent: the first one is taken. */
const MAX_CANDIDATES = 16;

function parentsOf(spans: Span[], ids: Map<string, number[]>): Int32Array {
  const parents = new Int32Array(spans.length).fill(-1);
  spans.forEach((span, i) => {
    const twins = ids.get(span.id) as number[];
    if (span.kind === 'server' && twins.length > 1 && twins.length <= MAX_CANDIDATES) {
      // Zipkin: both sides of a call share one id. The server's half is below the client's.
      const client = twins.find((t) => t !== i && spans[t]?.kind === 'client');
      if (client !== undefined) {
        parents[i] = client;
        return;
      }
    }
    if (!span.parentId) return;
    const candidates = ids.get(span.parentId);
    if (!candidates) return;
    const others = candidates.length > MAX_CANDIDATES ? candidates.slice(0, MAX_CANDIDATES) : candidates;
    const same = others.find((c) => c !== i && spans[c]?.resource.service === span.resource.service);
    parents[i] = same ?? others.find((c) => c !== i) ?? -1;
  });
  return parents;
}

/** Cuts every cycle at its earliest span. */
function cutCycles(spans: Span[], parents: Int32Array): Set<number> {
  const cut = new Set<number>();
  // 0 unknown, 1 on the current way up, 2 known to reach a root.
  const state = new Uint8Array(spans.length);
  for (let i = 0; i < spans.length; i++) {
    const way: number[] = [];
    let at = i;
    while (at >= 0 && state[at] === 0) {
      state[at] = 1;
      way.push(at);
      at = parents[at] as number;
    }
    if (at >= 0 && state[at] === 1) {
      const cycle = way.slice(way.indexOf(at));
      const first = cycle.reduce((a, b) => ((spans[b] as Span).start < (spans[a] as Span).start ? b : a));
      parents[first] = -1;
      cut.add(first);
    }
    for (const one of way) state[one] = 2;
  }
  return cut;
}

export function buildTree(trace: Trace): TraceTree {
  const { spans } = trace;
  const ids = byId(spans);
  const parents = parentsOf(spans, ids);
  const cycles = cutCycles(spans, parents);
  const children: number[][] = spans.map(() => []);
  const roots: number[] = [];
  for (let i = 0; i < spans.length; i++) {
    const parent = parents[i] as number;
    if (parent < 0) roots.push(i);
    else (children[parent] as number[]).push(i);
  }
  const byStart = (a: number, b: number) =>
    (spans[a] as Span).start - (spans[b] as Span).start ||
    (spans[b] as Span).duration - (spans[a] as Span).duration ||
    a - b;
  for (const list of children) if (list.length > 1) list.sort(byStart);
  roots.sort(byStart);

  const nodes: TreeNode[] = [];
  const place = new Int32Array(spans.length);
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const i = stack.pop() as number;
    const span = spans[i] as Span;
    const original = parents[i] as number;
    const parent = original < 0 ? -1 : (place[original] as number);
    const above = parent < 0 ? null : (nodes[parent] as TreeNode);
    place[i] = nodes.length;
    const node: TreeNode = {
      span,
      index: nodes.length,
      parent,
      depth: above ? above.depth + 1 : 0,
      size: 1,
      children: [],
      self: span.duration,
      errorsBelow: 0,
      missingParent: span.parentId !== '' && original < 0 && !cycles.has(i),
      duplicateId: isDuplicate(spans, ids.get(span.id) as number[], i),
      cycle: cycles.has(i),
      skewed: above !== null && span.start < above.span.start && span.resource !== above.span.resource,
    };
    above?.children.push(node.index);
    nodes.push(node);
    const below = children[i] as number[];
    for (let k = below.length - 1; k >= 0; k--) stack.push(below[k] as number);
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as TreeNode;
    node.self = selfTime(node, nodes);
    const above = nodes[node.parent];
    if (!above) continue;
    above.size += node.size;
    above.errorsBelow += node.errorsBelow + (node.span.status === 'error' ? 1 : 0);
  }
  const count = (test: (node: TreeNode) => boolean) => nodes.reduce((n, node) => n + (test(node) ? 1 : 0), 0);
  return {
    trace,
    nodes,
    roots: nodes.filter((node) => node.parent < 0).map((node) => node.index),
    maxDepth: nodes.reduce((most, node) => Math.max(most, node.depth), 0),
    counts: {
      errors: count((node) => node.span.status === 'error'),
      missingParents: count((node) => node.missingParent),
      duplicates: count((node) => node.duplicateId),
      cycles: count((node) => node.cycle),
      skewed: count((node) => node.skewed),
    },
  };
}

/** The two halves of a call that share an id are no duplicates. */
function isDuplicate(spans: Span[], twins: number[], i: number): boolean {
  if (twins.length < 2) return false;
  if (twins.length > 2) return true;
  const kinds = twins.map((t) => spans[t]?.kind).sort();
  return !(kinds[0] === 'client' && kinds[1] === 'server') && i >= 0;
}

/** Duration less the union of the children's times within it. Children are in order of start. */
function selfTime(node: TreeNode, nodes: TreeNode[]): number {
  const { start, duration } = node.span;
  const end = start + duration;
  let covered = 0;
  let until = start;
  for (const child of node.children) {
    const { span } = nodes[child] as TreeNode;
    const from = Math.max(until, span.start);
    const to = Math.min(end, span.start + span.duration);
    if (to <= from) continue;
    covered += to - from;
    until = to;
  }
  return Math.max(0, duration - covered);
}

/** Root that stands for the trace: the first one without a parent id, else the first. */
export function rootOf(tree: TraceTree): TreeNode | undefined {
  const root = tree.roots.find((i) => tree.nodes[i]?.span.parentId === '') ?? tree.roots[0];
  return root === undefined ? undefined : tree.nodes[root];
}

/**
 * Starts with clocks corrected: a subtree of another process that lies outside of its parent is moved into it,
 * to its start when it is longer, else to its middle, as Jaeger's query service does.
 */
export function correctedStarts(tree: TraceTree): Float64Array {
  const starts = new Float64Array(tree.nodes.length);
  const shifts = new Float64Array(tree.nodes.length);
  for (const node of tree.nodes) {
    const above = tree.nodes[node.parent];
    let shift = above ? (shifts[above.index] as number) : 0;
    if (above && above.span.resource !== node.span.resource) {
      const from = starts[above.index] as number;
      const room = above.span.duration - node.span.duration;
      const start = node.span.start;
      // Another clock: the shift of the parent's does not apply.
      shift = 0;
      if (room < 0) {
        if (start < from) shift = from - start;
      } else if (start < from || start > from + room) shift = from + room / 2 - start;
    }
    shifts[node.index] = shift;
    starts[node.index] = node.span.start + shift;
  }
  return starts;
}
