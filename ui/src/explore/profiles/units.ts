/** Units of profile types. */
import { formatValue, significant } from '../../lib/units';

export interface TypeParts {
  name: string;
  sample: string;
  unit: string;
}

export function partsOf(type: string): TypeParts {
  const [name = '', sample = '', unit = ''] = type.split(':');
  return { name, sample, unit };
}

/** Label of a profile type in lists. */
export function typeLabel(type: string): string {
  const { name, sample } = partsOf(type);
  return name === '' ? type : `${name}: ${sample}`;
}

const SECONDS: Record<string, number> = {
  nanoseconds: 1e-9,
  microseconds: 1e-6,
  milliseconds: 1e-3,
  seconds: 1,
};

export function formatIn(value: number, unit: string): string {
  const seconds = SECONDS[unit];
  if (seconds !== undefined) return formatValue(value * seconds, 'seconds', 3);
  if (unit === 'bytes') return formatValue(value, 'bytes', 3);
  return formatValue(value, 'none', 4);
}

export const isTime = (unit: string): boolean => SECONDS[unit] !== undefined;

export const inSeconds = (value: number, unit: string): number => value * (SECONDS[unit] ?? 1);

/** Unit of a rate of time: CPU time per time is the number of cores in use. */
export const perSecond = (type: string): string =>
  partsOf(type).sample === 'cpu' ? 'cores' : 'seconds per second';

export function percent(share: number): string {
  return `${significant(share * 100, 3)} %`;
}

/** Change of a share, in percentage points. */
export function points(change: number): string {
  const text = (Math.abs(change) * 100).toFixed(2);
  return `${Number(text) === 0 ? '' : change > 0 ? '+' : '−'}${text} pp`;
}
