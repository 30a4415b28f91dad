import { describe, expect, it } from 'vitest';
import type { Alert } from '../alertmanager/api';
import { failingReceivers } from '../alertmanager/deliveries';
import { outcomeOf, receivedAlerts, receivedOf } from './received-alerts';

const alert = (labels: Record<string, string>, status: Partial<Alert['status']> = {}) =>
  ({ labels, status: { state: 'active', silencedBy: [], inhibitedBy: [], ...status } }) as unknown as Alert;

describe('receivedOf', () => {
  const all = receivedAlerts([
    alert({ alertname: 'Down', instance: 'a', region: 'eu', replica: '1' }),
    alert({ alertname: 'Down', instance: 'a', region: 'eu' }),
    alert({ alertname: 'Down', instance: 'b' }),
  ]);
  it('finds the alert with the fewest further labels', () => {
    expect(receivedOf(all, { alertname: 'Down', instance: 'a' })?.labels).toEqual({
      alertname: 'Down',
      instance: 'a',
      region: 'eu',
    });
  });
  it('finds none with other values', () => {
    expect(receivedOf(all, { alertname: 'Down', instance: 'c' })).toBeNull();
    expect(receivedOf(all, { alertname: 'Up', instance: 'a' })).toBeNull();
  });
});

describe('outcomeOf', () => {
  it('names what keeps notifications back', () => {
    expect(outcomeOf(null)).toBe('not received');
    expect(outcomeOf(alert({}))).toBe('notifies');
    expect(outcomeOf(alert({}, { state: 'suppressed', silencedBy: ['x'] }))).toBe('silenced');
    expect(outcomeOf(alert({}, { state: 'suppressed', inhibitedBy: ['x'] }))).toBe('inhibited');
    expect(outcomeOf(alert({}, { state: 'suppressed', mutedBy: ['x'] }))).toBe('muted');
    expect(outcomeOf(alert({}, { state: 'unprocessed' }))).toBe('unprocessed');
  });
  it('names a receiver that fails', () => {
    const sent = { ...alert({}), receivers: [{ name: 'team' }] };
    const failing = failingReceivers([
      { receiver: 'other', integration: 'email', index: 0, sentAt: '2026-01-01T00:00:00Z' },
      {
        receiver: 'team',
        integration: 'webhook',
        index: 0,
        failingSince: '2026-01-01T00:00:00Z',
        lastError: 'refused',
      },
    ]);
    expect([...failing]).toEqual([['team', 'webhook: refused']]);
    expect(outcomeOf(sent, failing)).toBe('failing');
    expect(outcomeOf({ ...alert({}), receivers: [{ name: 'other' }] }, failing)).toBe('notifies');
  });
});
