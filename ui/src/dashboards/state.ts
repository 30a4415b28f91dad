/** Address of a dashboard: time, refresh, variables. Links of Grafana (`from=now-6h`) are read, too. */
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../lib/time';
import { PREFIX } from './variables';

export type Search = Record<string, string>;

export interface DashboardState {
  time: TimeRange;
  refresh: number;
}

/** A time of Grafana: `now`, `now-6h`, ms since 1970, or RFC 3339. Null is now. */
function grafanaTime(text: string, now: number): number | null | undefined {
  const t = text.trim();
  if (t === 'now') return null;
  const before = /^now-(\w+?)(?:\/\w)?$/.exec(t);
  if (before) {
    const ms = parseDuration((before[1] as string).replace(/(\d)M$/, (_, n: string) => `${Number(n) * 30}d`));
    return ms === null ? undefined : now - ms;
  }
  if (/^\d{11,14}$/.test(t)) return Number(t);
  return parseMoment(t, true) ?? undefined;
}

export function readState(search: Search, defaults: DashboardState, now: number): DashboardState {
  const range = parseDuration(search.range ?? '');
  const refresh = search.refresh === 'off' ? 0 : (parseDuration(search.refresh ?? '') ?? defaults.refresh);
  let time: TimeRange = {
    range: clampRange(range ?? defaults.time.range),
    end: parseMoment(search.end ?? '', true),
  };
  if (range === null && search.from) {
    const from = grafanaTime(search.from, now);
    const to = grafanaTime(search.to ?? 'now', now);
    if (typeof from === 'number' && to !== undefined)
      time = { range: clampRange((to ?? now) - from), end: to };
  }
  return { time, refresh: refresh < 1000 ? 0 : refresh };
}

export function writeTime(search: Search, time: TimeRange): Search {
  const { from: _from, to: _to, end: _end, ...rest } = search;
  return {
    ...rest,
    range: formatDuration(time.range),
    ...(time.end === null ? {} : { end: formatMoment(time.end, true) }),
  };
}

export const writeRefresh = (search: Search, ms: number): Search => ({
  ...search,
  refresh: ms > 0 ? formatDuration(ms) : 'off',
});

/** Parameters that a link to another dashboard carries. */
export const carried = (search: Search): Search =>
  Object.fromEntries(
    Object.entries(search).filter(
      ([name]) => name.startsWith(PREFIX) || ['range', 'end', 'from', 'to'].includes(name),
    ),
  );
