/** API of the control plane: agents, configurations, rollouts and the audit log. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, postJson, remove } from '../api/client';
import type { Followed, RecordChange } from '../pipelines/records';
import type { Findings } from './findings';
import type { OutputKeys } from './keys';

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
  /** Items in a second by the reports of the agent; absent where they are not known. */
  inPerSecond?: number;
  outPerSecond?: number;
}

export interface Agent {
  uid: string;
  connected: boolean;
  transport: string;
  lastSeenMillis: number;
  acceptsConfiguration: boolean;
  /** Instance uid that the agent had, and another one has. */
  duplicateOf?: string;
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
    /** Why it keeps a version that was undone. */
    kept?: string;
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
  signed: boolean;
  bytes: number;
  /** Why it was undone; absent where it was not, or agents took it later. */
  undone?: string;
  text?: string;
}

export interface Difference {
  text: string;
  components: { change: string; component: string; keys: string[] }[];
  edges: string[];
  problem?: string;
}

/** Items and bytes to exporters for each that was taken; an empty attribute is the whole signal. */
export interface OutputRow {
  signal: string;
  attribute: string;
  value: string;
  taken: number;
  itemsBefore: number;
  items: number;
  /** By how much the difference of items may be wrong. */
  itemsError: number;
  bytesBefore: number;
  bytes: number;
  bytesError: number;
  judged: boolean;
  /** Whether an agent takes nothing of the signal any more. */
  vanished?: boolean;
  /** Why it is not judged. */
  notJudged?: string;
}

export interface Rollout {
  id: number;
  configuration: string;
  version: number;
  selector: string;
  state: 'running' | 'paused' | 'done' | 'undone' | 'cancelled';
  stateReason: string;
  resumesByItself?: boolean;
  stage: number;
  author: string;
  reason: string;
  startedMillis: number;
  endedMillis: number;
  previousVersion: number;
  applyTimeout: string;
  soak: string;
  maxLost: number;
  minItems: number;
  maxWait: string;
  maxOutputChange: number;
  maxMemoryGrowth: number;
  maxQueueAge: string;
  /** What the guard did not judge, and why. */
  notJudged?: string[];
  outputs?: { against: string; rows: OutputRow[] };
  /** Last stage that a user let pass, although its guard could not be judged. */
  acceptedStage?: number;
  /** Why there are no outputs for this token. */
  outputsHidden?: string;
  agents: { uid: string; applied: boolean }[];
  /** What its agents run after an undo, in the answer of that alone. */
  returns?: Returned[];
}

/** Agents that an undo returns; `why` where they cannot return. */
export interface Returned {
  to: string;
  agents: number;
  why: string;
}

