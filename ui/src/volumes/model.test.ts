import { describe, expect, it } from 'vitest';
import {
  controlFor,
  equation,
  monthly,
  orderFor,
  type ProcessVolumes,
  ratesSince,
  reportedRates,
  sorted,
  volumesOfFleet,
  volumesOfProcess,
} from './model';
import { commandOf, controlOf } from './recommendations';

const balance = {
  in: 10,
  created: 0,
  restored: 0,
  revived: 0,
  copied: 7,
  out: 14,
  held: 0,
  waiting: 0,
  deadLettered: 0,
  dropped: { filtered: 3 },
  returned: 0,
  kept: 0,
};

const answer: ProcessVolumes = {
  time: 1000,
  attributes: ['service.name'],
  by: 'service.name',
  balance,
  points: [
    {
      id: 'in:otlp:logs',
      kind: 'in',
      component: 'otlp',
      pipeline: '',
      signal: 'logs',
      items: 10,
      bytes: 1000,
      distinct: 2,
      rows: [
        { value: 'cart', items: 2, bytes: 100, missedBytes: 0 },
        { value: 'shop', items: 7, bytes: 800, missedBytes: 0 },
      ],
      otherItems: 1,
      otherBytes: 100,
    },
    ...['a', 'b'].map((component) => ({
      id: component,
      kind: 'out' as const,
      component,
      pipeline: 'logs',
      signal: 'logs',
      items: 4,
      bytes: 400,
      distinct: 1,
      rows: [{ value: 'shop', items: 4, bytes: 400, missedBytes: 0 }],
      otherItems: 0,
      otherBytes: 0,
    })),
    { id: 'e', kind: 'edge', component: 'batch', pipeline: 'logs', signal: 'logs', items: 9, bytes: 9 },
  ],
};

describe('volumes', () => {
  it('adds receivers and exporters, and keeps destinations apart', () => {
    const of = volumesOfProcess(answer);
    expect(of.destinations).toEqual(['a', 'b']);
    expect(of.distinct).toBe(2);
    const [shop, cart] = sorted(of.rows, 'in', 'bytes', '', new Map());
    expect(shop).toMatchObject({ value: 'shop', in: { items: 7 }, out: { items: 8, bytes: 800 } });
    expect(shop?.to.a).toEqual({ items: 4, bytes: 400 });
    expect(cart).toMatchObject({ value: 'cart', out: { items: 0 } });
    expect(of.other.in).toEqual({ items: 1, bytes: 100 });
    expect(sorted(of.rows, 'in', 'bytes', 'traces', new Map())).toEqual([]);
  });

  it('knows rates only from two answers', () => {
    const before = volumesOfProcess(answer);
    expect(ratesSince(undefined, before).size).toBe(0);
    const later = structuredClone(answer);
    later.time = 3000;
    const row = later.points[0]?.rows?.[1];
    if (row) row.items = 17;
    expect(ratesSince(before, volumesOfProcess(later)).get('logs shop')?.items).toBe(5);
  });

  it('reads the sum of a fleet', () => {
    const counts = { inItems: 5, inBytes: 50, outItems: 4, outBytes: 40 };
    const of = volumesOfFleet({
      attributes: ['severity'],
      by: 'severity',
      agents: 3,
      agentsWithout: 1,
      balance,
      rows: [{ value: 'error', signal: 'logs', ...counts }],
      other: { inItems: 0, inBytes: 0, outItems: 0, outBytes: 0 },
    });
    expect(of.rows[0]).toMatchObject({ value: 'error', in: { bytes: 50 }, out: { items: 4 } });
    expect(reportedRates(of).size).toBe(0); // not known, which is not 0
    const known = volumesOfFleet({
      attributes: ['severity'],
      by: 'severity',
      agents: 3,
      agentsWithout: 1,
      balance,
      rows: [
        {
          value: 'error',
          signal: 'logs',
          ...counts,
          inItemsPerSecond: 2,
          inBytesPerSecond: 140,
          costMicrosPerSecond: 0.326,
        },
      ],
      other: { inItems: 0, inBytes: 0, outItems: 0, outBytes: 0 },
    });
    expect(reportedRates(known).get('logs error')).toMatchObject({ items: 2, bytes: 140 });
    expect(monthly(reportedRates(known).get('logs error'))).toBeCloseTo(0.845, 3);
  });

  it('puts what is noisy now before what was noisy', () => {
    const counts = (value: string, inBytes: number, inBytesPerSecond?: number) => ({
      value,
      signal: 'logs',
      inItems: 1,
      inBytes,
      outItems: 1,
      outBytes: 1,
      ...(inBytesPerSecond === undefined ? {} : { inItemsPerSecond: 1, inBytesPerSecond }),
    });
    const of = volumesOfFleet({
      attributes: ['service.name'],
      by: 'service.name',
      agents: 1,
      agentsWithout: 0,
      balance,
      rows: [counts('old', 9000, 0), counts('noisy', 90, 9), counts('away', 99_000)],
      other: { inItems: 0, inBytes: 0, outItems: 0, outBytes: 0 },
    });
    const order = (by: 'rate' | 'in') =>
      sorted(of.rows, by, 'bytes', '', reportedRates(of)).map((one) => one.value);
    expect(order('rate')).toEqual(['noisy', 'away', 'old']);
    expect(order('in')).toEqual(['away', 'old', 'noisy']);
    expect([orderFor('rate'), orderFor('cost')]).toEqual(['rate', 'sum']);
  });

  it('writes an equation whose sides are equal', () => {
    const { left, right } = equation(balance);
    const sum = (terms: { items: number }[]) => terms.reduce((n, one) => n + one.items, 0);
    expect(sum(left)).toBe(sum(right));
    expect(left.map((one) => one.name)).toEqual(['received', 'copied']);
    expect(right.map((one) => one.name)).toEqual(['delivered', 'dropped: filtered']);
  });
});

