/** Dashboards of the server: /api/v1/dashboards. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type Answer, call, postJson, postText, putJson, remove } from '../api/client';
import { queryClient } from '../api/queries';
import { apiUrl } from '../app/base';
import type { Json } from './json';

export interface Entry {
  uid: string;
  title: string;
  folder: string;
  tags: string[];
  version: number;
  /** ms since 1970. */
  updated: number;
  readOnly: boolean;
  file: string;
}

export interface Stored extends Entry {
  dashboard: Json;
}

export function useDashboards(enabled = true) {
  return useQuery({
    queryKey: ['dashboards'],
    queryFn: async ({ signal }) =>
      (await call<{ dashboards: Entry[]; problems: string[] }>('dashboards', {}, signal)).data,
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.error ? false : 30_000),
  });
}

export function useDashboard(uid: string) {
  return useQuery({
    queryKey: ['dashboard', uid],
    queryFn: async ({ signal }) =>
      (await call<Stored>(`dashboards/${encodeURIComponent(uid)}`, {}, signal)).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const query = (params: Record<string, string>) => new URLSearchParams(params).toString();

async function changed(answer: Promise<Answer<Entry>>): Promise<Entry> {
  const { data } = await answer;
  await queryClient.invalidateQueries({ queryKey: ['dashboard', data.uid] });
  await queryClient.invalidateQueries({ queryKey: ['dashboards'] });
  return data;
}

/** Stores a dashboard as a new one. Throws ApiError, kind conflict if its uid is taken. */
export const createDashboard = (dashboard: Json, folder: string, overwrite = false): Promise<Entry> =>
  changed(postJson(`dashboards?${query({ folder, overwrite: String(overwrite) })}`, dashboard));

/** Stores the text of a file, so that an export is the same to the byte. Throws ApiError. */
export const importDashboard = (text: string, folder: string, overwrite: boolean): Promise<Entry> =>
  changed(postText(`dashboards?${query({ folder, overwrite: String(overwrite) })}`, text));

/** Replaces a version. Throws ApiError, kind conflict if another user was faster. */
export const saveDashboard = (
  uid: string,
  dashboard: Json,
  folder: string,
  version: number,
): Promise<Entry> =>
  changed(
    putJson(
      `dashboards/${encodeURIComponent(uid)}?${query({ folder, version: String(version) })}`,
      dashboard,
    ),
  );

export async function deleteDashboard(uid: string, version: number): Promise<void> {
  await remove(`dashboards/${encodeURIComponent(uid)}?version=${version}`);
  queryClient.removeQueries({ queryKey: ['dashboard', uid] });
  await queryClient.invalidateQueries({ queryKey: ['dashboards'] });
}

export const exportUrl = (uid: string): string =>
  apiUrl(`api/v1/dashboards/${encodeURIComponent(uid)}/export`);
