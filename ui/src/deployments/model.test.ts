import { describe, expect, it } from 'vitest';
import { byJudgement, differenceText, figureText, queryLink, summaryOf, versionText } from './model';
import type { Comparison, Figure } from './types';

const figure = (patch: Partial<Figure>): Figure => ({
  id: 'p99',
  title: 'Duration p99',
  category: 'requests',
  unit: 'seconds',
  before: 0.1,
  after: 0.2,
  dayBefore: null,
  limit: 0.01,
  judgement: 'worse',
  language: 'promql',
  query: 'up',
  note: '',
  ...patch,
});

const comparison = (patch: Partial<Comparison>): Comparison => ({
  deployment: {} as Comparison['deployment'],
  before: { from: 0, to: 600 },
  after: { from: 900, to: 1500 },
  dayBefore: null,
  reason: '',
  rule: '',
  figures: [],
  lists: [],
  ...patch,
});

describe('differences', () => {
  it('have a sign, a unit and a share', () => {
    expect(differenceText(figure({}))).toBe('+100 ms (+100%)');
    expect(differenceText(figure({ before: 0.2, after: 0.1 }))).toBe('−100 ms (−50%)');
    expect(differenceText(figure({ after: 0.1 }))).toBe('±0');
  });
  it('of shares are percentage points', () => {
    expect(differenceText(figure({ unit: 'ratio', before: 0.01, after: 0.035 }))).toBe('+2.5 points');
  });
  it('need both sides', () => {
    expect(differenceText(figure({ before: null }))).toBe('–');
    expect(figureText(null, 'bytes')).toBe('no data');
    expect(figureText(3, 'per_minute')).toBe('3/min');
  });
});

describe('comparisons', () => {
  it('list the worst first', () => {
    const all = byJudgement([
      figure({ id: 'a', judgement: 'same' }),
      figure({ id: 'b', judgement: 'not observed' }),
      figure({ id: 'c', judgement: 'worse' }),
      figure({ id: 'd', judgement: 'same' }),
    ]);
    expect(all.map(({ id }) => id)).toEqual(['c', 'a', 'd', 'b']);
  });
  it('say what got worse, and never that all is well without data', () => {
    expect(summaryOf(comparison({ figures: [figure({})] }))).toBe('Worse: duration p99.');
    expect(summaryOf(comparison({ figures: [figure({ judgement: 'same' })] }))).toBe(
      'Nothing got worse among 1 observed figures.',
    );
    expect(summaryOf(comparison({ figures: [figure({ judgement: 'not observed' })] }))).toMatch(/No signal/);
    expect(summaryOf(comparison({ before: null, reason: 'too early' }))).toBe('too early');
  });
});

it('shows the most telling version', () => {
  expect(
    versionText([
      { kind: 'version', subject: '', before: ['1.0'], after: '1.1' },
      { kind: 'revision', subject: '', before: ['aaa'], after: 'bbb' },
    ]),
  ).toBe('1.0 → 1.1');
  expect(versionText([{ kind: 'image', subject: 'cart', before: ['1'], after: '2' }])).toBe('cart 1 → 2');
});

it('links to the query of each language at its window', () => {
  const window = { from: 1_800_000_000, to: 1_800_000_600 };
  expect(queryLink('promql', 'up', window)).toMatchObject({
    to: '/query',
    search: { 'g0.expr': 'up', 'g0.range_input': '10m' },
  });
  expect(queryLink('profile', '{service_name="a"}', window).to).toBe('/explore/profiles');
});
