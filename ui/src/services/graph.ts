/**
 * The service map. Above a number of nodes it is grouped, step by step until it is small enough: leaves of one
 * service, then namespaces or common prefixes of names, then everything but the busiest.
 */
import { type Health, healthOf, type Latency } from './model';

export interface MapNode {
  id: string;
  name: string;
  kind: 'service' | 'database' | 'external' | 'group';
  namespace: string;
  /** Requests that arrive, a second. */
  rate: number;
  /** Share that failed. */
  errors: number;
  /** Largest p95 of the calls that arrive, seconds. */
  p95: number | null;
  /** Names of the nodes in a group. */
  members: string[];
  /** One of its containers, where only the node agent sees the service. */
  container?: string;
}

export interface MapEdge {
  id: string;
  from: string;
  to: string;
  /** '' for requests, or messaging_system, database, virtual_node; a protocol where the node agent saw it. */
  type: string;
  /** Its connection in the service graph: '', messaging_system, database or virtual_node. */
  connection: string;
  rate: number;
  /** Failed requests a second. */
  failed: number;
  p95: number | null;
  /** Open now; where the node agent saw the call. */
  connections?: number;
  /** TCP segments sent again, a second. */
  retransmits?: number;
}

export interface ServiceMap {
  nodes: MapNode[];
  edges: MapEdge[];
}

export const MAX_NODES = 40;

const max = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));

/** Answer of `/services/map`. */
export interface MapAnswer {
  nodes: { name: string; kind: 'service' | 'database' | 'external'; namespace: string; container?: string }[];
  edges: (Pick<
    MapEdge,
    'from' | 'to' | 'type' | 'connection' | 'rate' | 'failed' | 'connections' | 'retransmits'
  > & { clientLatency: Latency; serverLatency: Latency })[];
}

export const mapOf = ({ nodes, edges }: MapAnswer): ServiceMap =>
  withFigures({
    nodes: nodes.map((node) => ({
      ...node,
      id: node.name,
      rate: 0,
      errors: 0,
      p95: null,
      members: [node.name],
    })),
    edges: edges.map(({ clientLatency, serverLatency, ...edge }) => ({
      ...edge,
      id: [edge.from, edge.to, edge.type].join('\0'),
      p95: serverLatency.p95 ?? clientLatency.p95,
    })),
  });

/** Figures of nodes out of the edges that arrive. */
export function withFigures(map: ServiceMap): ServiceMap {
  const byId = new Map(
    map.nodes.map((node) => [node.id, { ...node, rate: 0, errors: 0, p95: null as number | null }]),
  );
  const failed = new Map<string, number>();
  for (const edge of map.edges) {
    const node = byId.get(edge.to);
    if (!node) continue;
    node.rate += edge.rate;
    node.p95 = max(node.p95, edge.p95);
    failed.set(edge.to, (failed.get(edge.to) ?? 0) + edge.failed);
  }
  for (const node of byId.values())
    node.errors = node.rate > 0 ? Math.min(1, (failed.get(node.id) ?? 0) / node.rate) : 0;
  return { nodes: [...byId.values()], edges: map.edges };
}

/** Replaces nodes by the groups they belong to. Edges within a group disappear, equal ones are added up. */
function merged(map: ServiceMap, groupOf: Map<string, { id: string; name: string }>): ServiceMap {
  const nodes = new Map<string, MapNode>();
  for (const node of map.nodes) {
    const group = groupOf.get(node.id);
    if (!group) {
      nodes.set(node.id, node);
      continue;
    }
    const found = nodes.get(group.id) ?? {
      ...node,
      id: group.id,
      name: group.name,
      kind: 'group' as const,
      members: [],
    };
    nodes.set(group.id, found);
    found.members = [...found.members, ...node.members];
  }
  const edges = new Map<string, MapEdge>();
  for (const edge of map.edges) {
    const from = groupOf.get(edge.from)?.id ?? edge.from;
    const to = groupOf.get(edge.to)?.id ?? edge.to;
    if (from === to && (groupOf.has(edge.from) || groupOf.has(edge.to))) continue;
    const own = from === edge.from && to === edge.to;
    const type = own ? edge.type : '';
    const connection = own ? edge.connection : '';
    const id = [from, to, type].join('\0');
    const found = edges.get(id);
    if (!found) edges.set(id, { ...edge, id, from, to, type, connection });
    else {
      found.rate += edge.rate;
      found.failed += edge.failed;
      found.p95 = max(found.p95, edge.p95);
      if (edge.connections !== undefined) found.connections = (found.connections ?? 0) + edge.connections;
      if (edge.retransmits !== undefined) found.retransmits = (found.retransmits ?? 0) + edge.retransmits;
    }
  }
  return withFigures({ nodes: [...nodes.values()], edges: [...edges.values()] });
}

