import { describe, expect, it } from 'vitest';
import { readLabels, toFound, toSeries } from './answers';
import { bestThreshold, pairsOf, rank } from './compare';
import { placeAt } from './completion';
import {
  attributeName,
  compareQuery,
  durationLiteral,
  durationQuery,
  firstSpanset,
  hasTerm,
  heatQuery,
  isMetrics,
  rateQuery,
  roleOf,
  selectionTerms,
  spansetPart,
  termFor,
  turnedTerm,
  withoutTerm,
  withRole,
  withTerm,
} from './filters';
import { trace } from './fixtures';
import { boxOf, boxPlace, heatGrid, slowestBox } from './heat-model';
import { tokenize } from './lexer';
import { toLines } from './lines';
import { logsSearch, metricLabels, profilesSearch } from './links';
import { UNKNOWN_SERVICE } from './model';
import { aligned, type Box, decode, encode, stepOf } from './state';

const kinds = (text: string) => tokenize(text, true).map((t) => `${t.kind}:${t.text}`);

describe('tokens', () => {
  it('keep attributes with quoted parts together', () => {
    expect(kinds('{ span."a b".c = "x" && .foo-bar>1.5s }')).toEqual([
      'punctuation:{',
      'attribute:span."a b".c',
      'operator:=',
      'string:"x"',
      'operator:&&',
      'attribute:.foo-bar',
      'operator:>',
      'number:1.5s',
      'punctuation:}',
    ]);
  });

  it('know structural operators and scoped intrinsics', () => {
    expect(kinds('{} !>> {} &< {trace:rootService=~`a`}')).toEqual([
      'punctuation:{',
      'punctuation:}',
      'operator:!>>',
      'punctuation:{',
      'punctuation:}',
      'operator:&<',
      'punctuation:{',
      'attribute:trace:rootService',
      'operator:=~',
      'string:`a`',
      'punctuation:}',
    ]);
  });

  it('never fail', () => {
    expect(kinds('{ § "open')).toEqual(['punctuation:{', 'unknown:§', 'string:"open']);
  });
});

describe('terms', () => {
  it('are the conditions of a conjunction', () => {
    const set = firstSpanset('{ status = error && (span.a = 1 || span.b = 2) && name = "x && y" }');
    expect(set?.terms?.map((t) => t.text)).toEqual([
      'status = error',
      '(span.a = 1 || span.b = 2)',
      'name = "x && y"',
    ]);
    expect(firstSpanset('{ span.a = 1 || span.b = 2 }')?.terms).toBeNull();
    expect(firstSpanset('{ span.a')).toBeNull();
  });

  it('are added once, and removed when they are added again', () => {
    expect(withTerm('', 'status = error')).toBe('{ status = error }');
    expect(withTerm('{}', 'status = error')).toBe('{ status = error }');
    expect(withTerm('{ name="a" } >> { kind = server } | rate()', 'status = error')).toBe(
      '{ name="a" && status = error } >> { kind = server } | rate()',
    );
    expect(withTerm('{ status=error && name = "a" }', 'status = error')).toBe('{ name = "a" }');
    expect(withTerm('{ span.a = 1 || span.b = 2 }', 'status = error')).toBe(
      '{ (span.a = 1 || span.b = 2) && status = error }',
    );
    expect(hasTerm('{ status=error }', 'status = error')).toBe(true);
  });

  it('are removed and turned around', () => {
    expect(withoutTerm('{ name = "a" && status = error }', 0)).toBe('{ status = error }');
    expect(turnedTerm('{ name = "a" && status = error }', 0)).toBe('{ name != "a" && status = error }');
    expect(turnedTerm('{ duration > 1s }', 0)).toBe('{ duration <= 1s }');
    expect(turnedTerm('{ span.a }', 0)).toBe('{ span.a }');
  });

  it('are written with the type of their value', () => {
    expect(termFor('status', 'error')).toBe('status = error');
    expect(termFor('span.http.status_code', 500n)).toBe('span.http.status_code = 500');
    expect(termFor('resource.service.name', 'a "b"', true)).toBe('resource.service.name != `a "b"`');
    expect(attributeName('span', 'a b')).toBe('span."a b"');
  });

  it('choose root or server spans', () => {
    expect(roleOf('{ nestedSetParent<0 && status = error }')).toBe('root');
    expect(withRole('{ nestedSetParent < 0 }', 'server')).toBe('{ kind = server }');
    expect(withRole('{ kind = server && name = "a" }', 'all')).toBe('{ name = "a" }');
    expect(withRole('{ }', 'all')).toBe('{ }');
  });
});

