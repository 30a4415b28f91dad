import { describe, expect, it } from 'vitest';
import { nodesOf } from './graph-nodes';
import { agentName } from './model';
import { stepsOf } from './steps';

describe('nodes of agents', () => {
  it('are listed once, from receivers to exporters', () => {
    const node = (kind: string, id: string) => ({ id, kind, component: id });
    const nodes = nodesOf({
      complete: true,
      agents: [
        { uid: 'a', nodes: [node('exporter', 'e'), node('receiver', 'r')] },
        { uid: 'b', nodes: [node('processor', 'p'), node('receiver', 'r')] },
        { uid: 'c', error: 'away' },
      ],
    });
    expect(nodes.map((one) => [one.id, one.agents])).toEqual([
      ['r', 2],
      ['p', 1],
      ['e', 1],
    ]);
    expect(nodesOf(undefined)).toEqual([]);
  });

  it('belong to agents that are called by their own labels', () => {
    const agent = (labels: Record<string, string>) =>
      ({ uid: '12345678-x', labels, configuration: { state: 'unset', hash: '', error: '' } }) as never;
    expect(agentName(agent({ 'service.name': 'tethys', 'host.name': 'vm', env: 'prod', zone: 'z1' }))).toBe(
      'env=prod zone=z1',
    );
    expect(agentName(agent({ 'service.name': 'tethys' }))).toBe('tethys 12345678');
  });
});

describe('steps of automation', () => {
  it('of rules and hubs are one list, the latest first', () => {
    const steps = stepsOf(
      {
        rules: [],
        steps: [
          { timeMillis: 1, rule: 'r', alert: 'A', action: 'start', control: 'c1', result: 'done', error: '' },
        ],
      },
      {
        resources: [],
        replays: [],
        steps: [
          {
            timeMillis: 2,
            hub: 'shop',
            rule: 'incident',
            event: 'A.firing',
            action: 'set',
            target: 'keep',
            result: 'failed',
            error: 'no value',
          },
        ],
      },
    );
    expect(steps.map((one) => [one.rule, one.what, one.result])).toEqual([
      ['shop/incident', 'set keep', 'failed'],
      ['r', 'start c1', 'done'],
    ]);
    expect(stepsOf(undefined, undefined)).toEqual([]);
  });
});
