import { describe, expect, it } from 'vitest';
import { exampleOf, placeOf, profileHeat } from './heat-model';

const WINDOW = { start: 0, end: 30_000, step: 15_000 };

/** Values 1 to 5 in four rows; one profile at 0 s, two in the step up to 15 s. */
const SERIES = [
  {
    slots: [
      {
        timestamp: '0',
        yMin: [1, 2, 3, 4],
        counts: [0, 0, 0, 1],
        exemplars: [{ timestamp: '0', profileId: 'a', value: '5' }],
      },
      {
        timestamp: '15000',
        yMin: [1, 2, 3, 4],
        counts: [1, 0, 1, 0],
        exemplars: [
          { timestamp: '10000', profileId: 'b', value: '1', labels: [{ name: 'pod', value: 'p' }] },
          { timestamp: '12000', profileId: 'c', value: '3' },
        ],
      },
    ],
  },
];

describe('heat map of profiles', () => {
  const heat = profileHeat(SERIES, WINDOW);

  it('places slots by time and counts by value', () => {
    expect(heat.grid.times).toEqual([0, 15_000, 30_000]);
    expect(heat.grid.bounds).toEqual([2, 3, 4, 5]);
    expect([...heat.grid.counts]).toEqual([0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0]);
    expect([heat.grid.max, heat.grid.total]).toEqual([1, 3]);
    expect(heat.examples.get(4)?.labels).toEqual({ pod: 'p' });
  });

  it('finds the largest profile of a box', () => {
    expect(exampleOf(heat, { from: { column: 1, row: 3 }, to: { column: 1, row: 0 } })?.id).toBe('c');
    expect(exampleOf(heat, { from: { column: 9, row: 9 }, to: { column: -1, row: -1 } })?.id).toBe('a');
    expect(exampleOf(heat, { from: { column: 2, row: 0 }, to: { column: 2, row: 3 } })).toBeNull();
    expect(placeOf(heat, { from: { column: 1, row: 2 }, to: { column: 1, row: 2 } })).toEqual({
      left: 1 / 3,
      right: 2 / 3,
      low: 0.5,
      high: 0.75,
    });
  });

  it('is empty without profiles', () => {
    expect(profileHeat([], WINDOW).grid.total).toBe(0);
  });
});
