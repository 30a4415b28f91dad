/** Firing alerts, and faults of the server itself that no inspection of entities reports. */

import type { ReceiverDelivery } from '../alertmanager/deliveries';
import type { Delivery } from '../alerts/deliveries';
import { byUrgency, severityRank } from '../alerts/urgency';
import type {
  ActiveTarget,
  AlertInstance,
  LabelSet,
  Notification,
  RuleGroup,
  RuntimeInfo,
  VectorItem,
} from '../api/types';
import { roughDuration } from '../lib/time';
import { counted, formatValue } from '../lib/units';
import type { GraphNode } from '../pipelines/api';
import { obstacles, REASON_WORDS } from '../pipelines/model';
import { type Store, storeStatus } from '../status/storage';

export type Severity = 'critical' | 'warning' | 'info';

export interface Place {
  to: string;
  search?: Record<string, string>;
}

export interface Fault extends Place {
  key: string;
  severity: Severity;
  title: string;
  detail: string;
  /** ms since 1970; NaN while not known. */
  since: number;
}

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/** The most severe first, of equal severity the oldest. */
export function sorted(faults: Fault[]): Fault[] {
  const time = (p: Fault) => (Number.isNaN(p.since) ? Number.POSITIVE_INFINITY : p.since);
  return [...faults].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || time(a) - time(b) || a.title.localeCompare(b.title),
  );
}

const severityOf = (labels: LabelSet): Severity => {
  const rank = severityRank(labels);
  return rank <= 1 ? 'critical' : rank <= 3 ? 'warning' : 'info';
};

/** One fault for each rule with firing alerts. */
export function firingFaults(groups: RuleGroup[]): Fault[] {
  return groups.flatMap((group) =>
    group.rules.flatMap((rule): Fault[] => {
      const firing = (rule.alerts ?? []).filter((alert) => alert.state === 'firing');
      if (firing.length === 0) return [];
      const urgent = (alert: AlertInstance) => ({ labels: alert.labels, since: Date.parse(alert.activeAt) });
      const worst = [...firing].sort((a, b) => byUrgency(urgent(a), urgent(b)))[0] as AlertInstance;
      const text = worst.annotations.summary ?? worst.annotations.description ?? describe(worst.labels);
      return [
        {
          key: `alert ${group.file} ${group.name} ${rule.name} ${rule.query}`,
          severity: severityOf(worst.labels),
          title:
            firing.length === 1 ? rule.name : `${rule.name} (${firing.length.toLocaleString('en')} alerts)`,
          detail: text,
          since: Math.min(...firing.map((alert) => Date.parse(alert.activeAt))),
          to: '/alerts',
          search: { search: rule.name, state: 'firing' },
        },
      ];
    }),
  );
}

const describe = (labels: LabelSet) =>
  Object.entries(labels)
    .filter(([name]) => name !== 'alertname')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** One fault for each rule that cannot be evaluated. */
export function ruleFaults(groups: RuleGroup[]): Fault[] {
  return groups.flatMap((group) =>
    group.rules
      .filter((rule) => rule.health === 'err')
      .map((rule) => ({
        key: `rule ${group.file} ${group.name} ${rule.name} ${rule.query}`,
        severity: 'warning' as const,
        title: `Rule ${rule.name} is failing`,
        detail: rule.lastError ?? '',
        since: Number.NaN,
        to: '/rules',
        search: { search: rule.name },
      })),
  );
}

/** One fault for each scrape pool with targets that are down. */
export function targetFaults(targets: ActiveTarget[]): Fault[] {
  const pools = new Map<string, { down: ActiveTarget[]; all: number }>();
  for (const target of targets) {
    const pool = pools.get(target.scrapePool) ?? { down: [], all: 0 };
    pool.all++;
    if (target.health === 'down') pool.down.push(target);
    pools.set(target.scrapePool, pool);
  }
  return [...pools]
    .filter(([, { down }]) => down.length > 0)
    .map(([pool, { down, all }]) => {
      const first = down[0] as ActiveTarget;
      return {
        key: `target ${pool}`,
        severity: down.length === all ? ('critical' as const) : ('warning' as const),
        title:
          down.length === 1 && all === 1
            ? `${pool}: target down`
            : `${pool}: ${down.length.toLocaleString('en')} of ${counted(all, 'target')} down`,
        detail: `${first.scrapeUrl}: ${first.lastError}`,
        since: Number.NaN,
        to: '/targets',
        search: { health: 'down', pool },
      };
    });
}

