import { describe, expect, it } from 'vitest';
import { fromHash } from './links';
import { matcherOf, matchersOf, readMatchers, writeMatchers } from './matchers';

describe('matchers', () => {
  it('are read as they are written', () => {
    const all = [
      matcherOf('a', '=', 'b'),
      matcherOf('c', '!=', 'x, "y"\\z'),
      matcherOf('d', '=~', 'p|q{2}'),
      matcherOf('e.f', '!~', ''),
    ];
    expect(writeMatchers(all)).toBe(String.raw`{a="b",c!="x, \"y\"\\z",d=~"p|q{2}","e.f"!~""}`);
    expect(readMatchers(writeMatchers(all))).toEqual(all);
    expect(readMatchers(' a = b , c=~"d" ')).toEqual([matcherOf('a', '=', 'b'), matcherOf('c', '=~', 'd')]);
    expect(readMatchers('a=Foo b=page, c="x y" d=z', true)).toEqual([
      matcherOf('a', '=', 'Foo'),
      matcherOf('b', '=', 'page'),
      matcherOf('c', '=', 'x y'),
      matcherOf('d', '=', 'z'),
    ]);
    expect(readMatchers('')).toEqual([]);
    expect(readMatchers('{}')).toEqual([]);
    expect(matchersOf({ b: '2', a: '1' }).map((one) => one.name)).toEqual(['a', 'b']);
  });

  it('say what is wrong', () => {
    expect(() => readMatchers('a')).toThrow('After a one of');
    expect(() => readMatchers('{a="b"')).toThrow('closing brace');
    expect(() => readMatchers('a="b')).toThrow('closing quote');
    expect(() => readMatchers('="b"')).toThrow('label name');
    expect(() => readMatchers('a="b" c="d"')).toThrow('comma');
    expect(() => readMatchers('a=Foo b=page')).toThrow('A comma is missing before b=page');
    expect(() => readMatchers('a=Foo bar')).toThrow('has a space before bar. Put it in quotes: a="Foo bar"');
    expect(() => readMatchers('a=Foo bar', true)).toThrow('has a space before bar');
  });
});

describe("links of Alertmanager's interface", () => {
  const filter = '{alertname="A b"}';
  const id = '5a3fd2a1-0c5c-4f6f-9d5c-3c1f4a5b6c7d';

  it('land on the page that they mean', () => {
    expect(
      fromHash(`#/alerts?receiver=team%2Fx&silenced=false&filter=${encodeURIComponent(filter)}`),
    ).toEqual({
      to: '/alertmanager/alerts',
      search: { receiver: 'team/x', silenced: 'false', filter },
    });
    expect(fromHash(`#/silences/new?filter=${encodeURIComponent(filter)}`)).toEqual({
      to: '/alertmanager/silences/new',
      search: { filter },
    });
    expect(fromHash(`/silences/${id}`)).toEqual({ to: `/alertmanager/silences/${id}`, search: {} });
    expect(fromHash(`#/silences/${id}/edit`)?.search).toEqual({ edit: '1' });
    expect(fromHash('#/silences')?.to).toBe('/alertmanager/silences');
    expect(fromHash('#/status')?.to).toBe('/alertmanager/status');
    expect(fromHash('#/')?.to).toBe('/alertmanager/alerts');
    expect(fromHash('#/alerts?group=a,b')?.search).toEqual({});
    expect(fromHash('#/alerts?group=a,b&customGrouping=true')?.search).toEqual({ group: 'a,b' });
  });

  it('are only those', () => {
    expect(fromHash('')).toBeNull();
    expect(fromHash('#top')).toBeNull();
  });
});
