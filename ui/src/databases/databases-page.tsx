/** Infrastructure → Databases: those that a cluster agent reads or finds. */
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { figure } from '../infrastructure/parts';
import { rateText, secondsText } from '../services/parts';
import { useServicesState } from '../services/state';
import { useDatabases } from './api';
import { type DatabaseRow, type DatabaseSort, ENGINE_NAMES, sortedDatabases } from './model';
import { DatabaseLink } from './parts';
import '../services/services.css';
import './databases.css';

const SORTS: { key: DatabaseSort; name: string }[] = [
  { key: 'rate', name: 'Queries' },
  { key: 'latency', name: 'Latency' },
  { key: 'connections', name: 'Connections' },
];

export function DatabasesPage() {
  const state = useServicesState('/databases');
  const list = useDatabases(null, state.end, state.window, state.attempt);
  const [sort, setSort] = useState<DatabaseSort>('problems');
  const rows = useMemo(() => {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = (list.data?.rows ?? []).filter((row) =>
      words.every((word) =>
        `${row.address} ${row.name} ${row.engine} ${row.status}`.toLowerCase().includes(word),
      ),
    );
    return sortedDatabases(shown, sort);
  }, [list.data, state.filter, sort]);
  return (
    <div className="page">
      <PageHead title="Databases" lead={`Databases of cluster agents, means over ${state.window}.`}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={list.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
        <PageTabs />
      </PageHead>
      {list.error ? (
        <ErrorNotice error={list.error} />
      ) : !list.data ? (
        <Loading label="Loading databases" />
      ) : (
        <>
          {list.data.sources
            .filter(({ problem }) => problem !== '')
            .map(({ name, problem }) => (
              <Notice key={name} kind="warning" title={`Discovery by ${name}`}>
                {problem}
              </Notice>
            ))}
          {list.data.rows.length === 0 ? (
            <Empty icon="host" title="No databases">
              No database is read. Start the server with <code>--cluster-agent.config-file=FILE</code>, or
              send metrics with <code>tethys cluster-agent --coroot-url=URL</code>. Databases that the node
              agent or traces see are found; the file has their credentials.
            </Empty>
          ) : (
            <List rows={rows} all={list.data.rows.length} sort={sort} setSort={setSort} state={state} />
          )}
        </>
      )}
    </div>
  );
}

function List({
  rows,
  all,
  sort,
  setSort,
  state,
}: {
  rows: DatabaseRow[];
  all: number;
  sort: DatabaseSort;
  setSort: (sort: DatabaseSort) => void;
  state: ReturnType<typeof useServicesState>;
}) {
  const head = (key: DatabaseSort, name: string, mark: string) => (
    <button type="button" className="sort" onClick={() => setSort(key)}>
      {name} <span className="sort-mark">{sort === key ? mark : ''}</span>
    </button>
  );
  return (
    <section className="panel" aria-label="Databases">
      <div className="panel-tools">
        <SearchField label="Filter databases" value={state.filter} onChange={state.setFilter} />
        <span className="muted" role="status">
          {rows.length === all ? `${all} databases` : `${rows.length} of ${all} databases`}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" role="region" aria-label="Database list" tabIndex={0}>
        <table className="table databases-table">
          <thead>
            <tr>
              <th scope="col" aria-sort={sort === 'address' ? 'ascending' : undefined}>
                {head('address', 'Address', '↑')}
              </th>
              <th scope="col">Engine</th>
              <th scope="col">Role</th>
              <th scope="col">Status</th>
              {SORTS.map(({ key, name }) => (
                <th key={key} scope="col" className="num" aria-sort={sort === key ? 'descending' : undefined}>
                  {head(key, name, '↓')}
                </th>
              ))}
              <th scope="col" aria-sort={sort === 'problems' ? 'descending' : undefined}>
                {head('problems', 'Top problem', '↓')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.address} row={row} carried={state.carried} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ row, carried }: { row: DatabaseRow; carried: Record<string, string> }) {
  const [top] = row.problems;
  return (
    <tr>
      <td>
        <DatabaseLink address={row.address} carried={carried} />
        {row.name && <span className="muted services-namespace">{row.name}</span>}
      </td>
      <td>
        {row.engine ? ENGINE_NAMES[row.engine] : '–'} <span className="muted">{row.version}</span>
      </td>
      <td>{row.role || <span className="muted">–</span>}</td>
      <td>
        <StatusText status={row.status} />
      </td>
      <td className="num">{row.rate === null ? '–' : rateText(row.rate)}</td>
      <td className="num">{secondsText(row.latency)}</td>
      <td className="num">
        {figure(row.connections, 'none')}
        {row.limit !== null && row.limit > 0 && (
          <span className="muted"> of {figure(row.limit, 'none')}</span>
        )}
      </td>
      <td className="databases-problem">
        {top ? (
          <span className={`service-errors is-${top.severity === 'error' ? 'failing' : 'warning'}`}>
            {top.title}
          </span>
        ) : (
          <span className="muted">–</span>
        )}
        {row.problems.length > 1 && <span className="muted"> +{row.problems.length - 1}</span>}
      </td>
    </tr>
  );
}

/** Status of the readings of a database. */
export function StatusText({ status }: { status: string }) {
  const tone =
    status === 'failing' || status === 'paused'
      ? 'failing'
      : status === 'ok' || status === 'waiting'
        ? ''
        : 'warning';
  return <span className={`service-errors is-${tone}`}>{status}</span>;
}