function groupsOf(
  map: ServiceMap,
  expanded: ReadonlySet<string>,
  name: (node: MapNode) => { id: string; name: string } | null,
): Map<string, { id: string; name: string }> {
  const members = new Map<string, { name: string; ids: string[] }>();
  for (const node of map.nodes) {
    const group = name(node);
    if (!group || expanded.has(group.id)) continue;
    const found = members.get(group.id) ?? { name: group.name, ids: [] };
    members.set(group.id, found);
    found.ids.push(node.id);
  }
  const out = new Map<string, { id: string; name: string }>();
  for (const [id, group] of members)
    if (group.ids.length > 1)
      for (const one of group.ids) out.set(one, { id, name: `${group.name} (${group.ids.length})` });
  return out;
}

/** Nodes without calls of their own that only one service calls. */
function leaves(map: ServiceMap, expanded: ReadonlySet<string>) {
  const callers = new Map<string, Set<string>>();
  const calls = new Set<string>();
  for (const edge of map.edges) {
    calls.add(edge.from);
    const list = callers.get(edge.to) ?? new Set<string>();
    callers.set(edge.to, list);
    list.add(edge.from);
  }
  return groupsOf(map, expanded, (node) => {
    const [only, ...others] = callers.get(node.id) ?? [];
    return only !== undefined && others.length === 0 && !calls.has(node.id)
      ? { id: `leaves:${only}`, name: `Called by ${only}` }
      : null;
  });
}

/** Part of a name before the first separator: services of one team often share it. */
const prefix = (name: string): string => /^[^-._/:]+(?=[-._/:])/.exec(name)?.[0] ?? '';

const families = (map: ServiceMap, expanded: ReadonlySet<string>) =>
  groupsOf(map, expanded, (node) => {
    if (node.kind === 'group') return null;
    const name = node.namespace || prefix(node.name);
    return name === '' ? null : { id: `family:${name}`, name };
  });

function quietest(map: ServiceMap, expanded: ReadonlySet<string>, limit: number) {
  const busy = new Map<string, number>();
  for (const edge of map.edges)
    for (const end of [edge.from, edge.to]) busy.set(end, (busy.get(end) ?? 0) + edge.rate);
  const kept = new Set(
    [...map.nodes]
      .sort((a, b) => (busy.get(b.id) ?? 0) - (busy.get(a.id) ?? 0) || a.id.localeCompare(b.id))
      .slice(0, limit - 1)
      .map((node) => node.id),
  );
  return groupsOf(map, expanded, (node) => (kept.has(node.id) ? null : { id: 'others', name: 'Others' }));
}

/** At most `limit` nodes, unless groups were expanded on purpose. */
export function simplified(map: ServiceMap, expanded: ReadonlySet<string>, limit = MAX_NODES): ServiceMap {
  let out = map;
  if (out.nodes.length > limit) out = merged(out, leaves(out, expanded));
  if (out.nodes.length > limit) out = merged(out, families(out, expanded));
  if (out.nodes.length > limit) out = merged(out, quietest(out, expanded, limit));
  return out;
}

export interface Dependency {
  name: string;
  type: string;
  rate: number;
  errors: number;
  p95: number | null;
  connections: number | null;
  retransmits: number | null;
  kind: MapNode['kind'];
  container?: string;
}

/** Callers and callees of a service, busiest first. */
export function dependenciesOf(map: ServiceMap, service: string): { in: Dependency[]; out: Dependency[] } {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const side = (own: 'from' | 'to', other: 'from' | 'to') =>
    map.edges
      .filter((edge) => edge[own] === service && edge[other] !== service)
      .map((edge) => ({
        name: edge[other],
        type: edge.type,
        rate: edge.rate,
        errors: edge.rate > 0 ? Math.min(1, edge.failed / edge.rate) : 0,
        p95: edge.p95,
        connections: edge.connections ?? null,
        retransmits: edge.retransmits ?? null,
        kind: nodes.get(edge[other])?.kind ?? 'service',
        container: nodes.get(edge[other])?.container,
      }))
      .sort((a, b) => b.rate - a.rate);
  return { in: side('to', 'from'), out: side('from', 'to') };
}

export const edgeHealth = (edge: MapEdge): Health => healthOf(edge.rate > 0 ? edge.failed / edge.rate : 0);

export const TYPE_NAMES: Record<string, string> = {
  '': 'request',
  database: 'database',
  messaging_system: 'messaging',
  virtual_node: 'external',
  tcp: 'connections',
};
