import { describe, expect, it } from 'vitest';
import type { Entity, Problem, Relation, World } from './types';
import {
  attributeOf,
  entitiesAt,
  hostsOf,
  indexOf,
  namedEntity,
  ownersOf,
  partsOf,
  problemsOf,
  serviceAt,
} from './world';

const entity = (
  id: string,
  series: Record<string, string>[] = [],
  attributes: Record<string, string> = {},
): Entity => ({
  id,
  kind: id.split(':')[0] ?? '',
  name: id.replace(/^.*[:/]/, ''),
  attributes,
  keys: [],
  series,
});

const relation = (kind: string, from: string, to: string): Relation => ({ kind, from, to });

const SHOP: World = {
  start: '2026-01-01T00:00:00Z',
  problems: [],
  entities: [
    entity('service:pay', [{ service: 'pay' }, { job: 'pay' }]),
    entity('service:shop/pay', [], { namespace: 'shop' }),
    entity('workload:shop/pay', [], { team: 'money', namespace: 'shop' }),
    entity('instance:pay-1', [{ namespace: 'shop', pod: 'pay-1' }]),
    entity('container:pay-1/app', [{ namespace: 'shop', pod: 'pay-1', container: 'app' }]),
    entity('node:n1', [{ machine_id: 'm1' }]),
    entity('database_instance:pg', [{ job: 'pg', instance: 'db:5432' }]),
  ],
  relations: [
    relation('part_of', 'instance:pay-1', 'service:pay'),
    relation('part_of', 'instance:pay-1', 'workload:shop/pay'),
    relation('part_of', 'container:pay-1/app', 'instance:pay-1'),
    relation('runs_on', 'service:pay', 'workload:shop/pay'),
    relation('runs_on', 'instance:pay-1', 'node:n1'),
    relation('runs_on', 'database_instance:pg', 'instance:pay-1'),
    relation('calls', 'service:pay', 'service:shop/pay'),
  ],
};

const index = indexOf(SHOP);
const ids = (all: Entity[]) => all.map(({ id }) => id);

const problem = (id: string, of: string, affected: string[] = []): Problem =>
  ({
    id,
    entity: { id: of, kind: '', name: '' },
    affected: affected.map((one) => ({ id: one, kind: '', name: '' })),
    symptoms: [],
  }) as unknown as Problem;

describe('entities', () => {
  it('are found by the labels of their series, the most specific first', () => {
    expect(ids(entitiesAt(index, { namespace: 'shop', pod: 'pay-1', container: 'app', image: 'x' }))).toEqual(
      ['container:pay-1/app', 'instance:pay-1'],
    );
    expect(entitiesAt(index, { namespace: 'shop', pod: 'other' })).toEqual([]);
  });

  it('have owners, parts and hosts', () => {
    expect(ids(ownersOf(index, 'container:pay-1/app'))).toEqual([
      'instance:pay-1',
      'service:pay',
      'workload:shop/pay',
    ]);
    expect(ids(partsOf(index, 'service:pay'))).toEqual([
      'instance:pay-1',
      'container:pay-1/app',
      'database_instance:pg',
    ]);
    expect(ids(hostsOf(index, 'service:pay'))).toEqual(['workload:shop/pay', 'node:n1', 'instance:pay-1']);
  });

  it('follow a circle of parts once', () => {
    const circle = indexOf({
      ...SHOP,
      relations: [
        relation('part_of', 'node:n1', 'service:pay'),
        relation('part_of', 'service:pay', 'node:n1'),
      ],
    });
    expect(ids(partsOf(circle, 'service:pay'))).toEqual(['node:n1']);
  });

  it('lead from labels to their service', () => {
    expect(serviceAt(index, { service: 'pay' })?.id).toBe('service:pay');
    expect(serviceAt(index, { namespace: 'shop', pod: 'pay-1' })?.id).toBe('service:pay');
    expect(serviceAt(index, { machine_id: 'm1' })).toBeNull();
  });

  it('are found by name, those of the namespace first', () => {
    expect(namedEntity(index, 'pay', 'shop')?.id).toBe('service:shop/pay');
    expect(namedEntity(index, 'n1')).toBeNull();
  });

  it('take attributes from the workloads they run on', () => {
    const pay = index.byId.get('service:pay') as Entity;
    expect(attributeOf(index, pay, 'owner', 'team')).toBe('money');
    expect(attributeOf(index, pay, 'category')).toBe('');
  });

  it('have problems of their parts, their hosts and those that affect them', () => {
    const all = [
      problem('part', 'container:pay-1/app'),
      problem('host', 'node:n1'),
      problem('cause', 'service:other', ['service:pay']),
      problem('other', 'service:other'),
    ];
    expect(problemsOf(all, index, 'service:pay').map(({ id }) => id)).toEqual(['part', 'host', 'cause']);
    expect(problemsOf(all, undefined, 'service:other').map(({ id }) => id)).toEqual(['cause', 'other']);
  });
});
