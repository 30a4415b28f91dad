import { describe, expect, it } from 'vitest';
import type { FileInfo, LogJob, Loss, Snapshot } from './api';
import {
  found,
  losses,
  outcome,
  progress,
  severityTotals,
  shownPatterns,
  stepChanges,
  summary,
  verdict,
} from './model';

const file = (size: number, read: number, delivered: number) =>
  ({ size, read, delivered }) as unknown as FileInfo;

const snapshot = (line: string, labels: Record<string, string> = {}): Snapshot => ({
  timestamp: '2026-01-01T00:00:00Z',
  line,
  labels,
  metadata: {},
  extracted: {},
});

describe('files', () => {
  it('are done as far as they are delivered, whatever sizes are said', () => {
    expect(progress(file(100, 50, 25))).toEqual({ read: 0.5, delivered: 0.25 });
    expect(progress(file(0, 0, 0))).toEqual({ read: 1, delivered: 1 });
    expect(progress(file(10, 30, 20))).toEqual({ read: 1, delivered: 1 });
  });
});

describe('what discovery found', () => {
  const job = {
    targets: [{ path: '/a', discovered: { app: 'shop' } }],
    dropped: [{ discovered: { app: 'till' }, reason: 'no_path', why: 'no path for target' }],
  } as unknown as LogJob;
  it('is what is read and then what is not', () => {
    expect(found(job, '').map((one) => one.target?.path ?? one.why)).toEqual(['/a', 'no path for target']);
  });
  it('is searched by labels and reasons', () => {
    expect(found(job, 'app=sh').map((one) => one.discovered.app)).toEqual(['shop']);
    expect(found(job, 'NO PATH').map((one) => one.discovered.app)).toEqual(['till']);
  });
});

describe('what became of what was discovered', () => {
  const job = (files: number[], droppedCount: number, sources = 0) =>
    ({
      active: files.length,
      droppedCount,
      sources: Array(sources).fill({}),
      targets: files.map((n) => ({ files: n })),
    }) as unknown as LogJob;
  it('is said in a line', () => {
    expect(summary(job([2, 1], 0))).toBe('2 discovered, 2 read');
    expect(summary(job([2], 1200))).toBe('1,201 discovered, 1 read, 1,200 not');
    expect(summary(job([0], 0))).toBe('1 discovered, no file matches');
    expect(summary(job([0, 3, 0], 1))).toBe('4 discovered, 3 read, 2 of them match no file, 1 not');
    expect(summary(job([], 0))).toBe('nothing discovered yet');
    expect(summary(job([], 0, 1))).toBe('reads no files');
  });
});

describe('losses', () => {
  const loss = (where: string, unit: string, meant: boolean, count: number) =>
    ({ where, unit, meant, count }) as Loss;
  it('are apart from what was asked for and what was cut', () => {
    const all = [
      loss('sending', 'bytes', false, 900),
      loss('stages', 'entries', true, 3),
      loss('sending', 'entries', false, 2),
      loss('cut', 'entries', false, 1),
    ];
    const groups = losses(all);
    expect(groups.lost.map((one) => one.count)).toEqual([2, 900]);
    expect(groups.meant.map((one) => one.count)).toEqual([3]);
    expect(groups.cut.map((one) => one.count)).toEqual([1]);
  });
});

describe('patterns', () => {
  const of = (job: string, severity: string, pattern: string, count: number) => ({
    job,
    severity,
    pattern,
    hash: pattern,
    count,
  });
  it('stand with the most frequent first, as filtered', () => {
    const all = [of('a', 'error', 'x', 1), of('a', 'warning', 'y', 5), of('b', 'error', 'z', 3)];
    const names = (filter: { job?: string; severity?: string; text?: string }) =>
      shownPatterns(all, { job: '', severity: '', text: '', ...filter }).map((one) => one.pattern);
    expect(names({})).toEqual(['y', 'z', 'x']);
    expect(names({ severity: 'error' })).toEqual(['z', 'x']);
    expect(names({ job: 'a', text: 'X' })).toEqual(['x']);
  });
  it('are summed by severity, the worst first', () => {
    const all = [
      { job: 'a', severity: 'info', count: 2 },
      { job: 'a', severity: 'critical', count: 1 },
      { job: 'b', severity: 'info', count: 3 },
    ];
    expect(severityTotals(all, '')).toEqual([
      { severity: 'critical', count: 1 },
      { severity: 'info', count: 5 },
    ]);
    expect(severityTotals(all, 'b')).toEqual([{ severity: 'info', count: 3 }]);
  });
});

describe('stages', () => {
  const before = snapshot('x', { a: '1' });
  it('tell what they change', () => {
    const changed = stepChanges(before, snapshot('y', { b: '2' }));
    expect(changed.line).toEqual(['x', 'y']);
    expect(changed.labels.map((one) => [one.name, one.before, one.after])).toEqual([
      ['a', '1', null],
      ['b', null, '2'],
    ]);
    expect(changed.timestamp).toBeNull();
  });
  it('are said in words', () => {
    expect(verdict({ stage: 's', before, after: [before] })).toBe('same');
    expect(verdict({ stage: 's', before, after: [] })).toBe('dropped or held back');
    expect(verdict({ stage: 's', before, after: [snapshot('y')] })).toBe('changed');
    expect(verdict({ stage: 's', before, after: [before, before] })).toBe('several');
    expect(verdict({ stage: 's', after: [before] })).toBe('gave out');
  });
  it('lead to what is sent', () => {
    expect(outcome({ job: 'j', entry: before, steps: [] })).toEqual([before]);
    expect(outcome({ job: 'j', entry: before, steps: [{ stage: 's', before, after: [] }] })).toEqual([]);
  });
});
