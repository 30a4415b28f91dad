import { describe, expect, it } from 'vitest';
import type { Control } from './api';
import {
  amountOf,
  attributesOf,
  doneOf,
  draftOf,
  effectRows,
  NEW,
  ownerOf,
  scopeOf,
  whatOf,
} from './controls';

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
  it('name the author besides the stated owner', () => {
    expect(ownerOf({ ...CONTROL, owner: 'ann', author: 'ann' })).toBe('ann');
    expect(ownerOf({ ...CONTROL, owner: 'ann', author: 'tom' })).toBe('ann (started by tom)');
    expect(ownerOf({ ...CONTROL, owner: 'ann' })).toBe('ann');
  });
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
    ).toBe('Quota of 100 B in 1 d by team then to logs/a (warn)');
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

describe('a new control', () => {
  it('of a quota has its amount, steps and target', () => {
    const draft = draftOf({
      ...NEW,
      action: 'quota',
      limit: '50 GB',
      by: 'team',
      sampleAt: '90',
      target: 'logs/archive',
      pipeline: 'logs/vendor',
      owner: 'ann',
    });
    expect(draft).toMatchObject({
      action: 'quota',
      pipeline: 'logs/vendor',
      target: 'logs/archive',
      owner: 'ann',
      quota: { limit: 50e9, unit: 'bytes', period: '24h', by: 'team', warnAt: 0.8, sampleAt: 0.9 },
    });
    expect(draft.quota).not.toHaveProperty('pricePerGib');
    expect(draftOf({ ...NEW, action: 'quota', limit: '20', unit: 'cost', price: '2.5' }).quota).toMatchObject(
      {
        limit: 20,
        pricePerGib: 2.5,
      },
    );
  });

  it('of a route has a target, which others have not', () => {
    expect(draftOf({ ...NEW, action: 'route', target: 'logs/archive', service: 'shop' })).toMatchObject({
      target: 'logs/archive',
      attributes: { 'service.name': 'shop' },
    });
    expect(draftOf({ ...NEW, action: 'mute', target: 'logs/archive' })).not.toHaveProperty('target');
    expect(draftOf({ ...NEW, action: 'redact', detectors: ['card'] }).detectors).toEqual(['card']);
  });

  it('takes attributes and amounts as people write them', () => {
    expect(attributesOf(' team = shop, env=prod,')).toEqual({ team: 'shop', env: 'prod' });
    expect(() => attributesOf('team')).toThrow(/"team" is not an attribute/);
    expect(amountOf('50 GB')).toBe(50e9);
    expect(amountOf('1.5 GiB')).toBe(1.5 * 2 ** 30);
    expect(amountOf('50e9')).toBe(50e9);
    expect(amountOf('1000')).toBe(1000);
    for (const wrong of ['', '0', '-1', 'ten', '5 apples'])
      expect(() => amountOf(wrong)).toThrow(/must be a number above 0/);
  });
});

describe('the effect of a control', () => {
  const rates = {
    agents: 2,
    inItemsPerSecond: 10,
    inBytesPerSecond: 100,
    outItemsPerSecond: 10,
    outBytesPerSecond: 90,
  };

  it('has a cost only where agents have prices', () => {
    expect(effectRows(rates, undefined).map((one) => [one.name, one.before, one.now])).toEqual([
      ['Received', 100, undefined],
      ['To exporters', 90, undefined],
      ['Items to exporters', 10, undefined],
    ]);
    const priced = effectRows(
      { ...rates, costPerHour: 1, currency: 'EUR' },
      { ...rates, costPerHour: 0.1, currency: 'EUR' },
    );
    expect(priced.at(-1)).toEqual({ name: 'Cost of 30 days, EUR', unit: 'money', before: 720, now: 72 });
  });

  it('counts what its action does', () => {
    expect(doneOf(CONTROL)).toEqual({ items: 9, verb: 'dropped' });
    expect(doneOf({ ...CONTROL, action: 'route', changed: 4 })).toEqual({ items: 4, verb: 'moved' });
    expect(doneOf({ ...CONTROL, action: 'quota', changed: 4 })).toEqual({
      items: 13,
      verb: 'dropped or moved',
    });
  });
});
