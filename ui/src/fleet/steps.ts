/** Steps of automation: of rules and of hubs. */
import type { Automation, Hubs } from './api';

export interface Step {
  millis: number;
  rule: string;
  event: string;
  what: string;
  result: string;
  error: string;
}

/** Steps of rules and of hubs, the latest first. */
export function stepsOf(rules: Automation | undefined, hubs: Hubs | undefined): Step[] {
  const own = (rules?.steps ?? []).map((one) => ({
    millis: one.timeMillis,
    rule: one.rule,
    event: one.alert,
    what: `${one.action} ${one.control ?? ''}`.trim(),
    result: one.result,
    error: one.error,
  }));
  const others = (hubs?.steps ?? []).map((one) => ({
    millis: one.timeMillis,
    rule: `${one.hub}/${one.rule}`,
    event: one.event,
    what: `${one.action} ${one.target}`.trim(),
    result: one.result,
    error: one.error,
  }));
  return [...own, ...others].sort((a, b) => b.millis - a.millis);
}
