import { describe, expect, it } from 'vitest';
import { inferBucketUnit, inferUnit } from './unit-inference';
import type { UnitId } from './units';

describe('the unit of a query', () => {
  it.each<[string, UnitId]>([
    ['up', 'none'],
    ['node_memory_MemFree_bytes', 'bytes'],
    ['node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', 'ratio'],
    ['100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', 'percent'],
    ['8 * sum(rate(a_bytes_total[5m]))', 'bits/s'],
    ['a_bytes / 1024 / b_bytes', 'none'],
    ['a_bytes / 1024 + b_bytes', 'none'],
    ['a_percent / 100', 'ratio'],
    ['100 * (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)', 'percent'],
    ['(1 - a_bytes / b_bytes) * 100', 'percent'],
    ['rate(node_network_receive_bytes_total[5m])', 'bytes/s'],
    ['rate(node_network_receive_bytes_total[5m]) * 8', 'bits/s'],
    ['sum by (job) (rate(http_requests_total[5m]))', 'per second'],
    ['increase(http_requests_total[1h])', 'none'],
    ['rate(node_cpu_seconds_total{mode!="idle"}[5m])', 'ratio'],
    ['1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', 'ratio'],
    ['histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))', 'seconds'],
    ['rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])', 'seconds'],
    ['sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))', 'ratio'],
    ['node_load1 / count(node_cpu_seconds_total)', 'none'],
    ['time() - node_boot_time_seconds', 'seconds'],
    ['process_start_time_seconds', 'timestamp'],
    ['node_memory_MemFree_bytes > 1e9', 'bytes'],
    ['node_memory_MemFree_bytes > bool 1e9', 'none'],
    ['node_memory_MemFree_bytes / 1024 / 1024', 'none'],
    ['a_bytes + b_seconds', 'none'],
    ['count(node_filesystem_size_bytes)', 'none'],
    ['max_over_time(node_memory_MemFree_bytes[1h:1m] offset 5m)', 'bytes'],
    ['topk(5, scrape_duration_seconds)', 'seconds'],
    ['rate(node_rapl_package_joules_total[1m])', 'watts'],
    ['instance:node_memory:rate5m', 'per second'],
    ['histogram_count(rate(rpc_duration_seconds[5m]))', 'per second'],
    ['sum(', 'none'],
    ['', 'none'],
  ])('%s → %s', (query, unit) => {
    expect(inferUnit(query)).toBe(unit);
  });

  it('of buckets is what was observed', () => {
    expect(inferBucketUnit('sum(rate(request_duration_seconds[5m]))')).toBe('seconds');
    expect(inferBucketUnit('sum by (le) (rate(response_size_bytes_bucket[5m]))')).toBe('bytes');
  });

  it('takes the unit that metadata declares when the name tells none', () => {
    expect(inferUnit('rate(traffic[5m])', (metric) => (metric === 'traffic' ? 'bytes' : ''))).toBe('bytes/s');
  });
});
