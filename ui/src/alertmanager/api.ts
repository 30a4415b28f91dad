/** Alertmanager's API v2, of this process or of the one inside of the server. */
import { keepPreviousData, type QueryClient, useQuery } from '@tanstack/react-query';
import { ApiError, encodeParams, type Params } from '../api/client';
import type { LabelSet } from '../api/types';
import { apiUrl } from '../app/base';
import { offer } from '../app/parts';
import { regexLiteral } from '../lib/labels';
import type { ReceiverDelivery } from './deliveries';
import { type Matcher, writeMatcher } from './matchers';

export interface Alert {
  labels: LabelSet;
  annotations: LabelSet;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  fingerprint: string;
  generatorURL?: string;
  receivers: { name: string }[];
  status: {
    state: 'active' | 'suppressed' | 'unprocessed';
    silencedBy: string[];
    inhibitedBy: string[];
    mutedBy?: string[];
  };
}

export interface AlertGroup {
  labels: LabelSet;
  receiver: { name: string };
  alerts: Alert[];
}

export interface Silence {
  id: string;
  status: { state: 'active' | 'pending' | 'expired' };
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  createdBy: string;
  comment: string;
  annotations?: LabelSet;
}

export interface ManagerStatus {
  cluster: { name?: string; status: string; peers: { name: string; address: string }[] | null };
  config: { original: string };
  uptime: string;
  versionInfo: Record<string, string>;
}

export interface Route {
  id: number;
  where: string;
  receiver: string;
  matchers: string[];
  groupBy: string[];
  groupWaitMillis: number;
  groupIntervalMillis: number;
  repeatIntervalMillis: number;
  continue: boolean;
  muteTimeIntervals: string[];
  activeTimeIntervals: string[];
  mutedBy: string[];
  routes: Route[];
}

export interface RouteTest {
  routes: { id: number; receiver: string; group: LabelSet; mutedBy: string[] }[];
  steps: { id: number; matched: boolean; matcher?: string; value?: string }[];
  silencedBy: string[];
  inhibitedBy: string[];
}

/** Throws ApiError with what Alertmanager says: a text, or an object with one. */
export function am<T>(path: string, params: Params = {}, init: RequestInit = {}): Promise<T> {
  return ask(`api/v2/${path}`, params, init);
}

/** What Alertmanager has not: the addresses below api/tethys. */
export function own<T>(path: string, params: Params = {}, init: RequestInit = {}): Promise<T> {
  return ask(`api/tethys/${path}`, params, init);
}

async function ask<T>(path: string, params: Params, init: RequestInit): Promise<T> {
  const query = encodeParams(params).toString();
  const url = apiUrl(`${offer.parts.alertmanager ?? ''}${path}${query ? `?${query}` : ''}`);
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError('unreachable', 'The Alertmanager did not respond.', 0);
  }
  const text = await response.text();
  let body: unknown = text;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    // An answer of a proxy, say: its text is what there is.
  }
  if (response.ok) return body as T;
  const said =
    typeof body === 'object' && body !== null && 'message' in body
      ? (body as { message: unknown }).message
      : body;
  throw new ApiError(
    response.status === 503 ? 'unavailable' : 'error',
    String(said ?? `Request failed (${response.status})`).slice(0, 500),
    response.status,
  );
}

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Which alerts are asked for. */
export interface AlertQuery {
  filter: Matcher[];
  receiver: string;
  active: boolean;
  silenced: boolean;
  inhibited: boolean;
  muted: boolean;
}

export const ALL_ALERTS: AlertQuery = {
  filter: [],
  receiver: '',
  active: true,
  silenced: true,
  inhibited: true,
  muted: true,
};

export const alertParams = (query: AlertQuery): Params => ({
  filter: query.filter.map(writeMatcher),
  receiver: query.receiver === '' ? undefined : regexLiteral(query.receiver),
  active: String(query.active),
  silenced: String(query.silenced),
  inhibited: String(query.inhibited),
  muted: String(query.muted),
});

/** Above this number of alerts their list is asked for less often. */
const MANY = 1000;

const pace = (count: number, failed: boolean) => (failed || count > MANY ? 30_000 : 10_000);

export function useGroups(query: AlertQuery) {
  return useQuery({
    queryKey: ['am', 'groups', query],
    queryFn: ({ signal }) => am<AlertGroup[]>('alerts/groups', alertParams(query), { signal }),
    placeholderData: keepPreviousData,
    structuralSharing: false,
    refetchInterval: (q) =>
      pace(
        (q.state.data ?? []).reduce((n, group) => n + group.alerts.length, 0),
        q.state.error !== null,
      ),
  });
}

/** Alerts that matchers select, whatever keeps them back. */
export function useMatching(filter: Matcher[], enabled = true, refresh: number | false = false) {
  return useQuery({
    queryKey: ['am', 'matching', filter],
    queryFn: ({ signal }) => am<Alert[]>('alerts', alertParams({ ...ALL_ALERTS, filter }), { signal }),
    enabled,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    staleTime: 5000,
    refetchInterval: refresh,
  });
}

export function useReceivers() {
  return useQuery({
    queryKey: ['am', 'receivers'],
    queryFn: ({ signal }) => am<{ name: string }[]>('receivers', {}, { signal }),
    staleTime: 60_000,
  });
}

