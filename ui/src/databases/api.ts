import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { isMissing } from '../api/errors';
import { instantQuery } from '../api/queries';
import { fetchEntries } from '../explore/logs/api';
import { type Entry, msToNs } from '../explore/logs/entries';
import type { Vector } from '../services/model';
import {
  type ConnectionRow,
  connectionRows,
  type DatabaseRow,
  type DatabaseSource,
  type DatabaseStatement,
  type DatabaseStatuses,
  databaseRows,
  databaseStatements,
  type ReadDatabase,
  type TableRow,
  tableRows,
} from './model';
import * as q from './queries';

const settings = { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY };
const NO_STATUSES: DatabaseStatuses = { databases: [], sources: [] };

async function ask(query: string, time: number, signal?: AbortSignal): Promise<Vector> {
  const { data } = await instantQuery(query, time, signal);
  return data.resultType === 'vector' ? data.result : [];
}

async function all<K extends string>(
  queries: Record<K, string>,
  time: number,
  signal?: AbortSignal,
): Promise<Record<K, Vector>> {
  const names = Object.keys(queries) as K[];
  const answers = await Promise.all(names.map((name) => ask(queries[name], time, signal)));
  return Object.fromEntries(names.map((name, i) => [name, answers[i] ?? []])) as Record<K, Vector>;
}

/** Statuses of the agent inside the server; none without it, as another one may send the metrics. */
async function statuses(signal?: AbortSignal): Promise<DatabaseStatuses> {
  try {
    const { data } = await call<DatabaseStatuses>('databases', {}, signal);
    return { databases: data.databases ?? [], sources: data.sources ?? [] };
  } catch (error) {
    if (isMissing(error)) return NO_STATUSES;
    throw error;
  }
}

/** Statuses of the agent inside the server. */
export function useStatuses(enabled: boolean) {
  return useQuery({
    queryKey: ['database-statuses'],
    queryFn: ({ signal }) => statuses(signal),
    enabled,
  });
}

export interface DatabaseList {
  rows: DatabaseRow[];
  statuses: ReadDatabase[];
  sources: DatabaseSource[];
}

/** All databases, or the one with an address. */
export function useDatabases(address: string | null, time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['databases', address, time, window, attempt],
    queryFn: async ({ signal }): Promise<DatabaseList> => {
      const [read, answers] = await Promise.all([
        statuses(signal),
        all(
          {
            up: q.UP,
            versions: q.VERSIONS,
            roles: q.ROLES,
            rate: q.rate(address, window),
            latency: q.latency(address, window),
            connections: q.connections(address),
            limits: q.connectionLimit(address),
            waiting: q.waiting(address),
            replicas: q.replicas(address),
            slots: q.inactiveSlots(address),
            archiving: q.archiving(address),
            top: q.TOP_STATEMENTS,
            topCalls: q.TOP_CALLS,
            texts: q.statementTexts(address),
          },
          time,
          signal,
        ),
      ]);
      const rows = databaseRows(answers, read.databases);
      return {
        rows: address === null ? rows : rows.filter((row) => row.address === address),
        statuses: read.databases,
        sources: read.sources,
      };
    },
    ...settings,
  });
}

export interface DatabaseDetails {
  statements: DatabaseStatement[];
  connections: ConnectionRow[];
  locks: { text: string; count: number }[];
  tables: TableRow[];
  settings: { name: string; unit: string; value: number }[];
}

export function useDatabaseDetails(scope: q.Scope, time: number, attempt: number) {
  return useQuery({
    queryKey: ['database', scope.address, scope.window, time, attempt],
    queryFn: async ({ signal }): Promise<DatabaseDetails> => {
      const found = await all(
        {
          time: q.statementTime(scope),
          calls: q.statementCalls(scope),
          waits: q.statementWaits(scope),
          texts: q.statementTexts(scope.address),
          states: q.connectionStates(scope),
          waiting: q.waiting(scope.address),
          sizes: q.tableSizes(scope),
          growth: q.tableGrowth(scope),
          dead: q.tableDead(scope),
          bloat: q.tableBloat(scope),
          settings: q.settings(scope),
        },
        time,
        signal,
      );
      const text = new Map(found.texts.map(({ metric }) => [metric.query, metric.text]));
      return {
        statements: databaseStatements(found, scope.address),
        connections: connectionRows(found.states),
        locks: found.waiting.map(({ metric, value }) => ({
          text: text.get(metric.blocking_query) || (metric.blocking_query ?? ''),
          count: Number(value?.[1] ?? 0),
        })),
        tables: tableRows(found),
        settings: found.settings
          .map(({ metric, value }) => ({
            name: metric.name ?? '',
            unit: metric.unit ?? '',
            value: Number(value?.[1] ?? Number.NaN),
          }))
          .sort((a, b) => a.name.localeCompare(b.name)),
      };
    },
    ...settings,
  });
}

const RECORDS = 20;
const PLANS = 200;

/** Log records, the newest first; none where the server has no log store. */
export function useRecords(query: string, start: number, end: number, attempt: number, limit = RECORDS) {
  return useQuery({
    queryKey: ['database-records', query, start, end, attempt, limit],
    queryFn: async ({ signal }): Promise<Entry[]> => {
      try {
        const page = await fetchEntries(
          query,
          { start: msToNs(start), end: msToNs(end) },
          'backward',
          limit,
          signal,
        );
        return page.entries;
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    enabled: query !== '',
    ...settings,
  });
}

/** The newest plan of each statement by its fingerprint. */
export function usePlans(address: string, start: number, end: number, attempt: number): Map<string, string> {
  const records = useRecords(q.plansOf(address), start, end, attempt, PLANS).data;
  const out = new Map<string, string>();
  for (const { metadata, labels, line } of records ?? []) {
    const statement = metadata.db_statement_fingerprint ?? labels.db_statement_fingerprint;
    if (statement && !out.has(statement)) out.set(statement, line);
  }
  return out;
}
