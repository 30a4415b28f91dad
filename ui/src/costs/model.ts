/** Texts and sums of costs. */
import type { Costs, NodeCost } from './api';

export const MONTH_HOURS = 730;

/** Money of a month from money of an hour, with the digits that matter. */
export function moneyText(hour: number | null, currency: string): string {
  if (hour === null) return '–';
  const month = hour * MONTH_HOURS;
  const digits = Math.abs(month) >= 100 ? 0 : 2;
  return `${month.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${currency}`;
}

export interface Sum {
  total: number;
  used: number;
  idle: number;
  /** Nodes without a price, which are in no sum. */
  unpriced: number;
}

export function sumOf(nodes: NodeCost[]): Sum {
  const sum: Sum = { total: 0, used: 0, idle: 0, unpriced: 0 };
  for (const { total, used, idle } of nodes) {
    if (total === null) sum.unpriced++;
    sum.total += total ?? 0;
    sum.used += used ?? 0;
    sum.idle += idle ?? 0;
  }
  return sum;
}

/** Why the page shows no money; empty if it does. */
export function missingPrices({ prices, nodes }: Costs): string {
  if (!prices) return 'No price list is valid. Set --insight.prices-file to a file with prices.';
  return nodes.length > 0 && nodes.every(({ total }) => total === null)
    ? `No node has a price: ${nodes[0]?.note}.`
    : '';
}
