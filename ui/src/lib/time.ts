/** Durations in the Prometheus spelling (1h30m) and moments, both in milliseconds. */

const UNITS: [string, number][] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Returns null for what is not a duration; plain numbers are seconds. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  const match = DURATION.exec(trimmed);
  if (!match) return null;
  return UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
}

/** The shortest exact spelling: 5400000 is 1h30m; weeks and years only when exact. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let out = '';
  for (const [name, size] of UNITS) {
    const exactOnly = name === 'y' || name === 'w';
    if (exactOnly ? rest % size !== 0 : rest < size) continue;
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    out += `${count}${name}`;
    rest -= count * size;
  }
  return out;
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** 2026-11-20 09:15:00, the form in which links carry moments (always UTC there). */
export function formatMoment(ms: number, utc: boolean): string {
  const d = new Date(ms);
  return utc
    ? `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`
    : `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

/** Reads 2026-11-20, 2026-11-20 09:15, 2026-11-20 09:15:00, RFC 3339, or unix seconds. */
export function parseMoment(text: string, utc: boolean): number | null {
  const trimmed = text.trim();
  if (/^\d{9,11}(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/.exec(trimmed);
  if (match) {
    const [y, mo, d, h, mi, s] = match.slice(1).map((part) => Number(part ?? 0)) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 59) return null;
    return utc ? Date.UTC(y, mo - 1, d, h, mi, s) : new Date(y, mo - 1, d, h, mi, s).getTime();
  }
  if (!/^\d{4}-\d{2}-\d{2}T/.test(trimmed)) return null;
  const ms = Date.parse(trimmed);
  return Number.isNaN(ms) ? null : ms;
}

/** "12s ago", "in 3m": the two largest units. */
export function formatAgo(ms: number, now: number): string {
  const delta = now - ms;
  if (Math.abs(delta) < 1000) return 'just now';
  const text = roughDuration(Math.abs(delta));
  return delta >= 0 ? `${text} ago` : `in ${text}`;
}

/** Two largest units, for people: 3d 4h, 12m 5s, 850ms. */
export function roughDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const steps: [string, number][] = [
    ['y', 365 * 86_400_000],
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const first = steps.findIndex(([, size]) => ms >= size);
  const [name, size] = steps[first] as [string, number];
  const count = Math.floor(ms / size);
  const next = steps[first + 1];
  if (!next) return `${count}${name}`;
  const rest = Math.floor((ms - count * size) / next[1]);
  return rest > 0 ? `${count}${name} ${rest}${next[0]}` : `${count}${name}`;
}

export interface TimeRange {
  /** Length in ms. */
  range: number;
  /** End in ms since 1970, or null: ends now. */
  end: number | null;
}

export const RANGES = [
  '5m',
  '15m',
  '30m',
  '1h',
  '3h',
  '6h',
  '12h',
  '1d',
  '2d',
  '7d',
  '14d',
  '30d',
  '90d',
].map((text) => parseDuration(text) as number);

export const MIN_RANGE = 10_000;
export const MAX_RANGE = 10 * 365 * 86_400_000;

export function clampRange(ms: number): number {
  return Math.min(MAX_RANGE, Math.max(MIN_RANGE, Math.round(ms)));
}

/** "Last 1 hour" or "20 Nov 09:00 → 10:00". */
export function describeRange(time: TimeRange, utc: boolean): string {
  if (time.end === null) return `Last ${spellDuration(time.range)}`;
  const from = formatMoment(time.end - time.range, utc);
  const to = formatMoment(time.end, utc);
  return from.slice(0, 10) === to.slice(0, 10)
    ? `${from} → ${to.slice(11)}`
    : `${from.slice(0, 16)} → ${to.slice(0, 16)}`;
}

export function spellDuration(ms: number): string {
  const names: [string, number][] = [
    ['week', 604_800_000],
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ];
  for (const [name, size] of names) {
    if (ms % size === 0 && ms >= size) {
      const n = ms / size;
      return n === 1 ? `1 ${name}` : `${n} ${name}s`;
    }
  }
  return formatDuration(ms);
}
