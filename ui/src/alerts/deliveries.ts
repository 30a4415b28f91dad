/** How sending alerts to Alertmanagers goes: `status/alertmanagers`, which Prometheus does not have. */
import { formatAgo, formatMoment } from '../lib/time';

export interface Delivery {
  /** Without a password in it. */
  url: string;
  /** Alerts that are to be sent. */
  waiting: number;
  capacity: number;
  sent: number;
  /** Alerts that the Alertmanager never heard of. */
  dropped: { queueFull: number; refused: number; outOfDate: number };
  /** Moments are absent until there is one. */
  lastDelivery?: string;
  failingSince?: string;
  lastFailure?: string;
  lastError?: string;
}

export type DeliveryHealth = 'down' | 'up' | 'unknown';

export const healthOf = (d: Delivery): DeliveryHealth =>
  d.failingSince ? 'down' : d.lastDelivery ? 'up' : 'unknown';

export const HEALTH_NAMES: Record<DeliveryHealth, string> = {
  down: 'failing',
  up: 'ok',
  unknown: 'no data',
};

/** Those that fail stand first; else the order is the server's. */
export function sortDeliveries(all: Delivery[]): Delivery[] {
  return [...all.filter((d) => d.failingSince), ...all.filter((d) => !d.failingSince)];
}

export const count = (n: number) => n.toLocaleString('en');

export const droppedCount = ({ dropped }: Delivery) =>
  dropped.queueFull + dropped.refused + dropped.outOfDate;

/** "3 dropped: 1 refused, 2 out of date"; nothing where none was. */
export function droppedText(d: Delivery): string {
  const { queueFull, refused, outOfDate } = d.dropped;
  if (droppedCount(d) === 0) return '';
  const reasons = [
    queueFull > 0 && `${count(queueFull)} because the queue was full`,
    refused > 0 && `${count(refused)} refused`,
    outOfDate > 0 && `${count(outOfDate)} out of date`,
  ].filter(Boolean);
  return `${count(droppedCount(d))} dropped: ${reasons.join(', ')}`;
}

/** When what happened last, the most urgent first. */
export function timesText(d: Delivery, now: number, utc: boolean): string[] {
  const at = (moment: string) => formatMoment(Date.parse(moment), utc);
  const facts: string[] = [];
  if (d.failingSince) {
    facts.push(`Failing since ${at(d.failingSince)} (${formatAgo(Date.parse(d.failingSince), now)})`);
    if (d.lastFailure) facts.push(`last attempt ${at(d.lastFailure)}`);
    facts.push(d.lastDelivery ? `last delivery ${at(d.lastDelivery)}` : 'no alert delivered yet');
  } else if (d.lastDelivery) {
    facts.push(`Last delivery ${at(d.lastDelivery)}`);
    // A failure that is over may come again.
    if (d.lastFailure) facts.push(`last failure ${at(d.lastFailure)}: ${d.lastError}`);
  } else {
    facts.push('No alert sent yet');
  }
  return facts;
}
