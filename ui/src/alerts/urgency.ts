/** The order of alerts: the most severe first, of equal severity the oldest. */
import type { LabelSet } from '../api/types';

/** Usual values of the label `severity`, by rank; other values stand between warnings and information. */
const RANKS: string[][] = [
  ['critical', 'crit', 'page', 'emergency', 'fatal', 'disaster', 'p1', 'sev1'],
  ['error', 'err', 'high', 'major', 'p2', 'sev2'],
  ['warning', 'warn', 'medium', 'minor', 'p3', 'sev3'],
  [],
  ['info', 'information', 'informational', 'notice', 'low', 'p4', 'sev4', 'none', 'debug'],
];
const UNKNOWN = 3;

export function severityRank(labels: LabelSet): number {
  const severity = (labels.severity ?? '').toLowerCase();
  const rank = RANKS.findIndex((words) => words.includes(severity));
  return rank < 0 ? UNKNOWN : rank;
}

export interface Urgent {
  labels: LabelSet;
  /** ms since 1970; NaN for not known. */
  since: number;
}

const age = (a: number, b: number): number => {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
};

export const byUrgency = (a: Urgent, b: Urgent): number =>
  severityRank(a.labels) - severityRank(b.labels) || age(a.since, b.since);

/** The most urgent of several; of none, the labels alone. */
export const mostUrgent = (all: Urgent[], otherwise: LabelSet): Urgent =>
  [...all].sort(byUrgency)[0] ?? { labels: otherwise, since: Number.NaN };
