import { describe, expect, it } from 'vitest';
import type { Inspection, Problems, Source } from '../insight/types';
import { coverageOf, unchecked } from './coverage';

const inspection = (id: string, checked: number, error: string | null = null): Inspection => ({
  id,
  title: id,
  category: 'c',
  kinds: ['service'],
  threshold: null,
  unit: '',
  checked,
  findings: 0,
  error,
  explanation: '',
});

const answer: Problems = {
  evaluated: 1,
  problems: [],
  unknown: [{ inspection: 'no-data', reason: 'no series' }],
  failures: [{ inspection: 'broken', error: 'too many series' }],
};

const source = (more: Partial<Source>): Source => ({
  name: 's',
  url: 'http://s',
  state: 'ok',
  lastSuccess: 1,
  behindSeconds: 5,
  series: 1,
  missing: [],
  ...more,
});

describe('coverage', () => {
  it('counts inspections that checked an entity', () => {
    const all = [
      inspection('a', 3),
      inspection('b', 0),
      inspection('no-data', 2),
      inspection('broken', 2, 'x'),
    ];
    expect(coverageOf(answer, all)).toEqual({ checked: 1 });
    expect(coverageOf(answer, undefined)).toEqual({ checked: null });
  });

  it('names what could not be checked, and delayed sources', () => {
    expect(
      unchecked(answer, [
        source({}),
        source({ name: 'late', behindSeconds: 300 }),
        source({ name: 'gone', error: 'connection refused' }),
        source({ name: 'holes', missing: [{ from: 0, to: 60, reason: 'timeout' }] }),
      ]),
    ).toEqual([
      { name: 'broken', reason: 'failed: too many series' },
      { name: 'no-data', reason: 'no series' },
      { name: 'Source late', reason: 'delayed by 5m' },
      { name: 'Source gone', reason: 'connection refused' },
      { name: 'Source holes', reason: 'no data for 1m: timeout' },
    ]);
  });
});
