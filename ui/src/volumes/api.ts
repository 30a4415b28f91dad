/** Volumes by attribute: of this process, or of the fleet where this is a control plane. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { has } from '../app/parts';
import {
  type FleetVolumes,
  orderFor,
  type ProcessVolumes,
  type Sort,
  type Volumes,
  volumesOfFleet,
  volumesOfProcess,
} from './model';

const EVERY = 2000;
const MOST = 200;

/** A control plane answers for its agents, every other process for itself. */
export const ofFleet = has('fleet') && !has('pipelines');

export function useVolumes(by: string, selector: string, sort: Sort) {
  const order = orderFor(sort);
  return useQuery<Volumes>({
    queryKey: ['volumes', by, selector, order],
    queryFn: async ({ signal }) => {
      const params: Record<string, string | number> = { limit: MOST };
      if (by) params.by = by;
      if (!ofFleet)
        return volumesOfProcess((await call<ProcessVolumes>('pipelines/volumes', params, signal)).data);
      params.order = order;
      if (selector) params.selector = selector;
      return volumesOfFleet((await call<FleetVolumes>('control/volumes', params, signal)).data);
    },
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
    retry: false,
  });
}

/** Counts of a check of fidelity over the agents. */
export interface Fidelity {
  check: string;
  signal: string;
  agents: number;
  sent?: number;
  match?: number;
  mismatch?: number;
  missing?: number;
  unknown?: number;
  doubled?: number;
  unpaired?: number;
  accepted?: number;
  refused?: number;
}

export function useFidelity(selector: string) {
  return useQuery<Fidelity[]>({
    queryKey: ['fidelity', selector],
    queryFn: async ({ signal }) =>
      (await call<Fidelity[]>('control/fidelity', selector ? { selector } : {}, signal)).data,
    enabled: ofFleet,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
    retry: false,
  });
}
