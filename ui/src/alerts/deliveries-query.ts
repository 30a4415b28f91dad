/** Query of the delivery status of all Alertmanagers. A server without it is asked once. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { isMissing } from '../api/errors';
import type { Delivery } from './deliveries';

export function useDeliveries() {
  return useQuery({
    queryKey: ['deliveries'],
    queryFn: ({ signal }) => call<{ alertmanagers: Delivery[] }>('status/alertmanagers', {}, signal),
    refetchInterval: (q) => (isMissing(q.state.error) ? false : 10_000),
    placeholderData: keepPreviousData,
  });
}
