/** Databases of clouds that a cluster agent reads by the APIs of the clouds, out of answers of PromQL. */
import { quote } from '../lib/labels';
import type { Vector } from '../services/model';
import { numberOf } from './model';

interface Service {
  /** Prefix of the metrics. */
  prefix: string;
  name: string;
  /** Label that identifies an instance. */
  id: string;
}

export const SERVICES: Service[] = [
  { prefix: 'aws_rds', name: 'AWS RDS', id: 'rds_instance_id' },
  { prefix: 'aws_elasticache', name: 'AWS ElastiCache', id: 'ec_instance_id' },
  { prefix: 'gcp_cloudsql', name: 'Cloud SQL', id: 'cloudsql_instance_id' },
  { prefix: 'gcp_memorystore', name: 'Memorystore', id: 'memorystore_instance_id' },
  { prefix: 'oci_db', name: 'OCI Database', id: 'oci_db_id' },
  { prefix: 'oci_cache', name: 'OCI Cache', id: 'oci_cache_id' },
  { prefix: 'azure_db', name: 'Azure Database', id: 'azure_db_id' },
  { prefix: 'azure_cache', name: 'Azure Cache', id: 'azure_cache_id' },
];

const all = (suffix: string) => `{__name__=~"(${SERVICES.map(({ prefix }) => prefix).join('|')})_${suffix}"}`;

const others = (suffix: string) =>
  `{__name__=~"(${SERVICES.filter(({ prefix }) => prefix !== 'aws_rds')
    .map(({ prefix }) => prefix)
    .join('|')})_${suffix}"}`;

/** One expression for a figure of all services. */
export const QUERIES = {
  info: all('info'),
  status: all('status'),
  cpu: `sum without (mode) (aws_rds_cpu_usage_percent{mode!="wait"}) or ${others('cpu_usage_percent')}`,
  cores: all('cpu_cores'),
  memoryTotal: all('memory_total_bytes'),
  memoryUsed: `aws_rds_memory_total_bytes - aws_rds_memory_free_bytes - aws_rds_memory_cached_bytes or ${others('memory_used_bytes')}`,
  diskTotal: `sum without (mount_point) (aws_rds_fs_total_bytes{mount_point=~".*rdsdbdata.*"}) or ${others('disk_total_bytes')}`,
  diskUsed: `sum without (mount_point) (aws_rds_fs_used_bytes{mount_point=~".*rdsdbdata.*"}) or ${others('disk_used_bytes')}`,
  allocated: 'aws_rds_allocated_storage_gibibytes * 2 ^ 30',
  problems: '{__name__=~"(aws|gcp|oci|azure)_discovery_error", error!=""} == 1',
  read: '{__name__=~"(pg|mysql|redis|memcached)_up"}',
};

/** Messages of errors in the logs of all services. */
export const errorMessages = (window: string): string =>
  `sum without (level, pattern_hash, sample) (increase(${all('log_messages_total').replace('}', ', level=~"error|critical"}')}[${window}]))`;

export interface CloudRow {
  key: string;
  service: string;
  id: string;
  engine: string;
  size: string;
  place: string;
  status: string;
  address: string;
  cpu: number | null;
  cores: number | null;
  memoryUsed: number | null;
  memoryTotal: number | null;
  diskUsed: number | null;
  diskTotal: number | null;
  errors: number | null;
  /** Whether the cluster agent reads the database itself. */
  read: boolean;
}

export type CloudAnswers = Record<keyof typeof QUERIES | 'errors', Vector>;

type Labels = Record<string, string>;

const serviceOf = (labels: Labels): Service | undefined =>
  SERVICES.find(({ id }) => (labels[id] ?? '') !== '');

const keyOf = (labels: Labels): string => {
  const service = serviceOf(labels);
  return service ? `${service.prefix} ${labels[service.id]}` : '';
};

const figures = (vector: Vector): Map<string, number> => {
  const out = new Map<string, number>();
  for (const item of vector) {
    const value = numberOf(item);
    if (Number.isFinite(value)) out.set(keyOf(item.metric), value);
  }
  return out;
};

const addressesOf = (labels: Labels): string[] =>
  [labels.endpoint, labels.ipv4].filter(Boolean).map((host) => `${host}:${labels.port ?? ''}`);

export function cloudRows(answers: CloudAnswers): CloudRow[] {
  const numbers = Object.fromEntries(
    Object.entries(answers).map(([name, vector]) => [name, figures(vector)]),
  ) as Record<keyof CloudAnswers, Map<string, number>>;
  const statuses = new Map(answers.status.map(({ metric }) => [keyOf(metric), metric.status ?? ''] as const));
  const read = new Set(answers.read.map(({ metric }) => metric.address ?? ''));
  const rows = new Map<string, CloudRow>();
  for (const { metric } of answers.info) {
    const service = serviceOf(metric);
    if (!service) continue;
    const key = keyOf(metric);
    const of = (name: keyof CloudAnswers) => numbers[name].get(key) ?? null;
    const addresses = addressesOf(metric);
    const own = addresses.find((one) => read.has(one));
    rows.set(key, {
      key,
      service: service.name,
      id: metric.name ?? metric[service.id] ?? '',
      engine: [metric.engine, metric.engine_version].filter(Boolean).join(' '),
      size:
        metric.instance_type?.startsWith('db.') || service.prefix === 'aws_elasticache'
          ? (metric.instance_type ?? '')
          : (metric.tier ?? metric.shape ?? metric.sku ?? ''),
      place: metric.availability_zone ?? metric.availability_domain ?? metric.zone ?? metric.region ?? '',
      status: statuses.get(key) ?? '',
      address: own ?? addresses[0] ?? '',
      cpu: of('cpu'),
      cores: of('cores'),
      memoryUsed: of('memoryUsed'),
      memoryTotal: of('memoryTotal'),
      diskUsed: of('diskUsed'),
      diskTotal: of('diskTotal') ?? of('allocated'),
      errors: of('errors'),
      read: own !== undefined,
    });
  }
  return [...rows.values()].sort(
    (a, b) => Number(isWell(a.status)) - Number(isWell(b.status)) || a.id.localeCompare(b.id),
  );
}

const WELL = /^(available|runnable|ready|active|running|succeeded)$/i;

/** Whether the cloud reports that the instance works. */
export const isWell = (status: string): boolean => WELL.test(status);

export interface CloudProblem {
  cloud: string;
  place: string;
  error: string;
}

/** Parts of clouds that the agent could not read. */
export const cloudProblems = (answer: Vector): CloudProblem[] =>
  answer.map(({ metric }) => ({
    cloud:
      { aws: 'AWS', gcp: 'Google Cloud', oci: 'OCI', azure: 'Azure' }[
        (metric.__name__ ?? '').split('_')[0] ?? ''
      ] ?? 'Cloud',
    place: metric.region ?? metric.project ?? metric.subscription ?? '',
    error: metric.error ?? '',
  }));

/** Expression of one instance in that of all. */
export const ofInstance = (query: string, row: CloudRow): string => {
  const [prefix = '', id = ''] = row.key.split(/ (.*)/s);
  const label = SERVICES.find((one) => one.prefix === prefix)?.id ?? 'id';
  return `(${query}) and on (${label}) ${prefix}_info{${label}=${quote(id)}}`;
};
