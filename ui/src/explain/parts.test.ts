import { describe, expect, it } from 'vitest';
import { type Part, readParts, unquote, walkParts } from './parts';

const read = (text: string): Part => {
  const part = readParts(text);
  if (!part) throw new Error(`not read: ${text}`);
  return part;
};
const shorts = (text: string) => walkParts(read(text)).map((p) => p.short);

describe('parts of a query', () => {
  it('stand inside each other, parentheses and numbers aside', () => {
    expect(
      shorts('histogram_quantile(0.9, (sum by (le) (rate(x{a="1"}[5m])))) / 1e3 > bool on(z) y'),
    ).toEqual([
      '… > bool on(z) …',
      '… / 1e3',
      'histogram_quantile(0.9, …)',
      'sum by (le) (…)',
      'rate(…)',
      'x{a="1"}[5m]',
      'y',
    ]);
    expect(walkParts(read('a + b * c')).map((p) => p.index)).toEqual([0, 1, 2, 3, 4]);
    expect(shorts('-(a)')).toEqual(['-…', 'a']);
    expect(shorts('1 + 2')).toEqual(['1 + 2']);
    expect(shorts('label_replace(up, "a", "$1", "b", "(.*)")')).toEqual([
      'label_replace(…, "a", "$1", "b", "(.*)")',
      'up',
    ]);
    expect(shorts('info(up, {a="b"})')).toEqual(['info(…, {a="b"})', 'up']);
  });

  it('know their place and what gives their series', () => {
    const text = 'sum(rate(x[5m] offset 1h)) # why';
    const parts = walkParts(read(text));
    expect(parts.map((p) => text.slice(p.from, p.to))).toEqual([
      'sum(rate(x[5m] offset 1h))',
      'rate(x[5m] offset 1h)',
      'x[5m] offset 1h',
    ]);
    expect(parts.map((p) => p.ask).at(-1)).toBe('last_over_time(x[5m] offset 1h)');
    expect(read('rate(x[5m] smoothed)').children[0]?.ask).toBe('last_over_time(x[5m])');
    expect(read('max_over_time(rate(x[1m])[1h:5m] @ 12)').children[0]?.ask).toBe(
      'last_over_time(rate(x[1m])[1h:5m] @ 12)',
    );
  });

  it('tell their details', () => {
    expect(read('{"my.metric", a!~`b\\d`, "c.d"=\'e\\\'\'}[5m] offset -1m').detail).toEqual({
      kind: 'selector',
      metric: 'my.metric',
      matchers: [
        { name: 'a', op: '!~', value: 'b\\d' },
        { name: 'c.d', op: '=', value: "e'" },
      ],
      range: '5m',
      mode: '',
      time: { offset: '-1m', at: '' },
    });
    expect(read('{__name__="up", __name__=~"u.*"} @ end()').detail).toMatchObject({
      metric: 'up',
      matchers: [{ name: '__name__', op: '=~', value: 'u.*' }],
      time: { at: '@ end()' },
    });
    expect(read('topk without(a, "b.c") (3, up)').detail).toEqual({
      kind: 'aggregation',
      op: 'topk',
      by: false,
      without: true,
      labels: ['a', 'b.c'],
    });
    expect(read('sum(up)').detail).toMatchObject({ by: false, without: false });
    expect(read('x[5m:1m]').detail).toMatchObject({ kind: 'subquery', range: '5m', step: '1m' });
    const binary = read('(a) == bool on(x, y) group_right(z) fill_left(-1) fill_right(2) b').detail;
    expect(binary).toMatchObject({
      kind: 'binary',
      matching: {
        op: '==',
        bool: true,
        on: true,
        labels: ['x', 'y'],
        many: 'right',
        include: ['z'],
        fillLeft: -1,
        fillRight: 2,
      },
      sides: [{ text: 'a' }, { text: 'b' }],
    });
    expect(read('a and ignoring(c) b').detail).toMatchObject({
      matching: { op: 'and', on: false, labels: ['c'], many: null, fillLeft: null },
    });
  });

  it('are none of a broken query', () => {
    expect(readParts('sum(')).toBeNull();
    expect(readParts('')).toBeNull();
    expect(readParts('a b')).toBeNull();
  });

  it('reads texts in all quotes', () => {
    expect(unquote('"a\\n\\"\\u00e9\\x41\\101"')).toBe('a\n"éAA');
    expect(unquote("'a\\'b'")).toBe("a'b");
    expect(unquote('`a\\nb`')).toBe('a\\nb');
  });
});
