import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployments/types';
import { MAX_MARKS, marksOf, spanOf } from './slider';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const deployment = (id: string, ago: number): Deployment => ({
  id,
  service: { id: `service:${id}`, kind: 'service', name: id },
  start: (NOW - ago) / 1000,
  end: null,
  status: 'in progress',
  changes: [{ kind: 'version', subject: '', before: ['1'], after: '2' }],
  instancesBefore: 1,
  instancesAfter: 1,
});

describe('the span', () => {
  it('is the last day', () => {
    expect(spanOf(NOW, NOW)).toEqual({ from: NOW - 24 * HOUR, to: NOW });
    expect(spanOf(NOW - HOUR, NOW).to).toBe(NOW);
  });
  it('has an older time in its middle', () => {
    expect(spanOf(NOW - 72 * HOUR, NOW)).toEqual({ from: NOW - 84 * HOUR, to: NOW - 60 * HOUR });
  });
});

describe('marks', () => {
  const span = spanOf(NOW, NOW);
  it('have a place, and lead to the minutes after the deployment', () => {
    const [mark] = marksOf([deployment('pay', 6 * HOUR)], span);
    expect(mark).toMatchObject({ at: 0.75, end: NOW - 6 * HOUR + 300_000, text: 'pay 1 → 2' });
  });
  it('never lead into the future or out of the span', () => {
    expect(marksOf([deployment('pay', 1000)], span)[0]?.end).toBe(NOW);
    expect(marksOf([deployment('old', 25 * HOUR)], span)).toEqual([]);
  });
  it('are one where they would overlap', () => {
    const many = Array.from({ length: 5000 }, (_, i) => deployment(`s${i}`, i * 17_000));
    expect(marksOf(many, span).length).toBeLessThanOrEqual(MAX_MARKS + 1);
    expect(marksOf(many, span)[9]?.text.split('\n').at(-1)).toBe('more');
    expect(marksOf([deployment('a', 2 * HOUR), deployment('b', 2 * HOUR + 1000)], span)[0]?.text).toBe(
      'a 1 → 2\nb 1 → 2',
    );
  });
});
