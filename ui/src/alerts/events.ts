/** The history of an alert: samples of the series tethys_alert_event. */
import type { LabelSet } from '../api/types';
import { labelName, quote } from '../lib/labels';

export interface AlertEvent {
  /** Milliseconds. */
  at: number;
  event: string;
  by: string;
}

export interface EventSeries {
  metric: LabelSet;
  values?: [number, string][];
}

/** Asks for the changes of one alert; labels that an Alertmanager's side has besides do not matter. */
export function eventsQuery(labels: LabelSet, range: string): string {
  const matchers = Object.keys(labels)
    .filter((name) => name !== '__name__')
    .sort()
    .map((name) => `${labelName(name)}=${quote(labels[name] as string)}`);
  return `tethys_alert_event{${matchers.join(',')}}[${range}]`;
}

/** The changes in the order of their times, the latest first; each once, at most so many. */
export function readEvents(series: EventSeries[], most: number): AlertEvent[] {
  const known = new Set<string>();
  const all: AlertEvent[] = [];
  for (const { metric, values } of series) {
    for (const [seconds] of values ?? []) {
      const one = { at: seconds * 1000, event: metric.tethys_event ?? '', by: metric.tethys_by ?? '' };
      const key = `${one.at} ${one.event} ${one.by}`;
      if (!known.has(key)) {
        known.add(key);
        all.push(one);
      }
    }
  }
  return all.sort((a, b) => b.at - a.at).slice(0, most);
}
