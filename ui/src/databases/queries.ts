/** PromQL over the metrics of the cluster agent, which have the label `address`. */
import { quote } from '../lib/labels';

export type Engine = 'postgres' | 'mysql' | 'redis' | 'memcached' | 'mongodb';

/** Charts and rates of one database. */
export interface Scope {
  address: string;
  /** Window of the rates, as a PromQL duration. */
  window: string;
}

const ADDRESSED = 'address!=""';
const any = (...queries: string[]) => queries.join(' or ');
const of = (address: string | null, ...more: string[]) =>
  `{${[address === null ? ADDRESSED : `address=${quote(address)}`, ...more].join(',')}}`;

/** Whether each database answers. */
export const UP = `max by (address, __name__) ({__name__=~"pg_up|mysql_up|redis_up|memcached_up|mongo_up",${ADDRESSED}})`;

export const VERSIONS = any(
  `group by (address, server_version) ({__name__=~"pg_info|mysql_info|mongo_info",${ADDRESSED}})`,
  `group by (address, redis_version) (redis_instance_info{${ADDRESSED}})`,
  `group by (address, version) (memcached_version{${ADDRESSED}})`,
);

/** Replicas of PostgreSQL and MySQL, and roles that the server itself names. */
export const ROLES = any(
  `label_replace(group by (address) ({__name__=~"pg_wal_receiver_status|mysql_replication_io_status",${ADDRESSED}}), "role", "replica", "", "")`,
  `group by (address, role) ({__name__=~"redis_instance_info|mongo_rs_status",${ADDRESSED}})`,
);

export const rate = (address: string | null, window: string): string =>
  any(
    `sum by (address) (pg_db_queries_per_second${of(address)})`,
    `sum by (address) (rate(mysql_queries_total${of(address)}[${window}]))`,
    `sum by (address) (rate(redis_commands_processed_total${of(address)}[${window}]))`,
    `sum by (address) (rate(memcached_commands_total${of(address)}[${window}]))`,
    `sum by (address) (rate(mongo_opcounters_total${of(address)}[${window}]))`,
  );

export const latency = (address: string | null, window: string): string =>
  any(
    `max by (address) (pg_latency_seconds${of(address, 'summary="avg"')})`,
    `sum by (address) (mysql_top_query_time_per_second${of(address)}) / (sum by (address) (mysql_top_query_calls_per_second${of(address)}) > 0)`,
    `sum by (address) (rate(redis_commands_duration_seconds_total${of(address)}[${window}])) / (sum by (address) (rate(redis_commands_total${of(address)}[${window}])) > 0)`,
    `sum by (address) (rate(mongo_op_latency_seconds_total${of(address)}[${window}])) / (sum by (address) (rate(mongo_op_latency_ops_total${of(address)}[${window}])) > 0)`,
  );

const CONNECTIONS: Record<Engine, string> = {
  postgres: 'pg_connections',
  mysql: 'mysql_connections_current',
  redis: 'redis_connected_clients',
  memcached: 'memcached_current_connections',
  mongodb: 'mongo_connections_current',
};
export const connections = (address: string | null): string =>
  any(...Object.values(CONNECTIONS).map((name) => `sum by (address) (${name}${of(address)})`));

export const connectionLimit = (address: string | null): string =>
  any(
    `max by (address) (pg_setting${of(address, 'name="max_connections"')})`,
    `max by (address) ({__name__=~"mysql_connections_max|redis_config_maxclients|memcached_max_connections|mongo_connections_max",${address === null ? ADDRESSED : `address=${quote(address)}`}})`,
  );

/** Statements that wait for a lock, by the statement that holds it. */
export const waiting = (address: string | null): string =>
  `sum by (address, blocking_query) ({__name__=~"pg_lock_awaiting_queries|mysql_lock_awaiting_queries",${address === null ? ADDRESSED : `address=${quote(address)}`}}) > 0`;

/** Threads and receivers of replicas; 0 where they stand still. */
export const replicas = (address: string | null): string => {
  const matcher = address === null ? ADDRESSED : `address=${quote(address)}`;
  return any(
    `label_replace(min by (address) (pg_wal_receiver_status{${matcher}}), "part", "WAL receiver", "", "")`,
    `label_replace(1 - max by (address) (pg_wal_replay_paused{${matcher}}), "part", "WAL replay", "", "")`,
    `label_replace(min by (address, last_error) (mysql_replication_io_status{${matcher}}), "part", "replication I/O thread", "", "")`,
    `label_replace(min by (address, last_error) (mysql_replication_sql_status{${matcher}}), "part", "replication SQL thread", "", "")`,
    `label_replace(min by (address) (redis_master_link_up{${matcher}}), "part", "link to the primary", "", "")`,
  );
};

