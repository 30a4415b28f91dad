import { describe, expect, it } from 'vitest';
import { byDay, durationText, FILTERS, matches, queryRange, requestsText, toneOf } from './model';
import type { IncidentDetails, TimelineEntry } from './types';

const entry = (kind: string, time = 0): TimelineEntry => ({
  time,
  kind,
  title: kind,
  text: '',
  by: '',
  entity: '',
  query: '',
});

describe('incidents', () => {
  it('last until their end, or until now', () => {
    expect(durationText({ start: 1000, end: 1600 }, 9e9)).toBe('10m');
    expect(durationText({ start: 1000, end: null }, 1_060_000)).toBe('1m');
    expect(durationText({ start: 1000, end: null }, 0)).toBe('0ms');
  });

  it('name requests only if there were any', () => {
    expect(requestsText({ requests: 0, peakRate: 0 })).toBe('');
    expect(requestsText({ requests: 0, peakRate: 2 })).toBe('at most 2/s requests');
    expect(requestsText({ requests: 12_345, peakRate: 40 })).toBe('about 12.3k requests, at most 40/s');
  });

  it('show every entry in exactly one filter besides all', () => {
    for (const kind of [
      'problem',
      'deployment',
      'notified',
      'notification failed',
      'note',
      'opened',
      'ended',
    ])
      expect(FILTERS.filter((filter) => filter !== 'all' && matches(entry(kind), filter))).toHaveLength(1);
    expect(matches(entry('not observed'), 'problems')).toBe(true);
    expect(toneOf(entry('a kind of a newer server'))).toBe('plain');
  });

  it('group entries by day in their order', () => {
    const groups = byDay([entry('a', 1), entry('b', 2), entry('c', 86_401)], (ms) =>
      String(Math.floor(ms / 86_400_000)),
    );
    expect(groups.map(({ day, entries }) => [day, entries.length])).toEqual([
      ['0', 2],
      ['1', 1],
    ]);
  });

  it('open their query over the incident and the time before', () => {
    const incident = { start: 10_000, end: 13_600 } as IncidentDetails;
    expect(queryRange(incident, 1e9)).toEqual({ end: 13_900_000, range: 5_850_000 });
    expect(queryRange({ ...incident, end: 10_001 } as IncidentDetails, 1e9).range).toBe(1_800_000);
  });
});
