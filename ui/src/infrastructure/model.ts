/** Containers and the calls between them, out of answers of PromQL. */
import { type MapEdge, type MapNode, type ServiceMap, withFigures } from '../services/graph';
import type { Operation, Service, Vector } from '../services/model';

type Labels = Record<string, string>;

export const numberOf = (item: Vector[number]): number => Number(item.value?.[1] ?? Number.NaN);

/** Protocols that databases speak. */
const DATABASES = new Set([
  'postgres',
  'mysql',
  'redis',
  'memcached',
  'mongo',
  'cassandra',
  'clickhouse',
  'foundationdb',
  'zookeeper',
  'elasticsearch',
  'mssql',
  'ldap',
  'couchbase',
  'aerospike',
]);

const MESSAGING = new Set(['kafka', 'rabbitmq', 'nats', 'mqtt', 'amqp', 'sqs']);

/** Client of requests that come from no observed container. */
const USER = 'user';

/** Share of the requests that a container answers above which those of unknown clients are shown: rates differ a little. */
const UNKNOWN_SHARE = 0.1;

/** Types of edges without requests: encrypted, or of an unknown protocol. */
export const CONNECTIONS = 'tcp';

const serviceOf = (labels: Labels): string => labels.app_id || labels.container_id || '';

const shortOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1).replace(/\.service$/, '') || id;

/** Names of services: the last part of their id, or all of it where two would be equal. */
export function namesOf(all: Iterable<Labels>): (labels: Labels) => string {
  const users = new Map<string, Set<string>>();
  for (const labels of all) {
    const id = serviceOf(labels);
    const short = shortOf(id);
    users.set(short, (users.get(short) ?? new Set()).add(id));
  }
  return (labels) => {
    const id = serviceOf(labels);
    const short = shortOf(id);
    return (users.get(short)?.size ?? 0) > 1 ? id : short;
  };
}

const containerKey = (labels: Labels) => `${labels.machine_id ?? ''} ${labels.container_id ?? ''}`;

/** Container of an address: of the same machine first, since addresses of containers repeat. */
function listeners(listens: Vector): (machine: string, address: string) => Labels | undefined {
  const own = new Map<string, Labels>();
  const all = new Map<string, Labels>();
  // A port that Docker passes on is that of the container, although its proxy listens as well.
  const inOrder = [...listens.filter((l) => !l.metric.proxy), ...listens.filter((l) => l.metric.proxy)];
  for (const { metric } of inOrder) {
    const address = metric.listen_addr ?? '';
    own.set(`${metric.machine_id ?? ''} ${address}`, metric);
    if (!/^(127\.|\[::1\])/.test(address)) all.set(address, metric);
  }
  return (machine, address) => own.get(`${machine} ${address}`) ?? all.get(address);
}

export interface EdgeAnswers {
  listens: Vector;
  rate: Vector;
  failures: Vector;
  p95: Vector;
  active: Vector;
  retransmits: Vector;
  /** Requests that containers answer. */
  answered: Vector;
}