export function useSilences() {
  return useQuery({
    queryKey: ['am', 'silences'],
    queryFn: ({ signal }) => am<Silence[]>('silences', {}, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: (q) => pace(q.state.data?.length ?? 0, q.state.error !== null),
  });
}

export function useSilence(id: string, enabled = true) {
  return useQuery({
    queryKey: ['am', 'silence', id],
    queryFn: ({ signal }) => am<Silence>(`silence/${encodeURIComponent(id)}`, {}, { signal }),
    enabled,
  });
}

export function useManagerStatus() {
  return useQuery({
    queryKey: ['am', 'status'],
    queryFn: ({ signal }) => am<ManagerStatus>('status', {}, { signal }),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  });
}

export function useRoutes() {
  return useQuery({
    queryKey: ['am', 'routes'],
    queryFn: ({ signal }) => own<Route>('routes', {}, { signal }),
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function useRouteTest(labels: LabelSet, enabled: boolean) {
  return useQuery({
    queryKey: ['am', 'route-test', labels],
    queryFn: ({ signal }) => own<RouteTest>('routes', {}, { ...json('POST', { labels }), signal }),
    enabled,
    placeholderData: keepPreviousData,
  });
}

export interface Note {
  id: string;
  fingerprint: string;
  labels: LabelSet;
  author: string;
  text: string;
  at: string;
  acknowledges: boolean;
  until?: string;
}

export interface TraceRoute {
  id: number;
  where: string;
  receiver: string;
  outcome: string;
  because: string;
  groupKey: string;
  nextLook?: string;
  lastLook?: string;
  timeIntervals: { name: string; kind: 'active' | 'mute'; holds: boolean }[];
  silences: Silence[];
  integrations: {
    integration: string;
    toldOfThis: boolean;
    lastSent?: string;
    repeatDue?: string;
    lastFailure?: { at: string; detail: string };
  }[];
}

export interface Trace {
  steps: { id: number; matched: boolean; verdicts: { matcher: string; value: string; met: boolean }[] }[];
  inhibition?: { rule: string; fingerprint: string; labels: LabelSet };
  acknowledgement?: Note;
  routes: TraceRoute[];
}

export const addNote = (note: {
  labels: LabelSet;
  author: string;
  text: string;
  acknowledges: boolean;
}): Promise<Note> => own('notes', {}, json('POST', note));

export const withdrawNote = (id: string): Promise<void> =>
  own(`notes/${encodeURIComponent(id)}`, {}, { method: 'DELETE' });

export type Draft = Omit<Silence, 'id' | 'status' | 'updatedAt'> & { id?: string };

/** The id of the silence that holds then: another one when what was edited had begun. */
export async function saveSilence(draft: Draft): Promise<string> {
  return (await am<{ silenceID: string }>('silences', {}, json('POST', draft))).silenceID;
}

export const expireSilence = (id: string): Promise<void> =>
  am(`silence/${encodeURIComponent(id)}`, {}, { method: 'DELETE' });

/** What silences change: the lists of alerts too. */
export const forgetAlerts = (client: QueryClient): Promise<void> =>
  client.invalidateQueries({ queryKey: ['am'] });

/** A time at which a silence holds that comes again. */
export interface Occurrence {
  startsAt: string;
  endsAt: string;
}

export interface Recurring {
  id: string;
  matchers: Matcher[];
  /** time_intervals as they were written, in YAML or JSON. */
  schedule: string;
  until?: string;
  createdBy: string;
  comment: string;
  updatedAt: string;
  /** Absent when it does not come again for long. */
  next?: Occurrence & { active: boolean };
}

export function useRecurring() {
  return useQuery({
    queryKey: ['am', 'recurring'],
    queryFn: ({ signal }) => own<Recurring[]>('recurring-silences', {}, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

export type RecurringDraft = Pick<Recurring, 'matchers' | 'schedule' | 'until'>;

/** When it would hold; the server says what is wrong with a schedule. */
export function useOccurrences(draft: RecurringDraft, enabled: boolean) {
  return useQuery({
    queryKey: ['am', 'recurring-preview', draft],
    queryFn: ({ signal }) =>
      own<{ times: Occurrence[] }>('recurring-silences/preview', {}, { ...json('POST', draft), signal }),
    enabled,
    retry: false,
    staleTime: 60_000,
  });
}

/** The id of what holds then: another one when one was edited. */
export async function saveRecurring(
  draft: RecurringDraft & { id?: string; createdBy: string; comment: string },
): Promise<string> {
  return (await own<Recurring>('recurring-silences', {}, json('POST', draft))).id;
}

export const withdrawRecurring = (id: string): Promise<void> =>
  own(`recurring-silences/${encodeURIComponent(id)}`, {}, { method: 'DELETE' });

export interface Heartbeat {
  name: string;
  matchers: string;
  withinMillis: number;
  heardAt: string;
  missing: boolean;
  missingSince?: string;
}

export function useHeartbeats() {
  return useQuery({
    queryKey: ['am', 'heartbeats'],
    queryFn: ({ signal }) => own<Heartbeat[]>('heartbeats', {}, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
}

export function useReceiverDeliveries(enabled = true) {
  return useQuery({
    queryKey: ['am', 'deliveries'],
    queryFn: ({ signal }) => own<ReceiverDelivery[]>('deliveries', {}, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    enabled,
  });
}
