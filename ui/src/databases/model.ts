/** Databases, their problems and statements, out of answers of the server. */
import { numberOf } from '../infrastructure/model';
import { formatValue } from '../lib/units';
import type { Vector } from '../services/model';
import type { Engine } from './queries';

/** Database of `/api/v1/databases`. */
export interface ReadDatabase {
  engine: Engine;
  address: string;
  name: string;
  foundBy: string;
  status: string;
  since: string;
  error: string;
  lastReading: string;
  lastReadingSeconds: number;
  retryAt: string;
  statements: number;
  parts: { name: string; read: boolean; problem: string; remedy: string }[];
}

export interface DatabaseSource {
  name: string;
  databases: number;
  problem: string;
}

export interface DatabaseStatuses {
  databases: ReadDatabase[];
  sources: DatabaseSource[];
}

export interface DatabaseProblem {
  severity: 'error' | 'warning';
  title: string;
  text: string;
  remedy: string;
}

export interface DatabaseRow {
  address: string;
  engine: Engine | null;
  name: string;
  version: string;
  role: string;
  status: string;
  rate: number | null;
  latency: number | null;
  connections: number | null;
  limit: number | null;
  problems: DatabaseProblem[];
}

export interface DatabaseAnswers {
  up: Vector;
  versions: Vector;
  roles: Vector;
  rate: Vector;
  latency: Vector;
  connections: Vector;
  limits: Vector;
  waiting: Vector;
  replicas: Vector;
  slots: Vector;
  archiving: Vector;
  top: Vector;
  topCalls: Vector;
  texts: Vector;
}

const ENGINES: Record<string, Engine> = {
  pg_up: 'postgres',
  mysql_up: 'mysql',
  redis_up: 'redis',
  memcached_up: 'memcached',
  mongo_up: 'mongodb',
};

export const ENGINE_NAMES: Record<Engine, string> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  redis: 'Redis',
  memcached: 'Memcached',
  mongodb: 'MongoDB',
};

/** Share of connections from which their number is a problem. */
const FULL = 0.9;
/** A statement that takes this share of a core, and this long a call, is worth a look. */
const HEAVY = 0.5;
const SLOW = 0.1;
const GIBIBYTE = 2 ** 30;

const byAddress = (vector: Vector): Map<string, number> => {
  const out = new Map<string, number>();
  for (const item of vector) {
    const value = numberOf(item);
    if (Number.isFinite(value)) out.set(item.metric.address ?? '', value);
  }
  return out;
};

const labelAt = (vector: Vector, address: string, ...names: string[]): string => {
  for (const { metric } of vector) {
    if (metric.address !== address) continue;
    for (const name of names) if (metric[name]) return metric[name];
  }
  return '';
};

/** Text of a statement, its fingerprint where the text is not known. */
export const textOf = (texts: Vector, address: string, query: string): string =>
  texts.find(({ metric }) => metric.address === address && metric.query === query)?.metric.text || query;

const shortened = (text: string): string => (text.length > 160 ? `${text.slice(0, 160)}…` : text);

/** Problems of a reading: what the agent could not do. */
export function readingProblems(read: ReadDatabase): DatabaseProblem[] {
  const { status, error, parts } = read;
  switch (status) {
    case 'paused':
      return [
        {
          severity: 'error',
          title: 'Login refused',
          text: error,
          remedy:
            'Correct user and password in the file of the cluster agent. A new password is tried at once.',
        },
      ];
    case 'failing':
      return [
        {
          severity: 'error',
          title: /too many (clients|connections)|remaining connection slots/i.test(error)
            ? 'Connection limit reached'
            : 'Not readable',
          text: error,
          remedy: '',
        },
      ];
    case 'no credentials':
    case 'not read':
      return [
        {
          severity: 'warning',
          title: status === 'no credentials' ? 'No credentials' : 'Not read',
          text: error.replace(/^no credentials: a/, 'A'),
          remedy: '',
        },
      ];
    default: {
      return parts
        .filter((part) => !part.read)
        .map((part) => ({
          severity: 'warning' as const,
          title: `Not read: ${part.name}`,
          text: part.problem,
          remedy: part.remedy,
        }));
    }
  }
}

