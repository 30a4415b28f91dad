import { describe, expect, it } from 'vitest';
import type { Vector } from '../services/model';
import {
  addressOf,
  type DatabaseAnswers,
  databaseRows,
  databaseStatements,
  type ReadDatabase,
  readingProblems,
  scanProblems,
  sortedDatabases,
  tableRows,
} from './model';

const one = (value: number, metric: Record<string, string>) => ({ metric, value: [0, String(value)] });
const vector = (...items: unknown[]) => items as Vector;
const DB = { address: 'db:5432' };

const NOTHING: DatabaseAnswers = {
  up: [],
  versions: [],
  roles: [],
  rate: [],
  latency: [],
  connections: [],
  limits: [],
  waiting: [],
  replicas: [],
  slots: [],
  archiving: [],
  top: [],
  topCalls: [],
  texts: [],
};

const read = (more: Partial<ReadDatabase>): ReadDatabase => ({
  engine: 'postgres',
  address: 'db:5432',
  name: '',
  foundBy: 'file',
  status: 'ok',
  since: '',
  error: '',
  lastReading: '',
  lastReadingSeconds: 0,
  retryAt: '',
  statements: 0,
  parts: [],
  ...more,
});

describe('databases', () => {
  it('joins statuses with metrics of other agents', () => {
    const rows = databaseRows(
      {
        ...NOTHING,
        up: vector(
          one(1, { ...DB, __name__: 'pg_up' }),
          one(0, { address: 'my:3306', __name__: 'mysql_up' }),
        ),
        versions: vector(one(1, { ...DB, server_version: '18.1' })),
        roles: vector(one(1, { address: 'my:3306', role: 'replica' })),
        rate: vector(one(12, DB)),
      },
      [read({}), read({ address: 'r:6379', engine: 'redis', status: 'waiting' })],
    );
    expect(rows.map((row) => `${row.address} ${row.engine} ${row.role} ${row.status}`)).toEqual([
      'db:5432 postgres primary ok',
      'my:3306 mysql replica failing',
      'r:6379 redis  waiting',
    ]);
    expect(rows[0]).toMatchObject({ version: '18.1', rate: 12, problems: [] });
    expect(sortedDatabases(rows, 'problems')[0]?.address).toBe('my:3306');
  });

  it('states a refused login, a full server and missing credentials', () => {
    const title = (more: Partial<ReadDatabase>) => readingProblems(read(more))[0]?.title;
    expect(title({ status: 'paused', error: 'login refused: password' })).toBe('Login refused');
    expect(title({ status: 'failing', error: 'FATAL: sorry, too many clients already' })).toBe(
      'Connection limit reached',
    );
    expect(title({ status: 'failing', error: 'timeout' })).toBe('Not readable');
    expect(
      readingProblems(read({ status: 'no credentials', error: 'no credentials: add an entry' }))[0]?.text,
    ).toBe('Add an entry');
    const parts = [{ name: 'locks', read: false, problem: 'denied', remedy: 'GRANT x' }];
    expect(readingProblems(read({ status: 'partial', parts }))[0]).toMatchObject({
      title: 'Not read: locks',
      remedy: 'GRANT x',
    });
    expect(readingProblems(read({}))).toEqual([]);
  });

  it('finds full connections, lock queues, stopped replicas and heavy statements', () => {
    const [row] = databaseRows(
      {
        ...NOTHING,
        up: vector(one(1, { ...DB, __name__: 'pg_up' })),
        connections: vector(one(97, DB)),
        limits: vector(one(100, DB)),
        waiting: vector(one(3, { ...DB, blocking_query: 'f1' })),
        replicas: vector(one(0, { ...DB, part: 'WAL receiver' }), one(1, { ...DB, part: 'WAL replay' })),
        slots: vector(one(2 ** 31, { ...DB, slot: 's1' })),
        top: vector(one(3, { ...DB, query: 'f1' })),
        texts: vector(one(1, { ...DB, query: 'f1', text: 'UPDATE a SET b = ?' })),
      },
      [],
    );
    expect(row?.problems.map(({ title }) => title)).toEqual([
      'Lock queue',
      'Replication stopped',
      'Replica disconnected',
      'Connection limit',
      'Heavy statement',
    ]);
    expect(row?.problems[0]?.text).toBe('3 statements wait for a lock of: UPDATE a SET b = ?');
  });

  it('joins statements with their texts', () => {
    const labels = { query: 'f1', db: 'shop', user: 'app' };
    const [first, second] = databaseStatements(
      {
        time: vector(one(0.2, { query: 'f2', schema: 'crm' }), one(0.6, labels)),
        calls: vector(one(3, labels)),
        waits: vector(one(0.1, labels)),
        texts: vector(one(1, { ...DB, query: 'f1', text: 'SELECT ?' })),
      },
      'db:5432',
    );
    expect(first).toMatchObject({ text: 'SELECT ?', database: 'shop', waits: 0.1, calls: 3 });
    expect(first?.mean).toBeCloseTo(0.2);
    expect(first?.share).toBeCloseTo(0.75);
    expect(second).toMatchObject({ text: 'f2', database: 'crm', mean: null, waits: null });
  });

  it('joins sizes of tables', () => {
    const table = { db: 'shop', schema: 'public', table: 'orders' };
    expect(
      tableRows({
        sizes: vector(one(10, table)),
        growth: [],
        dead: vector(one(3, table)),
        bloat: vector(one(4, { ...table, table: 'other' })),
      }),
    ).toEqual([{ name: 'orders', database: 'shop', size: 10, growth: null, dead: 3, bloat: null }]);
  });

  it('finds the address of an entity', () => {
    const entity = { kind: 'database_instance', name: 'db', keys: ['address:db:5432'], series: [{}] };
    expect(addressOf(entity)).toBe('db:5432');
    expect(addressOf({ ...entity, kind: 'service' })).toBe('');
    expect(addressOf({ ...entity, keys: [], name: '127.0.0.1:5432' })).toBe('127.0.0.1:5432');
  });

  it('names statements that read a large table whole', () => {
    const plan = JSON.stringify([
      { Plan: { 'Node Type': 'Limit', Plans: [{ 'Node Type': 'Seq Scan', 'Relation Name': 'orders' }] } },
    ]);
    const statement = (fingerprint: string, share: number) => ({
      fingerprint,
      text: `SELECT ${fingerprint}`,
      database: '',
      user: '',
      time: share,
      calls: 1,
      mean: share,
      waits: null,
      share,
    });
    const table = { name: 'orders', database: 'shop', size: 2 ** 30, growth: null, dead: null, bloat: null };
    const found = (size: number, text: string) =>
      scanProblems(
        [statement('a', 0.8), statement('b', 0.01), statement('c', 0.2)],
        new Map([
          ['a', text],
          ['b', text],
        ]),
        [{ ...table, size }],
      );
    expect(found(2 ** 30, plan).map(({ text }) => text)).toEqual([
      '80% of the time is spent in a statement that reads the whole table orders (1 GiB); an index may be missing: SELECT a',
    ]);
    const mysql = '{"query_block": {"table": {"table_name": "orders", "access_type": "ALL"}}}';
    expect(found(2 ** 30, mysql)).toHaveLength(1);
    expect(found(2 ** 30, mysql.replace('ALL', 'ref'))).toEqual([]);
    expect(found(1000, plan)).toEqual([]);
    expect(found(2 ** 30, 'Seq Scan on orders')).toEqual([]);
    expect(found(2 ** 30, '[{"Plan": 7}, null]')).toEqual([]);
  });
});
