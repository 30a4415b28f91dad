import { describe, expect, it } from 'vitest';
import type { AlertInstance, RuleGroup, VectorItem } from '../api/types';
import { type ChangeAnswers, changesBefore, changesOf, changesTo, lastChanges } from './changes';
import { alertsAt, alertsOf, firingAlerts, notified } from './notified';
import type { Entity, Problem } from './types';
import { indexOf } from './world';

const item = (metric: Record<string, string>, value: number): VectorItem => ({
  metric,
  value: [0, String(value)],
});

const NONE: ChangeAnswers = {
  started: [],
  containers: [],
  restarts: [],
  replicaSets: [],
  versions: [],
  down: [],
  resolved: [],
};

const entity = (id: string, series: Record<string, string>[] = []): Entity => ({
  id,
  kind: id.split(':')[0] ?? '',
  name: id.replace(/^.*:/, ''),
  attributes: {},
  keys: [],
  series,
});

const index = indexOf({
  start: '',
  problems: [],
  entities: [
    entity('service:web', [{ service: 'web' }]),
    entity('service:pay'),
    entity('instance:pay-1', [{ job: 'pay', instance: 'pay:1' }]),
    entity('service:other', [{ job: 'other', instance: 'o:1' }]),
  ],
  relations: [
    { kind: 'part_of', from: 'instance:pay-1', to: 'service:pay' },
    { kind: 'calls', from: 'service:web', to: 'service:pay' },
  ],
});

const problem = (of: string, since: number, affected: string[] = []): Problem => ({
  id: 'p',
  inspection: 'i',
  title: 't',
  category: 'c',
  severity: 'critical',
  entity: { id: of, kind: 'service', name: of.replace(/^.*:/, '') },
  affected: affected.map((id) => ({ id, kind: 'service', name: id.replace(/^.*:/, '') })),
  requests: null,
  since,
  lastSeen: since,
  value: null,
  threshold: null,
  unit: '',
  message: '',
  remedy: '',
  query: '',
  symptoms: [],
});

describe('changes', () => {
  it('have their time, the entities that they touch and the query that shows them', () => {
    const found = changesOf(
      {
        ...NONE,
        started: [item({ job: 'pay', instance: 'pay:1', __name__: 'process_start_time_seconds' }, 1000)],
        replicaSets: [item({ namespace: 'shop', replicaset: 'web-7d9f6c5b44' }, 2000)],
        restarts: [item({ container_id: '/docker/web' }, 2.02)],
        versions: [item({ job: 'shop/pay', service_version: '1.2' }, 1500)],
        down: [item({ job: 'other', instance: 'o:1' }, 1200)],
        resolved: [item({ alertname: 'X' }, 3)],
      },
      index,
    );
    expect(found.map(({ kind, title, detail, time }) => [kind, title, detail, time])).toEqual([
      ['deployment', 'web deployed', 'web-7d9f6c5b44', 2_000_000],
      ['deployment', 'pay deployed', 'version 1.2', 1_500_000],
      ['down', 'other o:1 went down', '', 1_200_000],
      ['restart', 'pay pay:1 started', '', 1_000_000],
      ['restart', '/docker/web restarted', '2 times', null],
      ['alert', 'Alert X resolved', '', null],
    ]);
    expect(found.map(({ entities }) => entities)).toEqual([
      ['service:web'],
      ['service:pay'],
      ['service:other'],
      ['instance:pay-1', 'service:pay'],
      [],
      [],
    ]);
    expect(found[3]?.search).toEqual({
      'g0.expr': 'process_start_time_seconds{instance="pay:1", job="pay"}',
      'g0.tab': 'graph',
    });
    expect(found[5]?.search['g0.expr']).toBe('ALERTS{alertname="X", alertstate="firing"}');
  });

  const all = changesOf(
    {
      ...NONE,
      started: [item({ job: 'pay', instance: 'pay:1' }, 5000), item({ job: 'other', instance: 'o:1' }, 5000)],
      versions: [item({ job: 'web', service_version: '2' }, 4900)],
    },
    index,
  );

  it('before a problem are those of its entity and of what it calls, within an hour', () => {
    const titles = (since: number, of = 'service:web') =>
      changesBefore(problem(of, since), all, index).map(({ title }) => title);
    expect(titles(5100)).toEqual(['web deployed', 'pay pay:1 started']);
    expect(titles(4950)).toEqual(['web deployed', 'pay pay:1 started']);
    expect(titles(4800)).toEqual([]);
    expect(titles(9000)).toEqual([]);
    expect(titles(5100, 'service:pay')).toEqual(['pay pay:1 started']);
  });

  it('of an entity are those of its parts', () => {
    expect(changesTo('service:pay', all, index).map(({ title }) => title)).toEqual(['pay pay:1 started']);
    expect(lastChanges(all).get('service:pay')?.time).toBe(5_000_000);
  });
});

describe('notifications', () => {
  const alert = (labels: Record<string, string>): AlertInstance => ({
    labels,
    annotations: {},
    state: 'firing',
    activeAt: '',
    value: '1',
  });

  it('of a problem are those of alerts that select or name its entity or what it affects', () => {
    const rule = (name: string, labels: Record<string, string>) => ({ name, alerts: [alert(labels)] });
    const groups = [
      {
        rules: [
          rule('Selects', { job: 'pay', instance: 'pay:1' }),
          rule('Names', { service_name: 'web' }),
          rule('Other', { job: 'other', instance: 'o:1' }),
        ],
      },
    ] as unknown as RuleGroup[];
    const firing = firingAlerts(groups, index);
    expect(alertsAt('service:web', 'web', firing, index).map(({ name }) => name)).toEqual(['Names']);
    const names = alertsOf(problem('service:pay', 0, ['service:web']), firing, index).map(({ name }) => name);
    expect(names).toEqual(['Selects', 'Names']);
    expect(alertsOf(problem('service:pay', 0), firingAlerts(groups), undefined)).toEqual([]);
  });

  it('state only what the Alertmanager acknowledged', () => {
    const received = {
      labels: { alertname: 'Slow', service: 'web', region: 'eu' },
      annotations: {},
      startsAt: '',
      endsAt: '',
      updatedAt: '',
      fingerprint: '',
      receivers: [{ name: 'page' }, { name: 'chat' }],
      status: { state: 'active' as const, silencedBy: [], inhibitedBy: [] },
    };
    const found = notified(
      [
        { name: 'Slow', alert: alert({ alertname: 'Slow', service: 'web' }) },
        { name: 'Lost', alert: alert({ alertname: 'Lost', service: 'web' }) },
      ],
      [received],
      [
        { receiver: 'page', integration: 'email', index: 0, sentAt: '2026-01-01T00:00:00Z' },
        {
          receiver: 'page',
          integration: 'webhook',
          index: 1,
          failingSince: '2026-01-01',
          lastError: 'refused',
        },
      ],
    );
    expect(found).toEqual([
      {
        alert: 'Slow',
        outcome: 'failing',
        receivers: [
          { name: 'page', sentAt: '2026-01-01T00:00:00Z', error: 'webhook: refused' },
          { name: 'chat', sentAt: null, error: null },
        ],
      },
      { alert: 'Lost', outcome: 'not received', receivers: [] },
    ]);
  });
});
