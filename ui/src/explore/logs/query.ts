/** Structure of a LogQL query, as far as edits need it: the selector and the stages of its first log query. */
import { quoted, type Token, tokenize, unquote } from './lexer';

export type MatchOp = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  name: string;
  op: MatchOp;
  value: string;
}

export type StageKind = 'line' | 'parser' | 'label' | 'other';

export interface Stage {
  kind: StageKind;
  from: number;
  to: number;
  text: string;
  /** Of a line filter: |= != |~ !~ |> !>. Of a comparison of one label with a string: = != =~ !~. */
  op?: string;
  /** Of a line filter: its alternatives. Of a comparison: one value. */
  values?: string[];
  /** Of a comparison: the label. Of a parser: its keyword. */
  name?: string;
}

export interface LogParts {
  /** Place of the selector with its braces. */
  from: number;
  to: number;
  matchers: Matcher[];
  stages: Stage[];
  /** Where another stage goes. */
  end: number;
}

export const PARSERS = ['json', 'logfmt', 'pattern', 'regexp', 'unpack'];
/** Keywords after a pipe that a line filter may follow at once. */
const BARE = ['json', 'logfmt', 'unpack', 'decolorize'];
const LINE_OPS = ['|=', '!=', '|~', '!~', '|>', '!>'];
const MATCH_OPS: string[] = ['=', '!=', '=~', '!~'];

const isOp = (value: string): value is MatchOp => MATCH_OPS.includes(value);

function readMatchers(tokens: Token[]): Matcher[] | null {
  const out: Matcher[] = [];
  for (let i = 0; i < tokens.length; i += 4) {
    const [name, op, value, comma] = tokens.slice(i, i + 4);
    if (name?.kind !== 'word' || !op || !isOp(op.text) || value?.kind !== 'string' || value.open) return null;
    if (comma && comma.text !== ',') return null;
    out.push({ name: name.text, op: op.text, value: unquote(value.text) });
  }
  return out;
}

function startsStage(tokens: Token[], i: number): boolean {
  const token = tokens[i] as Token;
  if (token.kind !== 'operator') return false;
  if (token.text === '|') return true;
  if (!LINE_OPS.includes(token.text)) return false;
  if (token.text !== '!=' && token.text !== '!~') return true;
  // `| level != "x"` compares a label; `| json != "x"` filters lines.
  const before = tokens[i - 1];
  return before?.kind !== 'word' || (BARE.includes(before.text) && tokens[i - 2]?.text === '|');
}

function lineFilter(tokens: Token[]): string[] | null {
  const values: string[] = [];
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    if (i % 2 === 1 ? token.kind !== 'string' || token.open : token.text !== 'or') return null;
    if (i % 2 === 1) values.push(unquote(token.text));
  }
  return values.length > 0 && tokens.length % 2 === 0 ? values : null;
}

function readStage(text: string, tokens: Token[]): Stage {
  const first = tokens[0] as Token;
  const from = first.from;
  const to = (tokens.at(-1) as Token).to;
  const stage: Stage = { kind: 'other', from, to, text: text.slice(from, to) };
  if (first.text !== '|') {
    const values = lineFilter(tokens);
    return values ? { ...stage, kind: 'line', op: first.text, values } : stage;
  }
  const [, name, op, value] = tokens;
  if (name && PARSERS.includes(name.text)) return { ...stage, kind: 'parser', name: name.text };
  if (tokens.length === 4 && name?.kind === 'word' && op && isOp(op.text) && value?.kind === 'string')
    return { ...stage, kind: 'label', name: name.text, op: op.text, values: [unquote(value.text)] };
  return stage;
}

/** Null when the text has no complete selector. */
export function parseLog(text: string): LogParts | null {
  const tokens = tokenize(text);
  const open = tokens.findIndex((t) => t.text === '{');
  const close = tokens.findIndex((t, i) => i > open && t.text === '}');
  if (open < 0 || close < 0) return null;
  const matchers = readMatchers(tokens.slice(open + 1, close));
  if (!matchers) return null;
  const to = (tokens[close] as Token).to;
  const parts: LogParts = { from: (tokens[open] as Token).from, to, matchers, stages: [], end: to };
  let start = -1;
  let depth = 0;
  let i = close + 1;
  const finish = () => {
    if (start >= 0) parts.stages.push(readStage(text, tokens.slice(start, i)));
    start = -1;
  };
  for (; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    if (token.text === '[' || (token.text === ')' && depth === 0)) break;
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    else if (depth === 0 && startsStage(tokens, i)) {
      finish();
      start = i;
    } else if (start < 0) break;
  }
  finish();
  parts.end = parts.stages.at(-1)?.to ?? to;
  return parts;
}

/** Whether the query gives numbers: it does when anything but parentheses stands around the log query. */
export function isMetric(text: string): boolean {
  const tokens = tokenize(text);
  const first = tokens.find((t) => t.text !== '(');
  if (!first) return false;
  if (first.text !== '{') return true;
  return tokens.some((t) => t.text === '[');
}

/** The log query alone, out of a log or a metric query; null when there is none. */
export function logPart(text: string): string | null {
  const parts = parseLog(text);
  return parts ? text.slice(parts.from, parts.end) : null;
}

export function selectorOf(text: string): string | null {
  const parts = parseLog(text);
  return parts ? writeSelector(parts.matchers) : null;
}

/** The selector with the stages that may select patterns: line filters and text filters before any other stage. */
export function patternQuery(text: string): string | null {
  const parts = parseLog(text);
  if (!parts) return null;
  let to = parts.to;
  for (const stage of parts.stages) {
    if (stage.kind !== 'line' && stage.kind !== 'label') break;
    to = stage.to;
  }
  return text.slice(parts.from, to);
}