export interface AuditEntry {
  sequence: number;
  time: string;
  actor: string;
  action: string;
  target: string;
  reason: string;
  before: Record<string, string>;
  after: Record<string, string>;
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

export const useAgent = (uid: string) =>
  useControl<Agent>(`agents/${encodeURIComponent(uid)}`, {}, EVERY, uid !== '');

export const useConfigurations = () => useControl<Version[]>('configurations');

export const useVersions = (name: string) =>
  useControl<Version[]>(`configurations/${encodeURIComponent(name)}`, {}, EVERY, name !== '');

export const useVersion = (name: string, version: number) =>
  useControl<Version>(`configurations/${encodeURIComponent(name)}/${version}`, {}, false, version > 0);

export const useDifference = (name: string, from: number, to: number) =>
  useControl<Difference>(`diff/${encodeURIComponent(name)}`, { from, to }, false);

export const useRollouts = () => useControl<Rollout[]>('rollouts', {}, 1000);

/** The latest changes, and what the log does not explain. */
export const useAudit = (text: string, limit: number) =>
  useQuery({
    queryKey: [ROOT, 'audit', text, limit],
    queryFn: ({ signal }) =>
      call<AuditEntry[]>(`${ROOT}/audit`, { limit, ...(text ? { text } : {}) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
    retry: false,
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
  /** Pipeline to which items are moved. */
  target?: string;
  quota?: Quota;
  owner?: string;
  awaitAgents?: boolean;
  selector: string;
  duration: string;
}

export interface Quota {
  limit: number;
  unit: 'items' | 'bytes' | 'cost';
  period: string;
  by?: string;
  warnAt?: number;
  sampleAt?: number;
  sampleShare?: number;
  pricePerGib?: number;
  pricePerMillionItems?: number;
}

/** Volume in a second; the cost is that of an hour. */
export interface Rates {
  agents: number;
  inItemsPerSecond: number;
  inBytesPerSecond: number;
  outItemsPerSecond: number;
  outBytesPerSecond: number;
  costPerHour?: number;
  currency?: string;
}

/** What passed before a control and what passes with it. */
export interface Effect {
  attribute: string;
  /** Absent for all values. */
  value?: string;
  /** Whether exactly the scope of the control was measured, and not more. */
  exact: boolean;
  /** Agents of the token, where the control concerns further ones. */
  scope?: string;
  before?: Rates;
  now?: Rates;
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
  quota?: Quota;
  /** Furthest step of a quota: ok, warn, sample or overflow. */
  quotaStep?: string;
  observe?: boolean;
  owner?: string;
  /** User, rule or source that started or last changed it; the owner is what they stated. */
  author?: string;
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
  /** Bytes of the items that were dropped or moved. */
  removedBytes?: number;
  /** Of one control, where its start was seen. */
  effect?: Effect;
  /** Why there is no effect. */
  effectMissing?: string;
  /** Agents of the token, whose sums these are, where the control concerns further ones. */
  scope?: string;
  /** Number of agents by the state of the control there. */
  agentStates: Record<string, number>;
  /** Of one control. */
  agents?: { uid: string; state: string; matched: number; dropped: number; error?: string }[];
}

export interface QuotaState extends Control {
  values: {
    value: string;
    used: number;
    limit: number;
    step: Step;
    agents: { uid: string; used: number; limit: number; step: Step }[];
  }[];
}

export type Step = 'ok' | 'warn' | 'sample' | 'overflow';

export interface Preview {
  windowMillis: number;
  items: number;
  matched: number;
  wouldDrop: number;
  wouldChange?: number;
  wouldRemoveBytes?: number;
  agents: { uid: string; state: string; items: number; matched: number; wouldDrop: number }[];
}

export const useControls = () => useControl<Control[]>('controls', {}, 1000);

/** One control with its effect and each agent. */
export const useOneControl = (id: string, active: boolean) =>
  useControl<Control>(`controls/${encodeURIComponent(id)}`, {}, active ? 5000 : false);

export const useQuotas = () => useControl<QuotaState[]>('quotas');

/** Resource of the repository, or what runs without one. */
export interface SourceItem {
  kind: string;
  name: string;
  file: string;
  commit: string;
  state: string;
  detail: string;
}

export interface SourceFile {
  configuration: string;
  commit: string;
  version: number;
  latestVersion: number;
  rolledOut: number;
  state: string;
  /** What agents run, or why they do not run the version of the file. */
  detail?: string;
  error: string;
}

export interface RepositoryState {
  commit: string;
  error: string;
  readMillis: number;
  files: SourceFile[];
  resources?: SourceItem[];
  notInRepository?: SourceItem[];
}

export const useRepository = () => useControl<RepositoryState>('repository', {}, 5000);

export interface Automation {
  rules: {
    name: string;
    alert: string;
    status: string;
    labels: Record<string, string>;
    dryRun: boolean;
    undo: boolean;
    coolDown: string;
    startControls: number;
    endControls: string[];
    actions?: string[];
    /** What a cool-down holds back, and further attempts of what failed. */
    waiting?: AutomationStep[];
    /** Variables that its events hold, with the rule whose value each has. */
    variables?: { variable: string; value: string; heldBy: string }[];
    queryError?: string;
  }[];
  steps: AutomationStep[];
}

export interface AutomationStep {
  timeMillis: number;
  rule: string;
  alert: string;
  fingerprint?: string;
  action: string;
  control?: string;
  result: string;
  error: string;
  /** What was done, such as the items of a replay. */
  detail?: string;
  /** When what waits is started. */
  startsMillis?: number;
}

export const useAutomation = () => useControl<Automation>('automation');

export interface Hubs {
  resources: {
    kind: string;
    namespace: string;
    name: string;
    variables?: { key: string; type: string; manual: boolean; value: unknown }[];
    rules?: { name: string; alert?: string; variable?: string; change: string; actions: string[] }[];
  }[];
  steps: {
    timeMillis: number;
    hub: string;
    rule: string;
    event: string;
    action: string;
    target: string;
    result: string;
    error: string;
  }[];
  replays: Replay[];
}

/** Replay of archived telemetry; of an invalid resource only the name, the state and the error. */
export interface Replay {
  name: string;
  hub?: string;
  state: 'waiting' | 'running' | 'completed' | 'failed' | 'invalid';
  error: string;
  /** What is unusual about its end. */
  hint?: string;
  /** Delivered so far. */
  items?: number;
  signal?: string;
  from?: string;
  to?: string;
  source?: string;
  destination?: string;
  startedMillis?: number;
  endedMillis?: number;
}

export const useHubs = () => useControl<Hubs>('mdai');

/** Node of the graph of an agent. */
export interface AgentNode {
  id: string;
  kind: string;
  component: string;
}

export interface PerAgent<T> {
  complete: boolean;
  agents: ({ uid: string; error?: string } & Partial<T>)[];
}

/** Nodes of the agents of a selector, asked once. */
export const useNodes = (selector: string, enabled: boolean) =>
  useControl<PerAgent<{ nodes: AgentNode[]; pipelines: string[] }>>(
    'nodes',
    selector ? { selector } : {},
    false,
    enabled,
  );

export interface TapRequest {
  node: string;
  selector: string;
  seconds: number;
  records: number;
  perSecond?: number;
  contains?: string;
}

const given = (params: Record<string, string | number | undefined>) =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined && value !== ''));

export const tapFleet = async (of: TapRequest) =>
  (await call<PerAgent<{ records: RecordChange[]; skippedBatches: number }>>(`${ROOT}/tap`, given({ ...of })))
    .data;

/** Attribute keys of agents with the version of a rollout beside those of others. */
export const compareKeys = async (rollout: number) =>
  (await call<OutputKeys>(`${ROOT}/rollouts/${rollout}/keys`)).data;

export const findInFleet = async (of: { selector: string; seconds: number }) =>
  (await call<Findings>(`${ROOT}/findings`, given(of))).data;

export const followInFleet = async (of: {
  signal: string;
  contains: string;
  selector: string;
  seconds: number;
}) => (await call<PerAgent<Followed>>(`${ROOT}/follow`, given(of))).data;

/** Volumes of one run of a configuration on samples. */
export interface DryRunResult {
  validation: string;
  /** What the samples lose where that is seldom meant. */
  warnings?: string[];
  samples: Record<string, { items: number; bytes: number }>;
  nodes: {
    kind: string;
    component: string;
    signal: string;
    in: number;
    out: number;
    held: number;
    passesAll: boolean;
    dropped: Record<string, number>;
  }[];
  edges: { from: string; to: string; pipeline: string; items: number; bytes: number }[];
  destinations: { exporter: string; signal: string; items: number; bytes: number; examples: unknown[] }[];
}

export interface DryRunAnswer {
  result: DryRunResult;
  baselineVersion?: number;
  baseline?: DryRunResult;
}

export const dryRun = async (body: { name: string; text: string; samples: unknown[]; baseline?: number }) =>
  (await postJson<DryRunAnswer>(`${ROOT}/dry-run`, body)).data;

/** Counts for some seconds at the agents what a control would drop. */
export const preview = async (draft: Draft) =>
  (await postJson<Preview>(`${ROOT}/controls/preview`, { ...draft, window: '5s' })).data;

/** Ends a control before its time. */
export function useEnd() {
  const client = useQueryClient();
  return async (id: string, reason: string): Promise<void> => {
    try {
      await remove(`${ROOT}/controls/${encodeURIComponent(id)}`, { reason });
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
