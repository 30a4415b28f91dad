/** Rows of the waterfall: what is shown of a tree once subtrees and services are collapsed. */
import type { Span } from './model';
import { attributeOf, formatAttribute } from './model';
import type { TraceTree, TreeNode } from './tree';

export interface Row {
  node: TreeNode;
  depth: number;
  /** Descendants that are not shown below it. */
  hidden: number;
  collapsible: boolean;
  collapsed: boolean;
}

/**
 * A collapsed node hides its subtree. A collapsed service hides its spans below other spans of that service; their
 * descendants of other services move up to the nearest visible ancestor.
 */
export function visibleRows(
  tree: TraceTree,
  collapsed: ReadonlySet<number>,
  services: ReadonlySet<string>,
): Row[] {
  const out: Row[] = [];
  const shown = new Map<number, Row>();
  let skipTo = 0;
  for (const node of tree.nodes) {
    if (node.index < skipTo) continue;
    const above = tree.nodes[node.parent];
    // Parents come first: a hidden one stands for its own nearest visible ancestor.
    const row = above && shown.get(above.index);
    const { service } = node.span.resource;
    if (above && row && services.has(service) && above.span.resource.service === service) {
      row.hidden++;
      row.collapsible = true;
      shown.set(node.index, row);
      continue;
    }
    const isCollapsed = collapsed.has(node.index) && node.children.length > 0;
    const own: Row = {
      node,
      depth: row ? row.depth + 1 : 0,
      hidden: isCollapsed ? node.size - 1 : 0,
      collapsible: node.children.length > 0,
      collapsed: isCollapsed,
    };
    shown.set(node.index, own);
    out.push(own);
    if (isCollapsed) skipTo = node.index + node.size;
  }
  return out;
}

/** All nodes deeper than a depth become hidden. */
export function collapseBelow(tree: TraceTree, depth: number): Set<number> {
  return new Set(tree.nodes.filter((n) => n.depth === depth && n.children.length > 0).map((n) => n.index));
}

/** Without the ancestors of a node: it becomes visible. */
export function revealed(tree: TraceTree, collapsed: ReadonlySet<number>, index: number): Set<number> {
  const out = new Set(collapsed);
  for (let at = tree.nodes[index]?.parent ?? -1; at >= 0; at = (tree.nodes[at] as TreeNode).parent)
    out.delete(at);
  return out;
}

const matches = (span: Span, text: string): boolean => {
  const has = (value: string) => value.toLowerCase().includes(text);
  return (
    has(span.name) ||
    has(span.resource.service) ||
    has(span.id) ||
    has(span.kind) ||
    has(span.statusMessage) ||
    span.attributes.some((a) => has(a.key) || has(formatAttribute(a.value))) ||
    span.events.some((e) => has(e.name) || e.attributes.some((a) => has(formatAttribute(a.value)))) ||
    span.resource.attributes.some((a) => has(formatAttribute(a.value)))
  );
};

/** Nodes that contain the text, in order; `key=value` compares an attribute, `error` finds failed spans. */
export function searchNodes(tree: TraceTree, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const pair = /^([\w.:-]+)\s*=\s*(.+)$/.exec(wanted);
  const test = (span: Span): boolean => {
    if (wanted === 'error') return span.status === 'error';
    if (!pair) return matches(span, wanted);
    const [, key, value] = pair as unknown as [string, string, string];
    const own = attributeOf(span.attributes, key) ?? attributeOf(span.resource.attributes, key);
    return own?.toLowerCase().includes(value) ?? false;
  };
  return tree.nodes.filter((node) => test(node.span)).map((node) => node.index);
}

/** Round times between two moments (ns), at most about `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  const length = to - from;
  if (!(length > 0)) return [from];
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) as number;
  const out: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
  return out;
}
