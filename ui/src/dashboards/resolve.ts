/** Values that variables offer: read from the stores in the order of their dependencies. */
import { call } from '../api/client';
import type { InstantResult } from '../api/types';
import { fetchLabelValues, loki } from '../explore/logs/api';
import { msToNs } from '../explore/logs/entries';
import { fetchTags, fetchTagValues } from '../explore/traces/api';
import { seriesName } from '../lib/labels';
import { formatDuration } from '../lib/time';
import type { Option, Variable } from './model';
import {
  interpolate,
  labelValuesArguments,
  listOptions,
  type Scope,
  type Span,
  shaped,
  stepFor,
} from './variables';

const MAX_VALUES = 10_000;

const options = (values: string[]): Option[] => values.map((value) => ({ text: value, value }));
const seconds = (ms: number) => ms / 1000;

async function metricValues(query: string, span: Span, signal?: AbortSignal): Promise<Option[]> {
  const range = { start: seconds(span.start), end: seconds(span.end) };
  const labels = labelValuesArguments(query);
  if (labels) {
    const { data } = await call<string[]>(
      `label/${encodeURIComponent(labels.label)}/values`,
      { ...range, 'match[]': labels.selector || undefined, limit: MAX_VALUES },
      signal,
    );
    return options(data ?? []);
  }
  const names = /^label_names\((.*)\)\s*$/s.exec(query.trim());
  if (names) {
    const { data } = await call<string[]>(
      'labels',
      { ...range, 'match[]': (names[1] as string).trim() || undefined, limit: MAX_VALUES },
      signal,
    );
    return options(data ?? []);
  }
  const metrics = /^metrics\((.*)\)\s*$/s.exec(query.trim());
  if (metrics) {
    const { data } = await call<string[]>('label/__name__/values', { ...range, limit: MAX_VALUES }, signal);
    const pattern = new RegExp((metrics[1] as string).trim());
    return options((data ?? []).filter((name) => pattern.test(name)));
  }
  const result = /^query_result\((.*)\)\s*$/s.exec(query.trim());
  if (result) {
    const { data } = await call<InstantResult>(
      'query',
      { query: result[1] as string, time: seconds(span.end) },
      signal,
    );
    if (data.resultType === 'scalar' || data.resultType === 'string') return options([data.result[1]]);
    return options(
      data.result.map((one) => {
        const value = 'value' in one && one.value ? one.value : null;
        return value ? `${seriesName(one.metric)} ${value[1]} ${value[0] * 1000}` : seriesName(one.metric);
      }),
    );
  }
  const { data } = await call<Record<string, string>[]>(
    'series',
    { ...range, 'match[]': query, limit: 1000 },
    signal,
  );
  return options((data ?? []).map(seriesName));
}

async function logValues(query: string, span: Span, signal?: AbortSignal): Promise<Option[]> {
  const labels = labelValuesArguments(query);
  if (labels)
    return options(await fetchLabelValues(labels.label, span, labels.selector || undefined, signal));
  const { data } = await loki<{ data: string[] | null }>(
    'labels',
    { start: msToNs(span.start), end: msToNs(span.end) },
    signal,
  );
  return options(data ?? []);
}

async function traceValues(query: string, span: Span, signal?: AbortSignal): Promise<Option[]> {
  const labels = labelValuesArguments(query);
  if (labels) return options((await fetchTagValues(labels.label, span, '', signal)).map((v) => v.value));
  return options((await fetchTags(span, signal)).flatMap((scope) => scope.tags));
}

/** The values of a variable. Throws ApiError. */
export async function fetchOptions(
  variable: Variable,
  scope: Scope,
  span: Span,
  signal?: AbortSignal,
): Promise<Option[]> {
  switch (variable.kind) {
    case 'custom':
      return listOptions(variable.query);
    case 'interval': {
      const list = listOptions(variable.query);
      if (variable.auto === 0) return list;
      const step = formatDuration(stepFor(span.end - span.start, variable.auto, 10_000));
      return [{ text: 'auto', value: step }, ...list];
    }
    case 'query': {
      const query = interpolate(variable.query, scope, variable.signal);
      if (query.trim() === '') return variable.options;
      const values = await (variable.signal === 'logs'
        ? logValues
        : variable.signal === 'traces'
          ? traceValues
          : variable.signal === 'profiles'
            ? async () => variable.options
            : metricValues)(query, span, signal);
      return shaped(values, interpolate(variable.regex, scope, 'none'), variable.sort);
    }
    // The page has one source for each signal.
    case 'datasource':
      return [{ text: 'Tethys', value: 'tethys' }];
    default:
      return [];
  }
}
