/** Problems of everything that this server observes, and what has changed, from what its APIs report. */

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
import { seriesName } from '../lib/labels';
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

export interface Problem extends Place {
  key: string;
  severity: Severity;
  title: string;
  detail: string;
  /** ms since 1970; NaN while not known. */
  since: number;
}

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/** The most severe first, of equal severity the oldest. */
export function sorted(problems: Problem[]): Problem[] {
  const time = (p: Problem) => (Number.isNaN(p.since) ? Number.POSITIVE_INFINITY : p.since);
  return [...problems].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || time(a) - time(b) || a.title.localeCompare(b.title),
  );
}

const severityOf = (labels: LabelSet): Severity => {
  const rank = severityRank(labels);
  return rank <= 1 ? 'critical' : rank <= 3 ? 'warning' : 'info';
};

/** One problem for each rule with firing alerts. */
export function firingProblems(groups: RuleGroup[]): Problem[] {
  return groups.flatMap((group) =>
    group.rules.flatMap((rule): Problem[] => {
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

/** One problem for each rule that cannot be evaluated. */
export function ruleProblems(groups: RuleGroup[]): Problem[] {
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

/** One problem for each scrape pool with targets that are down. */
export function targetProblems(targets: ActiveTarget[]): Problem[] {
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

/** One problem for each component that takes nothing. */
export function pipelineProblems(nodes: GraphNode[]): Problem[] {
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

export function deliveryProblems(deliveries: Delivery[]): Problem[] {
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

/** One problem for each integration whose last notification failed. */
export function receiverProblems(deliveries: ReceiverDelivery[]): Problem[] {
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

export function serverProblems(notifications: Notification[], runtime: RuntimeInfo | undefined): Problem[] {
  const out: Problem[] = notifications.map((one) => ({
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
export function storeProblems(stores: Store[], now: number): Problem[] {
  return stores.flatMap((store): Problem[] => {
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

export function logProblems(rates: ErrorRate[]): Problem[] {
  return rates.filter(hasRisen).map((rate) => ({
    key: `log ${rate.service}`,
    severity: 'warning',
    title: `${rate.service} logs more errors`,
    detail: `${counted(rate.now, 'error line')} in 15 min, previously ${Math.round(rate.before).toLocaleString('en')}`,
    since: Number.NaN,
    to: '/explore/logs',
    search: { query: errorQuery(rate.service) },
  }));
}

export interface Change extends Place {
  key: string;
  title: string;
  detail: string;
}

const nameOf = (labels: LabelSet) => [labels.job, labels.instance].filter(Boolean).join(' ');

/** Restarts, and targets that came or went, in the last hour. */
export function changes(restarts: VectorItem[], flips: VectorItem[], ended: VectorItem[]): Change[] {
  const query = (expr: string): Place => ({ to: '/query', search: { 'g0.expr': expr, 'g0.tab': 'graph' } });
  const exact = (name: string, labels: LabelSet) => seriesName({ ...labels, __name__: name });
  const times = (item: VectorItem) => Number(item.value?.[1] ?? 0);
  return [
    ...restarts.map((item) => {
      const series = exact('process_start_time_seconds', item.metric);
      return {
        key: `restart ${series}`,
        title: `${nameOf(item.metric)} restarted`,
        detail: times(item) > 1 ? `${times(item)} times` : '',
        ...query(series),
      };
    }),
    ...flips.map((item) => {
      const series = exact('up', item.metric);
      return {
        key: `flip ${series}`,
        title: `${nameOf(item.metric)} went up or down`,
        detail: times(item) > 1 ? `${times(item)} times` : '',
        ...query(series),
      };
    }),
    ...ended.map((item) => {
      const alertname = item.metric.alertname ?? '';
      return {
        key: `ended ${alertname}`,
        title: `Alert ${alertname} resolved`,
        detail: '',
        ...query(exact('ALERTS', { alertname, alertstate: 'firing' })),
      };
    }),
  ];
}
