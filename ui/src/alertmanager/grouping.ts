/** Alerts put together otherwise than their routes do. */
import { byUrgency, mostUrgent } from '../alerts/urgency';
import type { Alert, AlertGroup } from './api';

/** Each alert once, in groups of equal values of some labels, large groups first. */
export function groupedBy(groups: AlertGroup[], labels: string[]): AlertGroup[] {
  const seen = new Set<string>();
  const out = new Map<string, AlertGroup>();
  for (const group of groups) {
    for (const alert of group.alerts) {
      if (seen.has(alert.fingerprint)) continue;
      seen.add(alert.fingerprint);
      const own: Record<string, string> = {};
      for (const label of labels) if (alert.labels[label]) own[label] = alert.labels[label] as string;
      const key = JSON.stringify(own);
      const found = out.get(key);
      if (found) found.alerts.push(alert);
      else out.set(key, { labels: own, receiver: { name: '' }, alerts: [alert] });
    }
  }
  return [...out.values()].sort((a, b) => b.alerts.length - a.alerts.length);
}

/** Names of labels that alerts have, most frequent first. */
export function labelNames(groups: AlertGroup[]): string[] {
  const counts = new Map<string, number>();
  for (const group of groups)
    for (const alert of group.alerts)
      for (const name of Object.keys(alert.labels)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
}

export const distinct = (groups: AlertGroup[]): number =>
  new Set(groups.flatMap((group) => group.alerts.map((alert) => alert.fingerprint))).size;

const urgent = (alert: Alert) => ({ labels: alert.labels, since: Date.parse(alert.startsAt) });

/** The most severe first, of equal severity the oldest. */
export const urgentFirst = (alerts: Alert[]): Alert[] =>
  [...alerts].sort((a, b) => byUrgency(urgent(a), urgent(b)));

/** Groups by their most urgent alert; of equal urgency the larger group first. */
export function mostUrgentFirst(groups: AlertGroup[]): AlertGroup[] {
  const ranked = groups.map((group) => ({
    group,
    first: mostUrgent(group.alerts.map(urgent), group.labels),
  }));
  return ranked
    .sort((a, b) => byUrgency(a.first, b.first) || b.group.alerts.length - a.group.alerts.length)
    .map(({ group }) => group);
}