describe('recommendations', () => {
  it('quote conditions for a shell', () => {
    const of = {
      kind: 'health_checks' as const,
      signal: 'traces',
      evidence: '',
      examples: [],
      sampled: 1,
      matched: 1,
      share: 1,
      savedBytesPerSecond: 1,
      control: { action: 'filter', signals: ['traces'], condition: `name == "it's"` },
    };
    expect(commandOf(of)).toBe(`tethys tool control filter 'name == "it'\\''s"' --signal traces --preview`);
    expect(commandOf({ ...of, control: undefined })).toBe('');
  });
});

describe('a control for a row of volumes', () => {
  const row = (value: string, signal: string) =>
    volumesOfFleet({
      attributes: [],
      by: '',
      agents: 1,
      agentsWithout: 0,
      balance,
      rows: [{ value, signal, inItems: 1, inBytes: 1, outItems: 1, outBytes: 1 }],
      other: { inItems: 0, inBytes: 0, outItems: 0, outBytes: 0 },
    }).rows[0] as never;

  it('has the scope of the row, where a control can have it', () => {
    expect(controlFor('service.name', row('shop', 'logs'))).toEqual({ service: 'shop', signal: 'logs' });
    expect(controlFor('team', row('red', 'traces'))).toEqual({
      attribute: 'team',
      value: 'red',
      signal: 'traces',
    });
    expect(controlFor('severity', row('debug', 'logs'))?.condition).toBe(
      'log.severity_number >= 5 and log.severity_number <= 8',
    );
    expect(controlFor('metric.name', row('up', 'metrics'))).toBeUndefined();
    expect(controlFor('attributes["k"]', row('v', 'logs'))).toBeUndefined();
    expect(controlFor('service.name', row('', 'logs'))).toBeUndefined();
  });

  it('of a recommendation ends after a day, and says why it was started', () => {
    const control = { action: 'filter', signals: ['logs'], condition: 'true', selector: 'env=prod' };
    expect(
      controlOf({
        kind: 'debug_logs',
        signal: 'logs',
        evidence: '9 of 10 logs are below INFO',
        examples: [],
        sampled: 10,
        matched: 9,
        share: 0.9,
        savedBytesPerSecond: 5,
        control,
      }),
    ).toEqual({ ...control, duration: '24h', reason: 'Recommendation: 9 of 10 logs are below INFO' });
  });
});

describe('a cost', () => {
  it('is predicted for 30 days', () => {
    expect(monthly({ items: 0, bytes: 0, cost: 0.001 })).toBeCloseTo(2592);
    expect(monthly(undefined)).toBeUndefined();
  });
});
