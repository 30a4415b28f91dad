import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, post } from '../api/client';
import { isMissing } from '../api/errors';
import type { Problem } from '../insight/types';

export interface Risk {
  risk: Problem;
  dismissed: { reason: string; person: string; time: number } | null;
}

export interface Risks {
  /** Unix seconds. */
  evaluated: number;
  risks: Risk[];
  failures: { inspection: string; error: string }[];
}

const KEY = ['insight', 'risks'];

export function useRisks() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await call<Risks>('insight/risks', {}, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : 60_000),
  });
}

/** Dismisses a risk with a reason, or takes a dismissal back without one. */
export function useDismissal() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string | null }) =>
      reason === null ? post('insight/risks/restore', { id }) : post('insight/risks/dismiss', { id, reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