function measuredProblems(answers: DatabaseAnswers, address: string): DatabaseProblem[] {
  const out: DatabaseProblem[] = [];
  const open = byAddress(answers.connections).get(address);
  const limit = byAddress(answers.limits).get(address);
  if (open !== undefined && limit !== undefined && limit > 0 && open >= FULL * limit)
    out.push({
      severity: open >= limit ? 'error' : 'warning',
      title: 'Connection limit',
      text: `${formatValue(open, 'none', 4)} of ${formatValue(limit, 'none', 4)} connections are open.`,
      remedy: '',
    });
  const queue = answers.waiting
    .filter(({ metric }) => metric.address === address)
    .sort((a, b) => numberOf(b) - numberOf(a));
  if (queue.length > 0) {
    const count = queue.reduce((sum, item) => sum + numberOf(item), 0);
    const holders = queue
      .slice(0, 3)
      .map((item) => shortened(textOf(answers.texts, address, item.metric.blocking_query ?? '')));
    out.push({
      severity: 'error',
      title: 'Lock queue',
      text: `${count === 1 ? '1 statement waits' : `${formatValue(count, 'none', 3)} statements wait`} for a lock of: ${holders.join(' · ')}`,
      remedy: '',
    });
  }
  for (const item of answers.replicas)
    if (item.metric.address === address && numberOf(item) < 1)
      out.push({
        severity: 'error',
        title: 'Replication stopped',
        text: `The ${item.metric.part ?? 'replication'} does not run.${item.metric.last_error ? ` ${item.metric.last_error}` : ''}`,
        remedy: '',
      });
  for (const item of answers.slots)
    if (item.metric.address === address)
      out.push({
        severity: numberOf(item) > GIBIBYTE ? 'error' : 'warning',
        title: 'Replica disconnected',
        text: `Replication slot ${item.metric.slot ?? ''} has no receiver and retains ${formatValue(numberOf(item), 'bytes', 3)} of WAL.`,
        remedy: '',
      });
  if (answers.archiving.some(({ metric }) => metric.address === address))
    out.push({
      severity: 'error',
      title: 'WAL archiving failing',
      text: 'The last attempt to archive a WAL file failed.',
      remedy: '',
    });
  const top = answers.top.find(({ metric }) => metric.address === address);
  if (top && numberOf(top) >= HEAVY) {
    const calls = byAddress(answers.topCalls).get(address) ?? 0;
    if (numberOf(top) >= SLOW * calls)
      out.push({
        severity: 'warning',
        title: 'Heavy statement',
        text: `${formatValue(numberOf(top), 'none', 3)} s of each second are spent in: ${shortened(textOf(answers.texts, address, top.metric.query ?? ''))}`,
        remedy: '',
      });
  }
  return out;
}

const severity = ({ severity: s }: DatabaseProblem) => (s === 'error' ? 0 : 1);

