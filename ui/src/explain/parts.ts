/**
 * The parts of a query: what stands inside what, and the query that gives each part's series. Read from the
 * grammar's own tree, so every part knows its place in the text and is asked for exactly as it was written.
 * Parentheses are no parts; numbers and texts that are arguments stay in the part around them.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { quote } from '../lib/labels';

export interface MatcherText {
  name: string;
  op: string;
  value: string;
}

/** How series of both sides find each other. */
export interface Matching {
  op: string;
  bool: boolean;
  on: boolean;
  labels: string[];
  /** The side that may have several series for each of the other side. */
  many: 'left' | 'right' | null;
  include: string[];
  fillLeft: number | null;
  fillRight: number | null;
}

interface Time {
  /** As written: 5m, -1h, @ end(). */
  offset: string;
  at: string;
}

export type PartDetail =
  | {
      kind: 'selector';
      metric: string;
      matchers: MatcherText[];
      range: string;
      mode: '' | 'anchored' | 'smoothed';
      time: Time;
    }
  | { kind: 'subquery'; range: string; step: string; time: Time }
  | { kind: 'call'; name: string; info: boolean }
  | { kind: 'aggregation'; op: string; by: boolean; without: boolean; labels: string[] }
  | { kind: 'binary'; matching: Matching; sides: [Side, Side] }
  | { kind: 'unary'; op: string }
  | { kind: 'literal' };

export interface Side {
  from: number;
  to: number;
  text: string;
  /** Whether it is a number for all times. */
  number: boolean;
}

export interface Part {
  /** Position in a walk from outside. */
  index: number;
  from: number;
  to: number;
  /** What it adds to its children: `sum by (job) (…)`. */
  short: string;
  /** What it is to the part around it. */
  role: string;
  /** Instant query that gives its series; of a window the series that have samples within. */
  ask: string;
  detail: PartDetail;
  children: Part[];
}

const NUMBERS = ['NumberDurationLiteral', 'NumberDurationLiteralInDurationContext'];

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) out.push(child);
  return out;
}

const EXPRESSIONS = new Set([
  'AggregateExpr',
  'BinaryExpr',
  'FunctionCall',
  'MatrixSelector',
  'NumberDurationLiteral',
  'OffsetExpr',
  'ParenExpr',
  'StringLiteral',
  'SubqueryExpr',
  'UnaryExpr',
  'VectorSelector',
  'StepInvariantExpr',
  'AnchoredExpr',
  'SmoothedExpr',
]);

const expressions = (node: SyntaxNode) => childrenOf(node).filter((child) => EXPRESSIONS.has(child.name));

/** Removes quotes of any of PromQL's three kinds. */
export function unquote(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  const body = text.slice(1, -1);
  const known: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
  };
  return body.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))/gs,
    (_, u, long, x, octal, one) =>
      one !== undefined
        ? (known[one] ?? one)
        : String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(u ?? long ?? x ?? octal, octal ? 8 : 16))),
  );
}

/** Whether a side is a number at all times: it then has no series to match. */
function isNumber(node: SyntaxNode): boolean {
  if (NUMBERS.includes(node.name)) return true;
  if (node.name === 'ParenExpr' || node.name === 'UnaryExpr' || node.name === 'BinaryExpr') {
    const inner = expressions(node);
    return inner.length > 0 && inner.every(isNumber);
  }
  return false;
}

class Reader {
  private readonly text: string;
  private count = 0;

  constructor(text: string) {
    this.text = text;
  }

  private slice(node: { from: number; to: number }): string {
    return this.text.slice(node.from, node.to);
  }

  private names(grouping: SyntaxNode | null | undefined): string[] {
    return grouping
      ? childrenOf(grouping).map((c) =>
          c.name === 'QuotedLabelName' ? unquote(this.slice(c)) : this.slice(c),
        )
      : [];
  }

  /** The node inside parentheses. */
  private bare(node: SyntaxNode): SyntaxNode {
    let inner = node;
    while (inner.name === 'ParenExpr') inner = expressions(inner)[0] ?? inner.firstChild ?? inner;
    return inner;
  }

  part(node: SyntaxNode, role: string): Part {
    const inner = this.bare(node);
    const index = this.count++;
    const { detail, inside, ask } = this.detail(inner);
    const children = inside.map(([child, as]) => this.part(child, as));
    return {
      index,
      from: inner.from,
      to: inner.to,
      short: this.short(
        inner,
        inside.map(([child]) => child),
      ),
      role,
      ask: ask ?? this.slice(inner),
      detail,
      children,
    };
  }

