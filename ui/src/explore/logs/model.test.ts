import { describe, expect, it } from 'vitest';
import { ansiSpans, stripAnsi } from './ansi';
import { placeAt } from './completion';
import { type Entry, entryTime, joinPages, nsToMs, type StreamItem, shiftNs, toEntries } from './entries';
import { lineFields, traceIdOf } from './fields';
import { byLevel, levelOf, readLevel } from './levels';
import { behindPoint, firstQueries, scopesOf, windowOf } from './links';
import { hasWord, patternRows } from './patterns';
import { decode, encode, volumeSpan, volumeStep } from './state';
import { TailBuffer } from './tail';
import { foldFrames, pieces, prettyJson } from './text';

const stream = (labels: Record<string, string>, ...values: StreamItem['values']): StreamItem => ({
  stream: labels,
  values,
});

describe('levels', () => {
  it('reads spellings and priorities', () => {
    expect(['ERROR', 'warning', 'Notice', '3', 'fatal', 'x', ''].map(readLevel)).toEqual([
      'error',
      'warn',
      'info',
      'error',
      'critical',
      'unknown',
      'unknown',
    ]);
  });
  it('prefers detected_level, then labels, then the line', () => {
    expect(levelOf({ level: 'info' }, { detected_level: 'error' }, {}, 'WARN x')).toBe('error');
    expect(levelOf({ level: 'info' }, {}, {}, 'WARN x')).toBe('info');
    expect(levelOf({}, {}, {}, 'ts=1 level=warn msg="error"')).toBe('warn');
    expect(levelOf({}, {}, {}, '{"severity":"ERROR"}')).toBe('error');
    expect(levelOf({}, {}, {}, '2026-01-01 [DEBUG] x')).toBe('debug');
    expect(levelOf({}, {}, {}, 'no errors at all')).toBe('unknown');
  });
  it('adds up spellings, most severe last', () => {
    const rows = byLevel([
      { labels: { detected_level: 'err' }, values: [1, null] },
      { labels: { detected_level: 'error' }, values: [2, 3] },
      { labels: { detected_level: 'info' }, values: [9, 9] },
    ]);
    expect(rows.map((r) => [r.level, r.values, r.total])).toEqual([
      ['info', [9, 9], 18],
      ['error', [3, 3], 6],
    ]);
  });
});

describe('ANSI', () => {
  it('turns colours into spans and removes the rest', () => {
    expect(ansiSpans('\x1b[1;31mERR\x1b[0m ok\x1b[2K\x1b]0;title\x07.')).toEqual([
      { text: 'ERR', style: 'ansi-red ansi-bold' },
      { text: ' ok', style: '' },
      { text: '.', style: '' },
    ]);
    expect(ansiSpans('\x1b[38;5;196mA\x1b[39m\x1b[38;2;0;250;0mB').map((s) => s.style)).toEqual([
      'ansi-red',
      'ansi-green',
    ]);
    expect(stripAnsi('\x1b[32mgreen\x1b[m')).toBe('green');
    expect(stripAnsi('cut \x1b[3')).toContain('cut');
  });
  it('marks terms across spans', () => {
    const found = pieces('\x1b[31mtime\x1b[0mout x', [/timeout/g]);
    expect(found.map((p) => [p.text, p.hit])).toEqual([
      ['time', true],
      ['out', true],
      [' x', false],
    ]);
  });
});

