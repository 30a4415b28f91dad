import { describe, expect, it } from 'vitest';
import { isMoment, ticks, timeline } from './storage';

const block = (ulid: string, minTime: number, maxTime: number) => ({ ulid, minTime, maxTime });

describe('blocks along time', () => {
  it('stand in one row unless they overlap', () => {
    const line = timeline([block('b', 100, 200), block('a', 0, 100), block('late', 50, 150)], 400);
    expect(line).toMatchObject({ from: 0, to: 400, rows: 2 });
    expect(line?.strips.map((s) => [s.block.ulid, s.left, s.width, s.row])).toEqual([
      ['a', 0, 0.25, 0],
      ['late', 0.125, 0.25, 1],
      ['b', 0.25, 0.25, 0],
    ]);
    expect(timeline([], 5)).toBeNull();
  });

  it('stand below finer ones when they are downsampled, whether or not they overlap', () => {
    const coarse = (ulid: string, minTime: number, maxTime: number, resolution: number) => ({
      ...block(ulid, minTime, maxTime),
      tethys: { downsample: { resolution } },
    });
    const line = timeline(
      [
        coarse('h', 0, 90, 3_600_000),
        coarse('m', 0, 150, 300_000),
        block('s', 100, 200),
        block('t', 150, 200),
      ],
      200,
    );
    expect(line).toMatchObject({ from: 0, rows: 4 });
    expect(line?.strips.map((s) => [s.block.ulid, s.row])).toEqual([
      ['s', 0],
      ['t', 1],
      ['m', 2],
      ['h', 3],
    ]);
  });

  it('are divided at whole times', () => {
    const hour = 3_600_000;
    expect(ticks(hour / 2, 5 * hour, 5)).toEqual([1, 2, 3, 4, 5].map((h) => h * hour));
    expect(ticks(0, 30 * 24 * hour, 6).length).toBeLessThan(8);
    expect(ticks(0, 1e15, 6).length).toBeLessThanOrEqual(50);
  });

  it('reject text that is not a time', () => {
    // An empty head tells the limits of its numbers.
    expect([
      isMoment(Number.MAX_SAFE_INTEGER * 1024),
      isMoment(-1024 * Number.MAX_SAFE_INTEGER),
      isMoment(1.7e12),
    ]).toEqual([false, false, true]);
  });
});
