/** Units of values, how they are written, and how axes are divided. */

export type UnitId =
  | 'none'
  | 'bytes'
  | 'bytes/s'
  | 'bits'
  | 'bits/s'
  | 'seconds'
  | 'ratio'
  | 'percent'
  | 'per second'
  | 'celsius'
  | 'hertz'
  | 'volts'
  | 'amperes'
  | 'watts'
  | 'joules'
  | 'meters'
  | 'timestamp';

export const UNIT_CHOICES: { id: UnitId; name: string }[] = [
  { id: 'none', name: 'Number' },
  { id: 'per second', name: 'Per second' },
  { id: 'bytes', name: 'Bytes' },
  { id: 'bytes/s', name: 'Bytes per second' },
  { id: 'bits/s', name: 'Bits per second' },
  { id: 'seconds', name: 'Duration' },
  { id: 'ratio', name: 'Percent (0–1)' },
  { id: 'percent', name: 'Percent (0–100)' },
  { id: 'celsius', name: 'Degrees Celsius' },
  { id: 'hertz', name: 'Hertz' },
  { id: 'watts', name: 'Watts' },
  { id: 'joules', name: 'Joules' },
  { id: 'volts', name: 'Volts' },
  { id: 'timestamp', name: 'Date and time' },
];

export function isUnit(text: string): text is UnitId {
  return (
    text === 'bits' ||
    text === 'amperes' ||
    text === 'meters' ||
    UNIT_CHOICES.some((choice) => choice.id === text)
  );
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const SMALL = ['', 'm', 'µ', 'n', 'p'];

const SUFFIX: Partial<Record<UnitId, string>> = {
  bytes: 'B',
  'bytes/s': 'B/s',
  bits: 'b',
  'bits/s': 'b/s',
  'per second': '/s',
  celsius: '°C',
  hertz: 'Hz',
  volts: 'V',
  amperes: 'A',
  watts: 'W',
  joules: 'J',
  meters: 'm',
};

/** At most `digits` significant digits, no trailing zeros, no exponent for usual sizes. */
export function significant(value: number, digits = 4): string {
  if (value === 0) return '0';
  const abs = Math.abs(value);
  if (abs >= 1e6 || abs < 1e-6) return trimExponent(value.toExponential(digits - 1));
  const decimals = Math.max(0, Math.min(12, digits - 1 - Math.floor(Math.log10(abs))));
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

function scaled(
  value: number,
  step: number,
  prefixes: string[],
  suffix: string,
  gap: string,
  digits: number,
): string {
  let i = 0;
  let v = Math.abs(value);
  // 999.95 rounds up to 1000 with four digits; it belongs to the next prefix.
  while (i < prefixes.length - 1 && v >= step * 0.99995) {
    v /= step;
    i++;
  }
  return `${value < 0 ? '-' : ''}${significant(v, digits)}${gap}${prefixes[i]}${suffix}`;
}

function small(value: number, suffix: string, gap: string, digits: number): string {
  let i = 0;
  let v = Math.abs(value);
  while (i < SMALL.length - 1 && v < 0.99995) {
    v *= 1000;
    i++;
  }
  return `${value < 0 ? '-' : ''}${significant(v, digits)}${gap}${SMALL[i]}${suffix}`;
}

function seconds(value: number, digits: number): string {
  const abs = Math.abs(value);
  if (abs === 0) return '0 s';
  if (abs < 1e-12) return `${significant(value, digits)} s`;
  if (abs < 0.99995) return small(value, 's', ' ', digits);
  if (abs < 120) return `${significant(value, digits)} s`;
  const sign = value < 0 ? '-' : '';
  const parts: [string, number][] = [
    ['y', 31_536_000],
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const whole = Math.round(abs);
  const first = parts.findIndex(([, size]) => whole >= size);
  const [name, size] = parts[first] as [string, number];
  const count = Math.floor(whole / size);
  const next = parts[first + 1];
  const rest = next ? Math.floor((whole - count * size) / next[1]) : 0;
  return `${sign}${count}${name}${next && rest > 0 ? ` ${rest}${next[0]}` : ''}`;
}

/** A value for people. `digits` significant digits; what is not a number keeps Prometheus's spelling. */
export function formatValue(value: number, unit: UnitId, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  const suffix = SUFFIX[unit] ?? '';
  switch (unit) {
    case 'bytes':
    case 'bytes/s':
      return Math.abs(value) > 0 && Math.abs(value) < 0.01
        ? `${significant(value, digits)} ${suffix}`
        : scaled(value, 1024, BINARY, suffix, ' ', digits);
    case 'seconds':
      return seconds(value, digits);
    case 'ratio':
      return `${significant(value * 100, digits)}%`;
    case 'percent':
      return `${significant(value, digits)}%`;
    case 'timestamp':
      return value > 0 && value < 1e11
        ? new Date(value * 1000)
            .toISOString()
            .replace('T', ' ')
            .replace(/\.\d+Z$/, 'Z')
        : significant(value, digits);
    case 'celsius':
      return `${significant(value, digits)} °C`;
    case 'none':
    case 'per second':
      return Math.abs(value) >= 0.001 || value === 0
        ? scaled(value, 1000, DECIMAL, suffix, '', digits)
        : `${significant(value, digits)}${suffix}`;
    default:
      return Math.abs(value) >= 1 || value === 0 || Math.abs(value) < 1e-12
        ? scaled(value, 1000, DECIMAL, suffix, ' ', digits)
        : small(value, suffix, ' ', digits);
  }
}

/** Distances between axis ticks that read well in the unit; undefined leaves it to decimals. */
export function axisIncrements(unit: UnitId): number[] | undefined {
  if (unit === 'bytes' || unit === 'bytes/s') {
    const out: number[] = [];
    for (let e = -10; e < 60; e++) out.push(2 ** e);
    return out;
  }
  if (unit === 'seconds' || unit === 'timestamp') {
    const out: number[] = [];
    for (let e = -12; e < 1; e++) for (const m of [1, 2, 2.5, 5]) out.push(m * 10 ** e);
    out.push(10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200);
    for (const d of [1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730, 1825, 3650]) out.push(d * 86_400);
    return out;
  }
  return undefined;
}

/** `1 alert`, `1,200 alerts`. */
export const counted = (n: number, one: string): string =>
  `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;

export const count = (n: number): string => n.toLocaleString('en');

/** A number of things: "1 edge", "2 edges". */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;
