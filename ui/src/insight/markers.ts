/** Markers of charts: changes of an entity, and alerts and problems that began. */
import type { ChartMarker } from '../chart/markers';
import type { Change } from './changes';
import type { FiringAlert } from './notified';
import type { Problem } from './types';

/** A chart with more marks than this shows nothing else: the newest are kept. */
const MAX_MARKERS = 40;

export function markersOf(changes: Change[], problems: Problem[], alerts: FiringAlert[]): ChartMarker[] {
  return [
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
