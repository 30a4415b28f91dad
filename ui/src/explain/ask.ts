/** What the explain views ask of the server. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../api/client';
import { queryClient } from '../api/queries';
import type { InstantResult, LabelSet, VectorItem } from '../api/types';
import { type Part, walkParts } from './parts';
import type { Explanation } from './plan';

/** When a query is planned for: one moment or a range, ms. */
export type PlanTime =
  | { kind: 'moment'; time: number }
  | { kind: 'range'; start: number; end: number; step: number };

function planParams(time: PlanTime): Record<string, number> {
  return time.kind === 'moment'
    ? { time: time.time / 1000 }
    : { start: time.start / 1000, end: time.end / 1000, step: time.step / 1000 };
}

export function useExplanation(
  expr: string,
  time: PlanTime,
  analyze: boolean,
  attempt: number,
  enabled: boolean,
) {
  const params = planParams(time);
  return useQuery({
    queryKey: ['explain', expr, params, analyze, attempt],
    queryFn: ({ signal }) =>
      call<Explanation>(
        'explain',
        { query: expr, ...params, ...(analyze ? { analyze: 'true' } : {}) },
        signal,
      ),
    enabled: enabled && expr !== '',
    // Another query's plan would mislead; this query's of a moment ago does not.
    placeholderData: (previous) => (previous?.data.query === expr ? previous : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** No part gives more series than this to the page. */
export const MAX_SERIES = 10_000;
/** Of a query with more parts, those behind are not asked for by themselves. */
export const MAX_ASKED = 60;
const AT_ONCE = 3;

export interface PartAnswer {
  data: InstantResult;
  /** Milliseconds that the browser waited. */
  took: number;
  /** There are more than MAX_SERIES. */
  cut: boolean;
}

export function partQuery(ask: string, time: number, attempt: number) {
  return queryOptions({
    queryKey: ['part', ask, time, attempt],
    queryFn: async ({ signal }): Promise<PartAnswer> => {
      const start = performance.now();
      const answer = await call<InstantResult>(
        'query',
        { query: ask, time: time / 1000, limit: MAX_SERIES },
        signal,
      );
      const { data } = answer;
      const cut =
        Array.isArray(data.result) && data.result.length >= MAX_SERIES && answer.warnings.length > 0;
      return { data, took: performance.now() - start, cut };
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

export type PartState =
  | { state: 'waiting' }
  | { state: 'asking' }
  | { state: 'blocked' }
  | { state: 'skipped' }
  | { state: 'failed'; error: unknown }
  | { state: 'done'; series: number; cut: boolean; kind: string; took: number; labels: LabelCount[] };

export interface LabelCount {
  name: string;
  /** Distinct values. */
  values: number;
  /** The most frequent ones. */
  examples: [value: string, series: number][];
}

const EXAMPLES = 8;

export const vectorOf = (data: InstantResult): VectorItem[] =>
  data.resultType === 'vector' ? data.result : [];

/** Labels of a result, those with the most values first. */
export function countLabels(sets: LabelSet[]): LabelCount[] {
  const byName = new Map<string, Map<string, number>>();
  for (const set of sets) {
    for (const [name, value] of Object.entries(set)) {
      if (name === '__name__') continue;
      let values = byName.get(name);
      if (!values) {
        values = new Map();
        byName.set(name, values);
      }
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return [...byName]
    .map(([name, values]) => ({
      name,
      values: values.size,
      examples: [...values].sort((a, b) => b[1] - a[1]).slice(0, EXAMPLES),
    }))
    .sort((a, b) => b.values - a.values || a.name.localeCompare(b.name));
}

function doneState(answer: PartAnswer): PartState {
  const { data } = answer;
  const sets =
    data.resultType === 'vector' || data.resultType === 'matrix'
      ? data.result.map((item) => item.metric)
      : [];
  return {
    state: 'done',
    kind: data.resultType,
    series: sets.length,
    cut: answer.cut,
    took: answer.took,
    labels: countLabels(sets),
  };
}

/** Asks forevery part, from inside to outside: what stands around a failed part is not asked for. */
export function usePartStates(root: Part | null, time: number, attempt: number): Map<number, PartState> {
  const [states, setStates] = useState<Map<number, PartState>>(new Map());
  useEffect(() => {
    if (!root) return;
    let wanted = true;
    let running = 0;
    const queue: (() => void)[] = [];
    const set = (part: Part, state: PartState) => {
      if (wanted) setStates((old) => new Map(old).set(part.index, state));
    };
    const turn = async <T>(work: () => Promise<T>): Promise<T> => {
      if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
      running++;
      try {
        return await work();
      } finally {
        running--;
        queue.shift()?.();
      }
    };
    const ask = async (part: Part): Promise<boolean> => {
      const inside = await Promise.all(part.children.map(ask));
      if (!wanted) return false;
      if (inside.includes(false)) {
        set(part, { state: 'blocked' });
        return false;
      }
      if (part.index >= MAX_ASKED) {
        set(part, { state: 'skipped' });
        return true;
      }
      return turn(async () => {
        if (!wanted) return false;
        set(part, { state: 'asking' });
        try {
          set(part, doneState(await queryClient.fetchQuery(partQuery(part.ask, time, attempt))));
          return true;
        } catch (error) {
          set(part, { state: 'failed', error });
          return false;
        }
      });
    };
    setStates(new Map(walkParts(root).map((part) => [part.index, { state: 'waiting' }])));
    void ask(root);
    return () => {
      wanted = false;
    };
  }, [root, time, attempt]);
  return states;
}
