/** ANSI escape sequences of log lines: colours become spans, everything else is removed. */

export interface Span {
  text: string;
  /** CSS classes, or '' for plain text. */
  style: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters.
const SEQUENCE = /\x1b(?:\[([0-9;:]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

interface Style {
  color: string;
  back: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Style = { color: '', back: '', bold: false, dim: false, italic: false, underline: false };

export const hasAnsi = (line: string): boolean => line.includes('\x1b');

/** Extended colours (38;5;n and 38;2;r;g;b) are reduced to the eight that a theme defines. */
function extended(codes: number[], at: number): { color: string; used: number } {
  if (codes[at] === 5) {
    const n = codes[at + 1] ?? 0;
    return { color: n < 16 ? (COLORS[n % 8] as string) : nearest(cube(n)), used: 2 };
  }
  if (codes[at] === 2) return { color: nearest(codes.slice(at + 1, at + 4)), used: 4 };
  return { color: '', used: 1 };
}

/** Entry of the palette of 256 colours as red, green, blue. */
function cube(n: number): number[] {
  if (n >= 232) return Array<number>(3).fill((n - 232) * 10 + 8);
  const i = n - 16;
  return [Math.floor(i / 36), Math.floor(i / 6) % 6, i % 6].map((v) => v * 51);
}

function nearest([r = 0, g = 0, b = 0]: number[]): string {
  const most = Math.max(r, g, b);
  if (most < 64) return 'black';
  return COLORS[(r > most / 2 ? 1 : 0) + (g > most / 2 ? 2 : 0) + (b > most / 2 ? 4 : 0)] as string;
}

function apply(style: Style, codes: number[]): Style {
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code === 0) next = { ...PLAIN };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code >= 30 && code <= 37) next.color = COLORS[code - 30] as string;
    else if (code >= 90 && code <= 97) next.color = COLORS[code - 90] as string;
    else if (code >= 40 && code <= 47) next.back = COLORS[code - 40] as string;
    else if (code >= 100 && code <= 107) next.back = COLORS[code - 100] as string;
    else if (code === 39) next.color = '';
    else if (code === 49) next.back = '';
    else if (code === 38 || code === 48) {
      const { color, used } = extended(codes, i + 1);
      if (code === 38) next.color = color;
      else next.back = color;
      i += used;
    }
  }
  return next;
}

function classes(style: Style): string {
  return [
    style.color && `ansi-${style.color}`,
    style.back && `ansi-on-${style.back}`,
    style.bold && 'ansi-bold',
    style.dim && 'ansi-dim',
    style.italic && 'ansi-italic',
    style.underline && 'ansi-underline',
  ]
    .filter(Boolean)
    .join(' ');
}

export function ansiSpans(line: string): Span[] {
  if (!hasAnsi(line)) return [{ text: line, style: '' }];
  const out: Span[] = [];
  let style = PLAIN;
  let at = 0;
  for (const found of line.matchAll(SEQUENCE)) {
    if (found.index > at) out.push({ text: line.slice(at, found.index), style: classes(style) });
    at = found.index + found[0].length;
    if (found[2] === 'm') style = apply(style, (found[1] || '0').split(/[;:]/).map(Number));
  }
  if (at < line.length) out.push({ text: line.slice(at), style: classes(style) });
  return out;
}

export const stripAnsi = (line: string): string => (hasAnsi(line) ? line.replace(SEQUENCE, '') : line);
