/** What each relabelling rule did to a target's labels. */
import type { LabelSet } from '../api/types';

export interface RelabelRule {
  source_labels?: string[];
  separator?: string;
  regex?: string;
  modulus?: number;
  target_label?: string;
  replacement?: string;
  action: string;
}

export interface RelabelStep {
  rule: RelabelRule;
  output: LabelSet;
  keep: boolean;
}

export interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

/** Labels that differ, in order of their names. */
export function changes(before: LabelSet, after: LabelSet): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
}

const DEFAULT_REGEX = '(.*)';
const DEFAULT_REPLACEMENT = '$1';

/** A rule in one line, without what stands there by default. */
export function ruleText(rule: RelabelRule): string {
  const { action } = rule;
  const sources = rule.source_labels?.length ? `[${rule.source_labels.join(rule.separator ?? ';')}]` : '';
  const regex = rule.regex && rule.regex !== DEFAULT_REGEX ? `=~ ${rule.regex}` : '';
  const moves = ['replace', 'hashmod', 'lowercase', 'uppercase', 'labelmap'].includes(action);
  const replacement =
    (action === 'replace' || action === 'labelmap') &&
    rule.replacement !== undefined &&
    rule.replacement !== DEFAULT_REPLACEMENT
      ? JSON.stringify(rule.replacement)
      : '';
  const into = moves && rule.target_label ? `→ ${rule.target_label}` : '';
  const modulus = action === 'hashmod' && rule.modulus ? `% ${rule.modulus}` : '';
  const equal = action === 'keepequal' || action === 'dropequal' ? `and ${rule.target_label ?? ''}` : '';
  return [
    action,
    sources,
    regex,
    modulus,
    equal,
    into,
    into && replacement ? `= ${replacement}` : replacement,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The steps with what each changed; those behind a drop did not run. */
export function relabelTrail(
  start: LabelSet,
  steps: RelabelStep[],
): { rule: string; changed: Change[]; dropped: boolean }[] {
  const out: { rule: string; changed: Change[]; dropped: boolean }[] = [];
  let labels = start;
  for (const step of steps) {
    out.push({
      rule: ruleText(step.rule),
      changed: step.keep ? changes(labels, step.output) : [],
      dropped: !step.keep,
    });
    if (!step.keep) break;
    labels = step.output;
  }
  return out;
}
