/** Ranking of what the global search finds. */
import { regexLiteral } from '../lib/labels';

export type Kind =
  | 'Page'
  | 'Dashboard'
  | 'Trace'
  | 'Service'
  | 'Database'
  | 'Workload'
  | 'Node'
  | 'Container'
  | 'Instance'
  | 'Alert'
  | 'Rule'
  | 'Target'
  | 'Metric';

export interface Entry {
  kind: Kind;
  name: string;
  /** Shown next to the name, and searched after it. */
  detail: string;
  to: string;
  search?: Record<string, string>;
  /** Parts of the path. */
  params?: Record<string, string>;
}

export interface Found extends Entry {
  /** 0 is best. */
  rank: number;
}

const KINDS: Kind[] = [
  'Trace',
  'Page',
  'Dashboard',
  'Service',
  'Database',
  'Workload',
  'Node',
  'Container',
  'Alert',
  'Instance',
  'Rule',
  'Target',
  'Metric',
];

/** Null unless every word occurs in the name or the detail. */
function rankOf(entry: Entry, words: string[]): number | null {
  const name = entry.name.toLowerCase();
  const detail = entry.detail.toLowerCase();
  let inName = 0;
  for (const word of words) {
    if (name.includes(word)) inName++;
    else if (!detail.includes(word)) return null;
  }
  const first = words[0] ?? '';
  if (name === words.join(' ')) return 0;
  if (inName === words.length)
    return name.startsWith(first) ? 1 : new RegExp(`[^a-z0-9]${regexLiteral(first)}`).test(name) ? 2 : 3;
  return 4;
}

/** The best entries, at most `most` in all and `mostOfKind` of one kind; without words the pages. */
export function find(entries: Entry[], text: string, most = 40, mostOfKind = 12): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked: Found[] = [];
  for (const entry of entries) {
    if (words.length === 0) {
      if (entry.kind === 'Page') ranked.push({ ...entry, rank: 0 });
      continue;
    }
    const rank = rankOf(entry, words);
    if (rank !== null) ranked.push({ ...entry, rank });
  }
  if (words.length > 0)
    ranked.sort(
      (a, b) =>
        a.rank - b.rank ||
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        a.name.length - b.name.length ||
        a.name.localeCompare(b.name),
    );
  const counts = new Map<Kind, number>();
  const out: Found[] = [];
  for (const one of ranked) {
    const count = counts.get(one.kind) ?? 0;
    if (one.kind !== 'Page' && count >= mostOfKind) continue;
    counts.set(one.kind, count + 1);
    out.push(one);
    if (out.length === most) break;
  }
  return out;
}

/** The trace that a text names: ids are hexadecimal, 16 or 32 digits. */
export function traceEntry(text: string): Entry | null {
  const id = text.trim().toLowerCase();
  return /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(id)
    ? { kind: 'Trace', name: id, detail: 'Open trace', to: '/explore/traces/$id', params: { id } }
    : null;
}
