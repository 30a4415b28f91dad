import { describe, expect, it } from 'vitest';
import type { Quota } from './api';
import { amount, nextStep, periodOf, shareOf } from './quotas';

const quota = (more: Partial<Quota>): Quota => ({ limit: 1, unit: 'bytes', period: '24h', ...more });

describe('quotas', () => {
  it('show amounts in their unit', () => {
    expect(amount(1 << 20, quota({}))).toBe('1 MiB');
    expect(amount(12_345.4, quota({ unit: 'items' }))).toBe('12,345 items');
    expect(amount(1, quota({ unit: 'items' }))).toBe('1 item');
    expect(amount(2.5, quota({ unit: 'cost' }))).toBe('2.50 cost units');
  });

  it('show periods in their largest unit', () => {
    expect(['86400s', '7200s', '90s', '60s', '24h', ''].map(periodOf)).toEqual([
      '1 d',
      '2 h',
      '90s',
      '1 m',
      '24h',
      '',
    ]);
  });

  it('tell their steps', () => {
    expect(nextStep(quota({ warnAt: 0.5 }))).toBe('It warns from 50 %.');
    expect(nextStep(quota({ sampleAt: 0.9, sampleShare: 0.1 }))).toBe(
      'It warns from 80 % and samples logs and spans to 10 % from 90 %.',
    );
    expect(shareOf({ used: 5, limit: 10 })).toBe(0.5);
    expect(shareOf({ used: 5, limit: 0 })).toBe(0);
  });
});
