/** Charts of processor, memory, network and databases, by the labels that select the series of entities. */
import type { LabelSet } from '../api/types';
import { labelName, quote } from '../lib/labels';
import type { UnitId } from '../lib/units';
import type { Entity } from './types';

export interface ResourceChart {
  title: string;
  unit: UnitId;
  /** Name and expression of each line. */
  lines: [string, string][];
}

/** Label sets in one expression: more would make queries of megabytes. */
export const MAX_SETS = 50;

/** One way to measure a figure: metric, the labels that its series have, and the expression over a selector. */
interface Measure {
  has: string[];
  /** Labels that would select the series of another kind of entity. */
  lacks?: string[];
  expr: (matchers: string, window: string) => string;
}

interface Line {
  name: string;
  measures: Measure[];
  /** How values of several label sets are joined. */
  join?: 'sum' | 'max';
}

interface Spec {
  title: string;
  unit: UnitId;
  lines: Line[];
}

const AGENT = ['machine_id', 'container_id'];
const POD = ['namespace', 'pod'];
const DOCKER = ['instance', 'id'];
const TARGET = ['job', 'instance'];

const gauge =
  (metric: string, more = '') =>
  (matchers: string) =>
    `${metric}{${[matchers, more].filter(Boolean).join(',')}}`;
const rate =
  (metric: string, more = '') =>
  (matchers: string, window: string) =>
    `rate(${gauge(metric, more)(matchers)}[${window}])`;

const line = (name: string, ...measures: Measure[]): Line => ({ name, measures });
const agent = (expr: Measure['expr']): Measure => ({ has: AGENT, expr });
const pod = (expr: Measure['expr']): Measure => ({ has: POD, expr });
const docker = (expr: Measure['expr']): Measure => ({ has: DOCKER, expr });
const target = (expr: Measure['expr']): Measure => ({ has: TARGET, expr });
const machine = (expr: Measure['expr']): Measure => ({ has: ['machine_id'], lacks: ['container_id'], expr });

/** cAdvisor has a series for the whole pod next to those of its containers. */
const OF_CONTAINERS = 'container!="",container!="POD"';

