import { describe, expect, it } from 'vitest';
import type { Agent, Rollout } from './api';
import {
  diffLines,
  matching,
  nameOf,
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
  const at = (seconds: number, items: number) => ({
    at: seconds * 1000,
    items: new Map([['a', { in: items, out: items / 2 } as never]]),
  });

  it('are those of the whole window, not of the last answers', () => {
    expect(ratesOf([at(0, 0), at(5, 100), at(10, 100)]).get('a')).toEqual({ in: 10, out: 5 });
  });

  it('begin anew with the counts of an agent', () => {
    expect(ratesOf([at(0, 500), at(5, 10), at(10, 60)]).get('a')).toEqual({ in: 10, out: 5 });
    expect(ratesOf([at(0, 500)]).size).toBe(0);
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
