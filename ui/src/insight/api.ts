import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiError, call } from '../api/client';
import { isMissing } from '../api/errors';
import { readHealth, readInspections, readObjectives, readProblems, readSources, readWorld } from './read';
import type { EntityAnswer, World } from './types';
import { indexOf, type WorldIndex } from './world';

const EVERY_MS = 15_000;
/** A world of more entities is megabytes: it is asked for less often. */
const MANY_ENTITIES = 2000;
const MANY_EVERY_MS = 120_000;

/** A server without the endpoint is asked once; one that has not evaluated yet is asked again. */
function useInsight<T, R = T>(
  path: string,
  read: (data: T) => R,
  enabled = true,
  every: (data: R | undefined) => number = () => EVERY_MS,
) {
  return useQuery({
    enabled,
    queryKey: ['insight', path],
    queryFn: async ({ signal }) => read((await call<T>(`insight/${path}`, {}, signal)).data),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : every(query.state.data)),
  });
}

export const useProblems = () => useInsight('problems', readProblems);

export const useInspections = () => useInsight('inspections', readInspections);

export const useHealth = () => useInsight('health', readHealth);

export const useObjectives = () => useInsight('objectives', readObjectives);

export const useSources = () => useInsight('source', readSources);

const readIndex = (data: World): WorldIndex => indexOf(readWorld(data));

export const useWorld = (enabled = true) =>
  useInsight('world', readIndex, enabled, (index) =>
    (index?.world.entities.length ?? 0) > MANY_ENTITIES ? MANY_EVERY_MS : EVERY_MS,
  );

/** The world of a past time; the present one without a time. */
export function useWorldAt(time: number | null) {
  const present = useWorld(time === null);
  const minute = time === null ? null : Math.floor(time / 60_000) * 60;
  const past = useQuery({
    enabled: minute !== null,
    queryKey: ['insight', 'world', minute],
    queryFn: async ({ signal }) =>
      readIndex((await call<World>('insight/world', { time: String(minute) }, signal)).data),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: MANY_EVERY_MS,
    retry: false,
  });
  return time === null ? present : past;
}

export function useEntity(id: string) {
  return useQuery({
    queryKey: ['insight', 'entity', id],
    queryFn: async ({ signal }) =>
      (await call<EntityAnswer>(`insight/entity/${encodeURIComponent(id)}`, {}, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
}

/** Reason why a part of a page has nothing to show. */
export function reasonOf(error: unknown, subject: string): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  // An answer of the API itself names the reason; that of an unknown path does not.
  if (error.missing)
    return error.kind === 'not_found' ? error.message : `This server has no ${subject.toLowerCase()}.`;
  if (error.status === 503) return `${subject}: not evaluated yet. ${error.message}`;
  return `${subject} could not be read: ${error.message}`;
}
