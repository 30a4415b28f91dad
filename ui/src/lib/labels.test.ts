import { describe, expect, it } from 'vitest';
import { metricSelector, seriesName, shortName, splitShared } from './labels';

describe('series names', () => {
  it('are PromQL, labels sorted, values escaped', () => {
    expect(seriesName({ __name__: 'up', job: 'a', instance: 'b"\\\n' })).toBe(
      'up{instance="b\\"\\\\\\n", job="a"}',
    );
    expect(seriesName({ __name__: 'up' })).toBe('up');
    expect(seriesName({})).toBe('{}');
  });

  it('quote names beyond the classic alphabet', () => {
    expect(seriesName({ __name__: 'http.requests', 'status.code': '200' })).toBe(
      '{"http.requests", "status.code"="200"}',
    );
    expect(metricSelector('http.requests')).toBe('{"http.requests"}');
    expect(metricSelector('up')).toBe('up');
  });

  it('say only what differs', () => {
    const sets: Record<string, string>[] = [
      { __name__: 'up', job: 'node', instance: 'a' },
      { __name__: 'up', job: 'node', instance: 'b', rack: '1' },
    ];
    const { shared, varying } = splitShared(sets);
    expect(shared).toEqual({ __name__: 'up', job: 'node' });
    expect(varying).toEqual(['instance', 'rack']);
    expect(shortName(sets[0] ?? {}, varying)).toBe('a');
    expect(shortName(sets[1] ?? {}, varying)).toBe('{instance="b", rack="1"}');
  });
});
