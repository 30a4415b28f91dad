/** Splits a line of YAML into coloured pieces. For reading only: enough for what the server prints. */

export type TokenKind =
  | 'key'
  | 'string'
  | 'number'
  | 'literal'
  | 'comment'
  | 'punctuation'
  | 'secret'
  | 'plain';

export interface Token {
  kind: TokenKind;
  text: string;
}

const KEY = /^(\s*(?:- )*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#:'"[\]{}][^:#]*?)(:)(?=\s|$)/;
const DASHES = /^(\s*(?:- )*-?(?=\s|$))/;

function scalar(text: string): Token[] {
  const trimmed = text.trim();
  if (trimmed === '') return text ? [{ kind: 'plain', text }] : [];
  const lead = text.slice(0, text.length - text.trimStart().length);
  const out: Token[] = lead ? [{ kind: 'plain', text: lead }] : [];
  const rest = text.slice(lead.length);
  if (rest.startsWith('#')) return [...out, { kind: 'comment', text: rest }];
  const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest);
  const comment = quoted ? -1 : rest.search(/\s#/);
  const value = quoted ? quoted[0] : comment >= 0 ? rest.slice(0, comment) : rest;
  const after = rest.slice(value.length);
  out.push({ kind: quoted ? 'string' : kindOf(value.trim()), text: value });
  if (after.trim() !== '')
    out.push({ kind: after.trimStart().startsWith('#') ? 'comment' : 'plain', text: after });
  return out;
}

function kindOf(value: string): TokenKind {
  if (value === '<secret>') return 'secret';
  if (/^(true|false|null|~|yes|no|on|off)$/i.test(value)) return 'literal';
  if (/^[-+]?(\d[\d_.]*)([eE][-+]?\d+)?$/.test(value)) return 'number';
  // Durations and sizes.
  if (/^(\d+(y|w|d|h|m|s|ms))+$|^\d+[KMGTPE]?i?B$/.test(value)) return 'number';
  if (/^[|>[\]{}&*!]/.test(value)) return 'punctuation';
  return 'string';
}

export function highlightLine(line: string): Token[] {
  const key = KEY.exec(line);
  if (key) {
    const [all, lead, name, colon] = key as unknown as [string, string, string, string];
    const out: Token[] = [];
    if (lead) out.push({ kind: 'punctuation', text: lead });
    out.push({ kind: 'key', text: name }, { kind: 'punctuation', text: colon });
    return [...out, ...scalar(line.slice(all.length))];
  }
  const dashes = DASHES.exec(line)?.[1] ?? '';
  return [
    ...(dashes ? [{ kind: 'punctuation' as const, text: dashes }] : []),
    ...scalar(line.slice(dashes.length)),
  ];
}
