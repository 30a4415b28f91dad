/** Volumes in words. */
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import type { GraphEdge, GraphNode } from './api';
import { type Rate, signalOf } from './model';

export type Unit = 'items' | 'bytes';

export const formatRate = (rate: Rate | undefined, unit: Unit): string =>
  rate === undefined ? '' : formatValue(rate[unit], unit === 'items' ? 'per second' : 'bytes/s', 3);

/**
 * What comes in and goes out of a component a second. What goes from it into several places of one
 * pipeline, or from a receiver into several pipelines of one signal, is one volume that is handed to all.
 */
export function nodeRates(
  edges: GraphEdge[],
  rates: Map<string, Rate>,
): Map<string, { in?: Rate; out?: Rate }> {
  const out = new Map<string, { in?: Rate; out?: Rate }>();
  const copies = new Map<string, Rate>();
  const add = (id: string, way: 'in' | 'out', rate: Rate) => {
    const both = out.get(id) ?? {};
    const sum = both[way] ?? { items: 0, bytes: 0 };
    out.set(id, { ...both, [way]: { items: sum.items + rate.items, bytes: sum.bytes + rate.bytes } });
  };
  for (const edge of edges) {
    const rate = rates.get(edge.id);
    if (!rate) continue;
    add(edge.to, 'in', rate);
    const group = edge.from.startsWith('receiver:') ? signalOf(edge.pipeline) : edge.pipeline;
    const key = `${edge.from} ${group}`;
    const most = copies.get(key) ?? { items: 0, bytes: 0 };
    add(edge.from, 'out', {
      items: Math.max(0, rate.items - most.items),
      bytes: Math.max(0, rate.bytes - most.bytes),
    });
    copies.set(key, { items: Math.max(most.items, rate.items), bytes: Math.max(most.bytes, rate.bytes) });
  }
  return out;
}

export function queueText(node: GraphNode): string {
  const queue = node.queue;
  if (!queue) return '';
  if (queue.items === 0 && queue.requests === 0) return 'queue empty';
  return `${formatValue(queue.items, 'none', 3)} queued, ${roughDuration(queue.oldestMillis)}`;
}
