import { describe, expect, it } from 'vitest';
import type { DryRunAnswer } from './api';
import { changeOf, destinations, edges, nodes, sampledItems, samplesOfLines, samplesOfTap } from './samples';

describe('samples of a dry run', () => {
  it('are the lines of a file, without empty ones', () => {
    expect(samplesOfLines('{"a":1}\n\n  \n{"b":2}\n')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('name the line that is wrong, and an empty file', () => {
    expect(() => samplesOfLines('{"a":1}\nnot json')).toThrow(/Line 2 is not JSON/);
    expect(() => samplesOfLines('\n')).toThrow(/no lines/);
  });

  it('are what arrived at a node of any agent', () => {
    const one = { change: 'changed' as const, signal: 'logs', edge: 'e' };
    const samples = samplesOfTap({
      complete: true,
      agents: [
        { uid: 'a', records: [{ ...one, before: 1, after: 2 }] },
        { uid: 'b', records: [{ ...one, after: 3 }, one] },
        { uid: 'c', error: 'no tap' },
      ],
    });
    expect(samples).toEqual([1, 3]);
  });
});

const run = (
  bytes: number,
  dropped: Record<string, number>,
  exporters = ['otlp'],
): DryRunAnswer['result'] => ({
  validation: 'valid',
  samples: { logs: { items: 10, bytes: 1000 } },
  nodes: [
    {
      kind: 'processor',
      component: 'filter',
      signal: 'logs',
      in: 10,
      out: 4,
      held: 0,
      passesAll: false,
      dropped,
    },
  ],
  edges: [{ from: 'receiver:otlp', to: 'processor:filter@logs', pipeline: 'logs', items: 10, bytes: 1000 }],
  destinations: exporters.map((exporter) => ({ exporter, signal: 'logs', items: 4, bytes, examples: [] })),
});

describe('results of a dry run', () => {
  const answer: DryRunAnswer = {
    result: run(400, { filtered: 6, none: 0 }, ['otlp', 'archive']),
    baselineVersion: 3,
    baseline: run(1000, {}, ['otlp', 'old']),
  };

  it('name the items of each signal', () => {
    const samples = { traces: { items: 1, bytes: 9 }, logs: { items: 1200, bytes: 9 } };
    expect(sampledItems({ result: { ...answer.result, samples } })).toBe('1 span, 1,200 log records');
  });

  it('put each destination beside that of the version', () => {
    expect(destinations(answer).map((one) => [one.name, one.bytesBefore, one.bytes])).toEqual([
      ['otlp', 1000, 400],
      ['archive', undefined, 400],
      ['old', 1000, undefined],
    ]);
    expect(edges(answer)[0]).toMatchObject({ items: 10, itemsBefore: 10, detail: 'logs' });
  });

  it('name reasons of drops that happened', () => {
    expect(nodes(answer)[0]).toMatchObject({ in: 10, out: 4, outBefore: 4, dropped: [['filtered', 6]] });
  });

  it('tell changes in words', () => {
    expect(changeOf(1000, 100)).toBe('−90 %');
    expect(changeOf(1000, 1052)).toBe('+5.2 %');
    expect(changeOf(undefined, 1)).toBe('new');
    expect(changeOf(1, undefined)).toBe('removed');
    expect(changeOf(1, 1)).toBe('unchanged');
    expect(changeOf(0, 1)).toBe('from 0');
  });
});
