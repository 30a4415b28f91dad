/** Values of the variables of a dashboard, read in the order of their dependencies. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Dashboard, Option, Variable } from './model';
import { fetchOptions } from './resolve';
import {
  chosenValue,
  inOrder,
  PREFIX,
  readParam,
  type Scope,
  type Span,
  single,
  type Value,
  withStep,
} from './variables';

export interface Resolved {
  variable: Variable;
  options: Option[];
  value: Value;
  error: Error | null;
}

export interface Variables {
  all: Resolved[];
  scope: Scope;
  filters: { key: string; operator: string; value: string }[];
  ready: boolean;
}

async function resolveAll(
  variables: Variable[],
  chosen: (name: string) => string[] | undefined,
  span: Span,
  extra: Scope,
  signal?: AbortSignal,
): Promise<Resolved[]> {
  const scope = new Map(withStep(extra, span, 60_000));
  const out = new Map<string, Resolved>();
  // One after the other: a variable may need the values of those before it.
  for (const variable of inOrder(variables)) {
    let options: Option[] = [];
    let error: Error | null = null;
    try {
      options = await fetchOptions(variable, scope, span, signal);
    } catch (e) {
      if (signal?.aborted) throw e;
      error = e instanceof Error ? e : new Error(String(e));
    }
    const value = chosenValue(variable, options, chosen(variable.name));
    scope.set(variable.name, value);
    out.set(variable.name, { variable, options, value, error });
  }
  return variables.map((v) => out.get(v.name)).filter((r) => r !== undefined);
}

/** Filters in the address: `key|operator|value`, as Grafana writes them. */
export const readFilter = (text: string) => {
  const [key = '', operator = '=', ...value] = text.split('|');
  return { key, operator, value: value.join('|') };
};

export function useVariables(
  dashboard: Dashboard | null,
  search: Record<string, string>,
  span: Span,
  uid: string,
  attempt: number,
): Variables {
  const variables = useMemo(
    () => (dashboard?.variables ?? []).filter((v) => v.kind !== 'adhoc'),
    [dashboard],
  );
  const params = Object.entries(search)
    .filter(([name]) => name.startsWith(PREFIX))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify(params);
  const adhoc = dashboard?.variables.filter((v) => v.kind === 'adhoc') ?? [];
  const chosenFilters = adhoc.flatMap((v) => {
    const read = readParam(search[PREFIX + v.name]);
    return read ? read.filter((f) => f !== '').map(readFilter) : v.filters;
  });
  const filterKey = JSON.stringify(chosenFilters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the filters.
  const filters = useMemo(() => chosenFilters, [filterKey]);
  // Values change slowly: a refresh of the page reads those of long queries again only when the reader asks.
  const moving = variables.some((v) => v.onRange);
  const coarse = moving ? Math.floor(span.end / 60_000) : 0;
  const range = Math.round(span.end - span.start);
  const extra = useMemo(
    () =>
      new Map<string, Value>([
        ['__dashboard', single(dashboard?.title ?? '')],
        ['__user.login', single('')],
      ]),
    [dashboard],
  );
  const answer = useQuery({
    queryKey: ['dashboard-variables', uid, JSON.stringify(variables), key, range, coarse, attempt],
    queryFn: ({ signal }) =>
      resolveAll(variables, (name) => readParam(search[PREFIX + name]), span, extra, signal),
    enabled: variables.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const all = variables.length === 0 ? NONE : answer.data;
  const scope = useMemo(() => {
    const out = new Map<string, Value>(extra);
    for (const r of all ?? []) out.set(r.variable.name, r.value);
    return out;
  }, [all, extra]);
  return { all: all ?? NONE, scope, filters, ready: all !== undefined };
}

const NONE: Resolved[] = [];
