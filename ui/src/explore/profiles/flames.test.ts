import { describe, expect, it } from 'vitest';
import {
  decodeFlames,
  type Flames,
  functionsOf,
  invert,
  leftsOf,
  nodeOf,
  packageOf,
  pathHash,
  sandwich,
  widthsOf,
} from './flames';
import { decode, encode, serviceOf, withLabel } from './state';
import { formatIn, points } from './units';

/** total(100): main 90 (self 10): pay 50 (self 20): sign 30; cart 30. gc 10. */
const WIRE = {
  names: ['total', 'main', 'gc', 'cart', 'pay', 'sign'],
  levels: [
    { values: ['0', '100', '0', '0'] },
    { values: ['0', '90', '10', '1', '0', '10', '10', '2'] },
    { values: ['10', '30', '30', '3', '0', '50', '20', '4'] },
    { values: ['60', '30', '30', '5'] },
  ],
};

const paths = (flames: Flames) =>
  Array.from(flames.name, (_, i) => {
    const path: string[] = [];
    for (let n = i; n > 0; n = flames.parent[n] as number)
      path.unshift(flames.names[flames.name[n] as number] as string);
    return `${path.join(';')} ${flames.total[i]} ${flames.self[i]}`;
  }).slice(1);

describe('flames', () => {
  it('decodes distances into parents', () => {
    expect(paths(decodeFlames(WIRE))).toEqual([
      'gc 10 10',
      'main 90 10',
      'main;cart 30 30',
      'main;pay 50 20',
      'main;pay;sign 30 30',
    ]);
  });

  it('decodes two compared profiles', () => {
    const flames = decodeFlames(
      {
        names: ['total', 'a', 'b'],
        levels: [
          { values: [0, 10, 0, 0, 30, 0, 0] },
          { values: [0, 10, 10, 0, 10, 10, 1, 0, 0, 0, 0, 20, 20, 2] },
        ],
      },
      true,
    );
    expect(paths(flames)).toEqual(['a 10 10', 'b 20 20']);
    expect([...(flames.base as { total: Float64Array }).total]).toEqual([10, 10, 0]);
    const widths = widthsOf(flames);
    expect(widths[0]).toBeCloseTo(1);
    expect((widths[1] as number) + (widths[2] as number)).toBeCloseTo(1);
    expect(widths[2]).toBeCloseTo(1 / 3);
  });

  it('places children within their parent', () => {
    const flames = decodeFlames(WIRE);
    const widths = widthsOf(flames);
    const lefts = leftsOf(flames, widths);
    for (let i = 1; i < flames.name.length; i++) {
      const p = flames.parent[i] as number;
      expect(lefts[i]).toBeGreaterThanOrEqual(lefts[p] as number);
      expect((lefts[i] as number) + (widths[i] as number)).toBeLessThanOrEqual(
        (lefts[p] as number) + (widths[p] as number) + 1e-9,
      );
    }
    expect(lefts[5]).toBeCloseTo(0.4);
  });

  it('inverts to callers with the same sum', () => {
    const inverted = invert(decodeFlames(WIRE));
    expect(inverted.total[0]).toBe(100);
    expect(paths(inverted)).toContain('sign;pay;main 30 30');
    expect(paths(inverted)).toContain('main 10 10');
  });

  it('counts a recursive function once a stack', () => {
    const flames = decodeFlames({
      names: ['total', 'f', 'g'],
      levels: [
        { values: [0, 10, 0, 0] },
        { values: [0, 10, 2, 1] },
        { values: [2, 8, 1, 2] },
        { values: [3, 7, 7, 1] },
      ],
    });
    const f = functionsOf(flames).find((row) => row.name === 'f');
    expect([f?.total, f?.self]).toEqual([10, 9]);
    expect(sandwich(flames, 'f').callees.total[0]).toBe(10);
  });

  it('shows callers and callees of a function', () => {
    const { callers, callees } = sandwich(decodeFlames(WIRE), 'pay');
    expect(paths(callers)).toEqual(['pay 50 0', 'pay;main 50 50']);
    expect(paths(callees)).toEqual(['pay 50 20', 'pay;sign 30 30']);
    expect(sandwich(decodeFlames(WIRE), 'absent').callees.name.length).toBe(1);
  });

  it('finds a node by its address after a refresh', () => {
    const flames = decodeFlames(WIRE);
    for (let i = 1; i < flames.name.length; i++)
      expect(nodeOf(decodeFlames(WIRE), pathHash(flames, i))).toBe(i);
    expect(nodeOf(flames, 'gone')).toBe(0);
    expect(nodeOf(decodeFlames({}), 'gone')).toBe(0);
  });

  it('keeps the order of a tree of 10,000 nodes', () => {
    const width = 100;
    const levels = [{ values: [0, width, 0, 0] }];
    for (let d = 1; d <= 100; d++)
      levels.push({
        values: Array.from({ length: width }, (_, i) => [0, 1, d === 100 ? 1 : 0, i + 1]).flat(),
      });
    const names = ['total', ...Array.from({ length: width }, (_, i) => `f${i}`)];
    const flames = decodeFlames({ names, levels });
    expect(flames.name.length).toBe(10_001);
    expect(invert(flames).total[0]).toBe(width);
  });
});

describe('packages', () => {
  it.each([
    ['dev.tethys.web.HttpListener.run', 'dev.tethys.web'],
    ['dev/tethys/web/HttpListener.run', 'dev/tethys/web'],
    ['net/http.(*conn).serve', 'net/http'],
    ['github.com/a/b.Func', 'github.com/a/b'],
    ['runtime.mallocgc', 'runtime'],
    ['std::vector<int>::push_back', 'std::vector'],
    ['core::ops::function::FnOnce::call_once', 'core::ops::function::FnOnce'],
    ['main', ''],
  ])('%s is in %s', (name, expected) => expect(packageOf(name)).toBe(expected));
});

describe('state', () => {
  it('returns from the address as it was', () => {
    const search = {
      type: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
      query: '{service_name="shop"}',
      range: '15m',
      view: 'sandwich',
      find: 'pay',
      fn: 'main.pay',
      zoom: 'a-b',
      span: '00f067aa0ba902b7',
      invert: '1',
      compare: '1',
      base: '{version="1"}',
      shift: '1h',
    };
    expect(encode(decode(search))).toEqual(search);
    expect(encode(decode({ view: 'wrong', range: 'x', shift: '-1', span: 'x' }))).toEqual({});
  });

  it('adds and replaces labels', () => {
    expect(withLabel('{service_name="a", v="1,2"}', 'v', '3"')).toBe('{service_name="a", v="3\\""}');
    expect(withLabel('{v=~"x"}', 'service_name', 'b')).toBe('{service_name="b", v=~"x"}');
    expect(serviceOf('{env="x", service_name="a\\"b"}')).toBe('a"b');
    expect(serviceOf('{my_service_name="a"}')).toBe('');
  });

  it('names values in the units of types', () => {
    expect(formatIn(1.5e9, 'nanoseconds')).toBe('1.5 s');
    expect(points(0.1234)).toBe('+12.34 pp');
    expect(points(0)).toBe('0.00 pp');
  });
});