/** One fault for each component that takes nothing. */
export function pipelineFaults(nodes: GraphNode[]): Fault[] {
  return obstacles(nodes).map((one) => ({
    key: `pipeline ${one.by}`,
    severity: 'critical',
    title: `Blocked by ${one.byKind} ${one.byComponent}`,
    detail: `${REASON_WORDS[one.reason].replace(/ since$/, '')}${
      one.blocks.length > 0 ? `; ${counted(one.blocks.length, 'component')} waiting` : ''
    }`,
    since: one.sinceMillis,
    to: '/pipelines',
    search: { node: one.by },
  }));
}

export function deliveryFaults(deliveries: Delivery[]): Fault[] {
  return deliveries
    .filter((one) => one.failingSince)
    .map((one) => ({
      key: `delivery ${one.url}`,
      severity: 'critical',
      title: 'Alertmanager is not receiving alerts',
      detail: `${one.url}: ${one.lastError ?? ''}`,
      since: Date.parse(one.failingSince as string),
      to: '/alertmanager-discovery',
    }));
}

/** One fault for each integration whose last notification failed. */
export function receiverFaults(deliveries: ReceiverDelivery[]): Fault[] {
  return deliveries
    .filter((one) => one.failingSince)
    .map((one) => ({
      key: `receiver ${one.receiver} ${one.integration} ${one.index}`,
      severity: 'critical',
      title: `Notifications to ${one.receiver} are failing`,
      detail: `${one.integration}: ${one.lastError ?? ''}`,
      since: Date.parse(one.failingSince as string),
      to: '/alertmanager/status',
    }));
}

export function serverFaults(notifications: Notification[], runtime: RuntimeInfo | undefined): Fault[] {
  const out: Fault[] = notifications.map((one) => ({
    key: `server ${one.text}`,
    severity: 'warning',
    title: one.text,
    detail: '',
    since: Date.parse(one.date),
    to: '/status',
  }));
  if (runtime && runtime.corruptionCount > 0)
    out.push({
      key: 'corruption',
      severity: 'critical',
      title: 'Write-ahead log damaged',
      detail: `${counted(runtime.corruptionCount, 'corruption')} found at the last start`,
      since: Date.parse(runtime.startTime),
      to: '/status/storage',
    });
  return out;
}

/** Stores that refuse data, whose writes fail, or whose disk is full soon. */
export function storeFaults(stores: Store[], now: number): Fault[] {
  return stores.flatMap((store): Fault[] => {
    const status = storeStatus(store, now);
    if (status === 'ok') return [];
    const title = !store.acceptsData
      ? `The ${store.name} rejects data`
      : store.problem !== undefined
        ? `Writes to the ${store.name} are failing`
        : `Disk of the ${store.name} will be full in ${roughDuration(Math.max(0, (store.diskFullAt ?? now) - now))}`;
    return [
      {
        key: `store ${store.name}`,
        severity: status === 'failing' ? 'critical' : 'warning',
        title,
        detail: store.problem ?? `${store.folder}: ${formatValue(store.diskFreeBytes ?? 0, 'bytes', 3)} free`,
        since: store.problemSince ?? Number.NaN,
        to: '/status/storage',
      },
    ];
  });
}

/** Errors of a service count as risen above this many lines and this multiple of the hour before. */
const MANY_ERRORS = 10;
const RISE = 2;

export interface ErrorRate {
  service: string;
  /** Lines in the last quarter of an hour. */
  now: number;
  /** Lines in a quarter of an hour, on average over the hour before. */
  before: number;
}

/** Of both results, counts by service; the second over the hour before. */
export function errorRates(now: VectorItem[], hourBefore: VectorItem[]): ErrorRate[] {
  const rates = new Map<string, ErrorRate>();
  const rate = (item: VectorItem) => {
    const service = item.metric.service_name ?? 'unknown';
    const known = rates.get(service) ?? { service, now: 0, before: 0 };
    rates.set(service, known);
    return known;
  };
  for (const item of now) rate(item).now += Number(item.value?.[1] ?? 0);
  for (const item of hourBefore) rate(item).before += Number(item.value?.[1] ?? 0) / 4;
  return [...rates.values()].sort((a, b) => b.now - a.now || b.before - a.before);
}

export const hasRisen = (rate: ErrorRate) => rate.now >= MANY_ERRORS && rate.now > RISE * rate.before;

export const ERROR_LEVELS = 'error|critical|fatal';

export function errorQuery(service: string): string {
  return `{service_name=${JSON.stringify(service)}} | detected_level=~"${ERROR_LEVELS}"`;
}
