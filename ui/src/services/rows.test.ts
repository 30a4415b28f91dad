import { describe, expect, it } from 'vitest';
import type { Change } from '../insight/changes';
import type { Entity, EntityHealth, Objective } from '../insight/types';
import { indexOf } from '../insight/world';
import type { Service } from './model';
import { filteredRows, type RowSort, serviceRows, sortedRows, valuesOf } from './rows';

const service = (name: string, more: Partial<Service> = {}): Service => ({
  name,
  rate: 1,
  errors: 0,
  p50: null,
  p95: null,
  p99: null,
  entry: true,
  operations: [],
  ...more,
});

const entity = (name: string, attributes: Record<string, string> = {}): Entity => ({
  id: `service:${name}`,
  kind: 'service',
  name,
  attributes,
  keys: [],
  series: [],
});

const objective = (of: string, name: string, state: Objective['state']): Objective => ({
  name,
  entity: { id: `service:${of}`, kind: 'service', name: of },
  source: 'file',
  target: 0.99,
  window: 3600,
  ratio: 0.98,
  budget: 0.5,
  burn: [],
  state,
  query: '',
});

const health = (...all: [string, EntityHealth['status']][]) =>
  new Map(
    all.map(([name, status]) => [`service:${name}`, { id: `service:${name}`, status, categories: {} }]),
  );

const index = indexOf({
  start: '',
  problems: [],
  relations: [],
  entities: [
    entity('web', { namespace: 'shop', team: 'front' }),
    entity('pay', { namespace: 'shop', owner: 'money', category: 'core' }),
    entity('cron', { namespace: 'jobs' }),
  ],
});

const change = { kind: 'restart', title: 'pay started', time: 5, entities: ['service:pay'] } as Change;

const rows = serviceRows(
  [
    service('web', { rate: 40 }),
    service('pay', { rate: 12, errors: 0.02, p95: 0.9 }),
    service('batch', { entry: false, rate: 0 }),
  ],
  {
    index,
    health: health(['web', 'critical'], ['pay', 'ok'], ['cron', 'ok']),
    objectives: [objective('pay', 'fast', 'ok'), objective('pay', 'good', 'burning')],
    changes: new Map([['service:pay', change]]),
  },
);

describe('services', () => {
  it('have the worse of what inspections and requests show, and never ok without data', () => {
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ['web', 'critical'],
      ['pay', 'warning'],
      ['batch', 'no requests'],
      ['cron', 'ok'],
    ]);
    const bare = serviceRows([service('web'), service('quiet', { entry: false })], { changes: new Map() });
    expect(bare.map(({ status }) => status)).toEqual(['ok', 'no requests']);
    const unknown = serviceRows([], { index, health: health(['cron', 'unknown']), changes: new Map() });
    expect(unknown.find(({ name }) => name === 'cron')?.status).toBe('no requests');
  });

  it('have attributes, the worst objective and the last change of their entity', () => {
    expect(rows[1]).toMatchObject({ namespace: 'shop', category: 'core', team: 'money', changed: change });
    expect(rows[1]?.objective?.name).toBe('good');
    expect(rows[2]).toMatchObject({ entity: null, team: '', objective: null, changed: null });
  });

  it('are sorted by any column, unknown values last', () => {
    const names = (key: RowSort) => sortedRows(rows, key).map(({ name }) => name);
    expect(names('status')).toEqual(['web', 'pay', 'cron', 'batch']);
    expect(names('rate')).toEqual(['web', 'pay', 'batch', 'cron']);
    expect(names('team')).toEqual(['web', 'pay', 'batch', 'cron']);
    expect(names('changed')[0]).toBe('pay');
    expect(names('objective')[0]).toBe('pay');
    expect(names('p95')[0]).toBe('pay');
    expect(names('name')).toEqual(['batch', 'cron', 'pay', 'web']);
  });

  it('are filtered by attributes and words', () => {
    const all = { text: '', namespace: '', category: '', team: '' };
    expect(filteredRows(rows, { ...all, namespace: 'shop' })).toHaveLength(2);
    expect(filteredRows(rows, { ...all, team: 'money', text: 'PAY' })).toHaveLength(1);
    expect(filteredRows(rows, { ...all, category: 'core', text: 'web' })).toEqual([]);
    expect(valuesOf(rows, 'namespace')).toEqual(['jobs', 'shop']);
  });
});
