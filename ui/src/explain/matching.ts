/** Which series of two vectors a binary operator brings together, and what comes of each group. */
import type { LabelSet, VectorItem } from '../api/types';
import { parseValue } from '../explore/shape';
import type { Matching } from './parts';

export const SET_OPERATORS = ['and', 'or', 'unless'];
export const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='];

export interface Member {
  labels: LabelSet;
  /** As the server wrote it; null for a native histogram. */
  value: string | null;
  /** It stands in for a series that is not there (`fill`). */
  filled?: boolean;
}

export type Problem =
  /** Several series on one side, and no group_left or group_right that allows it. */
  | { kind: 'many'; side: 'left' | 'right' }
  /** Several on both sides: no modifier allows that. */
  | { kind: 'both' }
  /** Several on the side that must have one. */
  | { kind: 'one'; side: 'left' | 'right' };

export interface Outcome {
  labels: LabelSet;
  /** null: not computed here, as of histograms. */
  value: number | null;
  /** A comparison took it away. */
  dropped: boolean;
  /** Which member it comes from: of the side that may have many, else of the left. */
  from: number;
}

export interface Group {
  key: string;
  /** The labels by which both sides were found alike. */
  labels: LabelSet;
  left: Member[];
  right: Member[];
  results: Outcome[];
  problem: Problem | null;
}

function matchLabels(labels: LabelSet, m: Matching): LabelSet {
  const out: LabelSet = {};
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name] as string;
    // A label without a value is a label that is not there.
    if (value === '' || m.labels.includes(name) !== m.on || (!m.on && name === '__name__')) continue;
    out[name] = value;
  }
  return out;
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
  atan2: (a, b) => Math.atan2(a, b),
};

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/** Labels of a result; `own` is the side that may have many, else the left one. */
function resultLabels(own: LabelSet, other: LabelSet, m: Matching): LabelSet {
  const out: LabelSet = { ...own };
  if (m.op in ARITHMETIC || m.bool) delete out.__name__;
  if (m.many === null) {
    for (const name of Object.keys(out)) if (m.labels.includes(name) !== m.on) delete out[name];
  }
  for (const name of m.include) {
    const value = other[name];
    if (value === undefined || value === '') delete out[name];
    else out[name] = value;
  }
  return out;
}

function outcome(left: Member, right: Member, from: number, m: Matching): Outcome {
  const labels =
    m.many === 'right'
      ? resultLabels(right.labels, left.labels, m)
      : resultLabels(left.labels, right.labels, m);
  if (left.value === null || right.value === null) return { labels, value: null, dropped: false, from };
  const a = parseValue(left.value);
  const b = parseValue(right.value);
  const arithmetic = ARITHMETIC[m.op];
  if (arithmetic) return { labels, value: arithmetic(a, b), dropped: false, from };
  const kept = COMPARE[m.op]?.(a, b) ?? false;
  if (m.bool) return { labels, value: kept ? 1 : 0, dropped: false, from };
  return { labels, value: a, dropped: !kept, from };
}

/** The side that must have one is looked at whether or not the other side has a match, as engines do. */
function problemOf(left: number, right: number, m: Matching): Problem | null {
  if (m.many === 'right') return left > 1 ? { kind: 'one', side: 'left' } : null;
  if (right > 1) {
    if (m.many === 'left') return { kind: 'one', side: 'right' };
    return left > 1 ? { kind: 'both' } : { kind: 'many', side: 'right' };
  }
  return m.many === null && left > 1 && right > 0 ? { kind: 'many', side: 'left' } : null;
}

function results(group: Group, m: Matching): Outcome[] {
  const { left, right } = group;
  const same = (members: Member[]): Outcome[] =>
    members.map(({ labels, value }, from) => ({
      labels,
      value: value === null ? null : parseValue(value),
      dropped: false,
      from,
    }));
  if (m.op === 'and') return right.length > 0 ? same(left) : [];
  if (m.op === 'unless') return right.length === 0 ? same(left) : [];
  if (m.op === 'or') return left.length > 0 ? same(left) : same(right);
  if (left.length === 0 || right.length === 0) return [];
  return m.many === 'right'
    ? right.map((r, i) => outcome(left[0] as Member, r, i, m))
    : left.map((l, i) => outcome(l, right[0] as Member, i, m));
}

const member = (item: VectorItem): Member => ({ labels: item.metric, value: item.value?.[1] ?? null });

/** Groups of series that match, in the order in which the left side, then the right one, brings them up. */
export function matchGroups(left: VectorItem[], right: VectorItem[], m: Matching): Group[] {
  const groups = new Map<string, Group>();
  const add = (item: VectorItem, side: 'left' | 'right') => {
    const labels = matchLabels(item.metric, m);
    const key = JSON.stringify(Object.entries(labels));
    let group = groups.get(key);
    if (!group) {
      group = { key, labels, left: [], right: [], results: [], problem: null };
      groups.set(key, group);
    }
    group[side].push(member(item));
  };
  for (const item of left) add(item, 'left');
  for (const item of right) add(item, 'right');
  // Nothing is matched against nothing, and so nothing is wrong.
  const free = SET_OPERATORS.includes(m.op) || left.length === 0 || right.length === 0;
  for (const group of groups.values()) {
    if (group.left.length === 0 && m.fillLeft !== null)
      group.left.push({ labels: group.labels, value: String(m.fillLeft), filled: true });
    if (group.right.length === 0 && m.fillRight !== null)
      group.right.push({ labels: group.labels, value: String(m.fillRight), filled: true });
    group.problem = free ? null : problemOf(group.left.length, group.right.length, m);
    if (!group.problem) group.results = results(group, m);
  }
  return [...groups.values()];
}

export type GroupState = 'matched' | 'left' | 'right' | 'problem';

export function groupState(group: Group): GroupState {
  if (group.problem) return 'problem';
  if (group.left.length === 0) return 'right';
  return group.right.length === 0 ? 'left' : 'matched';
}

/** Labels of a member that are not those of its group. */
export function ownLabels(labels: LabelSet, group: LabelSet): LabelSet {
  const out: LabelSet = {};
  for (const [name, value] of Object.entries(labels)) if (!(name in group)) out[name] = value;
  return out;
}
