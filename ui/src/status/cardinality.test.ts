import { describe, expect, it } from 'vitest';
import {
  byAdvice,
  dropLabelRule,
  dropSeriesRule,
  type Pair,
  readCardinality,
  selector,
  splitPair,
  whyKept,
  writeInside,
} from './cardinality';

describe('the cardinality page', () => {
  it('keeps what was pressed in its address', () => {
    const inside: Pair[] = [
      ['__name__', 'http_requests_total'],
      ['path', '/a,b=c&d %'],
      ['na me', 'é'],
    ];
    expect(readCardinality({ in: writeInside(inside) }).inside).toEqual(inside);
    expect(readCardinality({ in: '%E0%A4=1,x,=y' }).inside).toEqual([]);
    expect(readCardinality({})).toMatchObject({ match: '', range: 0, limit: 20, label: '' });
    expect(readCardinality({ limit: '100', range: '1h' })).toMatchObject({ limit: 100, range: 3_600_000 });
    expect(readCardinality({ limit: '9999999' }).limit).toBe(20);
  });

  it('asks for what was typed and pressed together', () => {
    const up: Pair[] = [['__name__', 'up']];
    expect(selector('', [])).toBe('');
    expect(selector('', up)).toBe('{__name__="up"}');
    expect(selector(' a ', up)).toBe('a{__name__="up"}');
    expect(selector('a{b="c"}', up)).toBe('a{b="c", __name__="up"}');
    expect(selector('{}', up)).toBe('{__name__="up"}');
    expect(selector('a{b="{}",}', [['x.y', 'q"']])).toBe('a{b="{}", "x.y"="q\\""}');
  });

  it('writes rules that Prometheus reads', () => {
    expect(dropLabelRule('pod', [])).toBe('metric_relabel_configs:\n  - action: labeldrop\n    regex: pod\n');
    expect(
      dropLabelRule('path', [
        ['__name__', 'http_requests_total'],
        ['code', '2.0'],
      ]),
    ).toBe(
      'metric_relabel_configs:\n  - source_labels: [__name__, code]\n    regex: "http_requests_total;2\\\\.0"\n' +
        '    target_label: path\n    replacement: ""\n',
    );
    expect(dropLabelRule('on', [])).toContain('regex: "on"');
    expect(dropSeriesRule([['__name__', 'a:b']])).toContain('regex: a:b\n    action: drop');
  });

  it('never advises to drop labels that are part of a metric', () => {
    const cost = (name: string) => ({ name, values: 9, series: 9, seriesIfDropped: 1, memoryBytesSaved: 9 });
    expect(whyKept('le')).toContain('buckets');
    expect(whyKept('quantile')).toContain('summary');
    expect(whyKept('path')).toBe('');
    expect(byAdvice(['le', 'path', 'quantile', 'pod'].map(cost)).map((l) => l.name)).toEqual([
      'path',
      'pod',
      'le',
      'quantile',
    ]);
  });

  it('splits pairs at the first sign', () => {
    expect(splitPair('query=a=b')).toEqual(['query', 'a=b']);
  });
});
