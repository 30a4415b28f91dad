/** Which alerts and rules their pages show: the state of the address. */
import type { Rule, RuleGroup } from '../api/types';

/** An alert is unknown until its rule was evaluated for the first time. */
export const STATES = ['firing', 'pending', 'inactive', 'unknown'] as const;
export const HEALTHS = ['ok', 'err', 'unknown'] as const;

export interface RuleFilter {
  text: string;
  /** Chosen states of alerts or healths of rules; none is all. */
  chosen: ReadonlySet<string>;
  kind: 'all' | 'alerting' | 'recording';
}

/** `search` and `state` stand in links of Prometheus too. */
export function readRuleFilter(search: Record<string, string>): RuleFilter {
  const known: readonly string[] = [...STATES, ...HEALTHS];
  return {
    text: search.search ?? '',
    chosen: new Set((search.state ?? '').split(/[,\s]+/).filter((word) => known.includes(word))),
    kind: search.type === 'alerting' || search.type === 'recording' ? search.type : 'all',
  };
}

export function writeRuleFilter(filter: RuleFilter): Record<string, string> {
  return {
    search: filter.text,
    state: [...filter.chosen].join(','),
    type: filter.kind === 'all' ? '' : filter.kind,
  };
}

/** Every word occurs in the rule's name, its group, its query or its labels. */
export function ruleMatches(rule: Rule, group: RuleGroup, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const labels = [rule.labels ?? {}, ...(rule.alerts ?? []).map((alert) => alert.labels)]
    .flatMap((set) => Object.entries(set).map(([name, value]) => `${name}=${value}`))
    .join(' ');
  const hay = `${rule.name} ${group.name} ${group.file} ${rule.query} ${labels}`.toLowerCase();
  return words.every((word) => hay.includes(word));
}
