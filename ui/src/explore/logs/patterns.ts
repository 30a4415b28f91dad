/** Patterns of an answer, with their shares, trends and what is new. */

export interface PatternItem {
  pattern: string;
  level?: string;
  /** [unix seconds, count]. */
  samples: [number, number][];
}

export interface PatternRow {
  pattern: string;
  level: string;
  count: number;
  /** Of all counted lines, 0 to 1. */
  share: number;
  /** Counts over equal parts of the range, oldest first. */
  trend: number[];
  /** Unix ms of the first occurrence when the preceding range has none; null otherwise. */
  newSince: number | null;
}

export const TREND_BARS = 40;

/** `before` holds patterns of the preceding range of the same length; null while it is not known. */
export function patternRows(
  items: PatternItem[],
  before: PatternItem[] | null,
  start: number,
  end: number,
): PatternRow[] {
  const known = before && new Set(before.map((item) => item.pattern));
  const rows = new Map<string, PatternRow>();
  let total = 0;
  for (const item of items) {
    const row = rows.get(item.pattern) ?? {
      pattern: item.pattern,
      level: item.level ?? '',
      count: 0,
      share: 0,
      trend: new Array<number>(TREND_BARS).fill(0),
      newSince: null,
    };
    for (const [seconds, count] of item.samples) {
      const at = Math.floor(((seconds * 1000 - start) / (end - start)) * TREND_BARS);
      const bar = Math.min(TREND_BARS - 1, Math.max(0, at));
      row.trend[bar] = (row.trend[bar] ?? 0) + count;
      row.count += count;
      total += count;
      if (count > 0 && known && !known.has(item.pattern))
        row.newSince = Math.min(row.newSince ?? Number.POSITIVE_INFINITY, seconds * 1000);
    }
    rows.set(item.pattern, row);
  }
  const list = [...rows.values()].filter((row) => row.count > 0);
  for (const row of list) row.share = total > 0 ? row.count / total : 0;
  return list.sort((a, b) => b.count - a.count);
}

/** Whether a pattern has a word: one of placeholders alone says nothing about its lines. */
export const hasWord = (pattern: string): boolean => /\p{L}{3}/u.test(pattern.replaceAll('<_>', ' '));
