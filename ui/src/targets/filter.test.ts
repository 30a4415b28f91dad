import { describe, expect, it } from 'vitest';
import type { ActiveTarget } from '../api/types';
import { filterTargets, readFilter, summarisePools } from './filter';

const target = (
  scrapePool: string,
  instance: string,
  health: ActiveTarget['health'],
  lastError = '',
): ActiveTarget => ({
  discoveredLabels: {},
  labels: { job: scrapePool, instance },
  scrapePool,
  scrapeUrl: `http://${instance}/metrics`,
  globalUrl: '',
  lastError,
  lastScrape: '',
  lastScrapeDuration: 0,
  health,
  scrapeInterval: '15s',
  scrapeTimeout: '10s',
});

const targets = [
  target('b', 'x:10', 'up'),
  target('b', 'x:9', 'up'),
  target('b', 'z:1', 'down', 'connection refused'),
  target('a', 'y:1', 'unknown'),
];

describe('targets', () => {
  it('are ordered by pool, broken ones first, numbers as numbers', () => {
    expect(filterTargets(targets, readFilter({})).map((t) => t.labels.instance)).toEqual([
      'y:1',
      'z:1',
      'x:9',
      'x:10',
    ]);
  });

  it('are found by label, address and error', () => {
    const found = (search: Record<string, string>) =>
      filterTargets(targets, readFilter(search)).map((t) => t.labels.instance);
    expect(found({ search: 'job=b REFUSED' })).toEqual(['z:1']);
    expect(found({ pool: 'a' })).toEqual(['y:1']);
    expect(found({ health: 'up' })).toEqual(['x:9', 'x:10']);
    expect(found({ health: 'nonsense' })).toHaveLength(4);
  });

  it('are counted by pool, dropped ones as the server counts them', () => {
    expect(summarisePools(targets, [{ discoveredLabels: { job: 'b' } }])).toEqual([
      { pool: 'a', up: 0, down: 0, unknown: 1, dropped: 0 },
      { pool: 'b', up: 2, down: 1, unknown: 0, dropped: 1 },
    ]);
    expect(summarisePools([], [], { c: 7 })).toEqual([{ pool: 'c', up: 0, down: 0, unknown: 0, dropped: 7 }]);
  });
});
