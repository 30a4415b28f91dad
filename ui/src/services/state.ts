/** Time range and filter of the pages of services, in the address. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../lib/time';
import { useDataAge } from './api';
import { windowOf } from './queries';

const DEFAULT_RANGE = 3_600_000;
const DEFAULT_REFRESH = 30_000;

export interface ServicesState {
  time: TimeRange;
  refresh: number;
  /** Text that names must contain. */
  filter: string;
  /** ms since 1970. */
  start: number;
  end: number;
  /** Window of the rates. */
  window: string;
  attempt: number;
  setTime: (time: TimeRange) => void;
  setRefresh: (refresh: number) => void;
  setFilter: (filter: string) => void;
  /** Sets parameters of one page; an empty one is removed. */
  setParams: (params: Record<string, string>) => void;
  again: () => void;
  /** Parameters that links to other pages of services carry. */
  carried: Record<string, string>;
}

export function useServicesState(to: string): ServicesState {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const range = parseDuration(search.range ?? '');
  const refresh = search.refresh === 'off' ? 0 : (parseDuration(search.refresh ?? '') ?? DEFAULT_REFRESH);
  const time = useMemo<TimeRange>(
    () => ({
      range: range === null ? DEFAULT_RANGE : clampRange(range),
      end: parseMoment(search.end ?? '', true),
    }),
    [range, search.end],
  );
  // A range in the past stays as it is.
  const every = refresh < 1000 ? 0 : refresh;
  const running = time.end === null ? every : 0;
  useEffect(() => {
    if (running === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, running);
    return () => clearInterval(timer);
  }, [running]);
  const update = (patch: Record<string, string>, replace: boolean) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...patch }).filter(([, v]) => v !== ''));
    void navigate({ to, search: next as never, replace, resetScroll: false });
  };
  const end = time.end ?? now;
  const age = useDataAge(end);
  const timeParams = (t: TimeRange) => ({
    range: t.range === DEFAULT_RANGE ? '' : formatDuration(t.range),
    end: t.end === null ? '' : formatMoment(t.end, true),
  });
  return {
    time,
    refresh: every,
    filter: search.filter ?? '',
    start: end - time.range,
    end,
    window: windowOf(time.range, age),
    attempt,
    setTime: (next) => {
      setNow(Date.now());
      update(timeParams(next), false);
    },
    setRefresh: (ms) =>
      update({ refresh: ms === DEFAULT_REFRESH ? '' : ms > 0 ? formatDuration(ms) : 'off' }, true),
    setFilter: (filter) => update({ filter }, true),
    setParams: (params) => update(params, true),
    again: () => {
      setNow(Date.now());
      setAttempt((n) => n + 1);
    },
    carried: Object.fromEntries(Object.entries(timeParams(time)).filter(([, v]) => v !== '')),
  };
}
