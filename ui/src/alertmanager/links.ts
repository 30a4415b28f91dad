/**
 * Addresses of Alertmanager's own interface, which stand behind a # in links of notifications, as addresses of ours.
 */
export interface Target {
  to: string;
  search: Record<string, string>;
}

const ID = /^[0-9a-fA-F-]{36}$/;

/** Null for what is no such link. */
export function fromHash(hash: string): Target | null {
  const text = hash.replace(/^#/, '');
  if (!text.startsWith('/')) return null;
  const [path, query = ''] = split(text);
  const given = new URLSearchParams(query);
  const take = (...names: string[]) => {
    const search: Record<string, string> = {};
    for (const name of names) {
      const value = given.get(name);
      if (value !== null && value !== '') search[name] = value;
    }
    return search;
  };
  const parts = path.split('/').filter(Boolean);
  const [page, one, two] = parts;
  if (page === 'silences') {
    if (one === 'new')
      return { to: '/alertmanager/silences/new', search: take('filter', 'comment', 'createdBy') };
    if (one && ID.test(one))
      return { to: `/alertmanager/silences/${one}`, search: two === 'edit' ? { edit: '1' } : {} };
    return { to: '/alertmanager/silences', search: take('filter') };
  }
  if (page === 'status' || page === 'settings') return { to: '/alertmanager/status', search: {} };
  const search = take('filter', 'receiver', 'silenced', 'inhibited', 'muted', 'active', 'group');
  // A group that is chosen holds only with customGrouping.
  if (given.get('customGrouping') !== 'true') delete search.group;
  return { to: '/alertmanager/alerts', search };
}

function split(text: string): [string, string?] {
  const at = text.indexOf('?');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
