/** Volumes as the page shows them, whichever API they came from. */

export interface Count {
  items: number;
  bytes: number;
}

/** Sum of all accounts: its left terms are equal to its right terms. */
export interface ProcessBalance {
  in: number;
  created: number;
  restored: number;
  revived: number;
  copied: number;
  out: number;
  held: number;
  waiting: number;
  deadLettered: number;
  dropped: Record<string, number>;
  returned: number;
  kept: number;
}

export interface Point {
  id: string;
  kind: 'in' | 'edge' | 'out';
  component: string;
  pipeline: string;
  signal: string;
  items: number;
  bytes: number;
  distinct?: number;
  bytesEstimated?: boolean;
  rows?: { value: string; items: number; bytes: number; missedBytes: number; costMicros?: number }[];
  otherItems?: number;
  otherBytes?: number;
  otherCostMicros?: number;
}

export interface ProcessVolumes {
  time: number;
  attributes: string[];
  by: string;
  /** Empty without prices. */
  currency?: string;
  balance: ProcessBalance;
  points: Point[];
}

interface FleetCounts {
  inItems: number;
  inBytes: number;
  outItems: number;
  outBytes: number;
  costMicros?: number;
}

export interface FleetVolumes {
  attributes: string[];
  by: string;
  agents: number;
  agentsWithout: number;
  currencies?: string[];
  balance: ProcessBalance;
  /** Without rates where these are not known yet. */
  rows: (FleetCounts & {
    value: string;
    signal: string;
    inItemsPerSecond?: number;
    inBytesPerSecond?: number;
    costMicrosPerSecond?: number;
    outBytesEstimated?: boolean;
  })[];
  other: FleetCounts;
}

export interface Row {
  value: string;
  signal: string;
  in: Count;
  out: Count;
  /** Whether the bytes out are an estimate: of profiles that are not encoded. */
  estimated?: boolean;
  /** Price of what went out, in the currency. */
  cost: number;
  /** Volume in a second by the reports of agents; undefined for a process and where it is not known. */
  rate?: Rate;
  /** By exporter; empty for a fleet. */
  to: Record<string, Count>;
}

export interface Volumes {
  /** When the counts were taken, ms since 1970. */
  time: number;
  attributes: string[];
  by: string;
  balance: ProcessBalance;
  rows: Row[];
  other: Row;
  /** Exporters, in the order of their names. */
  destinations: string[];
  /** Empty without prices, or where agents have several. */
  currency: string;
  /** Estimated number of values at the place that has most; undefined when unknown. */
  distinct?: number;
  agents?: number;
  agentsWithout?: number;
}

const none = (): Count => ({ items: 0, bytes: 0 });

const row = (value: string, signal: string): Row => ({
  value,
  signal,
  in: none(),
  out: none(),
  cost: 0,
  to: {},
});

const add = (to: Count, items: number, bytes: number) => {
  to.items += items;
  to.bytes += bytes;
};

export function volumesOfProcess(answer: ProcessVolumes): Volumes {
  const rows = new Map<string, Row>();
  const other = row('', '');
  const destinations = new Set<string>();
  let distinct: number | undefined;
  const count = (to: Row, point: Point, items: number, bytes: number, micros = 0) => {
    to.cost += micros / 1e6;
    add(point.kind === 'in' ? to.in : to.out, items, bytes);
    if (point.kind === 'out') {
      to.to[point.component] ??= none();
      add(to.to[point.component] as Count, items, bytes);
    }
  };
  for (const point of answer.points) {
    if (point.kind === 'edge' || !point.rows) continue;
    if (point.kind === 'out') destinations.add(point.component);
    distinct = Math.max(distinct ?? 0, point.distinct ?? 0);
    for (const one of point.rows) {
      const key = `${point.signal} ${one.value}`;
      const to = rows.get(key) ?? row(one.value, point.signal);
      rows.set(key, to);
      count(to, point, one.items, one.bytes, one.costMicros);
      if (point.kind === 'out' && point.bytesEstimated) to.estimated = true;
    }
    count(other, point, point.otherItems ?? 0, point.otherBytes ?? 0, point.otherCostMicros);
  }
  return {
    time: answer.time,
    attributes: answer.attributes,
    by: answer.by,
    balance: answer.balance,
    rows: [...rows.values()],
    other,
    destinations: [...destinations].sort(),
    currency: answer.currency ?? '',
    distinct,
  };
}

export function volumesOfFleet(answer: FleetVolumes): Volumes {
  const counts = (value: string, signal: string, of: FleetCounts): Row => ({
    value,
    signal,
    in: { items: of.inItems, bytes: of.inBytes },
    out: { items: of.outItems, bytes: of.outBytes },
    cost: (of.costMicros ?? 0) / 1e6,
    to: {},
  });
  return {
    time: Date.now(),
    attributes: answer.attributes,
    by: answer.by,
    balance: answer.balance,
    rows: answer.rows.map((one) => ({
      ...counts(one.value, one.signal, one),
      estimated: one.outBytesEstimated,
      rate:
        one.inItemsPerSecond === undefined
          ? undefined
          : {
              items: one.inItemsPerSecond,
              bytes: one.inBytesPerSecond ?? 0,
              cost: (one.costMicrosPerSecond ?? 0) / 1e6,
            },
    })),
    other: counts('', '', answer.other),
    destinations: [],
    currency: answer.currencies?.length === 1 ? (answer.currencies[0] ?? '') : '',
    agents: answer.agents,
    agentsWithout: answer.agentsWithout,
  };
}

