/** Span, steps and marks of the time slider of the service map. */
import { versionText } from '../deployments/model';
import type { Deployment } from '../deployments/types';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Marks on one slider: more cannot be told apart. */
export const MAX_MARKS = 60;

/** Deployments that a mark names. */
const MAX_LINES = 10;

/** Time after a deployment whose map shows it: the window of the figures. */
const AFTER_MS = 5 * MINUTE_MS;

export interface Span {
  /** ms since 1970, whole minutes. */
  from: number;
  to: number;
}

/** The last day; around a time that is older, a day with it in the middle. */
export function spanOf(end: number, now: number): Span {
  const last = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  const to =
    end >= now - DAY_MS ? last : Math.min(last, Math.ceil((end + DAY_MS / 2) / MINUTE_MS) * MINUTE_MS);
  return { from: to - DAY_MS, to };
}

export interface Mark {
  key: string;
  /** Share of the span, 0 to 1. */
  at: number;
  /** Time that the slider takes for it. */
  end: number;
  text: string;
}

function joined(before: string, text: string): string {
  const lines = before.split('\n');
  if (lines.length > MAX_LINES) return before;
  return [...lines, lines.length === MAX_LINES ? 'more' : text].join('\n');
}

/** Marks of deployments; those that fall on one place are one mark. */
export function marksOf(deployments: Deployment[], span: Span): Mark[] {
  const marks = new Map<number, Mark>();
  for (const one of deployments) {
    const time = one.start * 1000;
    if (time < span.from || time > span.to) continue;
    const at = (time - span.from) / (span.to - span.from);
    const place = Math.round(at * MAX_MARKS);
    const text = `${one.service.name} ${versionText(one.changes)}`;
    const other = marks.get(place);
    if (other) marks.set(place, { ...other, text: joined(other.text, text) });
    else marks.set(place, { key: one.id, at, end: Math.min(span.to, time + AFTER_MS), text });
  }
  return [...marks.values()];
}
