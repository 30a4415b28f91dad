import { describe, expect, it } from 'vitest';
import type { VectorItem } from '../api/types';
import { groupState, matchGroups } from './matching';
import { type Matching, readParts } from './parts';

const series = (labels: Record<string, string>, value: string | null = '1'): VectorItem =>
  value === null
    ? { metric: labels, histogram: [0, { count: '1', sum: '1' }] }
    : { metric: labels, value: [0, value] };

function matching(modifiers: string): Matching {
  const part = readParts(`l ${modifiers} r`);
  if (part?.detail.kind !== 'binary') throw new Error(modifiers);
  return part.detail.matching;
}
const outcomes = (op: string, left: VectorItem[], right: VectorItem[]) =>
  matchGroups(left, right, matching(op)).map((g) =>
    g.results.map((r) => [r.labels, r.dropped ? '' : r.value]),
  );
const states = (op: string, left: VectorItem[], right: VectorItem[]) =>
  matchGroups(left, right, matching(op)).map((g) => groupState(g));

const a1 = series({ __name__: 'l', i: '1', d: 'x' }, '6');
const a2 = series({ __name__: 'l', i: '1', d: 'y' }, '8');
const b1 = series({ __name__: 'r', i: '1' }, '2');
const b2 = series({ __name__: 'r', i: '2' }, '2');

describe('binary operators', () => {
  it('match one to one on all labels but the name', () => {
    const l = series({ __name__: 'l', i: '1' }, '6');
    expect(outcomes('/', [l], [b1, b2])).toEqual([[[{ i: '1' }, 3]], []]);
    expect(states('/', [l, series({ i: '9' })], [b1, b2])).toEqual(['matched', 'left', 'right']);
  });

  it('keep of a match the labels it is made on', () => {
    expect(outcomes('* on(i)', [a1], [b1])).toEqual([[[{ i: '1' }, 12]]]);
    expect(outcomes('- ignoring(d)', [a1], [b1])).toEqual([[[{ i: '1' }, 4]]]);
    // A label without a value is none.
    expect(outcomes('+', [series({ i: '1', z: '' })], [b1])).toEqual([[[{ i: '1', z: '' }, 3]]]);
  });

  it('take labels of the other side along', () => {
    const r = series({ i: '1', zone: 'eu' }, '2');
    expect(outcomes('/ on(i) group_left(zone)', [a1, a2], [r])).toEqual([
      [
        [{ i: '1', d: 'x', zone: 'eu' }, 3],
        [{ i: '1', d: 'y', zone: 'eu' }, 4],
      ],
    ]);
    expect(outcomes('/ on(i) group_right(d)', [r], [a1, a2])).toEqual([
      [
        [{ i: '1' }, 2 / 6],
        [{ i: '1' }, 0.25],
      ],
    ]);
  });

  it('filter, or say how a comparison went', () => {
    const l = series({ __name__: 'l', i: '1' }, '6');
    expect(outcomes('> ', [l], [b1])).toEqual([[[{ __name__: 'l', i: '1' }, 6]]]);
    expect(outcomes('<', [l], [b1])).toEqual([[[{ __name__: 'l', i: '1' }, '']]]);
    expect(outcomes('< bool', [l], [b1])).toEqual([[[{ i: '1' }, 0]]]);
    expect(outcomes('== on(i) group_right()', [series({ i: '1' }, '6')], [a1, a2])).toEqual([
      [
        [{ __name__: 'l', i: '1', d: 'x' }, 6],
        [{ __name__: 'l', i: '1', d: 'y' }, ''],
      ],
    ]);
  });

  it('name what does not fit', () => {
    const problem = (op: string, left: VectorItem[], right: VectorItem[]) =>
      matchGroups(left, right, matching(op)).map((g) => g.problem);
    expect(problem('/ on(i)', [a1, a2], [b1])).toEqual([{ kind: 'many', side: 'left' }]);
    expect(problem('/ on(i)', [b1], [a1, a2])).toEqual([{ kind: 'many', side: 'right' }]);
    expect(problem('/ on(i)', [a1, a2], [a1, a2])).toEqual([{ kind: 'both' }]);
    expect(problem('/ on(i) group_right', [a1, a2], [b1])).toEqual([{ kind: 'one', side: 'left' }]);
    // Several on the left alone hurt nobody; on the right they do, whoever matches them.
    expect(problem('/ on(i)', [a1, a2], [b2])).toEqual([null, null]);
    expect(problem('/ on(i)', [b2], [a1, a2])).toEqual([null, { kind: 'many', side: 'right' }]);
    expect(problem('/ on(i)', [], [a1, a2])).toEqual([null]);
  });

  it('keep by what the other side has', () => {
    expect(outcomes('and on(i)', [a1, a2], [b1, b2])).toEqual([
      [
        [{ __name__: 'l', i: '1', d: 'x' }, 6],
        [{ __name__: 'l', i: '1', d: 'y' }, 8],
      ],
      [],
    ]);
    expect(outcomes('unless on(i)', [a1], [b1])).toEqual([[]]);
    expect(outcomes('or on(i)', [a1], [b1, b2])).toEqual([
      [[{ __name__: 'l', i: '1', d: 'x' }, 6]],
      [[{ __name__: 'r', i: '2' }, 2]],
    ]);
  });

  it('fill what is missing and leave histograms to the server', () => {
    const filled = matchGroups([a1], [b2], matching('+ on(i) fill(10)'));
    expect(filled.map((g) => g.results.map((r) => r.value))).toEqual([[16], [12]]);
    expect(filled[0]?.right[0]).toMatchObject({ filled: true, labels: { i: '1' } });
    expect(outcomes('+ on(i)', [series({ i: '1' }, null)], [b1])).toEqual([[[{ i: '1' }, null]]]);
  });
});