/** Calls between containers, and to what is outside of them. */
export function observedMap(answers: EdgeAnswers): ServiceMap {
  const find = listeners(answers.listens);
  const name = namesOf([...answers.listens, ...answers.active, ...answers.rate].map(({ metric }) => metric));
  const nodes = new Map<string, MapNode>();
  const edges = new Map<string, MapEdge>();
  const node = (id: string, kind: MapNode['kind'], container?: string) => {
    const found = nodes.get(id) ?? {
      id,
      name: id,
      kind,
      namespace: '',
      rate: 0,
      errors: 0,
      p95: null,
      members: [id],
      container,
    };
    nodes.set(id, found);
    return found;
  };
  const ends = (metric: Labels): [string, string] => {
    const from = name(metric);
    node(from, 'service', metric.container_id);
    const address = metric.actual_destination || metric.destination || '';
    const server = find(metric.machine_id ?? '', address);
    const to = server ? name(server) : metric.destination || address;
    node(to, server ? 'service' : 'external', server?.container_id);
    return [from, to];
  };
  /** Requests of services to themselves, which have no edge. */
  const inside = new Map<string, number>();
  const edge = (metric: Labels, type: string): MapEdge | null => {
    const [from, to] = ends(metric);
    if (from === to || to === '') return null;
    const id = [from, to, type].join('\0');
    const found = edges.get(id) ?? {
      id,
      from,
      to,
      type,
      rate: 0,
      failed: 0,
      p95: null,
      connections: 0,
      retransmits: 0,
    };
    edges.set(id, found);
    return found;
  };
  for (const item of answers.rate) {
    const protocol = item.metric.protocol ?? '';
    if (!(numberOf(item) > 0)) continue;
    const found = edge(item.metric, protocol);
    if (!found) {
      const [from] = ends(item.metric);
      inside.set(from, (inside.get(from) ?? 0) + numberOf(item));
      continue;
    }
    found.rate += numberOf(item);
    const to = nodes.get(found.to);
    if (to && DATABASES.has(protocol)) to.kind = 'database';
  }
  const known = (metric: Labels) => edges.get([...ends(metric), metric.protocol ?? ''].join('\0'));
  for (const item of answers.failures) {
    const found = known(item.metric);
    if (found && numberOf(item) > 0) found.failed += numberOf(item);
  }
  for (const item of answers.p95) {
    const found = known(item.metric);
    const value = numberOf(item);
    if (found && Number.isFinite(value)) found.p95 = Math.max(found.p95 ?? 0, value);
  }
  // Connections belong to the calls over them; those without any are calls of an unknown protocol.
  const byEnds = new Map<string, MapEdge>();
  for (const one of edges.values()) {
    const key = [one.from, one.to].join('\0');
    const before = byEnds.get(key);
    if (!before || one.rate > before.rate) byEnds.set(key, one);
  }
  const overEnds = (metric: Labels): MapEdge | null => {
    const [from, to] = ends(metric);
    return byEnds.get([from, to].join('\0')) ?? edge(metric, CONNECTIONS);
  };
  for (const item of answers.active) {
    const found = numberOf(item) > 0 && overEnds(item.metric);
    if (found) found.connections = (found.connections ?? 0) + numberOf(item);
  }
  for (const item of answers.retransmits) {
    const found = numberOf(item) > 0 && overEnds(item.metric);
    if (found) found.retransmits = (found.retransmits ?? 0) + numberOf(item);
  }
  callsOfUsers(
    answers.answered.filter((item) => numberOf(item) > 0).map((item) => [name(item.metric), item]),
    edges,
    inside,
    node,
  );
  const used = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  const calls = new Set([...edges.values()].map(({ from }) => from));
  for (const one of nodes.values()) if (one.kind === 'database' && calls.has(one.id)) one.kind = 'service';
  return { nodes: [...nodes.values()].filter(({ id }) => used.has(id)), edges: [...edges.values()] };
}

/** Adds what containers answer beyond the requests of observed clients. */
function callsOfUsers(
  answered: [string, Vector[number]][],
  edges: Map<string, MapEdge>,
  inside: Map<string, number>,
  node: (id: string, kind: MapNode['kind'], container?: string) => MapNode,
): void {
  const seen = new Map(inside);
  for (const { to, rate } of edges.values()) seen.set(to, (seen.get(to) ?? 0) + rate);
  const rates = new Map<string, { rate: number; container?: string }>();
  for (const [to, item] of answered) {
    const rate = (rates.get(to)?.rate ?? 0) + numberOf(item);
    rates.set(to, { rate, container: item.metric.container_id });
  }
  for (const [to, { rate: all, container }] of rates) {
    const rate = all - (seen.get(to) ?? 0);
    if (rate <= all * UNKNOWN_SHARE) continue;
    node(USER, 'external');
    node(to, 'service', container);
    const id = [USER, to, ''].join('\0');
    edges.set(id, { id, from: USER, to, type: '', rate, failed: 0, p95: null });
  }
}

