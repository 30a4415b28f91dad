/** Markers of charts: changes of an entity, alerts and problems that began, and bands of incidents. */
import type { ChartMarker } from '../chart/markers';
import type { Incident } from '../incidents/types';
import type { Change } from './changes';
import type { FiringAlert } from './notified';
import type { Problem } from './types';

/** A chart with more marks than this shows nothing else: the newest are kept. */
const MAX_MARKERS = 40;

export function markersOf(
  changes: Change[],
  problems: Problem[],
  alerts: FiringAlert[],
  incidents: Incident[] = [],
): ChartMarker[] {
  return [
    ...incidents.map(
      ({ start, end, title }): ChartMarker => ({
        time: start,
        until: end ?? Number.MAX_SAFE_INTEGER,
        kind: 'incident',
        text: title,
      }),
    ),
    ...changes.flatMap(({ kind, time, title, detail }): ChartMarker[] =>
      time === null ? [] : [{ time: time / 1000, kind, text: [title, detail].filter(Boolean).join(', ') }],
    ),
    ...problems.map(
      ({ since, title, entity }): ChartMarker => ({
        time: since,
        kind: 'alert',
        text: `${entity.name}: ${title}`,
      }),
    ),
    ...alerts.flatMap(({ name, alert }): ChartMarker[] => {
      const time = Date.parse(alert.activeAt) / 1000;
      return Number.isFinite(time) ? [{ time, kind: 'alert', text: `Alert ${name}` }] : [];
    }),
  ]
    .sort((a, b) => b.time - a.time)
    .slice(0, MAX_MARKERS);
}