  /** The text without what the children say. */
  private short(node: SyntaxNode, children: SyntaxNode[]): string {
    let out = '';
    let at = node.from;
    for (const child of children) {
      out += `${this.text.slice(at, child.from)}…`;
      at = child.to;
    }
    out += this.text.slice(at, node.to);
    return out.replace(/\s+/g, ' ').trim();
  }

  private detail(node: SyntaxNode): { detail: PartDetail; inside: [SyntaxNode, string][]; ask?: string } {
    switch (node.name) {
      case 'AggregateExpr':
        return this.aggregation(node);
      case 'FunctionCall':
        return this.call(node);
      case 'BinaryExpr':
        return this.binary(node);
      case 'UnaryExpr': {
        const operand = expressions(node)[0];
        const op = node.getChild('UnaryOp');
        return {
          detail: { kind: 'unary', op: op ? this.slice(op) : '-' },
          inside: operand && !isNumber(operand) ? [[operand, '']] : [],
        };
      }
      case 'NumberDurationLiteral':
      case 'StringLiteral':
        return { detail: { kind: 'literal' }, inside: [] };
      default:
        return this.timed(node);
    }
  }

  /** A selector or a subquery with what moves it in time. */
  private timed(node: SyntaxNode): { detail: PartDetail; inside: [SyntaxNode, string][]; ask?: string } {
    const time: Time = { offset: '', at: '' };
    let mode: '' | 'anchored' | 'smoothed' = '';
    // Without the words anchored and smoothed, which only some functions take.
    const cut: { from: number; to: number }[] = [];
    let inner = node;
    while (
      ['OffsetExpr', 'StepInvariantExpr', 'AnchoredExpr', 'SmoothedExpr', 'ParenExpr'].includes(inner.name)
    ) {
      const next = expressions(inner)[0];
      if (!next) break;
      const after = this.text.slice(next.to, inner.to).trim();
      if (inner.name === 'OffsetExpr') time.offset = after.replace(/^offset\s*/i, '');
      if (inner.name === 'StepInvariantExpr') time.at = after;
      if (inner.name === 'AnchoredExpr' || inner.name === 'SmoothedExpr') {
        mode = inner.name === 'AnchoredExpr' ? 'anchored' : 'smoothed';
        cut.push({ from: next.to, to: inner.to });
      }
      inner = next;
    }
    let plain = '';
    let at = node.from;
    for (const gap of cut.sort((a, b) => a.from - b.from)) {
      plain += this.text.slice(at, gap.from);
      at = gap.to;
    }
    plain += this.text.slice(at, node.to);

    if (inner.name === 'SubqueryExpr') {
      const inside = expressions(inner)[0];
      const [range, step] = inner.getChildren('DurationExpr');
      return {
        detail: {
          kind: 'subquery',
          range: range ? this.slice(range) : '',
          step: step ? this.slice(step) : '',
          time,
        },
        inside: inside ? [[inside, '']] : [],
        ask: `last_over_time(${plain})`,
      };
    }
    if (inner.name === 'MatrixSelector') {
      const selector = inner.getChild('VectorSelector');
      const range = inner.getChild('DurationExpr');
      return {
        detail: {
          ...this.selector(selector ?? inner),
          range: range ? this.slice(range) : '',
          mode,
          time,
        },
        inside: [],
        ask: `last_over_time(${plain})`,
      };
    }
    if (inner.name === 'VectorSelector')
      return { detail: { ...this.selector(inner), range: '', mode, time }, inside: [] };
    // A modifier on what is neither, such as an offset behind a call: the server says what is wrong.
    return { detail: { kind: 'literal' }, inside: [] };
  }

  private selector(node: SyntaxNode): { kind: 'selector'; metric: string; matchers: MatcherText[] } {
    const identifier = node.getChild('Identifier');
    let metric = identifier ? this.slice(identifier) : '';
    const matchers: MatcherText[] = [];
    const list = node.getChild('LabelMatchers');
    for (const child of list ? childrenOf(list) : []) {
      if (child.name === 'QuotedLabelName') {
        metric = unquote(this.slice(child));
        continue;
      }
      const [name, op, value] = childrenOf(child);
      if (!name || !op || !value) continue;
      const label = name.name === 'QuotedLabelName' ? unquote(this.slice(name)) : this.slice(name);
      const matcher = { name: label, op: this.slice(op), value: unquote(this.slice(value)) };
      if (label === '__name__' && matcher.op === '=' && metric === '') metric = matcher.value;
      else matchers.push(matcher);
    }
    return { kind: 'selector', metric, matchers };
  }