/** Class of a protocol for the look of its edge: as the service graph of spans names them. */
export const edgeClass = (type: string): string =>
  DATABASES.has(type)
    ? 'database'
    : MESSAGING.has(type)
      ? 'messaging_system'
      : type === CONNECTIONS
        ? 'virtual_node'
        : type;

export interface Figures {
  rate: Vector;
  failures: Vector;
  p50: Vector;
  p95: Vector;
  p99: Vector;
}

/** Figures of services by the requests that their containers answer; protocols instead of operations. */
export function observedServices(answers: Figures & { all: Vector }): Service[] {
  const name = namesOf(answers.all.map(({ metric }) => metric));
  const out = new Map<string, Service & { failed: number; protocols: Map<string, number> }>();
  const of = (metric: Labels) => {
    const key = name(metric);
    const found = out.get(key) ?? {
      name: key,
      rate: 0,
      errors: 0,
      failed: 0,
      p50: null,
      p95: null,
      p99: null,
      entry: false,
      operations: [],
      protocols: new Map<string, number>(),
      container: metric.container_id,
      id: serviceOf(metric),
    };
    out.set(key, found);
    return found;
  };
  for (const item of answers.rate) {
    const rate = numberOf(item);
    if (!(rate > 0)) continue;
    const found = of(item.metric);
    const protocol = item.metric.protocol ?? '';
    found.entry = true;
    found.rate += rate;
    found.protocols.set(protocol, (found.protocols.get(protocol) ?? 0) + rate);
  }
  for (const item of answers.failures) if (numberOf(item) > 0) of(item.metric).failed += numberOf(item);
  for (const q of ['p50', 'p95', 'p99'] as const)
    for (const item of answers[q]) {
      const value = numberOf(item);
      if (!Number.isFinite(value)) continue;
      const found = of(item.metric);
      found[q] = Math.max(found[q] ?? 0, value);
    }
  return [...out.values()]
    .filter(({ entry }) => entry)
    .map(({ failed, protocols, ...service }) => ({
      ...service,
      errors: service.rate > 0 ? Math.min(1, failed / service.rate) : 0,
      operations: [...protocols]
        .map(([protocol, rate]) => ({ name: protocol, rate }))
        .sort((a, b) => b.rate - a.rate),
    }));
}

/**
 * Services with spans as they are, and those that only the node agent sees. A node agent that sends its spans itself
 * names services by their ids: these are the observed ones.
 */
export function withObserved(spans: Service[], observed: Service[]): Service[] {
  const known = new Set(spans.filter(({ entry }) => entry).map(({ name }) => name));
  const seen = observed.filter(({ name }) => !known.has(name));
  const shown = new Set(seen.flatMap(({ name, id = name }) => [name, id]));
  return [...spans.filter(({ name }) => !shown.has(name)), ...seen];
}

/** The map of spans with the calls that only the node agent sees. */
export function withObservedCalls(spans: ServiceMap, observed: ServiceMap): ServiceMap {
  // A node agent that sends its spans itself names services by their ids: these calls are observed as well.
  const ids = new Set(
    observed.nodes.flatMap(({ id, container }) => (container && container !== id ? [container] : [])),
  );
  const own = spans.edges.filter(({ from, to }) => !(ids.has(from) && ids.has(to)));
  const pairs = new Set(own.map(({ from, to }) => [from, to].join('\0')));
  const edges = [...own, ...observed.edges.filter(({ from, to }) => !pairs.has([from, to].join('\0')))];
  const known = new Set(spans.nodes.map(({ id }) => id));
  const containers = new Map(observed.nodes.map(({ id, container }) => [id, container]));
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return withFigures({
    nodes: [
      ...spans.nodes
        .filter(({ id }) => !ids.has(id) || used.has(id))
        .map((one) => ({ ...one, container: containers.get(one.id) })),
      ...observed.nodes.filter(({ id }) => !known.has(id) && used.has(id)),
    ],
    edges,
  });
}

export interface Container {
  id: string;
  machine: string;
  image: string;
  types: string[];
  /** Cores in use; null where the container has no cgroup of its own. */
  cpu: number | null;
  memory: number | null;
  /** Requests answered, a second. */
  rate: number;
  errors: number;
  p95: number | null;
  connections: number;
  retransmits: number;
  restarts: number;
}

