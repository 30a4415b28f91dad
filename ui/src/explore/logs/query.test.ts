import { describe, expect, it } from 'vitest';
import { quoted, tokenize, unquote } from './lexer';
import {
  alertQuery,
  countQuery,
  errorOffset,
  isMetric,
  logPart,
  parseLog,
  patternQuery,
  replaceStage,
  searchTerms,
  selectorOf,
  volumeQuery,
  withFilter,
  withMatchers,
  withPattern,
} from './query';

const RATE = 'sum by (level) (rate({app="shop"} |= "x" | json | status>=500 [5m]))';

describe('lexer', () => {
  it('reads strings, operators, durations and comments', () => {
    expect(tokenize('{a="b"} |= `c"` # note\n| d > 1h30m').map((t) => t.text)).toEqual([
      '{',
      'a',
      '=',
      '"b"',
      '}',
      '|=',
      '`c"`',
      '|',
      'd',
      '>',
      '1h30m',
    ]);
    expect(tokenize('{a="b').at(-1)).toMatchObject({ text: '"b', open: true });
  });
  it('writes what it reads', () => {
    for (const text of [
      'plain',
      'a "quote"',
      'back\\slash',
      'tick ` and "quote"',
      'line\nbreak',
      'tab\t',
      '\x1b[0m',
    ])
      expect(unquote(quoted(text))).toBe(text);
    expect(quoted('\\d+')).toBe('`\\d+`');
  });
});

describe('structure of a query', () => {
  it('finds selector and stages', () => {
    const parts = parseLog(
      '{app="shop", env!~"dev.*"} != "a" or "b" | json | level="error" | line_format "{{.x}}"',
    );
    expect(parts?.matchers).toEqual([
      { name: 'app', op: '=', value: 'shop' },
      { name: 'env', op: '!~', value: 'dev.*' },
    ]);
    expect(parts?.stages.map((s) => [s.kind, s.op ?? s.name ?? '', s.values ?? []])).toEqual([
      ['line', '!=', ['a', 'b']],
      ['parser', 'json', []],
      ['label', '=', ['error']],
      ['other', '', []],
    ]);
  });
  it('tells a comparison from a line filter', () => {
    const stages = (text: string) => parseLog(text)?.stages.map((s) => s.kind);
    expect(stages('{a="b"} | level != "x"')).toEqual(['label']);
    expect(stages('{a="b"} | json != "x"')).toEqual(['parser', 'line']);
    expect(stages('{a="b"} | x="1" or y="2"')).toEqual(['other']);
    expect(stages('{a="b"} | (x="1" or y!="2") |= "z"')).toEqual(['other', 'line']);
  });
  it('stops at the range of a metric query', () => {
    expect(logPart(RATE)).toBe('{app="shop"} |= "x" | json | status>=500');
    expect(isMetric(RATE)).toBe(true);
    expect(isMetric('({app="shop"} |= "[5m]")')).toBe(false);
    expect(isMetric('rate({a="b"}[1m])')).toBe(true);
    expect(isMetric('')).toBe(false);
    expect(selectorOf(RATE)).toBe('{app="shop"}');
  });
  it('takes the filters that select patterns', () => {
    const filtered = '{a="b"} |= "x" | detected_level="error"';
    expect(patternQuery(`${filtered} | json | y="2"`)).toBe(filtered);
    expect(patternQuery('{a="b"} | json |= "x"')).toBe('{a="b"}');
    expect(patternQuery('{')).toBeNull();
  });
  it('alerts on lines, or on the value of a metric query', () => {
    expect(alertQuery('{a="b"} |= "x"', 0, '5m')).toBe(
      'sum(count_over_time({a="b"} |= "x" | drop __error__, __error_details__ [5m])) > 0',
    );
    expect(alertQuery('rate({a="b"}[1m]) * 2', 3.5, '5m')).toBe('(rate({a="b"}[1m]) * 2) > 3.5');
  });
  it('has no structure without a complete selector', () => {
    for (const text of ['', '{', '{a=', '{a="b', '{a="b"', '{"a"="b"}', 'rate('])
      expect(parseLog(text), text).toBeNull();
    expect(parseLog('{}')?.matchers).toEqual([]);
  });
});