/** Rows of the list: databases that are read, and those whose metrics another agent sends. */
export function databaseRows(answers: DatabaseAnswers, statuses: ReadDatabase[]): DatabaseRow[] {
  const rate = byAddress(answers.rate);
  const latency = byAddress(answers.latency);
  const connections = byAddress(answers.connections);
  const limits = byAddress(answers.limits);
  const up = new Map<string, { engine: Engine; value: number }>();
  for (const item of answers.up) {
    const engine = ENGINES[item.metric.__name__ ?? ''];
    if (engine) up.set(item.metric.address ?? '', { engine, value: numberOf(item) });
  }
  const read = new Map(statuses.map((one) => [one.address, one]));
  const addresses = [...new Set([...read.keys(), ...up.keys()])].sort();
  return addresses.map((address) => {
    const status = read.get(address);
    const measured = up.get(address);
    const replica = labelAt(answers.roles, address, 'role');
    const engine = status?.engine ?? measured?.engine ?? null;
    const problems = [
      ...(status ? readingProblems(status) : []),
      ...(!status && measured?.value === 0
        ? [
            {
              severity: 'error' as const,
              title: 'Not readable',
              text: 'The agent cannot read it; its page /api/v1/databases has the reason.',
              remedy: '',
            },
          ]
        : []),
      ...measuredProblems(answers, address),
    ].sort((a, b) => severity(a) - severity(b));
    return {
      address,
      engine,
      name: status?.name ?? '',
      version: labelAt(answers.versions, address, 'server_version', 'redis_version', 'version'),
      role:
        replica || (measured?.value === 1 && (engine === 'postgres' || engine === 'mysql') ? 'primary' : ''),
      status: status?.status ?? (measured?.value === 1 ? 'ok' : 'failing'),
      rate: rate.get(address) ?? null,
      latency: latency.get(address) ?? null,
      connections: connections.get(address) ?? null,
      limit: limits.get(address) ?? null,
      problems,
    };
  });
}

export type DatabaseSort = 'address' | 'rate' | 'latency' | 'connections' | 'problems';

/** Sorted by a figure, the largest first; databases with problems are first unless another order is chosen. */
export function sortedDatabases(rows: DatabaseRow[], sort: DatabaseSort): DatabaseRow[] {
  const weight = (row: DatabaseRow) =>
    row.problems.length === 0 ? 2 : row.problems.some((p) => p.severity === 'error') ? 0 : 1;
  return [...rows].sort((a, b) => {
    if (sort === 'address') return a.address.localeCompare(b.address);
    if (sort === 'problems') return weight(a) - weight(b) || a.address.localeCompare(b.address);
    return (b[sort] ?? -1) - (a[sort] ?? -1) || a.address.localeCompare(b.address);
  });
}

/** Statement with its figures. */
export interface DatabaseStatement {
  fingerprint: string;
  text: string;
  database: string;
  user: string;
  /** Seconds of execution a second. */
  time: number;
  calls: number;
  mean: number | null;
  /** Seconds of I/O (PostgreSQL) or of locks (MySQL) a second. */
  waits: number | null;
  /** Share of the time of all listed statements. */
  share: number;
}

export interface StatementAnswers {
  time: Vector;
  calls: Vector;
  waits: Vector;
  texts: Vector;
}

const statementKey = (m: Record<string, string>) => [m.query, m.db ?? m.schema, m.user].join('\u0000');

export function databaseStatements(answers: StatementAnswers, address: string): DatabaseStatement[] {
  const values = (vector: Vector) =>
    new Map(vector.map((item) => [statementKey(item.metric), numberOf(item)] as const));
  const calls = values(answers.calls);
  const waits = values(answers.waits);
  const total = answers.time.reduce((sum, item) => sum + (numberOf(item) || 0), 0);
  return answers.time
    .map((item) => {
      const key = statementKey(item.metric);
      const time = numberOf(item) || 0;
      const perSecond = calls.get(key) ?? 0;
      const fingerprint = item.metric.query ?? '';
      return {
        fingerprint,
        text: textOf(answers.texts, address, fingerprint),
        database: item.metric.db ?? item.metric.schema ?? '',
        user: item.metric.user ?? '',
        time,
        calls: perSecond,
        mean: perSecond > 0 ? time / perSecond : null,
        waits: waits.get(key) ?? null,
        share: total > 0 ? time / total : 0,
      };
    })
    .sort((a, b) => b.time - a.time);
}

/** Connections of PostgreSQL by state. */
export interface ConnectionRow {
  database: string;
  user: string;
  state: string;
  waits: string;
  count: number;
}

