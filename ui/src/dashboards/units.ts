/** Grafana's units. Those with a counterpart of the page are written as the page writes them; others are a prefix or suffix. */
import { formatValue, significant, type UnitId } from '../lib/units';

interface Unit {
  id: UnitId;
  /** Factor to the unit of the page. */
  factor?: number;
  suffix?: string;
  prefix?: string;
}

const unit = (id: UnitId, factor = 1): Unit => ({ id, factor });
const after = (suffix: string): Unit => ({ id: 'none', suffix });

const UNITS: Record<string, Unit> = {
  '': { id: 'none' },
  none: { id: 'none' },
  short: { id: 'none' },
  sishort: { id: 'none' },
  percent: unit('percent'),
  percentunit: unit('ratio'),
  bytes: unit('bytes'),
  decbytes: unit('bytes'),
  bits: unit('bits'),
  decbits: unit('bits'),
  kbytes: unit('bytes', 1024),
  deckbytes: unit('bytes', 1000),
  mbytes: unit('bytes', 1024 ** 2),
  decmbytes: unit('bytes', 1e6),
  gbytes: unit('bytes', 1024 ** 3),
  decgbytes: unit('bytes', 1e9),
  tbytes: unit('bytes', 1024 ** 4),
  Bps: unit('bytes/s'),
  binBps: unit('bytes/s'),
  KBs: unit('bytes/s', 1000),
  KiBs: unit('bytes/s', 1024),
  MBs: unit('bytes/s', 1e6),
  MiBs: unit('bytes/s', 1024 ** 2),
  GBs: unit('bytes/s', 1e9),
  bps: unit('bits/s'),
  binbps: unit('bits/s'),
  Kbits: unit('bits/s', 1000),
  Mbits: unit('bits/s', 1e6),
  Gbits: unit('bits/s', 1e9),
  s: unit('seconds'),
  ms: unit('seconds', 1e-3),
  µs: unit('seconds', 1e-6),
  us: unit('seconds', 1e-6),
  ns: unit('seconds', 1e-9),
  m: unit('seconds', 60),
  h: unit('seconds', 3600),
  d: unit('seconds', 86_400),
  dtdurations: unit('seconds'),
  dtdurationms: unit('seconds', 1e-3),
  clocks: unit('seconds'),
  clockms: unit('seconds', 1e-3),
  timeticks: unit('seconds', 0.01),
  hertz: unit('hertz'),
  rothz: unit('hertz'),
  khz: unit('hertz', 1e3),
  mhz: unit('hertz', 1e6),
  ghz: unit('hertz', 1e9),
  celsius: unit('celsius'),
  watt: unit('watts'),
  kwatt: unit('watts', 1e3),
  mwatt: unit('watts', 1e-3),
  volt: unit('volts'),
  kvolt: unit('volts', 1e3),
  mvolt: unit('volts', 1e-3),
  amp: unit('amperes'),
  kamp: unit('amperes', 1e3),
  mamp: unit('amperes', 1e-3),
  joule: unit('joules'),
  lengthm: unit('meters'),
  lengthkm: unit('meters', 1e3),
  lengthmm: unit('meters', 1e-3),
  cps: after(' c/s'),
  ops: after(' ops/s'),
  reqps: after(' req/s'),
  rps: after(' reads/s'),
  wps: after(' writes/s'),
  iops: after(' io/s'),
  eps: after(' events/s'),
  mps: after(' messages/s'),
  recps: after(' records/s'),
  rowsps: after(' rows/s'),
  pps: after(' packets/s'),
  cpm: after(' c/min'),
  opm: after(' ops/min'),
  reqpm: after(' req/min'),
  rpm: after(' reads/min'),
  wpm: after(' writes/min'),
  epm: after(' events/min'),
  mpm: after(' messages/min'),
  recpm: after(' records/min'),
  dateTimeAsIso: unit('timestamp', 1e-3),
  dateTimeAsIsoNoDateIfToday: unit('timestamp', 1e-3),
  dateTimeAsUS: unit('timestamp', 1e-3),
  dateTimeAsSystem: unit('timestamp', 1e-3),
  dateTimeAsLocal: unit('timestamp', 1e-3),
  dateTimeFromNow: unit('timestamp', 1e-3),
  currencyUSD: { id: 'none', prefix: '$' },
  currencyEUR: { id: 'none', prefix: '€' },
  currencyGBP: { id: 'none', prefix: '£' },
  fahrenheit: after(' °F'),
  kelvin: after(' K'),
  humidity: after(' %H'),
  pressurehpa: after(' hPa'),
  pressurembar: after(' mbar'),
  pressurebar: after(' bar'),
  dB: after(' dB'),
  dBm: after(' dBm'),
  degree: after('°'),
  conbytes: unit('bytes'),
  voltamp: after(' VA'),
  rotrpm: after(' rpm'),
  watth: after(' Wh'),
  kwatth: after(' kWh'),
  farenheit: after(' °F'),
};