/** WAL that a standby has not received or replayed keeps growing on the primary. */
export const inactiveSlots = (address: string | null): string =>
  `max by (address, slot) (pg_replication_slot_retained_wal_bytes${of(address, 'active="false"')})`;

export const archiving = (address: string | null): string =>
  `min by (address) (pg_wal_archiving_status${of(address)}) == 0`;

/** Time of the statements with most time. */
export const statementTime = ({ address }: Scope): string =>
  `topk(20, sum by (query, db, schema, user) ({__name__=~"(pg|mysql)_top_query_time_per_second",address=${quote(address)}}))`;
export const statementCalls = ({ address }: Scope): string =>
  `sum by (query, db, schema, user) ({__name__=~"(pg|mysql)_top_query_calls_per_second",address=${quote(address)}})`;
export const statementWaits = ({ address }: Scope): string =>
  `sum by (query, db, schema, user) ({__name__=~"pg_top_query_io_time_per_second|mysql_top_query_lock_time_per_second",address=${quote(address)}})`;
export const statementTexts = (address: string | null): string =>
  `group by (address, query, text) (db_statement_info${of(address)})`;

/** Seconds a second of the statement with most time, by database, and its calls. */
export const TOP_STATEMENTS = `topk by (address) (1, sum by (address, query) ({__name__=~"(pg|mysql)_top_query_time_per_second",${ADDRESSED}}))`;
export const TOP_CALLS = `sum by (address, query) ({__name__=~"(pg|mysql)_top_query_calls_per_second",${ADDRESSED}}) and on (address, query) ${TOP_STATEMENTS}`;

export const connectionStates = ({ address }: Scope): string =>
  `sum by (db, user, state, wait_event_type) (pg_connections${of(address)})`;

export const tableSizes = ({ address }: Scope): string =>
  `topk(20, sum by (db, schema, table) ({__name__=~"pg_table_size_bytes|mysql_table_size_bytes",address=${quote(address)}}))`;
export const tableGrowth = ({ address }: Scope): string =>
  `sum by (db, schema, table) ({__name__=~"(pg|mysql)_table_size_growth_bytes_per_second",address=${quote(address)}})`;
export const tableDead = ({ address }: Scope): string =>
  `sum by (db, schema, table) (pg_table_dead_tuple_bytes${of(address)})`;
export const tableBloat = ({ address }: Scope): string =>
  `sum by (db, schema, table) (pg_table_bloat_bytes${of(address)})`;
export const settings = ({ address }: Scope): string => `max by (name, unit) (pg_setting${of(address)})`;

/** A chart: title, unit and at most three queries by name. */
export interface ChartQuery {
  title: string;
  unit: 'none' | 'per second' | 'seconds' | 'bytes' | 'bytes/s' | 'ratio';
  queries: [string, string, string][];
}

const quantiles = (scope: Scope): ChartQuery['queries'] =>
  ['p50', 'p95', 'p99'].map((summary) => [
    summary,
    `max(pg_latency_seconds${of(scope.address, `summary="${summary}"`)})`,
    '',
  ]);

