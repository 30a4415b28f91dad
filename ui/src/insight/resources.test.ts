import { describe, expect, it } from 'vitest';
import { leftOut, MAX_SETS, measuredBy, resourceCharts, streamSelector, widest } from './resources';
import type { Entity } from './types';

const entity = (kind: string, series: Record<string, string>[], name = 'x'): Entity => ({
  id: `${kind}:${name}`,
  kind,
  name,
  attributes: {},
  keys: [],
  series,
});

describe('charts of entities', () => {
  it('measure containers of a node agent', () => {
    const charts = resourceCharts(
      'container',
      [entity('container', [{ machine_id: 'm', container_id: '/docker/a' }])],
      '5m',
    );
    expect(charts.map(({ title }) => title)).toEqual(['CPU', 'Memory', 'Network', 'Retransmits']);
    expect(charts[0]?.lines[1]).toEqual([
      'cores',
      'sum(rate(container_resources_cpu_usage_seconds_total{container_id="/docker/a",machine_id="m"}[5m]))',
    ]);
  });

  it('prefer one way to measure over another, and add up parts', () => {
    const [cpu] = resourceCharts(
      'service',
      [
        entity('instance', [{ namespace: 'shop', pod: 'a' }]),
        entity('instance', [
          { namespace: 'shop', pod: 'b' },
          { job: 'j', instance: 'b:1' },
        ]),
      ],
      '1m',
    );
    const expr = cpu?.lines.find(([name]) => name === 'cores')?.[1] ?? '';
    expect(expr).toBe(
      'sum(rate(container_cpu_usage_seconds_total{namespace="shop",pod="a",container!="",container!="POD"}[1m])' +
        ' or rate(container_cpu_usage_seconds_total{namespace="shop",pod="b",container!="",container!="POD"}[1m]))' +
        ' or sum(rate(process_cpu_seconds_total{instance="b:1",job="j"}[1m]))' +
        ' or sum(rate(process_cpu_time_seconds_total{instance="b:1",job="j"}[1m]))' +
        ' or sum(rate(jvm_cpu_time_seconds_total{instance="b:1",job="j"}[1m]))',
    );
  });

  it('of a node take the series of the machine, not of its containers', () => {
    const charts = resourceCharts('node', [entity('node', [{ machine_id: 'm' }])], '5m');
    expect(charts.map(({ title }) => title)).toEqual(['CPU', 'Memory', 'Network']);
    expect(resourceCharts('node', [entity('node', [])], '5m')).toEqual([]);
  });

  it('have a bound of label sets, and tell how many are left out', () => {
    const many = Array.from({ length: MAX_SETS + 7 }, (_, i) =>
      entity('instance', [{ job: 'j', instance: `i:${i}` }]),
    );
    const [cpu] = resourceCharts('service', many, '5m');
    expect(cpu?.lines.at(-1)?.[1].match(/process_cpu_seconds/g)).toHaveLength(MAX_SETS);
    expect(leftOut(many)).toBe(7);
  });

  it('count a container once with its pod', () => {
    const pod = { namespace: 'n', pod: 'p' };
    expect(widest([pod, { ...pod, container: 'c' }, pod])).toEqual([pod]);
  });

  it('of a service are those of its parts', () => {
    const service = entity('service', [{ job: 'x' }]);
    const parts = [entity('instance', []), entity('workload', [])];
    expect(measuredBy(service, parts)).toEqual([parts[0]]);
    const node = entity('node', []);
    expect(measuredBy(node, parts)).toEqual([node]);
  });

  it('lead to logs by the labels that streams have', () => {
    expect(streamSelector(entity('service', [], 'a"b'))).toBe('{service_name="a\\"b"}');
    expect(streamSelector(entity('container', [{ machine_id: 'm', container_id: '/x' }]))).toBe(
      '{container_id="/x"}',
    );
    expect(streamSelector(entity('instance', [{ namespace: 'n', pod: 'p' }]))).toBe(
      '{namespace="n", pod="p"}',
    );
    expect(streamSelector(entity('node', [{ machine_id: 'm' }]))).toBe('');
  });
});
