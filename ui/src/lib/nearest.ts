/** Known words that a mistyped one may mean. */

/** Insertions, deletions, replacements and swaps between two words; more than `most` counts as `most + 1`. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      next.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    before = row;
    row = next;
  }
  return row[b.length] as number;
}

/** The nearest words first: with few typing errors, then those that have the word as a part. */
export function nearest(words: Iterable<string>, typed: string, count = 3): string[] {
  const most = Math.max(1, Math.floor(typed.length / 5));
  const lower = typed.toLowerCase();
  const found: [number, string][] = [];
  for (const word of words) {
    const d = distance(word.toLowerCase(), lower, most);
    if (d <= most) found.push([d, word]);
    else if (lower.length >= 4 && word.toLowerCase().includes(lower)) found.push([most + 1, word]);
  }
  return found
    .sort((a, b) => a[0] - b[0] || a[1].length - b[1].length || a[1].localeCompare(b[1]))
    .slice(0, count)
    .map(([, word]) => word);
}

const KEYWORDS = new Set(
  'and or unless by without on ignoring group_left group_right offset bool inf nan start end atan2'.split(
    ' ',
  ),
);

/** Metric names of a PromQL expression: not functions, keywords, labels or what stands in strings. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replace(/#.*$/gm, ' ')
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, ' ')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi, ' ');
  const out = new Set<string>();
  for (const match of bare.matchAll(/(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g))
    if (!KEYWORDS.has(match[0].toLowerCase())) out.add(match[0]);
  return [...out];
}

/** The expression with another metric name. */
export const withName = (expr: string, from: string, to: string): string =>
  expr.replace(new RegExp(`(?<![\\w:])${from}(?![\\w:])`, 'g'), to);
