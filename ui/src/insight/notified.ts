/** Alerts that fire for a problem, and the receivers that were notified of them. */
import type { Alert } from '../alertmanager/api';
import { failingReceivers, type ReceiverDelivery } from '../alertmanager/deliveries';
import { type Outcome, outcomeOf, receivedAlerts, receivedOf } from '../alerts/received-alerts';
import type { AlertInstance, RuleGroup } from '../api/types';
import type { Problem } from './types';
import { entitiesAt, idsAround, ownersOf, type WorldIndex } from './world';

/** Labels of alerts that hold the name of an entity. */
const NAMES = [
  'service',
  'service_name',
  'workload',
  'deployment',
  'statefulset',
  'daemonset',
  'node',
  'nodename',
  'database',
  'pod',
  'container',
  'container_id',
];

export interface FiringAlert {
  /** Name of its rule. */
  name: string;
  alert: AlertInstance;
}

export const firingAlerts = (groups: RuleGroup[]): FiringAlert[] =>
  groups.flatMap((group) =>
    group.rules.flatMap((rule) =>
      (rule.alerts ?? [])
        .filter(({ state }) => state === 'firing')
        .map((alert) => ({ name: rule.name, alert })),
    ),
  );

/** Firing alerts whose labels select or name the entity of the problem, its parts, hosts or what it affects. */
export function alertsOf(problem: Problem, firing: FiringAlert[], index?: WorldIndex): FiringAlert[] {
  const ids = idsAround(index, problem.entity.id);
  for (const { id } of problem.affected) ids.add(id);
  const names = new Set([problem.entity.name, ...problem.affected.map(({ name }) => name)]);
  return firing.filter(({ alert: { labels } }) => {
    if (NAMES.some((name) => labels[name] !== undefined && names.has(labels[name]))) return true;
    return (
      index !== undefined &&
      entitiesAt(index, labels).some(
        ({ id }) => ids.has(id) || ownersOf(index, id).some((owner) => ids.has(owner.id)),
      )
    );
  });
}

export interface Notified {
  alert: string;
  outcome: Outcome;
  receivers: { name: string; sentAt: string | null; error: string | null }[];
}

/** One entry for each rule; of its alerts the one that the Alertmanager received. */
export function notified(
  alerts: FiringAlert[],
  received: Alert[],
  deliveries: ReceiverDelivery[],
): Notified[] {
  const known = receivedAlerts(received);
  const failing = failingReceivers(deliveries);
  const out = new Map<string, Notified>();
  for (const { name, alert } of alerts) {
    const found = receivedOf(known, { alertname: name, ...alert.labels });
    const before = out.get(name);
    if (before && (before.receivers.length > 0 || !found)) continue;
    const receivers = (found?.receivers ?? []).map((receiver) => ({
      name: receiver.name,
      sentAt:
        deliveries
          .filter((one) => one.receiver === receiver.name)
          .flatMap((one) => one.sentAt ?? [])
          .sort()
          .at(-1) ?? null,
      error: failing.get(receiver.name) ?? null,
    }));
    out.set(name, { alert: name, outcome: outcomeOf(found, failing), receivers });
  }
  return [...out.values()];
}
