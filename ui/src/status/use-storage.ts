import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import type { StorageStatus } from './storage';

export function useStorage() {
  return useQuery({
    queryKey: ['storage'],
    queryFn: ({ signal }) => call<StorageStatus>('status/storage', {}, signal),
    refetchInterval: (query) => (query.state.error ? false : 15_000),
    placeholderData: keepPreviousData,
    retry: false,
  });
}