const CONTAINER: Spec[] = [
  {
    title: 'CPU',
    unit: 'none',
    lines: [
      line(
        'throttled',
        agent(rate('container_resources_cpu_throttled_seconds_total')),
        pod(rate('container_cpu_cfs_throttled_seconds_total', OF_CONTAINERS)),
        docker(rate('container_cpu_cfs_throttled_seconds_total')),
      ),
      line(
        'cores',
        agent(rate('container_resources_cpu_usage_seconds_total')),
        pod(rate('container_cpu_usage_seconds_total', OF_CONTAINERS)),
        docker(rate('container_cpu_usage_seconds_total')),
        target(rate('process_cpu_seconds_total')),
        target(rate('process_cpu_time_seconds_total')),
        target(rate('jvm_cpu_time_seconds_total')),
      ),
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    lines: [
      line(
        'limit',
        agent(gauge('container_resources_memory_limit_bytes')),
        pod(gauge('container_spec_memory_limit_bytes', OF_CONTAINERS)),
      ),
      line(
        'used',
        agent(gauge('container_resources_memory_rss_bytes')),
        pod(gauge('container_memory_working_set_bytes', OF_CONTAINERS)),
        docker(gauge('container_memory_working_set_bytes')),
        target(gauge('process_resident_memory_bytes')),
        target(gauge('process_memory_usage_bytes')),
        target(gauge('jvm_memory_used_bytes')),
      ),
    ],
  },
  {
    title: 'Network',
    unit: 'bytes/s',
    lines: [
      line(
        'sent',
        agent(rate('container_net_tcp_bytes_sent_total')),
        pod(rate('container_network_transmit_bytes_total')),
        docker(rate('container_network_transmit_bytes_total')),
      ),
      line(
        'received',
        agent(rate('container_net_tcp_bytes_received_total')),
        pod(rate('container_network_receive_bytes_total')),
        docker(rate('container_network_receive_bytes_total')),
      ),
    ],
  },
  {
    title: 'Retransmits',
    unit: 'per second',
    lines: [line('segments', agent(rate('container_net_tcp_retransmits_total')))],
  },
];

const idle = (metric: string) => (matchers: string, window: string) =>
  `1 - sum(rate(${metric}{${matchers},mode="idle"}[${window}])) / sum(rate(${metric}{${matchers}}[${window}]))`;

const NODE: Spec[] = [
  {
    title: 'CPU',
    unit: 'ratio',
    lines: [
      {
        ...line(
          'busy',
          machine(idle('node_resources_cpu_usage_seconds_total')),
          target(idle('node_cpu_seconds_total')),
        ),
        join: 'max',
      },
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    lines: [
      {
        ...line(
          'total',
          machine(gauge('node_resources_memory_total_bytes')),
          target(gauge('node_memory_MemTotal_bytes')),
        ),
        join: 'max',
      },
      {
        ...line(
          'available',
          machine(gauge('node_resources_memory_available_bytes')),
          target(gauge('node_memory_MemAvailable_bytes')),
        ),
        join: 'max',
      },
    ],
  },
  {
    title: 'Network',
    unit: 'bytes/s',
    lines: [
      line(
        'sent',
        machine(rate('node_net_transmitted_bytes_total')),
        target(rate('node_network_transmit_bytes_total', 'device!="lo"')),
      ),
      line(
        'received',
        machine(rate('node_net_received_bytes_total')),
        target(rate('node_network_receive_bytes_total', 'device!="lo"')),
      ),
    ],
  },
];

const either =
  (...all: Measure['expr'][]) =>
  (matchers: string, window: string) =>
    all.map((expr) => `sum(${expr(matchers, window)})`).join(' or ');

const DATABASE: Spec[] = [
  {
    title: 'Connections',
    unit: 'none',
    lines: [
      line(
        'open',
        target(
          either(
            gauge('pg_stat_activity_count'),
            gauge('mysql_global_status_threads_connected'),
            gauge('redis_connected_clients'),
            gauge('mongodb_ss_connections', 'conn_type="current"'),
          ),
        ),
      ),
    ],
  },
  {
    title: 'Operations',
    unit: 'per second',
    lines: [
      line(
        'operations',
        target(
          either(
            rate('pg_stat_database_xact_commit'),
            rate('mysql_global_status_queries'),
            rate('redis_commands_processed_total'),
            rate('mongodb_ss_opcounters'),
          ),
        ),
      ),
    ],
  },
];

const AVAILABLE: Spec[] = [
  { title: 'Targets up', unit: 'ratio', lines: [{ ...line('up', target(gauge('up'))), join: 'max' }] },
];

const specsOf = (kind: string): Spec[] =>
  kind === 'node'
    ? NODE
    : kind === 'database' || kind === 'database_instance'
      ? [...DATABASE, ...CONTAINER, ...AVAILABLE]
      : kind === 'instance'
        ? [...CONTAINER, ...AVAILABLE]
        : CONTAINER;

const matchersOf = (labels: LabelSet): string =>
  Object.keys(labels)
    .sort()
    .map((name) => `${labelName(name)}=${quote(labels[name] as string)}`)
    .join(',');

const fits = ({ has, lacks = [] }: Measure, labels: LabelSet) =>
  has.every((name) => labels[name] !== undefined) && lacks.every((name) => labels[name] === undefined);

/** Label sets without those that another one covers: a container lies within its pod. */
export function widest(sets: LabelSet[]): LabelSet[] {
  const covers = (wide: LabelSet, narrow: LabelSet) =>
    Object.keys(wide).length < Object.keys(narrow).length &&
    Object.entries(wide).every(([name, value]) => narrow[name] === value);
  const seen = new Set<string>();
  return sets.filter((one) => {
    const key = matchersOf(one);
    if (seen.has(key) || sets.some((other) => covers(other, one))) return false;
    seen.add(key);
    return true;
  });
}

function expression({ measures, join = 'sum' }: Line, sets: LabelSet[], window: string): string {
  // One way to measure: the same memory counted by two agents is not twice the memory.
  const ways = measures.flatMap((measure) => {
    const own = sets.filter((labels) => fits(measure, labels)).slice(0, MAX_SETS);
    return own.length === 0
      ? []
      : [`${join}(${own.map((labels) => measure.expr(matchersOf(labels), window)).join(' or ')})`];
  });
  return ways.join(' or ');
}

/** Charts for entities of a kind; those that no label set can select are left out. */
export function resourceCharts(kind: string, entities: Entity[], window: string): ResourceChart[] {
  const all = entities.flatMap(({ series }) => series);
  const sets = widest(all);
  return specsOf(kind)
    .map(({ title, unit, lines }) => ({
      title,
      unit,
      lines: lines
        .map((one): [string, string] => [one.name, expression(one, sets, window)])
        .filter(([, expr]) => expr !== ''),
    }))
    .filter(({ lines }) => lines.length > 0);
}

/** Kinds whose series are about one process or container. */
const MEASURED = new Set(['instance', 'container', 'database_instance']);

/** Entities whose series measure an entity: itself or its parts. */
export const measuredBy = (entity: Entity, parts: Entity[]): Entity[] =>
  entity.kind === 'node' || MEASURED.has(entity.kind)
    ? [entity, ...(entity.kind === 'node' ? [] : parts)]
    : parts.filter(({ kind }) => MEASURED.has(kind));

/** Number of the label sets that the charts leave out. */
export const leftOut = (entities: Entity[]): number =>
  Math.max(0, widest(entities.flatMap(({ series }) => series)).length - MAX_SETS);

/** Log and profile selectors of an entity, by the labels that streams have. */
export function streamSelector(entity: Entity): string {
  if (entity.kind === 'service') return `{service_name=${quote(entity.name)}}`;
  for (const names of [['container_id'], ['namespace', 'pod', 'container'], ['namespace', 'pod']])
    for (const labels of entity.series)
      if (names.every((name) => labels[name]))
        return `{${names.map((name) => `${name}=${quote(labels[name] as string)}`).join(', ')}}`;
  return '';
}

/** Query of the names of the series of an entity; '' without series. */
export const namesQuery = (entity: Entity): string =>
  entity.series.length === 0 ? '' : `count by (__name__) ({${matchersOf(entity.series[0] as LabelSet)}})`;