export interface ContainerAnswers {
  containers: Vector;
  types: Vector;
  cpu: Vector;
  memory: Vector;
  rate: Vector;
  failures: Vector;
  p95: Vector;
  active: Vector;
  retransmits: Vector;
  restarts: Vector;
}

const sums = (vector: Vector): Map<string, number> => {
  const out = new Map<string, number>();
  for (const item of vector) {
    const value = numberOf(item);
    if (Number.isFinite(value)) {
      const key = containerKey(item.metric);
      out.set(key, (out.get(key) ?? 0) + value);
    }
  }
  return out;
};

export function containersOf(answers: ContainerAnswers): Container[] {
  const types = new Map<string, string[]>();
  for (const { metric } of answers.types) {
    const key = containerKey(metric);
    types.set(key, [...(types.get(key) ?? []), metric.application_type ?? '']);
  }
  const cpu = sums(answers.cpu);
  const memory = sums(answers.memory);
  const rate = sums(answers.rate);
  const failed = sums(answers.failures);
  const active = sums(answers.active);
  const lost = sums(answers.retransmits);
  const restarts = sums(answers.restarts);
  const p95 = new Map<string, number>();
  for (const item of answers.p95) {
    const value = numberOf(item);
    const key = containerKey(item.metric);
    if (Number.isFinite(value)) p95.set(key, Math.max(p95.get(key) ?? 0, value));
  }
  return answers.containers.map(({ metric }) => {
    const key = containerKey(metric);
    const requests = rate.get(key) ?? 0;
    return {
      id: metric.container_id ?? '',
      machine: metric.machine_id ?? '',
      image: metric.image ?? '',
      types: (types.get(key) ?? []).sort(),
      cpu: cpu.get(key) ?? null,
      memory: memory.get(key) ?? null,
      rate: requests,
      errors: requests > 0 ? Math.min(1, (failed.get(key) ?? 0) / requests) : 0,
      p95: p95.get(key) ?? null,
      connections: active.get(key) ?? 0,
      retransmits: lost.get(key) ?? 0,
      restarts: restarts.get(key) ?? 0,
    };
  });
}

export type ContainerSort =
  | 'id'
  | 'cpu'
  | 'memory'
  | 'rate'
  | 'errors'
  | 'p95'
  | 'connections'
  | 'retransmits';

export const sortedContainers = (list: Container[], key: ContainerSort): Container[] =>
  [...list].sort((a, b) =>
    key === 'id' ? a.id.localeCompare(b.id) : (b[key] ?? -1) - (a[key] ?? -1) || a.id.localeCompare(b.id),
  );

/** Requests of one protocol on one side of a container. */
export interface Requests extends Operation {
  inbound: boolean;
  destination: string;
}

export function requestsOf(answers: Figures, inbound: boolean): Requests[] {
  const key = ({ protocol = '', destination = '' }: Labels) => `${protocol}\0${destination}`;
  const rows = new Map<string, Requests & { failed: number }>();
  for (const item of answers.rate) {
    const rate = numberOf(item);
    if (!(rate > 0)) continue;
    const found = rows.get(key(item.metric));
    if (found) found.rate += rate;
    else
      rows.set(key(item.metric), {
        name: item.metric.protocol ?? '',
        destination: item.metric.destination ?? '',
        inbound,
        rate,
        failed: 0,
        errors: 0,
        p50: null,
        p95: null,
        p99: null,
      });
  }
  for (const item of answers.failures) {
    const row = rows.get(key(item.metric));
    if (row && numberOf(item) > 0) row.failed += numberOf(item);
  }
  for (const q of ['p50', 'p95', 'p99'] as const)
    for (const item of answers[q]) {
      const row = rows.get(key(item.metric));
      const value = numberOf(item);
      if (row && Number.isFinite(value)) row[q] = Math.max(row[q] ?? 0, value);
    }
  return [...rows.values()]
    .map(({ failed, ...row }) => ({ ...row, errors: row.rate > 0 ? Math.min(1, failed / row.rate) : 0 }))
    .sort((a, b) => b.rate - a.rate);
}