describe('text of an entry', () => {
  it('folds stack frames of Java, Python and Go', () => {
    const java =
      'java.lang.X: no\n\tat a.b(C.java:1)\n\tat a.c(C.java:2)\n\tat a.d(C.java:3)\nCaused by: y\n\tat z.z(Z.java:9)';
    expect(foldFrames(java).map((b) => [b.frames, b.lines.length])).toEqual([
      [false, 1],
      [true, 3],
      [false, 2],
    ]);
    const python =
      'Traceback:\n  File "a.py", line 1, in f\n    g()\n  File "b.py", line 2, in g\n    h()\nValueError: no';
    expect(foldFrames(python).map((b) => [b.frames, b.lines.length])).toEqual([
      [false, 1],
      [true, 4],
      [false, 1],
    ]);
    expect(foldFrames('one\ntwo')).toEqual([{ lines: ['one', 'two'], frames: false }]);
  });
  it('indents JSON without changing its values', () => {
    expect(prettyJson('{"a":12345678901234567890,"b":[1,{}],"c":"x: {y}"}')).toBe(
      '{\n  "a": 12345678901234567890,\n  "b": [\n    1,\n    {}\n  ],\n  "c": "x: {y}"\n}',
    );
    expect(prettyJson('{not json}')).toBeNull();
    expect(prettyJson('plain')).toBeNull();
  });
  it('reads fields of the line', () => {
    expect(lineFields('{"a":{"b":1},"c":[1],"d-e":true}')).toEqual({
      parser: 'json',
      fields: { a_b: '1', d_e: 'true' },
    });
    expect(lineFields('level=info msg="hi \\"you\\"" n=')?.fields).toEqual({
      level: 'info',
      msg: 'hi "you"',
      n: '',
    });
    expect(lineFields('just one=pair')).toBeNull();
    const [entry] = toEntries(
      [stream({}, ['1000000', 'x', { structuredMetadata: { trace_id: 'abcdef0123456789' } }])],
      'forward',
    );
    expect(traceIdOf(entry as Entry)).toBe('abcdef0123456789');
  });
});

describe('entries', () => {
  it('orders streams and keeps nanoseconds', () => {
    const entries = toEntries(
      [
        stream({ a: '1' }, ['1700000000000000002', 'b'], ['1700000000000000001', 'a']),
        stream({ a: '2' }, ['1700000000000000003', 'c']),
      ],
      'backward',
    );
    expect(entries.map((e) => e.line)).toEqual(['c', 'b', 'a']);
    expect(nsToMs('1700000000123456789')).toBeCloseTo(1700000000123.456, 2);
    expect(shiftNs('1700000000000000001', 1)).toBe('1700000000000000002');
    expect(entryTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6), true)).toBe('2026-01-02 03:04:05.006');
  });
  it('joins pages that overlap at one timestamp, repeated lines kept', () => {
    const page = (...lines: [string, string][]) => toEntries([stream({ a: '1' }, ...lines)], 'backward');
    const first = page(['9', 'x'], ['5', 'same'], ['5', 'same']);
    const second = page(['5', 'same'], ['5', 'same'], ['5', 'same'], ['4', 'y']);
    expect(joinPages([first, second]).map((e) => e.line)).toEqual(['x', 'same', 'same', 'same', 'y']);
  });
});

describe('state in the address', () => {
  it('comes back as it was written', () => {
    const state = decode({
      query: '{a="b"}',
      range: '2h',
      end: '2026-11-20 09:15:00',
      direction: 'forward',
      limit: '1000',
      view: 'table',
      columns: 'pod,level',
      hide: 'debug,info',
      wrap: '0',
      facets: '0',
      builder: '1',
      line: '17_abc',
      refresh: '5s',
    });
    expect(decode(encode(state))).toEqual(state);
    expect(encode(decode({}))).toEqual({});
  });
  it('never fails', () => {
    const state = decode({
      limit: '-5',
      view: 'x',
      columns: 'a b,"',
      hide: 'nope',
      line: '../',
      range: 'q',
      end: 'z',
      refresh: '1ms',
    });
    expect(state).toMatchObject({
      limit: 500,
      view: 'list',
      columns: [],
      hidden: [],
      line: null,
      refresh: 0,
    });
    expect(decode({ limit: '99999999' }).limit).toBe(100_000);
  });
  it('puts bars at multiples of their width', () => {
    expect(volumeStep(3_600_000)).toBe(60_000);
    expect(volumeSpan(90_000, 250_000, 60_000)).toEqual({ start: 120_000, end: 300_000 });
  });
});

