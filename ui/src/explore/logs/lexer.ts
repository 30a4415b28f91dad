/** Tokens of LogQL, for highlighting, completion and edits of a query. Never fails: unknown characters are tokens. */

export type TokenKind = 'string' | 'number' | 'word' | 'operator' | 'punctuation' | 'comment' | 'unknown';

export interface Token {
  kind: TokenKind;
  text: string;
  from: number;
  to: number;
  /** A string without its closing quote. */
  open?: boolean;
}

/** Longest first. Keywords are case-insensitive. */
const OPERATORS = [
  '|=',
  '|~',
  '|>',
  '!=',
  '!~',
  '!>',
  '=~',
  '==',
  '>=',
  '<=',
  '|',
  '=',
  '>',
  '<',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
];

const SPACE = /\s+/y;
const WORD = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const FLAG = /--[a-z][a-z-]*/y;
/** 5, 0.99, 1h30m, 10MiB. */
const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:[a-zA-Zµ]+(?:\d+(?:\.\d+)?[a-zA-Zµ]+)*)?/y;

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function stringAt(text: string, at: number): Token {
  const quote = text[at] as string;
  let i = at + 1;
  while (i < text.length) {
    if (text[i] === '\\' && quote === '"') i += 2;
    else if (text[i] === quote) return { kind: 'string', text: text.slice(at, i + 1), from: at, to: i + 1 };
    else i++;
  }
  return { kind: 'string', text: text.slice(at), from: at, to: text.length, open: true };
}

function tokenAt(text: string, at: number): Token {
  const token = (kind: TokenKind, found: string): Token => ({
    kind,
    text: found,
    from: at,
    to: at + found.length,
  });
  const c = text[at] as string;
  if (c === '"' || c === '`') return stringAt(text, at);
  if (c === '#') {
    const end = text.indexOf('\n', at);
    return token('comment', text.slice(at, end < 0 ? text.length : end));
  }
  const flag = match(FLAG, text, at);
  if (flag) return token('word', flag);
  const word = match(WORD, text, at);
  if (word) return token('word', word);
  const number = match(NUMBER, text, at);
  if (number) return token('number', number);
  const operator = OPERATORS.find((op) => text.startsWith(op, at));
  if (operator) return token('operator', operator);
  return token('{}()[],'.includes(c) ? 'punctuation' : 'unknown', c);
}

/** All tokens without white space; comments only when asked for. */
export function tokenize(text: string, comments = false): Token[] {
  const out: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space) {
      at += space.length;
      continue;
    }
    const token = tokenAt(text, at);
    if (comments || token.kind !== 'comment') out.push(token);
    at = token.to;
  }
  return out;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The value of a string token: escapes of Go in "…", none in `…`. */
export function unquote(text: string): string {
  const quote = text[0];
  const body = text.slice(1, text.length > 1 && text.endsWith(quote as string) ? -1 : undefined);
  if (quote === '`') return body;
  return body.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/gs,
    (_all, hex?: string, unicode?: string, other?: string) =>
      hex || unicode
        ? String.fromCharCode(Number.parseInt((hex ?? unicode) as string, 16))
        : (ESCAPES[other as string] ?? (other as string)),
  );
}

/** A string literal: raw where that saves escapes. */
export function quoted(value: string): string {
  const control = [...value].some((c) => c < ' ');
  if (/["\\]/.test(value) && !value.includes('`') && !control) return `\`${value}\``;
  const escaped = value
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t');
  const safe = [...escaped].map((c) => (c < ' ' ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c));
  return `"${safe.join('')}"`;
}
