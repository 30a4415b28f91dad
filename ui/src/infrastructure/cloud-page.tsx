/** Infrastructure → Cloud: databases that clouds run, as their APIs describe them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ErrorNotice } from '../api/errors';
import { instantQuery } from '../api/queries';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { useServicesState } from '../services/state';
import {
  type CloudAnswers,
  type CloudRow,
  cloudProblems,
  cloudRows,
  errorMessages,
  isWell,
  ofInstance,
  QUERIES,
} from './cloud';
import { figure } from './parts';
import './infrastructure.css';

function useCloud(time: number, window: string, attempt: number) {
  return useQuery({
    queryKey: ['cloud', time, window, attempt],
    queryFn: async ({ signal }) => {
      const queries = { ...QUERIES, errors: errorMessages(window) };
      const names = Object.keys(queries) as (keyof typeof queries)[];
      const answers = await Promise.all(
        names.map(async (name) => {
          const { data } = await instantQuery(queries[name], time, signal);
          return [name, data.resultType === 'vector' ? data.result : []] as const;
        }),
      );
      const found = Object.fromEntries(answers) as CloudAnswers;
      return { rows: cloudRows(found), problems: cloudProblems(found.problems) };
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function CloudPage() {
  const state = useServicesState('/cloud');
  const cloud = useCloud(state.end, state.window, state.attempt);
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = (cloud.data?.rows ?? []).filter((row) =>
    words.every((word) =>
      `${row.id} ${row.service} ${row.engine} ${row.status} ${row.place}`.toLowerCase().includes(word),
    ),
  );
  return (
    <div className="page">
      <PageHead title="Cloud" lead={`Databases that clouds run, errors in logs over ${state.window}.`}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={cloud.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
        <PageTabs />
      </PageHead>
      {cloud.data?.problems.map(({ cloud: name, place, error }) => (
        <Notice key={`${name} ${place} ${error}`} kind="warning" title={`${name} ${place}: ${error}`}>
          A part of the last reading failed. <code>tethys cluster-agent check</code> names the part, and the
          policy that permits it.
        </Notice>
      ))}
      {cloud.error ? (
        <ErrorNotice error={cloud.error} />
      ) : !cloud.data ? (
        <Loading label="Loading databases of clouds" />
      ) : cloud.data.rows.length === 0 ? (
        <Empty icon="host" title="No databases of clouds">
          A cluster agent reads them with the key <code>aws</code>, <code>gcp</code>, <code>oci</code> or{' '}
          <code>azure</code> in its file.
        </Empty>
      ) : (
        <section className="panel" aria-label="Cloud">
          <div className="panel-tools">
            <SearchField label="Filter databases" value={state.filter} onChange={state.setFilter} />
            <span className="muted" role="status">
              {rows.length === 1 ? '1 database' : `${rows.length} databases`}
            </span>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Cloud list" tabIndex={0}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Database</th>
                  <th scope="col">Engine</th>
                  <th scope="col">Size</th>
                  <th scope="col">Zone</th>
                  <th scope="col">Status</th>
                  <th scope="col" className="num">
                    CPU
                  </th>
                  <th scope="col" className="num">
                    Memory
                  </th>
                  <th scope="col" className="num">
                    Disk
                  </th>
                  <th scope="col" className="num">
                    Log errors
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row key={row.key} row={row} window={state.window} carried={state.carried} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}

function Row({ row, window, carried }: { row: CloudRow; window: string; carried: Record<string, string> }) {
  const query = (expr: string, tab: string) => ({
    'g0.expr': ofInstance(expr, row),
    'g0.tab': tab,
    'g0.range_input': carried.range ?? '1h',
    ...(carried.end ? { 'g0.end_input': carried.end } : {}),
  });
  const linked = (text: string, expr: string, what: string) =>
    text === '–' ? (
      text
    ) : (
      <Link to="/query" search={query(expr, 'graph') as never} aria-label={`${text}, query of ${what}`}>
        {text}
      </Link>
    );
  return (
    <tr>
      <td>
        {row.read ? (
          <Link
            to={'/databases/database' as never}
            search={{ ...carried, address: row.address } as never}
            className="trace-link"
          >
            {row.id}
          </Link>
        ) : (
          row.id
        )}
        <div className="muted">{[row.service, row.address].filter(Boolean).join(' · ')}</div>
      </td>
      <td>{row.engine}</td>
      <td>{row.size}</td>
      <td>{row.place}</td>
      <td>
        <Link
          to="/query"
          search={query(QUERIES.status, 'table') as never}
          className={isWell(row.status) ? 'badge badge-ok' : 'badge badge-warn'}
        >
          {row.status || 'no data'}
        </Link>
      </td>
      <td className="num">
        {linked(row.cpu === null ? '–' : figure(row.cpu / 100, 'ratio'), QUERIES.cpu, 'CPU')}
        {row.cores !== null && <span className="muted"> of {figure(row.cores, 'none')}</span>}
      </td>
      <td className="num">
        {linked(figure(row.memoryUsed, 'bytes'), QUERIES.memoryUsed, 'memory')}
        {row.memoryTotal !== null && <span className="muted"> of {figure(row.memoryTotal, 'bytes')}</span>}
      </td>
      <td className="num">
        {linked(figure(row.diskUsed, 'bytes'), QUERIES.diskUsed, 'disk')}
        {row.diskTotal !== null && <span className="muted"> of {figure(row.diskTotal, 'bytes')}</span>}
      </td>
      <td className="num">
        {linked(
          row.errors === null ? '–' : figure(Math.round(row.errors), 'none'),
          errorMessages(window),
          'errors',
        )}
      </td>
    </tr>
  );
}
