import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { isMissing } from '../api/errors';
import type { EntityRef } from '../insight/types';

interface Cost {
  entity: EntityRef;
  cores: number | null;
  memoryGib: number | null;
  /** Amounts of money an hour; null where a price or an observation is missing. */
  total: number | null;
  used: number | null;
  requested: number | null;
}

export interface NodeCost extends Cost {
  idle: number | null;
  /** Why it has no total. */
  note: string;
}

export interface OwnerCost extends Cost {
  disk: number | null;
  zones: number | null;
  internet: number | null;
}

export interface Costs {
  prices: { name: string; from: string; currency: string } | null;
  /** Unix seconds. */
  from: number;
  to: number;
  nodes: NodeCost[];
  services: OwnerCost[];
  workloads: OwnerCost[];
  notices: string[];
}

/** Costs of the last 24 hours. */
export function useCosts() {
  return useQuery({
    queryKey: ['insight', 'costs'],
    queryFn: async ({ signal }) => (await call<Costs>('insight/costs', {}, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : 120_000),
  });
}
