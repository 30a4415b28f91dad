// Databases of a cluster agent within the browser: statuses, metrics and log records.

const DB = '10.0.0.5:5432';
const REPLICA = '10.0.0.6:5432';
const LOCKED_OUT = '10.0.0.7:3306';
const CACHE = '10.0.0.8:6379';
const UNKNOWN = '10.0.0.9:5432';

const status = (engine, address, more = {}) => ({
  engine,
  address,
  name: '',
  foundBy: 'file',
  labels: {},
  status: 'ok',
  since: '2026-11-30T10:00:00Z',
  error: '',
  lastReading: '2026-11-30T10:00:00Z',
  lastReadingSeconds: 0.041,
  retryAt: '',
  intervalSeconds: 15,
  statements: 900,
  parts: [],
  ...more,
});

const STATUSES = [
  status('postgres', DB),
  status('postgres', REPLICA, {
    status: 'partial',
    parts: [
      {
        name: 'statistics of other users',
        read: false,
        problem: 'the user is not a member of pg_read_all_stats',
        remedy: 'GRANT pg_monitor TO "tethys";',
      },
    ],
  }),
  status('mysql', LOCKED_OUT, {
    status: 'paused',
    error: "login refused: Access denied for user 'tethys'",
    retryAt: '2026-11-30T10:10:00Z',
  }),
  status('redis', CACHE, { foundBy: 'service map', name: 'cart-cache' }),
  status('postgres', UNKNOWN, {
    status: 'no credentials',
    foundBy: 'service map',
    name: 'crm-db',
    lastReading: '',
    error:
      "no credentials: add an entry with engine postgres and name crm-db to credentials of the cluster agent's file",
  }),
];

const SLOW = 'SELECT * FROM orders WHERE customer = ? ORDER BY created DESC LIMIT ?';
const HOLDER = 'UPDATE accounts SET balance = balance - ? WHERE id = ?';
const TEXTS = { f1a2: SLOW, f3b4: HOLDER, f5c6: 'SELECT ?' };
const TIMES = { f1a2: 2.4, f3b4: 0.3, f5c6: 0.01 };
const CALLS = { f1a2: 6, f3b4: 40, f5c6: 120 };
const of = (address, more = {}) => ({ address, ...more });
const own = (query) => ({ query, db: 'shop', user: 'app' });

function rows(query) {
  const has = (text) => query.includes(text);
  if (has('pg_up|'))
    return [
      [of(DB, { __name__: 'pg_up' }), 1],
      [of(REPLICA, { __name__: 'pg_up' }), 1],
      [of(LOCKED_OUT, { __name__: 'mysql_up' }), 0],
      [of(CACHE, { __name__: 'redis_up' }), 1],
    ];
  if (has('pg_info|'))
    return [
      [of(DB, { server_version: '18.1' }), 1],
      [of(REPLICA, { server_version: '18.1' }), 1],
      [of(CACHE, { redis_version: '8.2.1' }), 1],
    ];
  if (has('"role"')) return [[of(REPLICA, { role: 'replica' }), 1]];
  if (has('"part"'))
    return [
      [of(REPLICA, { part: 'WAL receiver' }), 0],
      [of(REPLICA, { part: 'WAL replay' }), 1],
    ];
  if (has('retained_wal_bytes') && has('active="false"')) return [[of(DB, { slot: 'replica_1' }), 3e9]];
  if (has('archiving_status')) return [];
  if (has('awaiting_queries') && has('blocking_query')) return [[of(DB, { blocking_query: 'f3b4' }), 4]];
  if (has('awaiting_queries')) return [[of(DB), 4]];
  if (has('db_statement_info'))
    return Object.entries(TEXTS).map(([one, text]) => [of(DB, { query: one, text }), 1]);
  if (has('topk by (address)') && has('top_query_calls')) return [[of(DB, { query: 'f1a2' }), 6]];
  if (has('topk by (address)')) return [[of(DB, own('f1a2')), 2.4]];
  if (has('top_query_time') && has('topk'))
    return Object.entries(TIMES).map(([one, time]) => [own(one), time]);
  if (has('top_query_calls') && has('query, db'))
    return Object.entries(CALLS).map(([one, calls]) => [own(one), calls]);
  if (has('top_query_io_time')) return [[own('f1a2'), 0.8]];
  if (has('wait_event_type'))
    return [
      [{ db: 'shop', user: 'app', state: 'active', wait_event_type: 'Lock' }, 4],
      [{ db: 'shop', user: 'app', state: 'active', wait_event_type: '' }, 3],
      [{ db: 'shop', user: 'app', state: 'idle in transaction', wait_event_type: 'Client' }, 1],
      [{ db: 'shop', user: 'app', state: 'idle', wait_event_type: 'Client' }, 86],
    ];
  if (has('table_size_growth')) return [[{ db: 'shop', schema: 'public', table: 'orders' }, 2048]];
  if (has('table_size_bytes'))
    return [
      [{ db: 'shop', schema: 'public', table: 'orders' }, 9e9],
      [{ db: 'shop', schema: 'audit', table: 'events' }, 2e9],
    ];
  if (has('dead_tuple_bytes')) return [[{ db: 'shop', schema: 'public', table: 'orders' }, 4e8]];
  if (has('table_bloat')) return [[{ db: 'shop', schema: 'public', table: 'orders' }, 1.2e9]];
  if (has('max by (name, unit)'))
    return Array.from({ length: 24 }, (_, i) => [{ name: `setting_${i}`, unit: i % 2 ? '8kB' : '' }, i * 16]);
  if (has('max_connections'))
    return [
      [of(DB), 100],
      [of(REPLICA), 100],
    ];
  if (has('idle in transaction')) return [[{}, 1]];
  if (has('pg_connections'))
    return [
      [of(DB), 94],
      [of(REPLICA), 12],
      [of(CACHE), 40],
    ];
  if (has('pg_db_queries'))
    return [
      [of(DB), 166],
      [of(REPLICA), 20],
      [of(CACHE), 2400],
    ];
  if (has('pg_latency'))
    return [
      [of(DB), 0.31],
      [of(REPLICA), 0.004],
      [of(CACHE), 0.00004],
    ];
  return [[{}, 4e6]];
}

