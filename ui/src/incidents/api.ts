import { keepPreviousData, type QueryClient, useQuery } from '@tanstack/react-query';
import { call, type Params, postJson, remove } from '../api/client';
import { isMissing } from '../api/errors';
import type { IncidentDetails, IncidentList } from './types';

const EVERY_MS = 15_000;
const PATH = 'insight/incidents';

export function useIncidents(params: Params, enabled = true) {
  return useQuery({
    enabled,
    queryKey: ['incidents', params],
    queryFn: async ({ signal }) => (await call<IncidentList>(PATH, params, signal)).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : EVERY_MS),
  });
}

export function useIncident(id: string) {
  return useQuery({
    queryKey: ['incident', id],
    queryFn: async ({ signal }) =>
      (await call<IncidentDetails>(`${PATH}/${encodeURIComponent(id)}`, {}, signal)).data,
    refetchInterval: (query) => (isMissing(query.state.error) ? false : EVERY_MS),
  });
}

const path = (id: string, what: string) => `${PATH}/${encodeURIComponent(id)}/${what}`;

/** Changes that answer with the incident, which replaces the one that is shown. */
async function changed(client: QueryClient, id: string, answer: Promise<{ data: IncidentDetails }>) {
  client.setQueryData(['incident', id], (await answer).data);
  await client.invalidateQueries({ queryKey: ['incidents'] });
}

export const addNote = (client: QueryClient, id: string, author: string, text: string) =>
  changed(client, id, postJson<IncidentDetails>(path(id, 'notes'), { author, text }));

export const acknowledge = (client: QueryClient, id: string, author: string) =>
  changed(client, id, postJson<IncidentDetails>(path(id, 'acknowledge'), { author }));

export const withdraw = (client: QueryClient, id: string, author: string) =>
  changed(client, id, remove<IncidentDetails>(path(id, 'acknowledge'), { author }));
