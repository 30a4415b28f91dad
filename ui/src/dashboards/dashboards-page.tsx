/** List of dashboards by folder. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { createDashboard, type Entry, useDashboards } from './api';
import './dashboards.css';
import { emptyDashboard } from './edit';
import { ImportDialog } from './import-dialog';
import type { Search } from './state';

/** Whether each word is in the title, the folder or a tag. */
export function matches(entry: Entry, words: string): boolean {
  const all = `${entry.title} ${entry.folder} ${entry.tags.join(' ')}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((w) => all.includes(w));
}

export function DashboardsPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const answer = useDashboards();
  const [importing, setImporting] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const create = async () => {
    try {
      const { uid } = await createDashboard(emptyDashboard('New dashboard'), '');
      void navigate({
        to: '/dashboards/$uid',
        params: { uid } as never,
        search: { edit: '1' } as never,
      });
    } catch (e) {
      setFailure(e);
    }
  };
  const filter = search.filter ?? '';
  const tag = search.tag ?? '';
  const set = (patch: Search) =>
    void navigate({
      to: '/dashboards',
      search: Object.fromEntries(
        Object.entries({ ...search, ...patch }).filter(([, v]) => v !== ''),
      ) as never,
      replace: true,
    });
  const all = answer.data?.dashboards ?? [];
  const shown = all.filter((e) => matches(e, filter) && (tag === '' || e.tags.includes(tag)));
  const tags = useMemo(() => [...new Set(all.flatMap((e) => e.tags))].sort(), [all]);
  const folders = useMemo(() => {
    const out = new Map<string, Entry[]>();
    for (const e of shown) out.set(e.folder, [...(out.get(e.folder) ?? []), e]);
    return [...out].sort(([a], [b]) => (a < b ? -1 : 1));
  }, [shown]);
  return (
    <div className="page">
      <PageHead title="Dashboards">
        <Button icon="plus" onClick={() => void create()}>
          New dashboard
        </Button>
        <Button onClick={() => setImporting(true)}>Import</Button>
      </PageHead>
      {failure !== null && <ErrorNotice error={failure} />}
      {isMissing(answer.error) ? (
        <Empty icon="graph" title="No dashboards on this server">
          The server has no dashboard API. Dashboards need a Tethys server.
        </Empty>
      ) : answer.error && !answer.data ? (
        <ErrorNotice error={answer.error} />
      ) : !answer.data ? (
        <Loading label="Loading dashboards" />
      ) : all.length === 0 ? (
        <Empty
          icon="graph"
          title="No dashboards"
          actions={
            <Button look="primary" icon="plus" onClick={() => setImporting(true)}>
              Import
            </Button>
          }
        >
          Import a dashboard of Grafana, or set <code>--dashboards.folder</code> to a folder of JSON files.
        </Empty>
      ) : (
        <>
          <div className="filters">
            <span className="filter-fields">
              <SearchField label="Filter dashboards" value={filter} onChange={(v) => set({ filter: v })} />
              {tags.slice(0, 30).map((t) => (
                <button
                  key={t}
                  type="button"
                  className="pill"
                  aria-pressed={t === tag}
                  onClick={() => set({ tag: t === tag ? '' : t })}
                >
                  {t}
                </button>
              ))}
            </span>
          </div>
          {folders.map(([folder, entries]) => (
            <section key={folder} className="card" aria-label={folder || 'No folder'}>
              {folder && <h2 className="dash-folder">{folder}</h2>}
              <div className="table-scroll">
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">Title</th>
                      <th scope="col">Tags</th>
                      <th scope="col">Changed</th>
                      <th scope="col">Source</th>
                    </tr>
                  </thead>
                  <tbody>
                    {entries.map((e) => (
                      <tr key={e.uid}>
                        <td>
                          <Link to="/dashboards/$uid" params={{ uid: e.uid } as never}>
                            {e.title}
                          </Link>
                        </td>
                        <td>{e.tags.join(', ')}</td>
                        <td>
                          <Moment ms={e.updated} />
                        </td>
                        <td>{e.readOnly ? <code>{e.file}</code> : `Version ${e.version}`}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </section>
          ))}
          {shown.length === 0 && <p className="muted">No dashboard matches.</p>}
        </>
      )}
      {(answer.data?.problems.length ?? 0) > 0 && (
        <Notice kind="warning" title="Dashboards not loaded">
          <ul className="dash-notes">
            {answer.data?.problems.map((p) => (
              <li key={p}>{p}</li>
            ))}
          </ul>
        </Notice>
      )}
      {importing && <ImportDialog open onClose={() => setImporting(false)} />}
    </div>
  );
}
