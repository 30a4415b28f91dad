/** Amounts of quotas in words. */
import { formatValue, plural } from '../lib/units';
import type { Quota } from './api';

export const shareOf = (of: { used: number; limit: number }): number =>
  of.limit > 0 ? of.used / of.limit : 0;

/** An amount in the unit of its quota. */
export function amount(value: number, of: Quota): string {
  switch (of.unit) {
    case 'bytes':
      return formatValue(value, 'bytes', 3);
    case 'items':
      return plural(Math.round(value), 'item');
    case 'cost':
      return `${value.toLocaleString('en', { maximumFractionDigits: 2, minimumFractionDigits: 2 })} cost units`;
  }
}

const PERIODS: [number, string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
];

/** A period in its largest unit: "1 d" for "86400s"; other texts as they are. */
export function periodOf(text: string): string {
  const seconds = Number(/^(\d+)s$/.exec(text)?.[1]);
  const unit = PERIODS.find(([size]) => seconds >= size && seconds % size === 0);
  return unit ? `${seconds / unit[0]} ${unit[1]}` : text;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** Steps towards the limit, in a sentence. */
export function nextStep(of: Quota): string {
  const steps = [`It warns from ${percent(of.warnAt ?? 0.8)}`];
  if (of.sampleAt)
    steps.push(`samples logs and spans to ${percent(of.sampleShare ?? 0.1)} from ${percent(of.sampleAt)}`);
  return `${steps.join(' and ')}.`;
}