describe('edits', () => {
  const label = (name: string, value: string, exclude = false) => ({
    source: 'label' as const,
    name,
    value,
    exclude,
  });
  it('adds, turns and removes a label', () => {
    const one = withFilter('{app="shop"} |= "x"', label('pod', 'p-1'));
    expect(one).toBe('{app="shop", pod="p-1"} |= "x"');
    const turned = withFilter(one, label('pod', 'p-1', true));
    expect(turned).toBe('{app="shop", pod!="p-1"} |= "x"');
    expect(withFilter(turned, label('pod', 'p-1', true))).toBe('{app="shop"} |= "x"');
  });
  it('filters fields behind the parser that gives them', () => {
    const parsed = {
      source: 'parsed' as const,
      name: 'status',
      value: '500',
      exclude: false,
      parsers: ['json'],
    };
    expect(withFilter('{a="b"}', parsed)).toBe('{a="b"} | json | status="500"');
    expect(withFilter('{a="b"} | json', parsed)).toBe('{a="b"} | json | status="500"');
    expect(withFilter('{a="b"} | json | status="500"', parsed)).toBe('{a="b"} | json');
    const meta = { source: 'metadata' as const, name: 'trace_id', value: 'a"b', exclude: true };
    expect(withFilter('{a="b"}', meta)).toBe('{a="b"} | trace_id!=`a"b`');
  });
  it('edits the log query within a metric query', () => {
    expect(withFilter(RATE, label('pod', 'p'))).toContain('{app="shop", pod="p"} |= "x"');
    expect(withPattern(RATE, 'took <_>', true)).toContain('status>=500 !> "took <_>" [5m]');
  });
  it('replaces and removes stages', () => {
    expect(replaceStage('{a="b"} |= "x" | json', 0, '!= "y"')).toBe('{a="b"} != "y" | json');
    expect(replaceStage('{a="b"} |= "x" | json', 1, null)).toBe('{a="b"} |= "x"');
    expect(withMatchers('', [{ name: 'a', op: '=', value: 'b' }])).toBe('{a="b"}');
  });
});

describe('derived queries', () => {
  it('counts by level and by value', () => {
    expect(volumeQuery('{a="b"} | json', '1m')).toBe(
      'sum by (detected_level) (count_over_time({a="b"} | json | drop __error__, __error_details__ [1m]))',
    );
    expect(volumeQuery('{', '1m')).toBeNull();
    expect(countQuery('{a="b"}', 'status', '1h', 10, ['logfmt'])).toBe(
      'topk(10, sum by (status) (count_over_time({a="b"} | logfmt | drop __error__, __error_details__ [1h])))',
    );
  });
  it('marks what line filters look for', () => {
    const found = (query: string, line: string) =>
      searchTerms(query).flatMap((term) => [...line.matchAll(term)].map((m) => m[0]));
    expect(found('{a="b"} |= "a.b" or "c"', 'a.b axb c')).toEqual(['a.b', 'c']);
    expect(found('{a="b"} |~ "(?i)ERR\\\\w+"', 'an error here')).toEqual(['error']);
    expect(found('{a="b"} |> "<_>took <_> ms"', 'it took 5 ms')).toEqual(['took', 'ms']);
    expect(found('{a="b"} != "x" |~ "(?P<n>x)"', 'x')).toEqual([]);
  });
  it('finds the place of an error', () => {
    expect(errorOffset('{a="b"}\n| jsn', 'parse error at line 2, col 3: unexpected jsn')).toBe(10);
    expect(errorOffset('{a="b"} | jsn', '1:11: unknown stage jsn')).toBe(10);
    expect(errorOffset('{a="b"}', 'at 9:1: x')).toBeNull();
    expect(errorOffset('{a="b"}', 'too many series')).toBeNull();
  });
});
