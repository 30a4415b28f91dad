import { describe, expect, it } from 'vitest';
import { distance, metricNames, nearest, withName } from './nearest';

describe('mistyped metrics', () => {
  const known = ['node_cpu_seconds_total', 'node_cpu_guest_seconds_total', 'up', 'http_requests_total'];

  it('are found by the fewest typing errors', () => {
    expect(distance('abcd', 'abdc', 3)).toBe(1);
    expect(distance('abc', 'xyz', 1)).toBe(2);
    expect(nearest(known, 'node_cpu_second_total')[0]).toBe('node_cpu_seconds_total');
    expect(nearest(known, 'NODE_CPU_SECONDS_TOTAL')).toEqual(['node_cpu_seconds_total']);
    expect(nearest(known, 'requests_total')).toEqual(['http_requests_total']);
    expect(nearest(known, 'quite_another_thing')).toEqual([]);
  });

  it('are told from functions, labels, strings and keywords', () => {
    expect(
      metricNames(
        'sum by (job, le) (rate(http_request_total{code=~"a b"}[5m] offset 1h)) / on (job) group_left up > bool 1e3 # up_not',
      ),
    ).toEqual(['http_request_total', 'up']);
    expect(metricNames('{__name__="x"}')).toEqual([]);
    expect(metricNames('job:up:sum + nan')).toEqual(['job:up:sum']);
    expect(withName('rate(a[5m]) + a:b + a', 'a', 'c')).toBe('rate(c[5m]) + a:b + c');
  });
});