export interface UnitFormat {
  /** For axes: values are multiplied by the factor. */
  id: UnitId;
  factor: number;
  known: boolean;
  format: (value: number, decimals?: number | null) => string;
}

const fixed = (value: number, decimals: number) => value.toFixed(Math.min(20, Math.max(0, decimals)));

/** The unit of a name of Grafana's; one that is not known is a suffix, as in Grafana. */
export function unitOf(name: string): UnitFormat {
  const custom = /^(prefix|suffix|si|bool|time|count|currency):(.*)$/.exec(name);
  const known = UNITS[name];
  const found: Unit =
    known ??
    (custom
      ? custom[1] === 'prefix' || custom[1] === 'currency'
        ? { id: 'none', prefix: custom[2] ?? '' }
        : custom[1] === 'time'
          ? unit('timestamp', 1e-3)
          : after(` ${custom[2]}`)
      : name === 'string' ||
          name === 'bool' ||
          name === 'bool_yes_no' ||
          name === 'bool_on_off' ||
          name === 'locale'
        ? { id: 'none' }
        : after(` ${name}`));
  const factor = found.factor ?? 1;
  const bool = BOOLS[name];
  return {
    id: found.id,
    factor,
    known: known !== undefined || custom !== null,
    format: (value, decimals) => {
      if (bool) return bool[value === 0 ? 0 : 1] as string;
      const scaled = value * factor;
      const text =
        decimals === null || decimals === undefined || !Number.isFinite(scaled)
          ? formatValue(scaled, found.id)
          : withDecimals(scaled, found.id, decimals);
      return `${found.prefix ?? ''}${name === 'none' && Number.isFinite(value) && (decimals ?? null) === null ? plain(value) : text}${found.suffix ?? ''}`;
    },
  };
}

const BOOLS: Record<string, [string, string]> = {
  bool: ['False', 'True'],
  bool_yes_no: ['No', 'Yes'],
  bool_on_off: ['Off', 'On'],
};

/** The unit none has no prefixes: 12345 stays as it is. */
const plain = (value: number): string =>
  Math.abs(value) < 1e15 && Math.abs(value) >= 1e-6
    ? String(Number(value.toPrecision(6)))
    : significant(value, 4);

const PERCENT = new Set<UnitId>(['ratio', 'percent', 'celsius']);

/** A value with a fixed number of decimals: of the number that is written, after its prefix was chosen. */
function withDecimals(value: number, id: UnitId, decimals: number): string {
  if (id === 'timestamp') return formatValue(value, id);
  if (PERCENT.has(id)) {
    const shown = id === 'ratio' ? value * 100 : value;
    return `${fixed(shown, decimals)}${id === 'celsius' ? ' °C' : '%'}`;
  }
  const text = formatValue(value, id, 15);
  const match = /^(-?[\d.]+(?:e[-+]?\d+)?)(.*)$/.exec(text);
  if (!match || /\d/.test(match[2] as string)) return formatValue(value, id);
  return `${fixed(Number(match[1]), decimals)}${match[2]}`;
}
