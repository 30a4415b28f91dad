/** What /api/v1/pipelines says, and how often it is asked. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';

export interface Balance {
  in: number;
  created: number;
  restored: number;
  revived: number;
  out: number;
  held: number;
  deadLettered: number;
  dropped: Record<string, number>;
  returned: number;
  kept: number;
}

export interface Queue {
  requests: number;
  items: number;
  bytes: number;
  capacityBytes: number;
  capacityItems: number;
  capacityRequests: number;
  oldestMillis: number;
  inFlight: number;
  concurrency: number;
  pausedMillis: number;
  probing?: boolean;
  retries: number;
  deadLetters: number;
  deadLettersEvicted: number;
  damagedBytes: number;
  lastError: string;
  lastErrorMillis: number;
  /** Since when the queue has no room, ms since 1970; 0 while it has room. */
  fullSinceMillis?: number;
  /** The part of a queue in memory that continues on disk while its destination fails. */
  onDisk?: { requests: number; items: number; bytes: number; capacityBytes: number; sinceMillis: number };
}

/** Why a node makes no progress: the node that takes nothing, and since when. */
export interface Blockage {
  by: string;
  byKind: string;
  byComponent: string;
  reason: 'queue_full' | 'not_delivered' | 'on_disk' | 'refusing';
  /** `cause`: the node itself takes nothing; `waiting`: it waits for the cause; `starved`: it gets nothing. */
  effect: 'cause' | 'waiting' | 'starved';
  signal: string;
  sinceMillis: number;
}

export interface GraphNode {
  id: string;
  kind: string;
  component: string;
  part: string;
  where: string;
  signals: Record<string, Balance>;
  queue?: Queue;
  /** The oldest first; servers before 0.2 do not have it. */
  blocked?: Blockage[];
  /** Items that some destinations took and that are sent again because another did not. */
  repeatedItems?: number;
}

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  pipeline: string;
  batches: number;
  items: number;
  bytes: number;
}

export interface Pipelines {
  /** When the counts were taken, ms since 1970. */
  time: number;
  /** Whether what passes may be looked at. */
  tap: boolean;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** Above this number of components the graph is asked for less often. */
const MANY = 300;

export function usePipelines(enabled = true) {
  return useQuery({
    enabled,
    queryKey: ['pipelines'],
    queryFn: async ({ signal }) => (await call<Pipelines>('pipelines', {}, signal)).data,
    // Every answer is looked at anew; comparing them deeply would cost more.
    structuralSharing: false,
    staleTime: 0,
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      query.state.error ? 10_000 : (query.state.data?.nodes.length ?? 0) > MANY ? 6000 : 2000,
  });
}

export interface DeadLetter {
  id: string;
  signal: string;
  items: number;
  bytes: number;
  millis: number;
  attempts: number;
  reason: string;
}

export function useDeadLetters(node: string, count: number) {
  return useQuery({
    queryKey: ['dead-letters', node, count],
    queryFn: async ({ signal }) =>
      (await call<DeadLetter[]>('pipelines/dead-letters', { node, limit: 20 }, signal)).data,
    enabled: count > 0,
    placeholderData: keepPreviousData,
  });
}

export function useGraphConfig(enabled: boolean) {
  return useQuery({
    queryKey: ['pipelines-config'],
    queryFn: async ({ signal }) => (await call<{ yaml: string }>('pipelines/config', {}, signal)).data.yaml,
    enabled,
  });
}
