/** Numbers and names of spans for people. */
import { formatValue } from '../../lib/units';

/** A length of time in ns. */
export const duration = (ns: number): string => formatValue(ns / 1e9, 'seconds', 3);

export { count, plural } from '../../lib/units';

export const share = (part: number, whole: number): string =>
  whole <= 0 ? '0 %' : `${((part / whole) * 100).toFixed(part / whole < 0.1 ? 1 : 0)} %`;
