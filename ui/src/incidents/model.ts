/** Texts and groups of incidents. */
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import type { Incident, IncidentDetails, TimelineEntry } from './types';

const DAY_MS = 86_400_000;

/** Duration until the end or, of an incident that has not ended, until now. */
export const durationText = (incident: Pick<Incident, 'start' | 'end'>, now: number): string =>
  roughDuration(Math.max(0, (incident.end === null ? now : incident.end * 1000) - incident.start * 1000));

/** Requests of the affected services while the incident lasted. */
export function requestsText(incident: Pick<Incident, 'requests' | 'peakRate'>): string {
  if (incident.requests <= 0 && incident.peakRate <= 0) return '';
  const peak = `at most ${formatValue(incident.peakRate, 'none', 3)}/s`;
  return incident.requests < 1
    ? `${peak} requests`
    : `about ${formatValue(incident.requests, 'none', 3)} requests, ${peak}`;
}

export type Tone = 'bad' | 'good' | 'change' | 'people' | 'plain';

const TONES: Record<string, Tone> = {
  problem: 'bad',
  'objective burning': 'bad',
  'alert firing': 'bad',
  'target down': 'bad',
  disappeared: 'bad',
  'notification failed': 'bad',
  'cause changed': 'bad',
  'problem ended': 'good',
  'objective recovered': 'good',
  'alert resolved': 'good',
  ended: 'good',
  restart: 'change',
  deployment: 'change',
  appeared: 'change',
  note: 'people',
  acknowledged: 'people',
  'acknowledgement withdrawn': 'people',
};

export const toneOf = (entry: Pick<TimelineEntry, 'kind'>): Tone => TONES[entry.kind] ?? 'plain';

export const FILTERS = ['all', 'problems', 'changes', 'notifications', 'notes'] as const;
export type TimelineFilter = (typeof FILTERS)[number];

const CHANGES = new Set(['restart', 'deployment', 'target down', 'appeared', 'disappeared']);

export function matches(entry: TimelineEntry, filter: TimelineFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'changes':
      return CHANGES.has(entry.kind);
    case 'notifications':
      return entry.kind.startsWith('notif');
    case 'notes':
      return toneOf(entry) === 'people';
    case 'problems':
      return !CHANGES.has(entry.kind) && !entry.kind.startsWith('notif') && toneOf(entry) !== 'people';
  }
}

/** Entries by day, so that times need no date. */
export function byDay(
  entries: TimelineEntry[],
  dayOf: (ms: number) => string,
): { day: string; entries: TimelineEntry[] }[] {
  const out: { day: string; entries: TimelineEntry[] }[] = [];
  for (const entry of entries) {
    const day = dayOf(entry.time * 1000);
    const last = out.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else out.push({ day, entries: [entry] });
  }
  return out;
}

/** Range of the query of an incident: it with as much time before it, at most a day. */
export function queryRange(incident: IncidentDetails, now: number): { end: number; range: number } {
  const end = Math.min(now, (incident.end ?? now / 1000) * 1000 + 300_000);
  const length = end - incident.start * 1000;
  return { end, range: Math.min(DAY_MS, Math.max(1_800_000, length * 1.5)) };
}
