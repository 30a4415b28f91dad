import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { isMissing } from '../api/errors';
import type { Comparison, Deployments } from './types';

const EVERY_MS = 30_000;

/** Deployments of a range, or of all services that the history has; `service` is a name or an id. */
export function useDeployments(start?: number, end?: number, service = '') {
  const params = {
    service,
    ...(start === undefined ? {} : { start: String(Math.floor(start / 1000)) }),
    ...(end === undefined ? {} : { end: String(Math.ceil(end / 1000)) }),
  };
  return useQuery({
    queryKey: ['insight', 'deployments', params],
    queryFn: async ({ signal }) => (await call<Deployments>('insight/deployments', params, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : EVERY_MS),
  });
}

export function useComparison(id: string) {
  return useQuery({
    queryKey: ['insight', 'deployment', id],
    queryFn: async ({ signal }) =>
      (await call<Comparison>(`insight/deployments/${encodeURIComponent(id)}`, {}, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.error ? false : 2 * EVERY_MS),
  });
}