describe('queries that follow', () => {
  it('keep the spanset expression alone', () => {
    expect(spansetPart('{ a = "|" || .b = 1 } | count() > 2 with(most_recent=true)')).toBe(
      '{ a = "|" || .b = 1 }',
    );
    expect(spansetPart('{ } with (sample=true)')).toBe('{ }');
    expect(rateQuery('{ } >> { } | select(.a)')).toBe('{ } >> { } | rate() by (status)');
    expect(durationQuery('{ }')).toBe('{ } | quantile_over_time(duration, 0.5, 0.95, 0.99)');
    expect(heatQuery('{ }')).toBe('{ } | histogram_over_time(duration)');
  });

  it('are metrics where they say so', () => {
    expect(isMetrics('{ } | rate() by (status)')).toBe(true);
    expect(isMetrics('{ rate = 1 } | count() > 2')).toBe(false);
  });

  it('compare a box exactly', () => {
    const box: Box = { from: 1_795_746_000_000, to: 1_795_746_060_000, low: 0.268435456, high: 0.536870912 };
    expect(selectionTerms(box)).toEqual(['duration > 268435456ns', 'duration <= 536870912ns']);
    expect(compareQuery('{ }', box, 100)).toBe(
      '{ } | compare({ duration > 268435456ns && duration <= 536870912ns }, 100, 1795746000000000000, 1795746060000000000)',
    );
    expect(compareQuery('{ }', 'errors', 10)).toBe('{ } | compare({ status = error }, 10)');
    expect(compareQuery('{ name = "a" && status=error }', 'errors', 10)).toBe(
      '{ name = "a" } | compare({ status = error }, 10)',
    );
    expect(selectionTerms({ ...box, low: 0, high: Number.POSITIVE_INFINITY })).toEqual([]);
    expect(durationLiteral(1.5)).toBe('1500ms');
    expect(durationLiteral(7200)).toBe('2h');
  });
});

describe('completion', () => {
  const place = (text: string) => placeAt(text.replace('|>', ''), text.indexOf('|>'));

  it('knows where it is', () => {
    expect(place('{ res|>')).toEqual({ kind: 'field', from: 2 });
    expect(place('{ name = "a" && |>')).toEqual({ kind: 'field', from: 16 });
    expect(place('{ resource.service.name = "sh|>')).toEqual({
      kind: 'value',
      name: 'resource.service.name',
      from: 27,
      to: 29,
      quoted: true,
    });
    expect(place('{ status = |>')).toMatchObject({ kind: 'value', name: 'status', quoted: false });
    expect(place('{ } | ra|>')).toEqual({ kind: 'stage', from: 6 });
    expect(place('{ } | rate() by (sp|>')).toEqual({ kind: 'field', from: 17 });
    expect(place('{ } |>')).toMatchObject({ kind: 'after' });
    expect(place('|>')).toEqual({ kind: 'start', from: 0 });
    expect(place('{ name |>')).toEqual({ kind: 'none' });
  });
});

