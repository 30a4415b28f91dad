import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { instantQuery } from '../api/queries';
import type { Vector } from '../services/model';
import {
  type Connection,
  type Container,
  connectionsOf,
  containersOf,
  type NodeRow,
  nodesOf,
  type Requests,
  requestsOf,
  type Statement,
  statementsOf,
} from './model';
import * as q from './queries';

const settings = { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY };

type Ask = (query: string) => Promise<Vector>;

/** Asks at one time; what has no expression has no answer. */
const asking =
  (time: number, signal?: AbortSignal): Ask =>
  async (query) => {
    if (query === '') return [];
    const { data } = await instantQuery(query, time, signal);
    return data.resultType === 'vector' ? data.result : [];
  };

/** Protocols that were seen. */
const families = async (ask: Ask): Promise<q.Family[]> =>
  (await ask(q.FAMILIES)).flatMap(({ metric }) => q.familyOf(metric.__name__ ?? '') ?? []);

/** All answers of named queries. */
async function all<K extends string>(ask: Ask, queries: Record<K, string>): Promise<Record<K, Vector>> {
  const names = Object.keys(queries) as K[];
  const answers = await Promise.all(names.map((name) => ask(queries[name])));
  return Object.fromEntries(names.map((name, i) => [name, answers[i] ?? []])) as Record<K, Vector>;
}

const figures = (found: q.Family[], inbound: boolean, scope: q.Scope) => ({
  rate: q.requestRate(found, inbound, scope),
  failures: q.requestRate(found, inbound, scope, true),
  p50: q.requestQuantile(0.5, found, inbound, scope),
  p95: q.requestQuantile(0.95, found, inbound, scope),
  p99: q.requestQuantile(0.99, found, inbound, scope),
});

export function useContainers(time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['containers', time, window, attempt],
    queryFn: async ({ signal }): Promise<Container[]> => {
      const ask = asking(time, signal);
      const scope = { container: null, window };
      const { rate, failures, p95 } = figures(await families(ask), true, scope);
      return containersOf(
        await all(ask, {
          containers: q.containers(scope),
          types: q.applicationTypes(scope),
          cpu: q.cpu(scope),
          memory: q.memory(scope),
          rate,
          failures,
          p95,
          active: q.activeConnections(scope),
          retransmits: q.retransmits(scope),
          restarts: q.restarts(scope),
        }),
      );
    },
    ...settings,
  });
}

export interface ContainerDetails {
  facts: Container | null;
  oomKills: number;
  listens: string[];
  requests: Requests[];
  statements: Statement[];
  connections: Connection[];
}

export function useContainer(id: string, time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['container', id, time, window, attempt],
    queryFn: async ({ signal }): Promise<ContainerDetails> => {
      const ask = asking(time, signal);
      const scope = { container: id, window };
      const found = await families(ask);
      const [inbound, outbound, own, edges, rest] = await Promise.all([
        all(ask, figures(found, true, scope)),
        all(ask, figures(found, false, scope)),
        all(ask, {
          containers: q.containers(scope),
          types: q.applicationTypes(scope),
          cpu: q.cpu(scope),
          memory: q.memory(scope),
          restarts: q.restarts(scope),
        }),
        all(ask, {
          active: q.activeConnections(scope),
          connects: q.connects(scope),
          failed: q.failedConnects(scope),
          retransmits: q.retransmits(scope),
          sent: q.sentBytes(scope),
          received: q.receivedBytes(scope),
        }),
        all(ask, {
          kills: q.oomKills(scope),
          listens: `${q.LISTENS}${q.selector(q.ofContainer(id))}`,
          time: q.statementTime(scope),
          calls: q.statementCalls(scope),
        }),
      ]);
      const [facts = null] = containersOf({
        ...own,
        rate: inbound.rate,
        failures: inbound.failures,
        p95: inbound.p95,
        active: edges.active,
        retransmits: edges.retransmits,
      });
      return {
        facts,
        oomKills: Number(rest.kills[0]?.value?.[1] ?? 0),
        listens: rest.listens.map(({ metric }) => metric.listen_addr ?? '').sort(),
        requests: [...requestsOf(inbound, true), ...requestsOf(outbound, false)],
        statements: statementsOf(rest.time, rest.calls),
        connections: connectionsOf(edges),
      };
    },
    ...settings,
  });
}

/** Statements of a container, those with most time first; none without a container. */
export function useStatements(id: string, time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['container-statements', id, time, window, attempt],
    queryFn: async ({ signal }): Promise<Statement[]> => {
      const scope = { container: id, window };
      const found = await all(asking(time, signal), {
        time: q.statementTime(scope),
        calls: q.statementCalls(scope),
      });
      return statementsOf(found.time, found.calls);
    },
    enabled: id !== '',
    ...settings,
  });
}

/** Expressions of the charts of a container. */
export function useFamilies(time: number, attempt: number) {
  return useQuery({
    queryKey: ['container-families', time, attempt],
    queryFn: ({ signal }) => families(asking(time, signal)),
    ...settings,
  });
}

export function useNodes(time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['nodes', time, window, attempt],
    queryFn: async ({ signal }): Promise<NodeRow[]> =>
      nodesOf(
        await all(asking(time, signal), {
          all: q.nodes(),
          cpu: q.nodeCpu(window),
          cores: q.nodeCores(),
          memory: q.nodeMemory(),
          available: q.nodeAvailable(),
          received: q.nodeReceived(window),
          sent: q.nodeSent(window),
          uptime: q.nodeUptime(),
          containers: q.nodeContainers(),
        }),
      ),
    ...settings,
  });
}
