import { describe, expect, it } from 'vitest';
import type { Agent, Rollout } from './api';
import {
  changesOf,
  connectedMatch,
  diffLines,
  matching,
  nameOf,
  notJudged,
  ofReporting,
  ratesOf,
  reasons,
  rolloutBadge,
  rolloutReason,
  SOURCE_STATES,
  sorted,
  stateOf,
  total,
} from './model';

const agent = (uid: string, part: Partial<Agent> = {}): Agent => ({
  uid,
  connected: true,
  transport: 'websocket',
  lastSeenMillis: 0,
  acceptsConfiguration: true,
  labels: { 'service.name': 'tethys', env: 'prod' },
  health: { healthy: true, status: '', error: '' },
  configuration: { state: 'unset', hash: '', error: '' },
  ...part,
});

describe('rates of agents', () => {
  const items = { in: 1, out: 1, queued: 0, deadLettered: 0, returned: 0, dropped: {} };

  it('are those of the agents that have reported twice', () => {
    const all = [
      agent('a', { items: { ...items, inPerSecond: 10, outPerSecond: 5 } }),
      agent('b', { items: { ...items, inPerSecond: 0, outPerSecond: 0 } }),
      agent('c', { items }),
      agent('d'),
    ];
    expect(ratesOf(all)).toEqual({ in: 10, out: 5, known: 2 });
    expect(ofReporting(2, 4)).toBe('of 2 agents that report');
    expect(ofReporting(1, 2)).toBe('of 1 agent that reports');
    expect(ofReporting(4, 4)).toBe('');
  });

  it('are not known before', () => {
    expect(ratesOf([agent('c', { items })]).known).toBe(0);
  });
});

describe('entries of the audit log', () => {
  it('show each value before and after', () => {
    expect(changesOf({ before: { value: '10' }, after: { name: 'var.set', value: '100' } })).toEqual([
      { name: 'value', before: '10', after: '100' },
      { name: 'name', before: undefined, after: 'var.set' },
    ]);
  });
});

describe('numbers of agents', () => {
  it('have the right form', () => {
    expect(connectedMatch([agent('a')])).toBe('1 connected agent matches');
    expect(connectedMatch([])).toBe('0 connected agents match');
  });
});

describe('agents', () => {
  it('have one state, the worst', () => {
    expect(stateOf(agent('a'))).toBe('healthy');
    expect(stateOf(agent('a', { connected: false }))).toBe('away');
    expect(stateOf(agent('a', { health: { healthy: false, status: '', error: 'x' } }))).toBe('unhealthy');
    const configuration = { state: 'failed' as const, hash: '', error: 'no' };
    expect(stateOf(agent('a', { connected: false, configuration }))).toBe('failed');
    expect(
      stateOf(
        agent('a', { configuration: { state: 'applied', hash: '', error: '', name: 'e', current: false } }),
      ),
    ).toBe('applying');
    const kept = { state: 'applied' as const, hash: '', error: '', kept: 'keeps version 1', current: true };
    expect(stateOf(agent('a', { configuration: kept }))).toBe('kept');
  });

  it('are sorted by trouble and found by labels', () => {
    const all = [agent('a'), agent('b', { connected: false, labels: { env: 'dev' } })];
    expect(sorted(all).map((one) => one.uid)).toEqual(['b', 'a']);
    expect(matching(all, 'env=dev').map((one) => one.uid)).toEqual(['b']);
    expect(matching(all, 'healthy prod').map((one) => one.uid)).toEqual(['a']);
    expect(nameOf(all[0] as Agent).name).toBe('tethys');
  });

  it('are titled by their name label', () => {
    const titled = agent('a', { labels: { 'service.name': 'tethys', env: 'prod', name: 'edge-7' } });
    expect(nameOf(titled).name).toBe('edge-7');
    expect(nameOf(titled).detail).toContain('tethys');
  });

  it('are summed with reasons of drops', () => {
    const items = { in: 10, out: 7, queued: 0, deadLettered: 1, returned: 0, dropped: { muted: 2, full: 0 } };
    const sum = total([agent('a', { items }), agent('b', { items }), agent('c')]);
    expect(sum.in).toBe(20);
    expect(reasons(sum)).toEqual([['muted', 4]]);
  });
});

describe('rollouts', () => {
  const rollout = (state: Rollout['state'], stateReason: string) => ({ state, stateReason }) as Rollout;

  it('that cannot be judged yet are shown as waiting, with the reason', () => {
    const waiting = rollout('running', 'waiting: 3 of 100 items');
    expect(rolloutBadge(waiting).name).toBe('Waiting');
    expect(rolloutReason(waiting)).toBe('3 of 100 items');
    expect(rolloutBadge(rollout('running', '')).name).toBe('Running');
    expect(rolloutBadge(rollout('undone', 'it lost items')).name).toBe('Undone');
    expect(rolloutReason(rollout('undone', 'it lost items'))).toBe('it lost items');
  });

  it('say what was not judged, and why', () => {
    const row = (signal: string, lack?: string) => ({
      signal,
      attribute: '',
      judged: lack === undefined,
      notJudged: lack,
    });
    const outputs = { against: 'x', rows: [row('logs'), row('metrics', 'too few reports')] };
    const of = (part: object) => notJudged({ state: 'done', ...part } as Rollout);
    expect(of({ outputs })).toEqual(['Outputs of metrics not judged: too few reports.']);
    expect(of({ outputs: { ...outputs, rows: [row('logs')] } })).toEqual([]);
    expect(of({})[0]).toMatch(/^Outputs not compared: /);
    expect(of({ state: 'running' })).toEqual([]);
    expect(of({ outputsHidden: 'scope' })).toEqual([]);
    expect(
      of({ outputs: { ...outputs, rows: [row('logs')] }, notJudged: ['memory of a not judged'] }),
    ).toEqual(['Memory of a not judged.']);
    expect(of({ outputsHidden: 'scope', acceptedStage: 1 })[0]).toMatch(/approved stage 1/);
  });

  it('of files have a badge in each state', () => {
    const states = ['current', 'pending', 'drift', 'invalid', 'waiting', 'rolling out', 'undone', 'ended'];
    for (const state of states) expect(SOURCE_STATES[state]?.name).toBeTruthy();
  });
});

it('lines of a diff have their kind', () => {
  expect(diffLines('@@ -1 +1 @@\n-a\n+b\n c\n').map((line) => line.kind)).toEqual([
    'place',
    'removed',
    'added',
    'same',
  ]);
});
