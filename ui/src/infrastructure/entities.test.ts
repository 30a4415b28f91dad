import { describe, expect, it } from 'vitest';
import type { Entity } from '../insight/types';
import { indexOf } from '../insight/world';
import { entityRows, filteredRows, kindCounts } from './entities';

const entity = (kind: string, name: string, attributes: Record<string, string> = {}): Entity => ({
  id: `${kind}:${name}`,
  kind,
  name,
  attributes,
  keys: [],
  series: [],
});

const index = indexOf({
  start: '',
  problems: [],
  entities: [
    entity('service', 'pay'),
    entity('namespace', 'shop'),
    entity('node', 'n1'),
    entity('container', 'app', { image: 'pay:1' }),
    entity('instance', 'pay-1', { namespace: 'shop' }),
  ],
  relations: [
    { kind: 'part_of', from: 'container:app', to: 'instance:pay-1' },
    { kind: 'part_of', from: 'instance:pay-1', to: 'service:pay' },
    { kind: 'runs_on', from: 'instance:pay-1', to: 'node:n1' },
  ],
});

describe('entities', () => {
  const rows = entityRows(
    index,
    new Map([['node:n1', { id: 'node:n1', status: 'critical', categories: {} }]]),
  );

  it('are listed with failing ones first, without services and namespaces', () => {
    expect(rows.map(({ entity, status }) => [entity.id, status])).toEqual([
      ['node:n1', 'critical'],
      ['container:app', 'unknown'],
      ['instance:pay-1', 'unknown'],
    ]);
    expect(kindCounts(rows)).toEqual([
      ['container', 1],
      ['instance', 1],
      ['node', 1],
    ]);
  });

  it('have the namespace of their pod, and the places where they run', () => {
    const [, container] = rows;
    expect(container).toMatchObject({ namespace: 'shop', detail: 'pay:1' });
    expect(container?.places.map(({ id }) => id)).toEqual(['service:pay']);
    expect(rows[2]?.places.map(({ id }) => id)).toEqual(['service:pay', 'node:n1']);
  });

  it('are filtered by kind and words', () => {
    expect(filteredRows(rows, 'node', '')).toHaveLength(1);
    expect(filteredRows(rows, '', 'shop PAY').map(({ entity }) => entity.id)).toEqual([
      'container:app',
      'instance:pay-1',
    ]);
    expect(filteredRows(rows, 'node', 'pay')).toEqual([]);
  });
});
