/** Containers and nodes, out of answers of PromQL. */
import type { Operation, Vector } from '../services/model';

type Labels = Record<string, string>;

export const numberOf = (item: Vector[number]): number => Number(item.value?.[1] ?? Number.NaN);

const containerKey = (labels: Labels) => `${labels.machine_id ?? ''} ${labels.container_id ?? ''}`;

export interface Figures {
  rate: Vector;
  failures: Vector;
  p50: Vector;
  p95: Vector;
  p99: Vector;
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
