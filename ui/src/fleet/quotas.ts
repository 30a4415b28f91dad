/** Amounts of quotas in words. */
import { formatValue } from '../lib/units';
import type { Quota } from './api';

export const shareOf = (of: { used: number; limit: number }): number =>
  of.limit > 0 ? of.used / of.limit : 0;

/** An amount in the unit of its quota. */
export function amount(value: number, of: Quota): string {
  switch (of.unit) {
    case 'bytes':
      return formatValue(value, 'bytes', 3);
    case 'items':
      return `${value.toLocaleString('en', { maximumFractionDigits: 0 })} items`;
    case 'cost':
      return `${value.toLocaleString('en', { maximumFractionDigits: 2, minimumFractionDigits: 2 })} of money`;
  }
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** Steps towards the limit, in a sentence. */
export function nextStep(of: Quota): string {
  const steps = [`It warns from ${percent(of.warnAt ?? 0.8)}`];
  if (of.sampleAt)
    steps.push(`samples logs and spans to ${percent(of.sampleShare ?? 0.1)} from ${percent(of.sampleAt)}`);
  return `${steps.join(' and ')}.`;
}
