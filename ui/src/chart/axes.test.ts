import { describe, expect, it } from 'vitest';
import { timeTicks, valueBounds, valueTicks } from './axes';

const at = (text: string) => Date.parse(text) / 1000;

describe('time ticks', () => {
  it('are as fine as their distance', () => {
    expect(timeTicks([at('2026-11-20T09:00:00Z'), at('2026-11-20T09:00:30Z')], 30, true)).toEqual([
      '09:00:00',
      '09:00:30',
    ]);
    expect(timeTicks([at('2026-11-20T09:00:00Z'), at('2026-11-20T10:00:00Z')], 3600, true)).toEqual([
      '09:00',
      '10:00',
    ]);
    expect(timeTicks([at('2026-11-20T00:00:00Z')], 86_400, true)).toEqual(['Nov 20']);
    expect(timeTicks([at('2026-11-01T00:00:00Z')], 30 * 86_400, true)).toEqual(['Nov 2026']);
  });

  it('name the day where it changes', () => {
    expect(timeTicks([at('2026-11-19T18:00:00Z'), at('2026-11-20T00:00:00Z')], 21_600, true)).toEqual([
      '18:00',
      '00:00\nNov 20',
    ]);
  });
});

describe('value ticks', () => {
  it('have enough digits to differ', () => {
    expect(valueTicks([1_000_000, 1_000_100, 1_000_200], 'none')).toEqual(['1M', '1.0001M', '1.0002M']);
    expect(valueTicks([0, 0.1, 0.2, 0.30000000000000004], 'ratio')).toEqual(['0%', '10%', '20%', '30%']);
    expect(valueTicks([-1e-17, 5], 'none')).toEqual(['0', '5']);
  });
});

describe('value bounds', () => {
  it('keep zero when values are near it', () => {
    expect(valueBounds(2, 10, null, null)[0]).toBe(0);
    expect(valueBounds(990, 1000, null, null)[0]).toBeGreaterThan(900);
    expect(valueBounds(0, 0, null, null)).toEqual([0, 1]);
    expect(valueBounds(-5, -1, null, null)[1]).toBe(0);
  });

  it('cover the floor and ceiling, and values beyond them', () => {
    expect(valueBounds(0.2, 0.4, 0, 1)).toEqual([0, 1]);
    expect(valueBounds(0.2, 1.7, 0, 1)).toEqual([0, 1.7]);
    expect(valueBounds(Number.NaN, Number.NaN, 0, 1)).toEqual([0, 1]);
  });
});
