/** Rule groups over logs that were created by Explore or by Loki's ruler API, and can be removed by it. */
import { ApiError } from '../api/client';
import type { RuleGroup } from '../api/types';
import { apiUrl } from '../app/base';

/** Namespace of the groups that Explore creates. */
export const EXPLORE = 'explore';

/** Namespace of the ruler API that a group belongs to; null for a group of a rule file. */
export function namespaceOf(group: RuleGroup): string | null {
  const prefix = `ruler/${group.tenant}/`;
  return group.type === 'logs' && group.file.startsWith(prefix) ? group.file.slice(prefix.length) : null;
}

/** Removes a group with its rules. Throws ApiError. */
export async function removeGroup(namespace: string, group: RuleGroup): Promise<void> {
  const path = [namespace, group.name].map(encodeURIComponent).join('/');
  const response = await fetch(apiUrl(`loki/api/v1/rules/${path}`), {
    method: 'DELETE',
    headers: { 'x-scope-orgid': group.tenant ?? '' },
  });
  // A group that is not there any more was removed by another user.
  if (!response.ok && response.status !== 404)
    throw new ApiError('execution', (await response.text()) || response.statusText, response.status);
}
