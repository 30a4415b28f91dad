import { describe, expect, it } from 'vitest';
import { MAX_HISTORY, remember } from './history';
import { searchMetrics, suggestions } from './metric-search';
import { classicHeatmap, stack, summarise, toCsv, toGrid, toHeatmap } from './shape';

describe('range answers on a grid', () => {
  it('have a gap where there is no value, or none that can be drawn', () => {
    const grid = toGrid(
      [
        {
          metric: { a: '1' },
          values: [
            [10, '1'],
            [12, 'NaN'],
            [13, '+Inf'],
            [14, '2.5'],
          ],
        },
        { metric: { a: '2' }, values: [[11, '-3']] },
      ],
      10_000,
      14_500,
      1000,
    );
    expect(grid.times).toEqual([10, 11, 12, 13, 14]);
    expect(grid.series.map((s) => s.values)).toEqual([
      [1, null, null, null, 2.5],
      [null, -3, null, null, null],
    ]);
    expect(grid.series[0]?.key).not.toBe(grid.series[1]?.key);
  });

  it('keep native histograms apart', () => {
    const grid = toGrid([{ metric: {}, histograms: [[10, { count: '1', sum: '2' }]] }], 10_000, 11_000, 1000);
    expect(grid.series).toEqual([]);
    expect(grid.histograms).toHaveLength(1);
  });
});

describe('stacking', () => {
  it('adds upwards; a gap in one series is nothing, in all it is a gap', () => {
    expect(
      stack([
        [1, null, null],
        [2, 3, null],
      ]),
    ).toEqual([
      [1, 0, null],
      [3, 3, null],
    ]);
    expect(stack([])).toEqual([]);
  });
});

describe('figures', () => {
  it('pass over gaps', () => {
    expect(summarise([null, 4, 1, null, 4, null])).toEqual({ last: 4, min: 1, max: 4, mean: 3 });
    expect(summarise([null])).toEqual({ last: null, min: null, max: null, mean: null });
  });
});

describe('heatmaps', () => {
  it('add up native histograms bucket by bucket', () => {
    const heat = toHeatmap(
      [
        { metric: { a: '1' }, histograms: [[10, { count: '3', sum: '1', buckets: [[0, '0.5', '1', '3']] }]] },
        { metric: { a: '2' }, histograms: [[10, { count: '2', sum: '1', buckets: [[0, '0.5', '1', '2']] }]] },
      ],
      10_000,
      12_000,
      1000,
    );
    expect(heat.cells).toEqual([{ column: 0, low: 0.5, high: 1, count: 5 }]);
    expect(heat.max).toBe(5);
  });

  it('subtract classic buckets', () => {
    const values = (text: string): [number, string][] => [[10, text]];
    const grid = toGrid(
      [
        { metric: { le: '+Inf' }, values: values('10') },
        { metric: { le: '1' }, values: values('4') },
        { metric: { le: '2' }, values: values('9') },
      ],
      10_000,
      10_000,
      1000,
    );
    expect(classicHeatmap(grid)?.cells).toEqual([
      { column: 0, low: 0, high: 1, count: 4 },
      { column: 0, low: 1, high: 2, count: 5 },
      { column: 0, low: 2, high: Number.POSITIVE_INFINITY, count: 1 },
    ]);
    expect(
      classicHeatmap(toGrid([{ metric: { a: 'b' }, values: values('1') }], 10_000, 10_000, 1000)),
    ).toBeNull();
  });
});

describe('CSV', () => {
  it('quotes what needs it', () => {
    expect(
      toCsv(
        [
          { labels: { a: 'x,"y"' }, value: '1' },
          { labels: { b: 'z' }, value: '2' },
        ],
        ['a', 'b'],
      ),
    ).toBe('a,b,value\n"x,""y""",,1\n,z,2\n');
  });
});

describe('history', () => {
  it('is newest first, without repeats, bounded', () => {
    let list: string[] = [];
    for (let i = 0; i < MAX_HISTORY + 10; i++) list = remember(list, `q${i}`);
    list = remember(list, ' q20 ');
    expect(list).toHaveLength(MAX_HISTORY);
    expect(list[0]).toBe('q20');
    expect(list.filter((q) => q === 'q20')).toHaveLength(1);
    expect(remember(list, '  ')).toBe(list);
    expect(remember(list, 'x'.repeat(5000))).toBe(list);
  });
});

describe('the metric search', () => {
  const metrics = [
    { name: 'go_memory_bytes', type: 'gauge', help: '' },
    { name: 'node_memory_free_bytes', type: 'gauge', help: 'Free memory' },
    { name: 'http_requests_total', type: 'counter', help: 'Requests that need memory' },
  ];

  it('wants every word, in the name before the help', () => {
    expect(searchMetrics(metrics, 'memory', 'all').map((m) => m.name)).toEqual([
      'go_memory_bytes',
      'node_memory_free_bytes',
      'http_requests_total',
    ]);
    expect(searchMetrics(metrics, 'FREE node', 'all').map((m) => m.name)).toEqual(['node_memory_free_bytes']);
    expect(searchMetrics(metrics, '', 'counter').map((m) => m.name)).toEqual(['http_requests_total']);
  });

  it('proposes a rate for counters and quantiles for histograms', () => {
    expect(suggestions({ name: 'a_total', type: 'counter', help: '' })[0]?.expr).toBe('rate(a_total[5m])');
    expect(suggestions({ name: 'a.b', type: 'gauge', help: '' })[0]?.expr).toBe('{"a.b"}');
    expect(suggestions({ name: 'a_bucket', type: 'histogram', help: '' })[0]?.expr).toContain(
      'histogram_quantile(0.95',
    );
  });
});
