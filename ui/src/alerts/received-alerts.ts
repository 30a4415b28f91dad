/** Alerts of the embedded Alertmanager, found by the labels of an alert of a rule. */
import type { Alert } from '../alertmanager/api';
import type { LabelSet } from '../api/types';

export type ReceivedAlerts = Map<string, Alert[]>;

export function receivedAlerts(all: Alert[]): ReceivedAlerts {
  const out: ReceivedAlerts = new Map();
  for (const alert of all) {
    const name = alert.labels.alertname ?? '';
    const known = out.get(name);
    if (known) known.push(alert);
    else out.set(name, [alert]);
  }
  return out;
}

/** The alert with all of these labels: external labels may have been added. Null if there is none. */
export function receivedOf(all: ReceivedAlerts, labels: LabelSet): Alert | null {
  const wanted = Object.entries(labels);
  let best: Alert | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const alert of all.get(labels.alertname ?? '') ?? []) {
    const size = Object.keys(alert.labels).length;
    if (size < fewest && wanted.every(([name, value]) => alert.labels[name] === value)) {
      best = alert;
      fewest = size;
    }
  }
  return best;
}

export type Outcome =
  | 'notifies'
  | 'failing'
  | 'silenced'
  | 'inhibited'
  | 'muted'
  | 'unprocessed'
  | 'not received';

const NONE: ReadonlyMap<string, string> = new Map();

/** What becomes of an alert; `failing` has the receivers whose last notification failed. */
export function outcomeOf(alert: Alert | null, failing: ReadonlyMap<string, string> = NONE): Outcome {
  if (!alert) return 'not received';
  if (alert.status.silencedBy.length > 0) return 'silenced';
  if (alert.status.inhibitedBy.length > 0) return 'inhibited';
  if ((alert.status.mutedBy?.length ?? 0) > 0) return 'muted';
  if (alert.status.state === 'unprocessed') return 'unprocessed';
  return failing.size > 0 && alert.receivers.some(({ name }) => failing.has(name)) ? 'failing' : 'notifies';
}