export interface Statement {
  protocol: string;
  destination: string;
  text: string;
  /** Seconds of it in each second. */
  time: number;
  /** Calls a second. */
  calls: number;
  /** Seconds a call. */
  mean: number | null;
}

export function statementsOf(time: Vector, calls: Vector): Statement[] {
  const key = ({ protocol = '', destination = '', statement = '' }: Labels) =>
    [protocol, destination, statement].join('\0');
  const counts = new Map(calls.map((item) => [key(item.metric), numberOf(item)]));
  return time
    .filter((item) => numberOf(item) > 0)
    .map((item) => {
      const n = counts.get(key(item.metric)) ?? 0;
      return {
        protocol: item.metric.protocol ?? '',
        destination: item.metric.destination ?? '',
        text: item.metric.statement ?? '',
        time: numberOf(item),
        calls: n,
        mean: n > 0 ? numberOf(item) / n : null,
      };
    })
    .sort((a, b) => b.time - a.time);
}

export interface Connection {
  destination: string;
  actual: string;
  active: number;
  connects: number;
  failed: number;
  retransmits: number;
  sent: number;
  received: number;
}

export function connectionsOf(
  answers: Record<'active' | 'connects' | 'failed' | 'retransmits' | 'sent' | 'received', Vector>,
): Connection[] {
  const rows = new Map<string, Connection>();
  for (const figure of Object.keys(answers) as (keyof typeof answers)[])
    for (const item of answers[figure]) {
      const value = numberOf(item);
      if (!Number.isFinite(value)) continue;
      const { destination = '', actual_destination: actual = destination } = item.metric;
      // Failed connections have no other destination than the one asked for.
      const key = figure === 'failed' ? destination : `${destination}\0${actual}`;
      const known =
        figure === 'failed' ? [...rows.values()].find((r) => r.destination === destination) : rows.get(key);
      const row = known ?? {
        destination,
        actual,
        active: 0,
        connects: 0,
        failed: 0,
        retransmits: 0,
        sent: 0,
        received: 0,
      };
      if (!known) rows.set(key, row);
      row[figure] += value;
    }
  return [...rows.values()]
    .filter((r) => r.active + r.connects + r.failed + r.sent + r.received > 0)
    .sort((a, b) => b.active - a.active || a.destination.localeCompare(b.destination));
}

export interface NodeRow {
  machine: string;
  instance: string;
  name: string;
  kernel: string;
  cpu: number | null;
  cores: number | null;
  memory: number | null;
  used: number | null;
  received: number | null;
  sent: number | null;
  uptime: number | null;
  containers: number;
}

export type NodeAnswers = Record<
  'all' | 'cpu' | 'cores' | 'memory' | 'available' | 'received' | 'sent' | 'uptime' | 'containers',
  Vector
>;

export function nodesOf(answers: NodeAnswers): NodeRow[] {
  const key = (labels: Labels) => `${labels.machine_id ?? ''} ${labels.instance ?? ''}`;
  const value = (name: keyof NodeAnswers, labels: Labels): number | null => {
    const found = answers[name].find((item) => key(item.metric) === key(labels));
    const number = found ? numberOf(found) : Number.NaN;
    return Number.isFinite(number) ? number : null;
  };
  return answers.all
    .map(({ metric }): NodeRow => {
      const memory = value('memory', metric);
      const available = value('available', metric);
      return {
        machine: metric.machine_id ?? '',
        instance: metric.instance ?? '',
        name: metric.hostname || metric.instance || metric.machine_id || '?',
        kernel: metric.kernel_version ?? '',
        cpu: value('cpu', metric),
        cores: value('cores', metric),
        memory,
        used: memory !== null && available !== null ? memory - available : null,
        received: value('received', metric),
        sent: value('sent', metric),
        uptime: value('uptime', metric),
        containers: value('containers', metric) ?? 0,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
