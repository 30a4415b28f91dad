/** Samples of a dry run, and its results side by side. */
import { counted } from '../lib/units';
import type { RecordChange } from '../pipelines/records';
import type { DryRunAnswer, PerAgent } from './api';

/** Most samples that the API takes. */
export const MOST_SAMPLES = 10_000;

/** Requests of OTLP in JSON, one a line; an error names the line. */
export function samplesOfLines(text: string): unknown[] {
  const out: unknown[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    try {
      out.push(JSON.parse(line));
    } catch (e) {
      throw new Error(`Line ${i + 1} is not JSON: ${e instanceof Error ? e.message : String(e)}`);
    }
  });
  if (out.length === 0) throw new Error('The file has no lines with records.');
  if (out.length > MOST_SAMPLES)
    throw new Error(`The file has ${out.length} lines; a dry run takes at most ${MOST_SAMPLES}.`);
  return out;
}

/** Records that arrived at a node, or left it where only those were seen. */
export function samplesOfTap(answer: PerAgent<{ records: RecordChange[] }>): unknown[] {
  return answer.agents.flatMap((agent) =>
    (agent.records ?? []).map((one) => one.before ?? one.after).filter((one) => one !== undefined),
  );
}

const ITEM: Record<string, string> = { logs: 'log record', traces: 'span', metrics: 'data point' };

/** What the records of a dry run were, such as "2 log records, 1 span"; empty for none. */
export const sampledItems = (of: DryRunAnswer): string =>
  Object.entries(of.result.samples)
    .map(([signal, one]) => counted(one.items, ITEM[signal] ?? 'item'))
    .join(', ');

export interface Compared {
  key: string;
  name: string;
  detail: string;
  items?: number;
  bytes?: number;
  /** Of the version that it is compared with; undefined where it has none. */
  itemsBefore?: number;
  bytesBefore?: number;
}

type Volume = { items: number; bytes: number };

function joined<T>(
  now: T[],
  before: T[] | undefined,
  name: (of: T) => { name: string; detail: string },
  volume: (of: T) => Volume,
): Compared[] {
  const rows = new Map<string, Compared>();
  const row = (of: T) => {
    const is = name(of);
    const key = `${is.name} ${is.detail}`;
    const one = rows.get(key) ?? { key, ...is };
    rows.set(key, one);
    return one;
  };
  for (const of of now) {
    const to = row(of);
    to.items = (to.items ?? 0) + volume(of).items;
    to.bytes = (to.bytes ?? 0) + volume(of).bytes;
  }
  for (const of of before ?? []) {
    const to = row(of);
    to.itemsBefore = (to.itemsBefore ?? 0) + volume(of).items;
    to.bytesBefore = (to.bytesBefore ?? 0) + volume(of).bytes;
  }
  return [...rows.values()];
}

export const destinations = (of: DryRunAnswer): Compared[] =>
  joined(
    of.result.destinations,
    of.baseline?.destinations,
    (one) => ({ name: one.exporter, detail: one.signal }),
    (one) => one,
  );

export const edges = (of: DryRunAnswer): Compared[] =>
  joined(
    of.result.edges,
    of.baseline?.edges,
    (one) => ({ name: `${one.from} → ${one.to}`, detail: one.pipeline }),
    (one) => one,
  );

export interface ComparedNode {
  key: string;
  name: string;
  signal: string;
  in?: number;
  out?: number;
  outBefore?: number;
  inBefore?: number;
  passesAll: boolean;
  dropped: [string, number][];
}

export function nodes(of: DryRunAnswer): ComparedNode[] {
  const rows = new Map<string, ComparedNode>();
  for (const one of of.result.nodes) {
    const key = `${one.kind}:${one.component} ${one.signal}`;
    rows.set(key, {
      key,
      name: `${one.kind}:${one.component}`,
      signal: one.signal,
      in: one.in,
      out: one.out,
      passesAll: one.passesAll,
      dropped: Object.entries(one.dropped).filter(([, n]) => n > 0),
    });
  }
  for (const one of of.baseline?.nodes ?? []) {
    const key = `${one.kind}:${one.component} ${one.signal}`;
    const to = rows.get(key) ?? {
      key,
      name: `${one.kind}:${one.component}`,
      signal: one.signal,
      passesAll: false,
      dropped: [],
    };
    to.inBefore = one.in;
    to.outBefore = one.out;
    rows.set(key, to);
  }
  return [...rows.values()];
}

/** Change in words: "−90 %", "+5 %", "new", "removed", "unchanged". */
export function changeOf(before: number | undefined, now: number | undefined): string {
  if (before === undefined && now === undefined) return '';
  if (before === undefined) return 'new';
  if (now === undefined) return 'removed';
  if (before === now) return 'unchanged';
  if (before === 0) return 'from 0';
  const percent = (100 * (now - before)) / before;
  const text = Math.abs(percent) < 10 ? Math.abs(percent).toFixed(1) : Math.abs(percent).toFixed(0);
  return `${percent < 0 ? '−' : '+'}${text} %`;
}
