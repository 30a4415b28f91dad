import { describe, expect, it } from 'vitest';
import type { ActiveTarget, Rule, RuleGroup } from '../api/types';
import type { Store } from '../status/storage';
import {
  errorQuery,
  errorRates,
  firingFaults,
  hasRisen,
  receiverFaults,
  ruleFaults,
  sorted,
  storeFaults,
  targetFaults,
} from './faults';

const alert = (severity: string, activeAt: string, state = 'firing') => ({
  labels: { alertname: 'Down', severity },
  annotations: { summary: `summary ${severity}` },
  state,
  activeAt,
  value: '1',
});
const group = (...rules: Partial<Rule>[]): RuleGroup =>
  ({
    name: 'g',
    file: 'f.yml',
    rules: rules.map((rule) => ({ type: 'alerting', name: 'Down', query: 'up == 0', health: 'ok', ...rule })),
  }) as RuleGroup;
const target = (pool: string, health: string, error = '') =>
  ({ scrapePool: pool, health, scrapeUrl: `http://${pool}/metrics`, lastError: error }) as ActiveTarget;
const value = (metric: Record<string, string>, n: number) => ({
  metric,
  value: [0, String(n)] as [number, string],
});

describe('receiverFaults', () => {
  it('has integrations whose last notification failed', () => {
    const problems = receiverFaults([
      { receiver: 'a', integration: 'email', index: 0, sentAt: '2026-01-01T00:00:00Z' },
      {
        receiver: 'b',
        integration: 'webhook',
        index: 1,
        failingSince: '2026-01-01T00:00:00Z',
        lastError: 'refused',
      },
    ]);
    expect(problems.map((one) => [one.title, one.detail, one.since])).toEqual([
      ['Notifications to b are failing', 'webhook: refused', Date.UTC(2026, 0, 1)],
    ]);
  });
});

describe('faults', () => {
  it('join the firing alerts of a rule under the most urgent', () => {
    const [problem, ...others] = firingFaults([
      group({
        alerts: [
          alert('warning', '2026-01-01T00:00:00Z'),
          alert('critical', '2026-01-02T00:00:00Z'),
          alert('critical', '2025-01-01T00:00:00Z', 'pending'),
        ],
      }),
      group({ alerts: [alert('info', '2025-01-01T00:00:00Z', 'pending')] }),
    ]);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      severity: 'critical',
      title: 'Down (2 alerts)',
      detail: 'summary critical',
      since: Date.parse('2026-01-01T00:00:00Z'),
    });
  });

  it('name rules that fail and pools with targets down', () => {
    expect(ruleFaults([group({ health: 'err', lastError: 'no such label' }, {})])).toHaveLength(1);
    const found = targetFaults([
      target('a', 'up'),
      target('a', 'down', 'refused'),
      target('b', 'down', 'timeout'),
      target('c', 'up'),
    ]);
    expect(found.map((one) => [one.title, one.severity, one.detail])).toEqual([
      ['a: 1 of 2 targets down', 'warning', 'http://a/metrics: refused'],
      ['b: target down', 'critical', 'http://b/metrics: timeout'],
    ]);
  });

  it('are sorted by severity, then by age, unknown ages last', () => {
    const problem = (key: string, severity: 'critical' | 'warning', since: number) => ({
      key,
      severity,
      since,
      title: key,
      detail: '',
      to: '/',
    });
    expect(
      sorted([
        problem('w', 'warning', 1),
        problem('c2', 'critical', Number.NaN),
        problem('c1', 'critical', 5),
      ]).map((one) => one.key),
    ).toEqual(['c1', 'c2', 'w']);
  });

  it('name stores that refuse data, fail or are full soon', () => {
    const store: Store = {
      name: 'log store',
      folder: '/data/logs',
      bytes: 1,
      logBytes: 1,
      diskFreeBytes: 5_000_000,
      diskBytes: 60_000_000,
      diskReserveBytes: 0,
      retentionMillis: 0,
      retentionBytes: 0,
      refused: 0,
      failedWrites: 0,
      acceptsData: true,
    };
    const found = storeFaults(
      [
        store,
        { ...store, name: 'a', acceptsData: false, problem: 'no space', problemSince: 7 },
        { ...store, name: 'b', problem: 'no merges', problemSince: 8 },
        { ...store, name: 'c', diskFullAt: 3_600_000 },
        { ...store, name: 'd', diskFullAt: 48 * 3_600_000 },
        { ...store, name: 'e', diskFullAt: 3_600_000, diskFreeBytes: 50_000_000 },
      ],
      0,
    );
    expect(found.map((one) => [one.severity, one.title, one.detail, one.since])).toEqual([
      ['critical', 'The a rejects data', 'no space', 7],
      ['warning', 'Writes to the b are failing', 'no merges', 8],
      ['warning', 'Disk of the c will be full in 1h', '/data/logs: 4.77 MiB free', Number.NaN],
    ]);
  });

  it('count errors of logs as risen only when many more than before', () => {
    const rates = errorRates(
      [value({ service_name: 'a' }, 50), value({ service_name: 'b' }, 9), value({ service_name: 'c' }, 60)],
      [value({ service_name: 'a' }, 40), value({ service_name: 'c' }, 200), value({ service_name: 'd' }, 4)],
    );
    expect(rates.map((rate) => [rate.service, rate.now, rate.before, hasRisen(rate)])).toEqual([
      ['c', 60, 50, false],
      ['a', 50, 10, true],
      ['b', 9, 0, false],
      ['d', 0, 1, false],
    ]);
    expect(errorQuery('a')).toBe('{service_name="a"} | detected_level=~"error|critical|fatal"');
  });
});