export const connectionRows = (vector: Vector): ConnectionRow[] =>
  vector
    .map((item) => ({
      database: item.metric.db ?? '',
      user: item.metric.user ?? '',
      state: item.metric.state ?? '',
      waits: item.metric.wait_event_type ?? '',
      count: numberOf(item),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);

/** Table with its sizes. */
export interface TableRow {
  name: string;
  database: string;
  size: number;
  growth: number | null;
  dead: number | null;
  bloat: number | null;
}

export interface TableAnswers {
  sizes: Vector;
  growth: Vector;
  dead: Vector;
  bloat: Vector;
}

const tableKey = (m: Record<string, string>) => [m.db, m.schema, m.table].join('\u0000');

export function tableRows(answers: TableAnswers): TableRow[] {
  const values = (vector: Vector) => new Map(vector.map((i) => [tableKey(i.metric), numberOf(i)] as const));
  const growth = values(answers.growth);
  const dead = values(answers.dead);
  const bloat = values(answers.bloat);
  return answers.sizes
    .map((item) => {
      const key = tableKey(item.metric);
      const { db = '', schema = '', table = '' } = item.metric;
      return {
        name: schema && schema !== 'public' ? `${schema}.${table}` : table,
        database: db,
        size: numberOf(item),
        growth: growth.get(key) ?? null,
        dead: dead.get(key) ?? null,
        bloat: bloat.get(key) ?? null,
      };
    })
    .sort((a, b) => b.size - a.size);
}

interface DatabaseEntity {
  kind: string;
  name: string;
  keys: string[];
  series: Record<string, string>[];
}

export const isDatabase = ({ kind }: { kind: string }): boolean =>
  kind === 'database' || kind === 'database_instance';

/** Address of a database at an entity: the label of its series, its key or its name. */
export function addressOf(entity: DatabaseEntity): string {
  if (!isDatabase(entity)) return '';
  const labelled = entity.series.find((labels) => labels.address)?.address;
  const key = entity.keys.find((one) => one.startsWith('address:'))?.slice('address:'.length);
  return labelled ?? key ?? (/^[^/]+:\d+$/.test(entity.name) ? entity.name : '');
}

const MOST_NESTING = 200;

/** Tables that a plan in JSON reads whole: `Seq Scan` of PostgreSQL, `ALL` of MySQL and MariaDB. */
export function scannedTables(plan: string): string[] {
  const out = new Set<string>();
  const visit = (node: unknown, depth: number) => {
    if (typeof node !== 'object' || node === null || depth > MOST_NESTING) return;
    const one = node as Record<string, unknown>;
    const name =
      one['Node Type'] === 'Seq Scan'
        ? one['Relation Name']
        : one.access_type === 'ALL'
          ? one.table_name
          : undefined;
    if (typeof name === 'string') out.add(name);
    for (const child of Object.values(one)) visit(child, depth + 1);
  };
  try {
    visit(JSON.parse(plan), 0);
  } catch {
    // A plan that was cut, or one that is text.
  }
  return [...out];
}

/** Smaller tables are read whole by good plans as well. */
const LARGE_TABLE = 8 * 2 ** 20;
/** Share of the time of all statements from which a full scan is a problem. */
const RELEVANT = 0.1;

/** Statements with much time whose plan reads a large table whole. */
export function scanProblems(
  statements: DatabaseStatement[],
  plans: Map<string, string>,
  tables: TableRow[],
): DatabaseProblem[] {
  return statements.flatMap((one) => {
    const plan = one.share >= RELEVANT ? plans.get(one.fingerprint) : undefined;
    return (plan ? scannedTables(plan) : [])
      .map((name) => tables.find((table) => table.name.split('.').at(-1) === name))
      .filter((table) => table !== undefined && table.size >= LARGE_TABLE)
      .map((table) => ({
        severity: 'warning' as const,
        title: 'Full table scan',
        text: `${formatValue(one.share, 'ratio', 3)} of the time is spent in a statement that reads the whole table ${table?.name} (${formatValue(table?.size ?? 0, 'bytes', 3)}); an index may be missing: ${shortened(one.text)}`,
        remedy: '',
      }));
  });
}
