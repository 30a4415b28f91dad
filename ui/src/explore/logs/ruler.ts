/** Rule groups over logs that were created by Explore or by Loki's ruler API. */
import type { RuleGroup } from '../../api/types';

/** Namespace of the groups that Explore creates. */
export const EXPLORE = 'explore';

/** Namespace of the ruler API that a group belongs to; null for a group of a rule file. */
export function namespaceOf(group: RuleGroup): string | null {
  const prefix = `ruler/${group.tenant}/`;
  return group.type === 'logs' && group.file.startsWith(prefix) ? group.file.slice(prefix.length) : null;
}
