/** Steps of automation: of rules and of hubs. */
import type { Automation, Hubs } from './api';

export interface Step {
  millis: number;
  rule: string;
  event: string;
  what: string;
  result: string;
  error: string;
  detail?: string;
  startsMillis?: number;
}

export type StepView = 'all' | 'failed' | 'held';

/** Colour of a result. */
export function badgeOf(result: string): string {
  switch (result) {
    case 'done':
      return 'ok';
    case 'failed':
    case 'hop limit':
      return 'err';
    case 'cooling down':
    case 'skipped':
    case 'dry run':
      return 'warn';
    default:
      return 'histogram';
  }
}

/** Steps of a view; held ones wait for the end of a cool-down, or started nothing. */
export const stepsIn = (steps: Step[], view: StepView): Step[] =>
  view === 'all'
    ? steps
    : steps.filter((one) =>
        view === 'failed'
          ? one.result === 'failed'
          : one.result === 'cooling down' || one.result === 'skipped' || one.result === 'hop limit',
      );

/** Steps of rules and of hubs, the latest first. */
export function stepsOf(rules: Automation | undefined, hubs: Hubs | undefined): Step[] {
  const own = (rules?.steps ?? []).map((one) => ({
    millis: one.timeMillis,
    rule: one.rule,
    event: one.alert,
    what: `${one.action} ${one.control ?? ''}`.trim(),
    result: one.result,
    error: one.error,
    ...(one.detail === undefined ? {} : { detail: one.detail }),
    ...(one.startsMillis === undefined ? {} : { startsMillis: one.startsMillis }),
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
