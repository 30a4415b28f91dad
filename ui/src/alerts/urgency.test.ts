import { describe, expect, it } from 'vitest';
import type { LabelSet } from '../api/types';
import { byUrgency, mostUrgent, severityRank, type Urgent } from './urgency';

describe('the order of alerts', () => {
  it('is severity, then age', () => {
    const one = (severity: string, since: number): Urgent => ({
      labels: severity ? { severity } : ({} as LabelSet),
      since,
    });
    const all = [
      one('info', 1),
      one('warning', 9),
      one('', 2),
      one('Critical', 8),
      one('page', 5),
      one('warning', 3),
    ];
    expect([...all].sort(byUrgency).map((a) => [a.labels.severity, a.since])).toEqual([
      ['page', 5],
      ['Critical', 8],
      ['warning', 3],
      ['warning', 9],
      [undefined, 2],
      ['info', 1],
    ]);
    expect(severityRank({ severity: 'own word' })).toBe(severityRank({}));
  });

  it('puts unknown times last', () => {
    expect(byUrgency({ labels: {}, since: Number.NaN }, { labels: {}, since: 5 })).toBeGreaterThan(0);
    expect(mostUrgent([], { severity: 'page' }).labels).toEqual({ severity: 'page' });
  });
});