/** Attributes of items, by which no control of resources can be made. */
const OF_ITEMS = /^(metric\.name|attributes\[)/;

/** Scope of a new control for a row, as the page of controls reads it; undefined where there is none. */
export function controlFor(by: string, of: Row): Record<string, string> | undefined {
  if (of.value === '' || OF_ITEMS.test(by)) return undefined;
  if (by === 'service.name') return { service: of.value, signal: of.signal };
  if (by !== 'severity') return { attribute: by, value: of.value, signal: of.signal };
  const range = SEVERITIES[of.value.toLowerCase()];
  return range && of.signal === 'logs'
    ? {
        action: 'sample',
        condition: `log.severity_number >= ${range} and log.severity_number <= ${range + 3}`,
        signal: 'logs',
      }
    : undefined;
}

/** First number of the range of a severity. */
const SEVERITIES: Record<string, number> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

export type Sort = 'in' | 'out' | 'value' | 'rate' | 'cost';

/** Order in which a control plane lists a fleet: it says which values are among the most. */
export const orderFor = (sort: Sort): 'rate' | 'sum' => (sort === 'rate' ? 'rate' : 'sum');

const keyOf = (of: Row) => `${of.signal} ${of.value}`;

/** Volume in a second, and its price in the currency. */
export interface Rate extends Count {
  cost: number;
}

/** Seconds of the time for which a cost is predicted. */
const MONTH = 30 * 24 * 3600;

/** Cost of 30 days at a rate. */
export const monthly = (of: Rate | undefined): number | undefined => of && of.cost * MONTH;

/** Rates of rows as agents reported them; absent where they are not known. */
export function reportedRates(now: Volumes): Map<string, Rate> {
  const out = new Map<string, Rate>();
  for (const one of now.rows) if (one.rate) out.set(keyOf(one), one.rate);
  return out;
}

/**
 * Volume in a second of each row of a process since an earlier answer; absent where it is not known.
 * The counts of a fleet stand still between the reports of its agents, and give no rate by the times
 * of answers.
 */
export function ratesSince(before: Volumes | undefined, now: Volumes): Map<string, Rate> {
  const out = new Map<string, Rate>();
  if (!before || before.by !== now.by || now.time <= before.time) return out;
  const seconds = (now.time - before.time) / 1000;
  const earlier = new Map(before.rows.map((one) => [keyOf(one), one]));
  for (const one of now.rows) {
    const was = earlier.get(keyOf(one));
    if (!was || was.in.items > one.in.items) continue;
    out.set(keyOf(one), {
      items: (one.in.items - was.in.items) / seconds,
      bytes: (one.in.bytes - was.in.bytes) / seconds,
      cost: Math.max(0, one.cost - was.cost) / seconds,
    });
  }
  return out;
}

export const rateOf = (rates: Map<string, Rate>, of: Row): Rate | undefined => rates.get(keyOf(of));

export function sorted(
  rows: Row[],
  by: Sort,
  unit: keyof Count,
  signal: string,
  rates: Map<string, Rate>,
): Row[] {
  const value = (of: Row): number =>
    by === 'in'
      ? of.in[unit]
      : by === 'out'
        ? of.out[unit]
        : by === 'cost'
          ? of.cost
          : (rateOf(rates, of)?.[unit] ?? 0);
  return rows
    .filter((one) => signal === '' || one.signal === signal)
    .sort((a, b) =>
      by === 'value'
        ? a.value.localeCompare(b.value)
        : value(b) - value(a) || b.in[unit] - a.in[unit] || a.value.localeCompare(b.value),
    );
}

const LEFT: [keyof ProcessBalance, string][] = [
  ['in', 'received'],
  ['created', 'created'],
  ['restored', 'read from disk'],
  ['revived', 'replayed'],
  ['copied', 'copied'],
];

const RIGHT: [keyof ProcessBalance, string][] = [
  ['out', 'delivered'],
  ['held', 'queued'],
  ['waiting', 'in batches'],
  ['deadLettered', 'dead letters'],
  ['returned', 'rejected to senders'],
  ['kept', 'left on disk'],
];

export interface Term {
  name: string;
  items: number;
}

/** The equation of all accounts, without the terms that are zero. */
export function equation(of: ProcessBalance): { left: Term[]; right: Term[] } {
  const terms = (names: [keyof ProcessBalance, string][]) =>
    names
      .map(([key, name], i) => ({ name, items: of[key] as number, first: i === 0 }))
      .filter((one) => one.first || one.items !== 0)
      .map(({ name, items }) => ({ name, items }));
  const dropped = Object.entries(of.dropped)
    .filter(([, items]) => items !== 0)
    .map(([reason, items]) => ({ name: `dropped: ${reason.replaceAll('_', ' ')}`, items }));
  return { left: terms(LEFT), right: [...terms(RIGHT), ...dropped] };
}
