import { formatValue, type UnitId } from '../lib/units';

const pad = (n: number) => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function parts(seconds: number, utc: boolean): [number, number, number, number, number, number] {
  const d = new Date(seconds * 1000);
  return utc
    ? [
        d.getUTCFullYear(),
        d.getUTCMonth(),
        d.getUTCDate(),
        d.getUTCHours(),
        d.getUTCMinutes(),
        d.getUTCSeconds(),
      ]
    : [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
}

/** Labels of time ticks: as fine as their distance asks for; the date where a new day begins. */
export function timeTicks(splits: number[], increment: number, utc: boolean): string[] {
  let day = '';
  return splits.map((split, i) => {
    const [y, mo, d, h, mi, s] = parts(split, utc);
    const date = `${MONTHS[mo]} ${d}`;
    const today = `${y} ${date}`;
    const newDay = i > 0 && today !== day;
    day = today;
    if (increment >= 28 * 86_400) return `${MONTHS[mo]} ${y}`;
    if (increment >= 86_400) return date;
    const time = increment < 60 ? `${pad(h)}:${pad(mi)}:${pad(s)}` : `${pad(h)}:${pad(mi)}`;
    return newDay ? `${time}\n${date}` : time;
  });
}

/** Labels of value ticks, with as many digits as their distance asks for and no more. */
export function valueTicks(splits: number[], unit: UnitId): string[] {
  const most = splits.reduce((max, split) => Math.max(max, Math.abs(split)), 0);
  const distance = splits.length > 1 ? Math.abs((splits[1] as number) - (splits[0] as number)) : most;
  const digits = distance > 0 && most > 0 ? Math.ceil(Math.log10(most / distance)) + 2 : 3;
  return splits.map((split) =>
    formatValue(Math.abs(split) < distance / 1e6 ? 0 : split, unit, Math.min(12, Math.max(2, digits))),
  );
}

/**
 * Bounds of the value axis: zero is kept when values are near it, otherwise a tenth of the spread is
 * left above and below. A flat line gets room around it.
 */
export function valueBounds(
  min: number,
  max: number,
  floor: number | null,
  ceiling: number | null,
): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [floor ?? 0, ceiling ?? 1];
  if (min === 0 && max === 0) return [floor ?? 0, ceiling ?? 1];
  let low = min;
  let high = max;
  if (low === high) {
    const room = Math.abs(low) > 0 ? Math.abs(low) * 0.25 : 1;
    low = low >= 0 && low <= room * 5 ? Math.min(low, 0) : low - room;
    high += room;
  }
  const spread = high - low;
  if (low >= 0 && low <= spread * 1.5) low = 0;
  else if (low !== 0) low -= spread * 0.08;
  if (high <= 0 && -high <= spread * 0.5) high = 0;
  else high += spread * 0.08;
  if (floor !== null) low = Math.min(floor, min);
  if (ceiling !== null) high = Math.max(ceiling, max);
  return [low, high];
}
