import { describe, expect, it } from 'vitest';
import type { Control } from './api';
import { draftOf, NEW, scopeOf, whatOf } from './controls';

const CONTROL: Control = {
  id: 'c1',
  action: 'sample',
  signals: ['logs'],
  attributes: { 'service.name': 'checkout' },
  share: 0.1,
  keepErrors: true,
  endMillis: 0,
  selector: 'env=prod',
  state: 'active',
  startedMillis: 0,
  endedMillis: 0,
  endedBy: '',
  endReason: '',
  matched: 10,
  dropped: 9,
  agentStates: { applied: 2 },
};

describe('controls', () => {
  it('are told by what they do and to which items', () => {
    expect(whatOf(CONTROL)).toBe('Sample 10 %, keep errors');
    expect(scopeOf(CONTROL)).toBe('logs · service.name=checkout · at env=prod');
    expect(whatOf({ ...CONTROL, action: 'rate_limit', rate: 5 })).toBe('Limit to 5/s');
    expect(whatOf({ ...CONTROL, action: 'route', target: 'logs/a' })).toBe('Route to logs/a');
    expect(
      whatOf({
        ...CONTROL,
        action: 'quota',
        target: 'logs/a',
        quota: { limit: 100, unit: 'bytes', period: '86400s', by: 'team' },
        quotaStep: 'warn',
      }),
    ).toBe('Quota of 100 bytes in 86400s by team then to logs/a (warn)');
    expect(scopeOf({ ...CONTROL, signals: [], attributes: {}, selector: '' })).toBe(
      'all signals · at all agents',
    );
  });

  it('are sent with the fields of their action alone', () => {
    expect(draftOf({ ...NEW, service: ' checkout ', duration: '5m' })).toEqual({
      action: 'mute',
      signals: [],
      attributes: { 'service.name': 'checkout' },
      selector: '',
      duration: '5m',
    });
    const sample = draftOf({ ...NEW, action: 'sample', signal: 'logs', share: '25' });
    expect(sample.share).toBe(0.25);
    expect(sample.keepErrors).toBe(true);
    expect(sample.rate).toBeUndefined();
  });
});
