/**
 * Critical path of a trace: the segments of spans that the end of the root waited for.
 *
 * Walks backwards from the end of the root, as CRISP (Zhang et al., USENIX ATC 2022) and Jaeger do: the last child to
 * finish before the current time is on the path; then the walk resumes at its start. Children that outlive
 * their parent are asynchronous and count up to the parent's end.
 */
import { rootOf, type TraceTree, type TreeNode } from './tree';

export interface Segment {
  /** Index of the node. */
  node: number;
  /** ns after the base of the trace. */
  from: number;
  to: number;
}

interface Frame {
  node: TreeNode;
  /** Children by their end, latest first; `next` is the first that was not visited. */
  byEnd: number[];
  next: number;
  /** Start of the part of the node that can be on the path: a child that starts before its parent is cut. */
  from: number;
  /** The path is known from here to the end. */
  at: number;
}

export function criticalPath(tree: TraceTree, starts?: Float64Array): Segment[] {
  const root = rootOf(tree);
  if (!root) return [];
  const startOf = (node: TreeNode) => starts?.[node.index] ?? node.span.start;
  const endOf = (node: TreeNode) => startOf(node) + node.span.duration;
  const frame = (node: TreeNode, from: number, at: number): Frame => ({
    node,
    from,
    byEnd: [...node.children].sort(
      (a, b) => endOf(tree.nodes[b] as TreeNode) - endOf(tree.nodes[a] as TreeNode),
    ),
    next: 0,
    at,
  });
  const out: Segment[] = [];
  const add = (node: TreeNode, from: number, to: number) => {
    if (to > from) out.push({ node: node.index, from, to });
  };
  const stack: Frame[] = [frame(root, startOf(root), endOf(root))];
  while (stack.length > 0) {
    const top = stack.at(-1) as Frame;
    const start = top.from;
    // The latest end among the children that began before the known part and did not outlast it.
    let found: TreeNode | null = null;
    while (top.next < top.byEnd.length && found === null) {
      const child = tree.nodes[top.byEnd[top.next++] as number] as TreeNode;
      const whole = endOf(top.node);
      const end = Math.min(endOf(child), whole);
      if (end <= top.at && startOf(child) < top.at && end > start && end > startOf(child)) found = child;
    }
    if (found) {
      const end = Math.min(endOf(found), endOf(top.node));
      add(top.node, end, top.at);
      top.at = Math.max(start, startOf(found));
      stack.push(frame(found, top.at, end));
    } else {
      add(top.node, start, top.at);
      stack.pop();
    }
  }
  return out.sort((a, b) => a.from - b.from);
}

export interface PathShare {
  service: string;
  name: string;
  /** ns on the path. */
  time: number;
  count: number;
}

/** Time on the path by service and operation, largest first. */
export function pathShares(tree: TraceTree, path: Segment[]): PathShare[] {
  const out = new Map<string, PathShare & { nodes: Set<number> }>();
  for (const { node, from, to } of path) {
    const { span } = tree.nodes[node] as TreeNode;
    const key = `${span.resource.service}\0${span.name}`;
    const share = out.get(key) ?? {
      service: span.resource.service,
      name: span.name,
      time: 0,
      count: 0,
      nodes: new Set<number>(),
    };
    out.set(key, share);
    share.time += to - from;
    share.nodes.add(node);
  }
  return [...out.values()]
    .map(({ nodes, ...share }) => ({ ...share, count: nodes.size }))
    .sort((a, b) => b.time - a.time);
}

/** Segments by node: what a row draws. */
export function segmentsByNode(path: Segment[]): Map<number, Segment[]> {
  const out = new Map<number, Segment[]>();
  for (const segment of path) {
    const list = out.get(segment.node);
    if (list) list.push(segment);
    else out.set(segment.node, [segment]);
  }
  return out;
}
