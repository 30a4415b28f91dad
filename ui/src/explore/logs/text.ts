/** Text of an entry: matched terms, stack traces and JSON. */
import { ansiSpans, type Span, stripAnsi } from './ansi';

export interface Piece extends Span {
  /** Matched by a line filter. */
  hit: boolean;
}

const MAX_HITS = 200;

/** Places of all terms in the text, merged where they overlap. */
export function findHits(text: string, terms: RegExp[]): [number, number][] {
  const all: [number, number][] = [];
  for (const term of terms) {
    for (const found of text.matchAll(term)) {
      if (found[0] === '') continue;
      all.push([found.index, found.index + found[0].length]);
      if (all.length >= MAX_HITS) break;
    }
  }
  all.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const hit of all) {
    const last = merged.at(-1);
    if (last && hit[0] <= last[1]) last[1] = Math.max(last[1], hit[1]);
    else merged.push([...hit]);
  }
  return merged;
}

/** The line in pieces of one style each. Terms are found in the text without escape sequences. */
export function pieces(line: string, terms: RegExp[]): Piece[] {
  const spans = ansiSpans(line);
  const hits = terms.length === 0 ? [] : findHits(spans.map((s) => s.text).join(''), terms);
  if (hits.length === 0) return spans.map((span) => ({ ...span, hit: false }));
  const out: Piece[] = [];
  let at = 0;
  for (const span of spans) {
    const end = at + span.text.length;
    let from = at;
    for (const [start, stop] of hits) {
      if (stop <= from || start >= end) continue;
      const a = Math.max(start, from);
      const b = Math.min(stop, end);
      if (a > from) out.push({ text: span.text.slice(from - at, a - at), style: span.style, hit: false });
      out.push({ text: span.text.slice(a - at, b - at), style: span.style, hit: true });
      from = b;
    }
    if (from < end) out.push({ text: span.text.slice(from - at), style: span.style, hit: false });
    at = end;
  }
  return out;
}

/** A line longer than this is cut in the list; its details show all of it. */
export const MAX_LIST_LINE = 4000;

const FRAME = [
  /^\s+at\s+\S/,
  /^\s*\.\.\. \d+ (?:more|common frames omitted)/,
  /^\s+File ".*", line \d+/,
  /^\s+\S+\.go:\d+/,
  /^\s+\d+:\s+(?:0x[0-9a-f]+\s+-\s+)?\S/,
  /^\s+from .+:\d+:in /,
  /^#\d+\s/,
];

export const isFrame = (line: string): boolean => FRAME.some((pattern) => pattern.test(line));

export interface Block {
  lines: string[];
  /** Frames of a stack trace, shown folded. */
  frames: boolean;
}

/** Fewer frames than this are shown as they are. */
const LEAST_FOLDED = 3;

/** Lines of an entry, with runs of stack frames apart. Python puts source text below each frame. */
export function foldFrames(text: string): Block[] {
  const out: Block[] = [];
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  lines.forEach((line, i) => {
    const plain = stripAnsi(line);
    const source = /^\s{4,}\S/.test(plain) && /^\s+File "/.test(stripAnsi(lines[i - 1] ?? ''));
    const goSource = /^\t/.test(plain) && /\.go:\d+/.test(plain);
    const frames = isFrame(plain) || source || goSource;
    const last = out.at(-1);
    if (last && last.frames === frames) last.lines.push(line);
    else out.push({ lines: [line], frames });
  });
  const merged: Block[] = [];
  for (const block of out) {
    const folded = block.frames && block.lines.length >= LEAST_FOLDED;
    const last = merged.at(-1);
    if (last && !folded && !last.frames) last.lines.push(...block.lines);
    else merged.push({ lines: [...block.lines], frames: folded });
  }
  return merged;
}

/** Larger documents stay as they are: indenting them would block the page. */
const MAX_JSON = 200_000;

/** The line as indented JSON when it is a JSON object or array, with its numbers and escapes unchanged. */
export function prettyJson(line: string): string | null {
  const text = line.trim();
  if (!/^[{[]/.test(text) || text.length > MAX_JSON) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  return indent(text);
}

/** JSON.stringify would round large numbers, so white space is added to the text itself. */
function indent(text: string): string {
  let out = '';
  let depth = 0;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) ?? []) {
    const line = () => `\n${'  '.repeat(depth)}`;
    if (token === '{' || token === '[') {
      depth++;
      out += token + line();
    } else if (token === '}' || token === ']') {
      depth--;
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token;
    } else if (token === ',') out += `,${line()}`;
    else if (token === ':') out += ': ';
    else out += token;
  }
  return out;
}
