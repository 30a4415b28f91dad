/** What the pages on pipelines make of the counts of the server. */
import type { Balance, Blockage, GraphEdge, GraphNode, Pipelines, Queue } from './api';

export const SIGNALS = ['metrics', 'logs', 'traces', 'profiles'] as const;

/** `logs/2` carries logs. */
export const signalOf = (pipeline: string): string => pipeline.split('/', 1)[0] as string;

/** Which signals a node deals with, by its accounts or by the edges at it. */
export function signalsOf(node: GraphNode, edges: GraphEdge[]): string[] {
  const found = new Set(Object.keys(node.signals));
  for (const edge of edges)
    if (edge.from === node.id || edge.to === node.id) found.add(signalOf(edge.pipeline));
  return SIGNALS.filter((signal) => found.has(signal));
}

/** Counts over so long make a rate: scrapes come every few seconds, and so does their volume. */
export const WINDOW_MS = 30_000;

/** Answers that are kept at most, whatever their distance. */
const MOST_KEPT = 40;

/** The answers of the last while, oldest first; one from before the window is kept as its edge. */
export function remember(past: Pipelines[], now: Pipelines): Pipelines[] {
  const last = past.at(-1);
  if (last && now.time <= last.time) return past;
  const all = [...past, now].slice(-MOST_KEPT);
  const from = now.time - WINDOW_MS;
  const first = all.findIndex((answer) => answer.time >= from);
  return all.slice(Math.max(0, first - 1));
}

export interface Rate {
  items: number;
  bytes: number;
}

/** What passed each edge a second; an edge that is new, or counts anew, has none. */
export function edgeRates(past: Pipelines[]): Map<string, Rate> {
  const out = new Map<string, Rate>();
  const first = past[0];
  const last = past.at(-1);
  if (!first || !last || last.time <= first.time) return out;
  const seconds = (last.time - first.time) / 1000;
  const before = new Map(first.edges.map((edge) => [edge.id, edge]));
  for (const edge of last.edges) {
    const old = before.get(edge.id);
    if (!old || edge.items < old.items || edge.bytes < old.bytes) continue;
    out.set(edge.id, {
      items: (edge.items - old.items) / seconds,
      bytes: (edge.bytes - old.bytes) / seconds,
    });
  }
  return out;
}

/** Over how long the rates are, in seconds; 0 while there are none. */
export function ratesOver(past: Pipelines[]): number {
  const first = past[0];
  const last = past.at(-1);
  return first && last ? (last.time - first.time) / 1000 : 0;
}

/** What a component drops because it was told to, or in whose place it makes something else. */
const MEANT = new Set([
  'filtered',
  'sampled_out',
  'counted',
  'summed',
  'superseded',
  'recoded',
  'no_delta',
  'dropped_series',
]);

/** Reasons of live controls name the control. */
const OF_CONTROL = /^(muted|filtered|sampled|limited):/;

export const isMeant = (reason: string): boolean => MEANT.has(reason) || OF_CONTROL.test(reason);

/** Items that were lost. */
export const dropped = (balance: Balance): number =>
  Object.entries(balance.dropped).reduce((sum, [reason, n]) => (isMeant(reason) ? sum : sum + n), 0);

export function total(node: GraphNode, of: (balance: Balance) => number): number {
  return Object.values(node.signals).reduce((sum, balance) => sum + of(balance), 0);
}

export type Breaker = 'closed' | 'open' | 'probing' | 'waiting';

/** Whether requests go out: `waiting` is when the destination asked for a pause. */
export function breakerOf(queue: Queue): Breaker {
  if (queue.pausedMillis > 0) return queue.probing ? 'open' : 'waiting';
  return queue.probing ? 'probing' : 'closed';
}

export const BREAKER_WORDS: Record<Breaker, string> = {
  closed: 'active',
  open: 'paused: destination down',
  probing: 'probing with one request',
  waiting: 'paused: destination asked to wait',
};

/** How full a queue is, by whichever of its bounds is nearest, 0 to 1. */
export function fullness(queue: Queue): number {
  const share = (used: number, capacity: number) => (capacity > 0 ? used / capacity : 0);
  return Math.min(
    1,
    Math.max(
      share(queue.bytes, queue.capacityBytes),
      share(queue.items - (queue.onDisk?.items ?? 0), queue.capacityItems),
      share(queue.requests - (queue.onDisk?.requests ?? 0), queue.capacityRequests),
      queue.onDisk ? share(queue.onDisk.bytes, queue.onDisk.capacityBytes) : 0,
    ),
  );
}

export type Health = 'good' | 'warn' | 'bad';

/** A blockage in words; the page adds the time. */
export const REASON_WORDS: Record<Blockage['reason'], string> = {
  queue_full: 'queue full since',
  not_delivered: 'not delivered since',
  on_disk: 'failing, queued on disk since',
  refusing: 'refusing since',
};