describe('answers', () => {
  it('of a search are read from spanSets, or the older spanSet', () => {
    const found = toFound({
      traceID: 'abc',
      rootServiceName: 'shop',
      rootTraceName: '<root span not yet received>',
      startTimeUnixNano: '1795746000000000001',
      durationMs: 12,
      spanSets: [
        {
          matched: 7,
          spans: [
            {
              spanID: '1',
              name: 'x',
              startTimeUnixNano: '1795746000000000001',
              durationNanos: '5000',
              attributes: [{ key: 'http.status_code', value: { intValue: '500' } }],
            },
          ],
        },
      ],
      serviceStats: { db: { spanCount: 1 }, shop: { spanCount: 3, errorCount: 1 } },
    });
    expect(found).toMatchObject({
      id: 'abc'.padStart(32, '0'),
      rootName: '',
      startNs: 1795746000000000001n,
      matched: 7,
      services: [
        { service: 'shop', spans: 3, errors: 1 },
        { service: 'db', spans: 1, errors: 0 },
      ],
    });
    expect(found.spans[0]?.attributes[0]?.value).toBe(500n);
    expect(toFound({ traceID: 'a', spanSet: { spans: [{}], matched: 1 } }).matched).toBe(1);
    expect(toFound({ traceID: 'a' })).toMatchObject({ matched: 0, startNs: 0n, spans: [] });
  });

  it('of metrics have 0 where a value is left out', () => {
    const series = toSeries({
      labels: [{ key: 'status', value: { stringValue: 'error' } }],
      samples: [{ timestampMs: '60000' }, { timestampMs: '120000', value: 2 }],
    });
    expect(series.samples).toEqual([
      { time: 60_000, value: 0 },
      { time: 120_000, value: 2 },
    ]);
    expect(readLabels([{ key: 'n', value: { intValue: '5' } }])).toEqual({ n: '5' });
    expect(toLines([series], { start: 0, end: 180_000, step: 60_000 }).lines[0]?.values).toEqual([
      0, 0, 2, 0,
    ]);
  });
});

describe('state', () => {
  it('survives the address', () => {
    const state = {
      ...decode({}),
      query: '{ }',
      box: { from: 1000, to: 2000, low: 0.001, high: Number.POSITIVE_INFINITY },
      chosen: ['abc', 'def'],
      view: 'spans' as const,
    };
    expect(decode(encode(state))).toEqual(state);
    expect(decode(encode({ ...state, box: 'errors' })).box).toBe('errors');
  });

  it('ignores what is wrong', () => {
    expect(decode({ box: '5_1_0_1', limit: '-3', view: 'x', compare: 'ZZ' })).toEqual(decode({}));
  });

  it('steps at round times', () => {
    expect(stepOf(3_600_000)).toBe(60_000);
    expect(aligned(61_000, 119_000, 60_000)).toEqual({ start: 60_000, end: 120_000 });
  });
});

const bucket = (bound: number, samples: [number, number][]) => ({
  labels: { __bucket: String(bound) },
  typed: {},
  samples: samples.map(([time, value]) => ({ time, value })),
});

describe('heat map', () => {
  const grid = heatGrid(
    [
      bucket(0.001, [[60_000, 90]]),
      bucket(0.008, [
        [60_000, 6],
        [120_000, 4],
      ]),
    ],
    { start: 60_000, end: 120_000, step: 60_000 },
  );

  it('has a row for each power of two', () => {
    expect(grid.bounds).toEqual([0.001, 0.002, 0.004, 0.008]);
    expect([...grid.counts]).toEqual([90, 0, 0, 6, 0, 0, 0, 4]);
    expect([grid.max, grid.total]).toEqual([90, 100]);
  });

  it('turns corners into times and durations', () => {
    expect(boxOf(grid, { column: 1, row: 2 }, { column: 0, row: 1 })).toEqual({
      from: 0,
      to: 120_000,
      low: 0.001,
      high: 0.004,
    });
    expect(boxOf(grid, { column: -3, row: -1 }, { column: 0, row: 99 })).toEqual({
      from: 0,
      to: 60_000,
      low: 0,
      high: Number.POSITIVE_INFINITY,
    });
    expect(boxPlace(grid, { from: 0, to: 60_000, low: 0.001, high: 0.002 })).toEqual({
      left: 0,
      right: 0.5,
      low: 0.25,
      high: 0.5,
    });
  });

  it('finds the slowest spans', () => {
    expect(slowestBox(grid)).toMatchObject({ low: 0.004, high: Number.POSITIVE_INFINITY });
    expect(slowestBox(heatGrid([], { start: 0, end: 60_000, step: 60_000 }))).toBeNull();
  });
});

