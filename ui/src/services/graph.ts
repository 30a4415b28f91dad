/**
 * The service map. Nodes are grouped by namespace, category or team. Above a number of nodes groups are collapsed;
 * what is still too many is grouped further: leaves of one service, then everything but the busiest.
 */
import type { EntityHealth, Status } from '../insight/types';
import { attributeOf, namedEntity, type WorldIndex } from '../insight/world';
import { type Health, healthOf, type Latency } from './model';
import { CATEGORY, NAMESPACE, OWNER } from './rows';

export interface MapNode {
  id: string;
  name: string;
  kind: 'service' | 'database' | 'external' | 'group';
  namespace: string;
  category: string;
  team: string;
  /** Of its entity, as inspections found it. */
  status: Status;
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
  /** Seconds at the callee, else at the client. */
  p95: number | null;
  /** Seconds, as the client and the callee measure them; the gap is the network and queues between. */
  clientP95: number | null;
  serverP95: number | null;
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
      category: '',
      team: '',
      status: 'unknown',
      rate: 0,
      errors: 0,
      p95: null,
      members: [node.name],
    })),
    edges: edges.map(({ clientLatency, serverLatency, ...edge }) => ({
      ...edge,
      id: [edge.from, edge.to, edge.type].join('\0'),
      p95: serverLatency.p95 ?? clientLatency.p95,
      clientP95: clientLatency.p95,
      serverP95: serverLatency.p95,
    })),
  });

/** Nodes with the attributes and the health of their entities. */
export function annotated(
  map: ServiceMap,
  index: WorldIndex | undefined,
  health: Map<string, EntityHealth> | undefined,
): ServiceMap {
  if (!index || index.world.entities.length === 0) return map;
  const nodes = map.nodes.map((node): MapNode => {
    const entity = namedEntity(index, node.name, node.namespace);
    if (!entity) return node;
    return {
      ...node,
      namespace: node.namespace || attributeOf(index, entity, ...NAMESPACE),
      category: attributeOf(index, entity, ...CATEGORY),
      team: attributeOf(index, entity, ...OWNER),
      status: health?.get(entity.id)?.status ?? 'unknown',
    };
  });
  return { nodes, edges: map.edges };
}

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

/** The worst first: a group has that of its worst member. */
const STATUSES: Status[] = ['critical', 'warning', 'ok', 'unknown'];

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
      status: 'unknown' as Status,
      members: [],
      container: undefined,
    };
    nodes.set(group.id, found);
    found.members = [...found.members, ...node.members];
    if (STATUSES.indexOf(node.status) < STATUSES.indexOf(found.status)) found.status = node.status;
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
      found.clientP95 = max(found.clientP95, edge.clientP95);
      found.serverP95 = max(found.serverP95, edge.serverP95);
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

export type Grouping = 'namespace' | 'category' | 'team' | 'none';

/** Name of the group of a node; without an attribute, of many nodes, its kind or the prefix of its name. */
function groupName(node: MapNode, by: Grouping, many: boolean): string {
  if (by === 'none') return '';
  if (node[by] !== '') return node[by];
  if (!many || by !== 'namespace') return '';
  return node.kind === 'external' ? 'external' : prefix(node.name);
}

export interface MapGroup {
  id: string;
  name: string;
  /** Ids of its nodes. */
  members: string[];
}

export function groupsBy(map: ServiceMap, by: Grouping, limit = MAX_NODES): MapGroup[] {
  const groups = new Map<string, MapGroup>();
  for (const node of map.nodes) {
    const name = groupName(node, by, map.nodes.length > limit);
    if (name === '') continue;
    const id = `${by}:${name}`;
    const group = groups.get(id) ?? { id, name, members: [] };
    groups.set(id, group);
    group.members.push(node.id);
  }
  return [...groups.values()].filter(({ members }) => members.length > 1);
}

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

/** Groups that the user opened or closed; `all` opens every group. */
export interface Expansion {
  open: ReadonlySet<string>;
  closed: ReadonlySet<string>;
}

/** More nodes than this are never drawn. */
export const MOST_NODES = 600;

export interface GroupedMap extends ServiceMap {
  /** Expanded groups whose nodes are shown. */
  groups: MapGroup[];
}

/** At most `limit` nodes, unless groups were opened. */
export function simplified(
  map: ServiceMap,
  by: Grouping,
  { open, closed }: Expansion,
  limit = MAX_NODES,
): GroupedMap {
  const all = open.has('all');
  const most = all ? MOST_NODES : limit;
  const many = map.nodes.length > limit;
  const groups = groupsBy(map, by, limit);
  const collapsed = groups.filter(({ id }) => closed.has(id) || (many && !all && !open.has(id)));
  const expanded = groups.filter((group) => !collapsed.includes(group));
  let out = map;
  if (collapsed.length > 0) {
    const groupOf = new Map(
      collapsed.flatMap(({ id, name, members }) =>
        members.map((member) => [member, { id, name: `${name} (${members.length})` }] as const),
      ),
    );
    out = merged(out, groupOf);
  }
  // Nodes of a group that was opened on purpose stay.
  const kept = new Set(expanded.flatMap(({ id, members }) => (open.has(id) ? members : [])));
  const reduce = (find: (rest: ServiceMap) => Map<string, { id: string; name: string }>) => {
    if (out.nodes.length - kept.size <= most) return;
    const rest = out.nodes.filter(({ id }) => !kept.has(id));
    out = merged(out, find({ nodes: rest, edges: out.edges }));
  };
  reduce((rest) => leaves(rest, open));
  reduce((rest) => quietest(rest, open, most));
  const shown = new Set(out.nodes.map(({ id }) => id));
  return {
    ...out,
    groups: expanded
      .map((group) => ({ ...group, members: group.members.filter((id) => shown.has(id)) }))
      .filter(({ members }) => members.length > 0),
  };
}

export interface Dependency {
  name: string;
  type: string;
  rate: number;
  errors: number;
  clientP95: number | null;
  serverP95: number | null;
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
        clientP95: edge.clientP95,
        serverP95: edge.serverP95,
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

/** Time that the client waits beyond the callee's own duration; quantiles of few calls may differ the other way. */
export const gapOf = ({ clientP95, serverP95 }: Pick<MapEdge, 'clientP95' | 'serverP95'>): number | null =>
  clientP95 === null || serverP95 === null || clientP95 < serverP95 ? null : clientP95 - serverP95;