  private aggregation(node: SyntaxNode): { detail: PartDetail; inside: [SyntaxNode, string][] } {
    const op = node.getChild('AggregateOp');
    const modifier = node.getChild('AggregateModifier');
    const body = node.getChild('FunctionCallBody');
    const args = body ? expressions(body) : [];
    return {
      detail: {
        kind: 'aggregation',
        op: op ? this.slice(op).toLowerCase() : '',
        by: modifier?.getChild('By') !== null && modifier !== null,
        without: modifier?.getChild('Without') !== null && modifier !== null,
        labels: this.names(modifier?.getChild('GroupingLabels')),
      },
      inside: this.arguments(args),
    };
  }

  private call(node: SyntaxNode): { detail: PartDetail; inside: [SyntaxNode, string][] } {
    const identifier = node.getChild('FunctionIdentifier');
    const name = identifier ? this.slice(identifier) : '';
    const body = node.getChild('FunctionCallBody');
    const info = name === 'info';
    // The second argument of info() is no vector: it says which labels to take.
    const args = body ? expressions(body).slice(0, info ? 1 : undefined) : [];
    return { detail: { kind: 'call', name, info }, inside: this.arguments(args) };
  }

  private arguments(args: SyntaxNode[]): [SyntaxNode, string][] {
    return args
      .filter((arg) => !isNumber(arg) && this.bare(arg).name !== 'StringLiteral')
      .map((arg) => [arg, '']);
  }

  private binary(node: SyntaxNode): { detail: PartDetail; inside: [SyntaxNode, string][] } {
    const [left, right] = expressions(node) as [SyntaxNode, SyntaxNode];
    const clause = node.getChild('MatchingModifierClause');
    const many = clause?.getChild('GroupLeft') ? 'left' : clause?.getChild('GroupRight') ? 'right' : null;
    const groupings = clause?.getChildren('GroupingLabels') ?? [];
    const fill = node.getChild('FillModifier');
    const filled = (name: string): number | null => {
      const value = fill?.getChild(name)?.getChild('NumberDurationLiteral');
      const number = value ? Number(this.slice(value)) : Number.NaN;
      return Number.isNaN(number) ? null : number;
    };
    const both = filled('FillClause');
    // Between both sides stand the operator and its modifiers, in this order.
    const op = childrenOf(node).find((child) => child.from >= left.to && child.to <= right.from);
    const side = (of: SyntaxNode): Side => {
      const bare = this.bare(of);
      return { from: bare.from, to: bare.to, text: this.slice(bare), number: isNumber(of) };
    };
    const inside: [SyntaxNode, string][] = [];
    if (!isNumber(left)) inside.push([left, 'left']);
    if (!isNumber(right)) inside.push([right, 'right']);
    return {
      detail: {
        kind: 'binary',
        matching: {
          op: op ? this.slice(op).toLowerCase() : '',
          bool: node.getChild('BoolModifier') !== null,
          on: clause?.getChild('On') !== null && clause !== null,
          labels: this.names(groupings[0]),
          many,
          include: many ? this.names(groupings[1]) : [],
          fillLeft: filled('FillLeftClause') ?? both,
          fillRight: filled('FillRightClause') ?? both,
        },
        sides: [side(left), side(right)],
      },
      inside,
    };
  }
}

/** The outermost part; null when the text is no valid query. */
export function readParts(text: string): Part | null {
  const tree = parser.parse(text);
  let broken = false;
  tree.iterate({
    enter(node) {
      if (node.type.isError) broken = true;
    },
  });
  const root = expressions(tree.topNode)[0];
  return broken || !root ? null : new Reader(text).part(root, '');
}

/** All parts, outside first: a part stands at its index. */
export function walkParts(part: Part): Part[] {
  return [part, ...part.children.flatMap(walkParts)];
}

export const matcherText = (m: MatcherText) => `${m.name}${m.op}${quote(m.value)}`;
