/** Entries of an answer: streams flattened, ordered, joined page by page. */
import type { LabelSet } from '../../api/types';
import { shortHash } from '../../lib/hash';
import { seriesName } from '../../lib/labels';
import { type Level, levelOf } from './levels';

export interface EntryFields {
  structuredMetadata?: LabelSet;
  parsed?: LabelSet;
}

export type EntryValue = [string, string] | [string, string, EntryFields];

export interface StreamItem {
  stream: LabelSet;
  values: EntryValue[];
}

export interface Entry {
  /** Nanoseconds since 1970, as text: more digits than a number holds. */
  ns: string;
  /** ms since 1970. */
  ms: number;
  line: string;
  labels: LabelSet;
  metadata: LabelSet;
  parsed: LabelSet;
  level: Level;
  /** Names the entry in links and lists. */
  id: string;
}

export type Direction = 'backward' | 'forward';

const NOTHING: LabelSet = {};

export const nsToMs = (ns: string): number => Number(ns.slice(0, -6)) + Number(ns.slice(-6)) / 1e6;
export const msToNs = (ms: number): string => `${Math.floor(ms)}000000`;
export const shiftNs = (ns: string, by: number): string => String(BigInt(ns) + BigInt(by));

/** Timestamps of equal length compare as text. */
export function compareNs(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export function toEntries(streams: StreamItem[], direction: Direction): Entry[] {
  const out: Entry[] = [];
  for (const { stream, values } of streams) {
    const name = seriesName(stream);
    for (const [ns, line, fields] of values) {
      const metadata = fields?.structuredMetadata ?? NOTHING;
      const parsed = fields?.parsed ?? NOTHING;
      out.push({
        ns,
        ms: nsToMs(ns),
        line,
        labels: stream,
        metadata,
        parsed,
        level: levelOf(stream, metadata, parsed, line),
        id: `${ns}_${shortHash(`${name}\n${line}`)}`,
      });
    }
  }
  const sign = direction === 'backward' ? -1 : 1;
  // Sorting is stable: entries of one timestamp keep the order of the answer.
  return out.sort((a, b) => sign * compareNs(a.ns, b.ns));
}

/** Pages overlap at one timestamp, because an end is exclusive; an entry counted there before is not repeated. */
export function joinPages(pages: Entry[][]): Entry[] {
  const out: Entry[] = [];
  for (const page of pages) {
    const edge = out.at(-1)?.ns;
    const seen = new Map<string, number>();
    for (let i = out.length - 1; i >= 0 && out[i]?.ns === edge; i--)
      seen.set((out[i] as Entry).id, (seen.get((out[i] as Entry).id) ?? 0) + 1);
    for (const entry of page) {
      const left = entry.ns === edge ? (seen.get(entry.id) ?? 0) : 0;
      if (left > 0) seen.set(entry.id, left - 1);
      else out.push(entry);
    }
  }
  return out;
}

/** Names for columns and facets, those of most entries first. */
export function fieldNames(entries: Entry[]): string[] {
  const counts = new Map<string, number>();
  for (const entry of entries)
    for (const set of [entry.labels, entry.metadata, entry.parsed])
      for (const name of Object.keys(set)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

export const fieldValue = (entry: Entry, name: string): string | undefined =>
  entry.metadata[name] ?? entry.parsed[name] ?? entry.labels[name];

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** 2026-11-20 09:15:00.123, in the zone of the page. */
export function entryTime(ms: number, utc: boolean, date = true): string {
  const d = new Date(ms);
  const [y, mo, day, h, mi, s] = utc
    ? [
        d.getUTCFullYear(),
        d.getUTCMonth(),
        d.getUTCDate(),
        d.getUTCHours(),
        d.getUTCMinutes(),
        d.getUTCSeconds(),
      ]
    : [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
  const time = `${pad(h)}:${pad(mi)}:${pad(s)}.${pad(d.getUTCMilliseconds(), 3)}`;
  return date ? `${y}-${pad(mo + 1)}-${pad(day)} ${time}` : time;
}
