import { expect, it } from 'vitest';
import type { Costs, NodeCost } from './api';
import { missingPrices, moneyText, sumOf } from './model';

const node = (total: number | null, used: number | null): NodeCost => ({
  entity: { id: 'node:a', kind: 'node', name: 'a' },
  cores: 4,
  memoryGib: 16,
  total,
  used,
  requested: null,
  idle: total === null || used === null ? null : total - used,
  note: total === null ? 'no rate matches' : '',
});

it('writes money of a month', () => {
  expect(moneyText(0.01, 'EUR')).toBe('7.30 EUR');
  expect(moneyText(2, 'EUR')).toBe('1,460 EUR');
  expect(moneyText(null, 'EUR')).toBe('–');
});

it('sums what has a price and counts the rest', () => {
  expect(sumOf([node(2, 0.5), node(null, null)])).toEqual({ total: 2, used: 0.5, idle: 1.5, unpriced: 1 });
});

it('says how to give prices', () => {
  const costs = { prices: null, nodes: [node(null, null)] } as unknown as Costs;
  expect(missingPrices(costs)).toMatch(/--insight.prices-file/);
  const unmatched = {
    prices: { name: 'p', from: '', currency: 'EUR' },
    nodes: [node(null, null)],
  } as unknown as Costs;
  expect(missingPrices(unmatched)).toBe('No node has a price: no rate matches.');
  expect(missingPrices({ ...unmatched, nodes: [node(1, 1)] } as Costs)).toBe('');
});