/** Charts of an engine: requests, duration and connections first. */
export function chartsOf(engine: Engine, scope: Scope): ChartQuery[] {
  const { address, window } = scope;
  const sum = (name: string, ...more: string[]) => `sum(${name}${of(address, ...more)})`;
  const grows = (name: string, ...more: string[]) => `sum(rate(${name}${of(address, ...more)}[${window}]))`;
  const common: ChartQuery[] = [
    { title: 'Queries', unit: 'per second', queries: [['queries', rate(address, window), '']] },
    {
      title: 'Latency',
      unit: 'seconds',
      queries: engine === 'postgres' ? quantiles(scope) : [['mean', latency(address, window), '']],
    },
    {
      title: 'Connections',
      unit: 'none',
      queries: [
        ['limit', connectionLimit(address), '--text-faint'],
        ['open', connections(address), ''],
      ],
    },
  ];
  switch (engine) {
    case 'postgres':
      return [
        ...common,
        {
          title: 'Waiting for locks',
          unit: 'none',
          queries: [['statements', sum('pg_lock_awaiting_queries'), '--bad']],
        },
        {
          title: 'Idle in transaction',
          unit: 'none',
          queries: [['connections', sum('pg_connections', 'state=~"idle in transaction.*"'), '--warn']],
        },
        {
          title: 'WAL written',
          unit: 'bytes/s',
          queries: [['written', grows('pg_wal_current_lsn'), '']],
        },
        {
          title: 'Replication',
          unit: 'bytes',
          queries: [
            [
              'not replayed',
              `max(pg_wal_receive_lsn${of(address)}) - max(pg_wal_reply_lsn${of(address)})`,
              '--warn',
            ],
            ['retained for slots', sum('pg_replication_slot_retained_wal_bytes'), ''],
          ],
        },
        {
          title: 'Size',
          unit: 'bytes',
          queries: [
            ['WAL', sum('pg_wal_size_bytes'), ''],
            ['databases', sum('pg_database_size_bytes'), ''],
          ],
        },
        {
          title: 'Buffers written',
          unit: 'per second',
          queries: [['buffers', grows('pg_buffers_written_total'), '']],
        },
      ];
    case 'mysql':
      return [
        ...common,
        {
          title: 'Waiting for locks',
          unit: 'none',
          queries: [['statements', sum('mysql_lock_awaiting_queries'), '--bad']],
        },
        {
          title: 'Replication lag',
          unit: 'seconds',
          queries: [['lag', `max(mysql_replication_lag_seconds${of(address)})`, '--warn']],
        },
        {
          title: 'Traffic',
          unit: 'bytes/s',
          queries: [
            ['sent', grows('mysql_traffic_sent_bytes_total'), ''],
            ['received', grows('mysql_traffic_received_bytes_total'), ''],
          ],
        },
        { title: 'Size', unit: 'bytes', queries: [['databases', sum('mysql_database_size_bytes'), '']] },
      ];
    case 'redis':
      return [
        ...common,
        {
          title: 'Memory',
          unit: 'bytes',
          queries: [
            ['limit', `${sum('redis_memory_max_bytes')} > 0`, '--text-faint'],
            ['used', sum('redis_memory_used_bytes'), ''],
          ],
        },
        {
          title: 'Hits',
          unit: 'ratio',
          queries: [
            [
              'hits',
              `${grows('redis_keyspace_hits_total')} / (${grows('redis_keyspace_hits_total')} + ${grows('redis_keyspace_misses_total')} > 0)`,
              '',
            ],
          ],
        },
        {
          title: 'Evicted keys',
          unit: 'per second',
          queries: [['keys', grows('redis_evicted_keys_total'), '--warn']],
        },
      ];
    case 'memcached':
      return [
        ...common.filter(({ title }) => title !== 'Latency'),
        {
          title: 'Memory',
          unit: 'bytes',
          queries: [
            ['limit', sum('memcached_limit_bytes'), '--text-faint'],
            ['used', sum('memcached_current_bytes'), ''],
          ],
        },
        {
          title: 'Evicted items',
          unit: 'per second',
          queries: [['items', grows('memcached_items_evicted_total'), '--warn']],
        },
      ];
    case 'mongodb':
      return [
        ...common,
        {
          title: 'Queued operations',
          unit: 'none',
          queries: [['operations', sum('mongo_queued_operations'), '--warn']],
        },
        {
          title: 'Cache',
          unit: 'bytes',
          queries: [
            ['limit', sum('mongo_wt_cache_max_bytes'), '--text-faint'],
            ['used', sum('mongo_wt_cache_used_bytes'), ''],
            ['dirty', sum('mongo_wt_cache_dirty_bytes'), '--warn'],
          ],
        },
        { title: 'Size', unit: 'bytes', queries: [['databases', sum('mongo_database_size_bytes'), '']] },
      ];
  }
}

/** LogQL: records that the agent writes about a database. */
export const plansOf = (address: string): string =>
  `{service_name="DatabaseStatements"} | db_target=${quote(address)} | event_name="db.statement.plan"`;
export const changesOf = (address: string): string =>
  `{service_name="DatabaseChanges"} | db_target=${quote(address)}`;
export const statementRecords = (address: string, statement: string): string =>
  `{service_name="DatabaseStatements"} | db_target=${quote(address)} | db_statement_fingerprint=${quote(statement)}`;
