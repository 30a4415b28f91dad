/** Alerts that fire for a problem, and the receivers that were notified of them. */
import type { Alert } from '../alertmanager/api';
import { failingReceivers, type ReceiverDelivery } from '../alertmanager/deliveries';
import { type Outcome, outcomeOf, receivedAlerts, receivedOf } from '../alerts/received-alerts';
import type { AlertInstance, LabelSet, RuleGroup } from '../api/types';
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
  /** Entities that its labels select, and those that they are a part of. */
  ids: ReadonlySet<string>;
}

export const firingAlerts = (groups: RuleGroup[], index?: WorldIndex): FiringAlert[] =>
  groups.flatMap((group) =>
    group.rules.flatMap((rule) =>
      (rule.alerts ?? [])
        .filter(({ state }) => state === 'firing')
        .map((alert) => ({ name: rule.name, alert, ids: selectedBy(alert.labels, index) })),
    ),
  );

function selectedBy(labels: LabelSet, index?: WorldIndex): Set<string> {
  const out = new Set<string>();
  if (index)
    for (const { id } of entitiesAt(index, labels)) {
      out.add(id);
      for (const owner of ownersOf(index, id)) out.add(owner.id);
    }
  return out;
}

const touches = ({ alert: { labels }, ids }: FiringAlert, wanted: Set<string>, names: Set<string>) =>
  NAMES.some((name) => labels[name] !== undefined && names.has(labels[name])) ||
  [...ids].some((id) => wanted.has(id));

/** Firing alerts whose labels select or name the entity of the problem, its parts, hosts or what it affects. */
export function alertsOf(problem: Problem, firing: FiringAlert[], index?: WorldIndex): FiringAlert[] {
  const wanted = idsAround(index, problem.entity.id);
  for (const { id } of problem.affected) wanted.add(id);
  const names = new Set([problem.entity.name, ...problem.affected.map(({ name }) => name)]);
  return firing.filter((one) => touches(one, wanted, names));
}

/** Firing alerts of one entity, its parts and hosts. */
export const alertsAt = (
  id: string,
  name: string,
  firing: FiringAlert[],
  index?: WorldIndex,
): FiringAlert[] => {
  const wanted = idsAround(index, id);
  return firing.filter((one) => touches(one, wanted, new Set([name])));
};

export interface Notified {
  alert: string;
  outcome: Outcome;
  receivers: { name: string; sentAt: string | null; error: string | null }[];
}

/** One entry for each rule; of its alerts the one that the Alertmanager received. */
export function notified(
  alerts: Pick<FiringAlert, 'name' | 'alert'>[],
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