/** `blocked by exporter otlp/b`; nothing for a node that blocks others itself. */
export function blockedBy(node: GraphNode): string {
  const b = node.blocked?.find((one) => one.effect !== 'cause');
  return b ? `blocked by ${b.byKind} ${b.byComponent}` : '';
}

export interface Obstacle extends Blockage {
  /** The nodes that wait for it or get nothing because of it. */
  blocks: GraphNode[];
}

/** The nodes that block others, the oldest first, each with what it blocks. */
export function obstacles(nodes: GraphNode[]): Obstacle[] {
  const out = new Map<string, Obstacle>();
  for (const node of nodes)
    for (const b of node.blocked ?? []) if (b.effect === 'cause') out.set(b.by, { ...b, blocks: [] });
  for (const node of nodes)
    for (const by of new Set((node.blocked ?? []).filter((b) => b.effect !== 'cause').map((b) => b.by)))
      out.get(by)?.blocks.push(node);
  return [...out.values()].sort((a, b) => a.sinceMillis - b.sinceMillis);
}

/** A word on how a component does, and why. */
export function healthOf(node: GraphNode, now: number): { health: Health; why: string[] } {
  const why: string[] = [];
  let health: Health = 'good';
  const worse = (to: Health, what: string) => {
    why.push(what);
    if (to === 'bad' || health === 'good') health = to;
  };
  const blockage = node.blocked?.[0];
  if (blockage)
    worse(
      'bad',
      blockage.effect !== 'cause' ? 'blocked' : blockage.reason === 'on_disk' ? 'failing' : 'blocking',
    );
  const queue = node.queue;
  if (queue) {
    const breaker = breakerOf(queue);
    if (breaker === 'open') worse('bad', 'down');
    else if (breaker !== 'closed') worse('warn', breaker === 'probing' ? 'probing' : 'paused');
    if (queue.fullSinceMillis) worse('bad', 'queue full');
    else if (fullness(queue) >= 0.8) worse(fullness(queue) >= 0.98 ? 'bad' : 'warn', 'queue nearly full');
    if (queue.deadLetters > 0) worse('warn', 'dead letters');
    if (breaker === 'closed' && queue.lastErrorMillis > now - 60_000 && queue.lastError)
      worse('warn', 'errors');
  }
  if (total(node, dropped) > 0) worse('warn', 'dropped');
  return { health, why };
}

/** The graph with only some signals, or only what has to do with the components that a text names. */
export function narrowed(graph: Pipelines, signal: string, text: string): Pipelines {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let edges = signal ? graph.edges.filter((edge) => signalOf(edge.pipeline) === signal) : graph.edges;
  if (words.length > 0) {
    const matches = (id: string) => words.every((word) => id.toLowerCase().includes(word));
    const named = new Set(graph.nodes.filter((node) => matches(node.id)).map((node) => node.id));
    // A pipeline that is named is shown as a whole; a component with all that leads to it and from it.
    const pipelines = new Set(edges.filter((edge) => matches(edge.pipeline)).map((edge) => edge.pipeline));
    const reached = new Set([...along(edges, named, 'to'), ...along(edges, named, 'from')]);
    edges = edges.filter((edge) => reached.has(edge.id) || pipelines.has(edge.pipeline));
    const left = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
    return { ...graph, edges, nodes: graph.nodes.filter((node) => left.has(node.id) || named.has(node.id)) };
  }
  if (!signal) return graph;
  const left = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  return { ...graph, edges, nodes: graph.nodes.filter((node) => left.has(node.id)) };
}

/** The edges that lead on from nodes, or that lead to them, however far. */
function along(edges: GraphEdge[], start: Set<string>, end: 'from' | 'to'): string[] {
  const other = end === 'to' ? 'from' : 'to';
  const at = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const list = at.get(edge[other]);
    if (list) list.push(edge);
    else at.set(edge[other], [edge]);
  }
  const seen = new Set(start);
  const out: string[] = [];
  const todo = [...start];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    for (const edge of at.get(id) ?? []) {
      out.push(edge.id);
      if (!seen.has(edge[end])) {
        seen.add(edge[end]);
        todo.push(edge[end]);
      }
    }
  }
  return out;
}

/** The line on which a component is defined in a printed configuration, from 1; 0 for not found. */
export function definedAt(yaml: string, kind: string, component: string): number {
  const section = `${kind}s:`;
  let inside = false;
  for (const [i, line] of yaml.split('\n').entries()) {
    if (/^\S/.test(line)) inside = line.trimEnd() === section;
    else if (inside) {
      const key = /^ {2}(\S[^:]*|"[^"]+"|'[^']+'):(\s|$)/.exec(line)?.[1];
      if (key?.replace(/^["']|["']$/g, '') === component) return i + 1;
    }
  }
  return 0;
}
