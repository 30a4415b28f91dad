/** Schedules of silences that come again: days of the week and a span of the day, or time_intervals as text. */

export const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Day = (typeof DAYS)[number];

/** Days, and from when to when on each; over midnight when the end is not after the start. */
export interface Weekly {
  days: Day[];
  from: string;
  to: string;
  zone: string;
}

const FULL_DAY = '24:00';

const after = (days: Day[]): Day[] => {
  const next = days.map((day) => DAYS[(DAYS.indexOf(day) + 1) % DAYS.length]);
  return DAYS.filter((day) => next.includes(day));
};

/** As time_intervals, in JSON, which is YAML as well. */
export function writeWeekly({ days, from, to, zone }: Weekly): string {
  const at = zone === '' ? {} : { location: zone };
  const part = (weekdays: Day[], start: string, end: string) => ({
    ...(weekdays.length === DAYS.length ? {} : { weekdays }),
    times: [{ start_time: start, end_time: end }],
    ...at,
  });
  const sorted = DAYS.filter((day) => days.includes(day));
  const end = to === '00:00' ? FULL_DAY : to;
  if (end > from) return JSON.stringify([part(sorted, from, end)]);
  return JSON.stringify([part(sorted, from, FULL_DAY), part(after(sorted), '00:00', end)]);
}

interface Part {
  weekdays?: Day[];
  times?: { start_time: string; end_time: string }[];
  location?: string;
}

/** The same back; null for a schedule that says more, which is edited as text. */
export function readWeekly(schedule: string): Weekly | null {
  let parts: Part[];
  try {
    parts = JSON.parse(schedule) as Part[];
  } catch {
    return null;
  }
  const first = Array.isArray(parts) ? parts[0] : undefined;
  const last = Array.isArray(parts) ? parts.at(-1) : undefined;
  const start = first?.times?.[0]?.start_time;
  const end = last?.times?.[0]?.end_time;
  if (!first || start === undefined || end === undefined) return null;
  const weekly: Weekly = {
    days: Array.isArray(first.weekdays) ? first.weekdays : [...DAYS],
    from: start,
    to: end === FULL_DAY ? '00:00' : end,
    zone: first.location ?? '',
  };
  return writeWeekly(weekly) === JSON.stringify(parts) ? weekly : null;
}

const short = (day: Day | undefined) => (day ? day.slice(0, 1).toUpperCase() + day.slice(1, 3) : '');

/** In words, for lists. */
export function sayWeekly({ days, from, to, zone }: Weekly): string {
  const sorted = DAYS.filter((day) => days.includes(day));
  const first = sorted.at(0);
  const last = sorted.at(-1);
  const run =
    sorted.length > 2 && first && last && DAYS.indexOf(last) - DAYS.indexOf(first) === sorted.length - 1;
  const on =
    sorted.length === DAYS.length
      ? 'every day'
      : run
        ? `${short(first)} to ${short(last)}`
        : sorted.map(short).join(', ');
  return `${on}, ${from} to ${to}${zone === '' ? ' UTC' : `, ${zone}`}`;
}