const record = (at, line, metadata) => ({
  stream: { service_name: metadata.event_name ? 'DatabaseStatements' : 'DatabaseChanges' },
  values: [[`${at}000000`, line, { structuredMetadata: metadata }]],
});

const PLAN = JSON.stringify([
  { Plan: { 'Node Type': 'Limit', Plans: [{ 'Node Type': 'Seq Scan', 'Relation Name': 'orders' }] } },
]);

function records(query, end) {
  if (query.includes('DatabaseChanges'))
    return [
      record(end - 600_000, '--- a\n+++ b\n@@ -1 +1 @@\n-work_mem = 4MB\n+work_mem = 64MB', {
        db_name: '',
        db_change_object: 'pg_settings',
      }),
    ];
  return [
    record(end - 60_000, PLAN, { event_name: 'db.statement.plan', db_statement_fingerprint: 'f1a2' }),
    record(end - 90_000, '-Index Scan on orders\n+Seq Scan on orders', {
      event_name: 'db.statement.plan_changed',
    }),
    record(end - 120_000, SLOW, { event_name: 'db.statement.sample' }),
  ];
}

const OURS = /pg_|_top_query_|_table_size_|mysql_|redis_|db_statement_info|address!=""|"part"/;

export async function mockDatabases(page, options = {}) {
  const settings = { empty: false, ...options };
  await page.route(/\/api\/v1\/databases(\?|$)/, (route) =>
    settings.empty
      ? route.fulfill({ status: 404, body: 'Not found' })
      : route.fulfill({
          json: {
            status: 'success',
            data: {
              databases: STATUSES,
              sources: [
                { name: 'service map', databases: 2, problem: '' },
                {
                  name: 'annotations of pods',
                  databases: 0,
                  problem: 'list /api/v1/pods: 403; grant the verbs get, list and watch on pods to the agent',
                },
              ],
            },
          },
        }),
  );
  await page.route(/\/loki\/api\/v1\/query_range/, (route) => {
    const params = new URL(route.request().url()).searchParams;
    const query = params.get('query') ?? '';
    if (!query.includes('Database')) return route.fallback();
    const end = Math.floor(Number(params.get('end').slice(0, -6)));
    return route.fulfill({
      json: { status: 'success', data: { resultType: 'streams', result: records(query, end), stats: {} } },
    });
  });
  await page.route(/\/api\/v1\/query(_range)?(\?|$)/, (route) => {
    const request = route.request();
    if (request.url().includes('/loki/')) return route.fallback();
    const params =
      request.method() === 'POST'
        ? new URLSearchParams(request.postData())
        : new URL(request.url()).searchParams;
    const query = params.get('query') ?? '';
    if (!OURS.test(query)) return route.fallback();
    const only = /address="([^"]+)"/.exec(query)?.[1];
    let found = settings.empty ? [] : rows(query);
    if (only) found = found.filter(([m]) => m.address === undefined || m.address === only);
    const range = new URL(request.url()).pathname.endsWith('query_range');
    const time = Number(params.get('time') ?? params.get('end'));
    const result = found.slice(0, range ? 1 : undefined).map(([metric, value]) => {
      if (!range) return { metric, value: [time, String(value)] };
      const values = [];
      for (let t = Number(params.get('start')), i = 0; t <= time; t += Number(params.get('step')), i++)
        values.push([t, String(value * (0.8 + 0.2 * Math.sin(i / 4)))]);
      return { metric, values };
    });
    return route.fulfill({
      json: { status: 'success', data: { resultType: range ? 'matrix' : 'vector', result } },
    });
  });
}
