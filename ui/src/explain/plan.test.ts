import { describe, expect, it } from 'vitest';
import {
  headline,
  hottest,
  largest,
  type PlanNode,
  planRows,
  readsText,
  readTotals,
  textRange,
} from './plan';

const stats = (seconds: number, self: number, samples = 0) => ({
  calls: 1,
  seconds,
  selfSeconds: self,
  cpuSeconds: seconds,
  selfCpuSeconds: self,
  series: 1,
  samples,
  peakBytes: 10,
});
const reads = {
  matchers: ['__name__="up"', 'job=~"a|b"'],
  minTime: 0,
  maxTime: 10,
  range: 300,
  offset: 60,
  parts: 'values',
};
const tree: PlanNode = {
  id: 1,
  operator: 'VectorJoin',
  name: '/',
  steps: 4,
  attributes: { operator: '/', on: '', group_left: 'zone' },
  stats: stats(10, 1),
  children: [
    {
      id: 2,
      operator: 'Aggregate',
      name: 'sum',
      role: 'left',
      steps: 4,
      attributes: { function: 'sum', by: 'job', strategy: 'streamed' },
      stats: stats(8, 1),
      children: [
        {
          id: 3,
          operator: 'RangeSelect',
          steps: 4,
          reads,
          stats: {
            ...stats(7, 7),
            storage: { series: 5, seriesRead: 4, samples: 900, selectSeconds: 0, readSeconds: 0 },
          },
          children: [],
        },
      ],
    },
    { id: 4, operator: 'Shared', role: 'right', steps: 4, sameAs: 2, children: [] },
  ],
};

describe('plan', () => {
  it('becomes lines with rails to later siblings', () => {
    expect(planRows(tree).map((r) => [r.node.id, r.rails, r.last])).toEqual([
      [1, [], true],
      [2, [true], false],
      [3, [true, false], true],
      [4, [false], true],
    ]);
    expect(planRows(tree, new Set([2])).map((r) => r.node.id)).toEqual([1, 2, 4]);
  });

  it('counts what was read, not only what was given on', () => {
    expect(largest(tree)).toEqual({ seconds: 10, cpuSeconds: 10, series: 5, samples: 900, peakBytes: 10 });
    expect(readTotals(tree)).toEqual({ series: 4, samples: 900 });
  });

  it('names the step that burns the most itself', () => {
    expect(hottest(tree)).toBe(3);
    expect(hottest({ ...tree, children: [] })).toBeNull();
  });

  it('says in code what a step does', () => {
    expect(headline(tree)).toEqual({ code: '/ on() group_left(zone)', rest: [] });
    expect(headline(tree.children[0] as PlanNode)).toEqual({
      code: 'sum by (job)',
      rest: [['strategy', 'streamed']],
    });
    expect(
      headline({ id: 9, operator: 'Constant', steps: 1, attributes: { value: '0.9' }, children: [] }).code,
    ).toBe('0.9');
    expect(readsText(reads)).toBe('up{job=~"a|b"}[5m] offset 1m');
    expect(readsText({ ...reads, matchers: ['__name__=~"a.*"'], range: 0, offset: -30 })).toBe(
      '{__name__=~"a.*"} offset -30s',
    );
  });

  it('finds places given in bytes', () => {
    const text = 'x{a="é😀"} + y';
    const at = text.indexOf('y');
    // é takes two bytes for one unit, the face four for two.
    expect(textRange(text, { start: at + 3, end: at + 4 })).toEqual({ from: at, to: at + 1 });
    expect(textRange('abc', { start: 0, end: 3 })).toEqual({ from: 0, to: 3 });
    expect(textRange('abc', { start: 9, end: 12 })).toEqual({ from: 3, to: 3 });
  });
});