describe('live tail', () => {
  it('is bounded and counts what it skips', () => {
    const buffer = new TailBuffer(10, 5);
    const frame = (n: number) => ({
      streams: [
        stream({ a: '1' }, ...Array.from({ length: n }, (_, i): [string, string] => [String(i), `l${i}`])),
      ],
    });
    buffer.push(frame(8));
    expect([buffer.waiting, buffer.skipped]).toEqual([5, 3]);
    expect(buffer.flush()).toBe(true);
    expect(buffer.entries.map((e) => e.line)).toEqual(['l3', 'l4', 'l5', 'l6', 'l7']);
    for (let i = 0; i < 4; i++) {
      buffer.push(frame(5));
      buffer.flush();
    }
    expect(buffer.entries).toHaveLength(10);
    buffer.push({ streams: null, dropped_entries: [{}, {}] });
    expect([buffer.skipped, buffer.flush(), buffer.received]).toEqual([5, false, 28]);
  });
});

describe('patterns', () => {
  it('have shares, trends and news', () => {
    const rows = patternRows(
      [
        {
          pattern: 'a <_>',
          samples: [
            [0, 30],
            [99, 30],
          ],
        },
        { pattern: 'b', level: 'error', samples: [[50, 20]] },
        { pattern: 'b', level: 'warn', samples: [[60, 20]] },
      ],
      [{ pattern: 'a <_>', samples: [] }],
      0,
      100_000,
    );
    expect(rows.map((r) => [r.pattern, r.count, r.share, r.newSince])).toEqual([
      ['a <_>', 60, 0.6, null],
      ['b', 40, 0.4, 50_000],
    ]);
    expect(rows[0]?.trend[0]).toBe(30);
    expect(rows[0]?.trend.at(-1)).toBe(30);
  });
});

describe('what leads from one answer to another', () => {
  it('shows everything first', () => {
    expect(firstQueries(['zone', 'app'])).toEqual(['{app=~".+"}', '{zone=~".+"}']);
    expect(firstQueries([])).toEqual([]);
  });
  it('selects surroundings', () => {
    expect(
      scopesOf({ app: 'shop', namespace: 'n', pod: 'p' }, { host: 'h' }).map((s) => [s.value, s.query]),
    ).toEqual([
      ['stream', '{app="shop", namespace="n", pod="p"}'],
      ['pod', '{namespace="n", pod="p"}'],
    ]);
  });
  it('selects the entries behind a point', () => {
    const query = 'sum by (app, code) (rate({app=~".+"} | json [5m]))';
    expect(behindPoint(query, { app: 'shop', code: '500' })).toBe(
      '{app=~".+", app="shop"} | json | code="500"',
    );
    expect(windowOf(query, 1)).toBe(300_000);
    expect(windowOf('vector(1)', 7)).toBe(7);
  });
  it('knows what fits at the cursor', () => {
    const kind = (text: string) => placeAt(text, text.length).kind;
    expect(kind('')).toBe('function');
    expect(kind('{')).toBe('label-name');
    expect(kind('{a="b", ap')).toBe('label-name');
    expect(placeAt('{app="sh', 8)).toMatchObject({ kind: 'label-value', name: 'app', from: 6 });
    expect(kind('{a="b"} ')).toBe('after');
    expect(kind('{a="b"} | js')).toBe('stage');
    expect(kind('{a="b"} |= "te')).toBe('none');
    expect(placeAt('{a="b"} | json | status="5', 26)).toMatchObject({ kind: 'field-value', name: 'status' });
    expect(kind('sum by (')).toBe('grouping');
    expect(kind('rate({a="b"} [')).toBe('none');
    expect(kind('sum(ra')).toBe('function');
    expect(kind('{a="b"} # {')).toBe('none');
  });
});

describe('hasWord', () => {
  it('is false for a pattern of placeholders alone', () => {
    expect(hasWord('<_> /<_> <_>: <_> 502')).toBe(false);
    expect(hasWord('POST /charge failed: <_>')).toBe(true);
    expect(hasWord('<_> ошибка')).toBe(true);
  });
});
