import { expect, it } from 'vitest';
import type { Risk } from './api';
import { groupsOf, openOf } from './model';

const risk = (inspection: string, name: string, severity: 'warning' | 'critical' = 'warning'): Risk => ({
  risk: {
    inspection,
    title: inspection,
    category: 'availability',
    severity,
    entity: { id: `service:${name}`, kind: 'service', name },
    message: `${name} is at risk`,
    remedy: 'Add one.',
  } as Risk['risk'],
  dismissed: null,
});

it('lists critical groups and large ones first', () => {
  const all = [risk('One', 'a'), risk('Two', 'b'), risk('Two', 'c'), risk('Exposed', 'd', 'critical')];
  expect(groupsOf(all, '').map(({ inspection, risks }) => `${inspection} ${risks.length}`)).toEqual([
    'Exposed 1',
    'Two 2',
    'One 1',
  ]);
});

it('filters by any text of a risk', () => {
  const all = [risk('One', 'cart'), risk('Two', 'web')];
  expect(groupsOf(all, 'CART').map(({ inspection }) => inspection)).toEqual(['One']);
  expect(groupsOf(all, 'none')).toEqual([]);
});

it('lists open risks of some entities, critical ones first', () => {
  const dismissed = { ...risk('Three', 'web'), dismissed: { reason: 'known', person: '', time: 0 } };
  const all = [risk('One', 'cart'), risk('Two', 'web'), dismissed, risk('Exposed', 'db', 'critical')];
  const found = openOf(all, new Set(['service:web', 'service:db']));
  expect(found.map(({ risk: { inspection } }) => inspection)).toEqual(['Exposed', 'Two']);
});
