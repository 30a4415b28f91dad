/** Tokens of TraceQL, for highlighting, completion and edits of a query. Never fails: unknown characters are tokens. */

export type TokenKind =
  | 'string'
  | 'number'
  | 'word'
  | 'attribute'
  | 'operator'
  | 'punctuation'
  | 'comment'
  | 'unknown';

export interface Token {
  kind: TokenKind;
  text: string;
  from: number;
  to: number;
  /** A string without its closing quote. */
  open?: boolean;
}

/** Longest first. */
const OPERATORS = [
  '!>>',
  '!<<',
  '&>>',
  '&<<',
  '&&',
  '||',
  '!>',
  '!<',
  '!~',
  '&>',
  '&<',
  '&~',
  '!=',
  '=~',
  '>=',
  '<=',
  '>>',
  '<<',
  '|',
  '=',
  '>',
  '<',
  '~',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '!',
];

const SPACE = /\s+/y;
/** Parts of a name may be quoted: span."a b".c. */
const PART = '(?:"(?:[^"\\\\]|\\\\.)*"|[^\\s{}()=~!<>&|^,"])';
const ATTRIBUTE = new RegExp(
  `(?:(?:parent\\.)?(?:span|resource|event|link|instrumentation|parent)\\.|\\.)${PART}*|(?:span|trace|event|link|instrumentation):\\w*`,
  'y',
);
const WORD = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** 5, 0.99, 1h30m, 200ms. */
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
  if (text.startsWith('//', at)) {
    const end = text.indexOf('\n', at);
    return token('comment', text.slice(at, end < 0 ? text.length : end));
  }
  const number = match(NUMBER, text, at);
  if (number) return token('number', number);
  const attribute = match(ATTRIBUTE, text, at);
  if (attribute) return token('attribute', attribute);
  const word = match(WORD, text, at);
  if (word) return token('word', word);
  const operator = OPERATORS.find((op) => text.startsWith(op, at));
  if (operator) return token('operator', operator);
  return token('{}(),'.includes(c) ? 'punctuation' : 'unknown', c);
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