/** Expression that is true while a query gives more than a number of lines, or a larger number. */
export function alertQuery(text: string, above: number, window: string): string | null {
  if (isMetric(text)) return `(${text}) > ${above}`;
  const log = logPart(text);
  return log === null
    ? null
    : `sum(count_over_time(${log} | drop __error__, __error_details__ [${window}])) > ${above}`;
}

export function writeSelector(matchers: Matcher[]): string {
  return `{${matchers.map((m) => `${m.name}${m.op}${quoted(m.value)}`).join(', ')}}`;
}

/** Replaces the selector and keeps everything else as it is written. */
export function withMatchers(text: string, matchers: Matcher[]): string {
  const parts = parseLog(text);
  if (!parts) return writeSelector(matchers);
  return text.slice(0, parts.from) + writeSelector(matchers) + text.slice(parts.to);
}

export function withStage(text: string, stage: string): string {
  const parts = parseLog(text);
  if (!parts) return text;
  return `${text.slice(0, parts.end)} ${stage}${text.slice(parts.end)}`;
}

export function replaceStage(text: string, index: number, stage: string | null): string {
  const old = parseLog(text)?.stages[index];
  if (!old) return text;
  const before = text.slice(0, old.from);
  return stage === null ? before.trimEnd() + text.slice(old.to) : before + stage + text.slice(old.to);
}

/** Where the value of a name comes from: this decides which part of a query filters it. */
export type FieldSource = 'label' | 'metadata' | 'parsed';

export interface FieldFilter {
  source: FieldSource;
  name: string;
  value: string;
  /** Filters out instead of in. */
  exclude: boolean;
  /** Keywords of parsers that give the field. */
  parsers?: string[] | null;
}

/** Adds the filter; the same filter again removes it, the opposite one turns it around. */
export function withFilter(text: string, filter: FieldFilter): string {
  const parts = parseLog(text);
  if (!parts) return text;
  const op: MatchOp = filter.exclude ? '!=' : '=';
  if (filter.source === 'label') return withLabel(text, parts, filter, op);
  const stage = `| ${filter.name}${op}${quoted(filter.value)}`;
  const at = parts.stages.findIndex(
    (s) => s.kind === 'label' && s.name === filter.name && s.values?.[0] === filter.value && isExact(s.op),
  );
  if (at >= 0) return replaceStage(text, at, parts.stages[at]?.op === op ? null : stage);
  const parser = filter.parsers?.[0];
  const parses = parts.stages.some((s) => s.kind === 'parser');
  return withStage(text, filter.source === 'parsed' && parser && !parses ? `| ${parser} ${stage}` : stage);
}

const isExact = (op: string | undefined) => op === '=' || op === '!=';

function withLabel(text: string, parts: LogParts, filter: FieldFilter, op: MatchOp): string {
  const same = (m: Matcher) => m.name === filter.name && m.value === filter.value && isExact(m.op);
  const found = parts.matchers.find(same);
  const others = parts.matchers.filter((m) => !same(m));
  if (found?.op === op) return withMatchers(text, others);
  return withMatchers(text, [...others, { name: filter.name, op, value: filter.value }]);
}

export function withPattern(text: string, pattern: string, exclude: boolean): string {
  return withStage(text, `${exclude ? '!>' : '|>'} ${quoted(pattern)}`);
}

/** Counts of entries by level over steps, of the log query within the text. */
export function volumeQuery(text: string, step: string): string | null {
  const log = logPart(text);
  return log === null
    ? null
    : `sum by (detected_level) (count_over_time(${log} | drop __error__, __error_details__ [${step}]))`;
}

/** Counts of entries by the values of one name, over the whole range, largest first. */
export function countQuery(
  text: string,
  name: string,
  range: string,
  limit: number,
  parsers?: string[] | null,
): string | null {
  const parts = parseLog(text);
  if (!parts) return null;
  const parser = parsers?.[0];
  const parses = parts.stages.some((s) => s.kind === 'parser');
  const stage = parser && !parses ? ` | ${parser}` : '';
  const log = `${text.slice(parts.from, parts.end)}${stage}`;
  return `topk(${limit}, sum by (${name}) (count_over_time(${log} | drop __error__, __error_details__ [${range}])))`;
}

/** What line filters look for, for marking: literals, expressions and the literals of patterns. */
export function searchTerms(text: string): RegExp[] {
  const out: RegExp[] = [];
  const literally = (literal: string) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  for (const stage of parseLog(text)?.stages ?? []) {
    if (stage.kind !== 'line') continue;
    for (const value of stage.values ?? []) {
      if (value === '') continue;
      if (stage.op === '|=') out.push(new RegExp(literally(value), 'g'));
      else if (stage.op === '|>')
        for (const literal of value.split('<_>').map((part) => part.trim()))
          if (literal.length > 1) out.push(new RegExp(literally(literal), 'g'));
      if (stage.op === '|~') {
        const flags = /^\(\?([ims]+)\)/.exec(value);
        try {
          out.push(new RegExp(value.slice(flags?.[0].length ?? 0), `g${flags?.[1] ?? ''}`));
        } catch {
          // An expression that only RE2 reads marks nothing.
        }
      }
    }
  }
  return out;
}

/** The place that an error of the server names, as an offset in the text. */
export function errorOffset(text: string, message: string): number | null {
  const found =
    /line (\d+), col(?:umn)? (\d+)/i.exec(message) ?? /(?:^|[\s(])(\d+):(\d+)(?=[:\s)]|$)/.exec(message);
  if (!found) return null;
  const lines = text.split('\n');
  const line = Number(found[1]) - 1;
  if (line < 0 || line >= lines.length) return null;
  const before = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(text.length, before + Math.max(0, Number(found[2]) - 1));
}