describe('comparison', () => {
  const series = (type: string, name: string, value: string | bigint, n: number) => ({
    labels: { __meta_type: type, [name]: String(value) },
    typed: { __meta_type: type, [name]: value },
    samples: [
      { time: 0, value: n / 2 },
      { time: 1, value: n / 2 },
    ],
  });
  const answer = [
    series('selection_total', 'name', 'nil', 100),
    series('baseline_total', 'name', 'nil', 1000),
    series('selection', 'name', 'GET', 50),
    series('selection', 'name', 'POST', 50),
    series('baseline', 'name', 'GET', 500),
    series('baseline', 'name', 'POST', 500),
    series('selection', 'resource.version', '2.1', 90),
    series('baseline', 'resource.version', '2.1', 100),
    series('baseline', 'resource.version', '2.0', 900),
    series('selection', 'span.rows', 900n, 60),
    series('selection', 'span.rows', 1000n, 40),
    series('baseline', 'span.rows', 1n, 400),
    series('baseline', 'span.rows', 2n, 350),
    series('baseline', 'span.rows', 900n, 250),
    series('selection', 'duration', '1s', 100),
  ];

  it('ranks attributes by the distance of shares', () => {
    const found = rank(answer);
    expect([found.inside, found.outside]).toEqual([100, 1000]);
    expect(found.attributes.map((a) => a.name)).toEqual(['resource.version', 'span.rows']);
    expect(found.attributes[0]?.values[1]).toMatchObject({ text: '2.0', inside: 0, outside: 0.9 });
    expect(found.attributes[0]?.values[0]).toMatchObject({
      term: 'resource.version = "2.1"',
      inside: 0.9,
      outside: 0.1,
    });
  });

  it('offers a threshold where it separates better than a value', () => {
    const rows = rank(answer).attributes.find((a) => a.name === 'span.rows');
    expect(rows?.values[0]).toMatchObject({
      term: 'span.rows > 2',
      without: 'span.rows <= 2',
      inside: 1,
      outside: 0.25,
    });
    expect(bestThreshold('x', [{ value: 'a', inside: 1, outside: 1 }], 1, 1)).toBeNull();
  });

  it('pairs the strongest conditions', () => {
    expect(pairsOf(rank(answer))).toHaveLength(1);
    const two = rank([
      ...answer,
      series('selection', 'span.zone', 'b', 80),
      series('baseline', 'span.zone', 'b', 100),
    ]);
    expect(pairsOf(two).map(([a, b]) => [a.name, b.name])).toContainEqual(['span.rows', 'span.zone']);
  });

  it('marks attributes with too many values', () => {
    const cut = {
      labels: { __meta_type: 'baseline', __meta_error: '__too_many_values__', 'resource.version': '' },
      typed: {},
      samples: [],
    };
    expect(rank([...answer, cut]).attributes[0]?.cut).toBe(true);
  });
});

describe('links', () => {
  it('lead to logs with the trace id', () => {
    const t = trace({ id: 'b'.repeat(16), service: 'shop', lasts: 1000 });
    const search = logsSearch(t, t.spans[0] ?? null);
    expect(search.query).toBe(`{service_name="shop"} | trace_id="${'a'.repeat(32)}"`);
    expect(logsSearch(t, null).query).toMatch(/^\{service_name=~"\.\+"\}/);
    expect(search.end).toMatch(/^\d{4}-\d\d-\d\d /);
  });

  it('lead to the profile of the span', () => {
    const t = trace({ id: 'b'.repeat(16), service: 'a"b', lasts: 1000 });
    const [span] = t.spans;
    expect(span && profilesSearch(t, span)).toEqual({
      query: '{service_name="a\\"b"}',
      span: 'b'.repeat(16),
      range: expect.stringMatching(/^2m/),
      end: expect.stringMatching(/^\d{4}-\d\d-\d\d /),
    });
    const unknown = trace({ id: 'b'.repeat(16), service: UNKNOWN_SERVICE, lasts: 1000 });
    expect(unknown.spans[0] && profilesSearch(unknown, unknown.spans[0])).toBeNull();
  });

  it('lead to metrics by job and instance', () => {
    expect(
      metricLabels([
        { key: 'service.name', value: 'shop' },
        { key: 'service.namespace', value: 'prod' },
        { key: 'service.instance.id', value: 'i1' },
      ]),
    ).toEqual({ job: 'prod/shop', instance: 'i1' });
    expect(metricLabels([])).toEqual({});
  });
});
