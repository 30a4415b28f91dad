/** API of the control plane: agents, configurations, rollouts and the audit log. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, postJson, remove } from '../api/client';

const ROOT = 'control';
const EVERY = 2000;

export interface Health {
  healthy: boolean;
  status: string;
  error: string;
  components?: Record<string, Health>;
}

export interface Items {
  in: number;
  out: number;
  queued: number;
  deadLettered: number;
  returned: number;
  dropped: Record<string, number>;
}

export interface Agent {
  uid: string;
  connected: boolean;
  transport: string;
  lastSeenMillis: number;
  acceptsConfiguration: boolean;
  labels: Record<string, string>;
  health?: Health;
  configuration: {
    state: 'unset' | 'applied' | 'applying' | 'failed';
    hash: string;
    error: string;
    /** Version that the agent must have; absent for none. */
    name?: string;
    version?: number;
    current?: boolean;
  };
  items?: Items;
  effectiveConfiguration?: string;
  effectiveConfigurationOmitted?: string;
}

export interface Version {
  name: string;
  version: number;
  timeMillis: number;
  author: string;
  reason: string;
  hash: string;
  validation: string;
  bytes: number;
  text?: string;
}

export interface Difference {
  text: string;
  components: { change: string; component: string; keys: string[] }[];
  edges: string[];
  problem?: string;
}

export interface Rollout {
  id: number;
  configuration: string;
  version: number;
  selector: string;
  state: 'running' | 'paused' | 'done' | 'undone' | 'cancelled';
  stateReason: string;
  stage: number;
  author: string;
  reason: string;
  startedMillis: number;
  endedMillis: number;
  previousVersion: number;
  applyTimeout: string;
  soak: string;
  maxLost: number;
  agents: { uid: string; applied: boolean }[];
}

export interface AuditEntry {
  sequence: number;
  time: string;
  actor: string;
  action: string;
  target: string;
  reason: string;
  before: unknown;
  after: unknown;
  hash: string;
}

function useControl<T>(
  path: string,
  params: Record<string, string | number> = {},
  every: number | false = EVERY,
  enabled = true,
) {
  return useQuery({
    enabled,
    queryKey: [ROOT, path, params],
    queryFn: async ({ signal }) => (await call<T>(`${ROOT}/${path}`, params, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: every,
    retry: false,
  });
}

export const useAgents = (selector = '') =>
  useControl<Agent[]>('agents', selector ? { selector, limit: 10_000 } : { limit: 10_000 });

export const useAgent = (uid: string) => useControl<Agent>(`agents/${encodeURIComponent(uid)}`);

export const useConfigurations = () => useControl<Version[]>('configurations');

export const useVersions = (name: string) =>
  useControl<Version[]>(`configurations/${encodeURIComponent(name)}`);

export const useVersion = (name: string, version: number) =>
  useControl<Version>(`configurations/${encodeURIComponent(name)}/${version}`, {}, false, version > 0);

export const useDifference = (name: string, from: number, to: number) =>
  useControl<Difference>(`diff/${encodeURIComponent(name)}`, { from, to }, false);

export const useRollouts = () => useControl<Rollout[]>('rollouts', {}, 1000);

export const useAudit = (text: string, before: number | undefined, limit: number) =>
  useControl<AuditEntry[]>('audit', {
    limit,
    ...(text ? { text } : {}),
    ...(before === undefined ? {} : { before }),
  });

export interface Verification {
  intact: boolean;
  entries: number;
  lastHash: string;
  problem: string;
}

export const verifyAudit = async () => (await call<Verification>(`${ROOT}/audit/verify`)).data;

export type Action = 'mute' | 'filter' | 'sample' | 'rate_limit' | 'redact' | 'quota' | 'route';

/** What a control does and to which items; empty members do not restrict it. */
export interface Draft {
  action: Action;
  signals: string[];
  attributes: Record<string, string>;
  condition?: string;
  pipeline?: string;
  share?: number;
  keepErrors?: boolean;
  /** Duration from which spans are all kept. */
  keepSlow?: string;
  /** Items of each kind that are kept in a minute. */
  keepRare?: number;
  detectors?: string[];
  rate?: number;
  selector: string;
  duration: string;
}

export interface Control {
  id: string;
  action: Action;
  signals: string[];
  attributes?: Record<string, string>;
  condition?: string;
  pipeline?: string;
  share?: number;
  keepErrors?: boolean;
  keepSlow?: string;
  keepRare?: number;
  detectors?: string[];
  rate?: number;
  /** Pipeline to which items are moved. */
  target?: string;
  quota?: { limit: number; unit: 'items' | 'bytes' | 'cost'; period: string; by?: string };
  /** Furthest step of a quota at an agent: ok, warn, sample or overflow. */
  quotaStep?: string;
  observe?: boolean;
  owner?: string;
  reason?: string;
  endMillis: number;
  selector: string;
  state: 'active' | 'ended';
  startedMillis: number;
  endedMillis: number;
  endedBy: string;
  endReason: string;
  matched: number;
  dropped: number;
  /** Items that were masked or moved; control planes before 0.3 do not say. */
  changed?: number;
  /** Number of agents by the state of the control there. */
  agentStates: Record<string, number>;
}

export interface Preview {
  windowMillis: number;
  items: number;
  matched: number;
  wouldDrop: number;
  wouldChange?: number;
  agents: { uid: string; state: string; items: number; matched: number; wouldDrop: number }[];
}

export const useControls = () => useControl<Control[]>('controls', {}, 1000);

/** Counts for some seconds at the agents what a control would drop. */
export const preview = async (draft: Draft) =>
  (await postJson<Preview>(`${ROOT}/controls/preview`, { ...draft, window: '5s' })).data;

/** Ends a control before its time. */
export function useEnd() {
  const client = useQueryClient();
  return async (id: string): Promise<void> => {
    try {
      await remove(`${ROOT}/controls/${encodeURIComponent(id)}`);
    } finally {
      await client.invalidateQueries({ queryKey: [ROOT] });
    }
  };
}

/** Changes something, after which all pages of the fleet read anew. */
export function useChange() {
  const client = useQueryClient();
  return async <T>(path: string, body: unknown): Promise<T> => {
    try {
      return (await postJson<T>(`${ROOT}/${path}`, body)).data;
    } finally {
      await client.invalidateQueries({ queryKey: [ROOT] });
    }
  };
}
