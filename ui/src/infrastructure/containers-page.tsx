/** Infrastructure → Containers: containers, units and processes that the node agent sees. */
import { Link, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Loading, PageHead, SearchField } from '../components/ui';
import { ErrorShare, rateText, secondsText } from '../services/parts';
import { useServicesState } from '../services/state';
import { useContainers } from './api';
import { type Container, type ContainerSort, sortedContainers } from './model';
import { coresText, figure, NotObserved } from './parts';
import '../services/services.css';
import './infrastructure.css';

const COLUMNS: { key: ContainerSort; name: string }[] = [
  { key: 'cpu', name: 'CPU' },
  { key: 'memory', name: 'Memory' },
  { key: 'rate', name: 'Requests' },
  { key: 'errors', name: 'Errors' },
  { key: 'p95', name: 'p95' },
  { key: 'connections', name: 'Connections' },
  { key: 'retransmits', name: 'Retransmits' },
];

export function ContainersPage() {
  const state = useServicesState('/containers');
  const { node = '' } = useSearch({ strict: false }) as Record<string, string>;
  const containers = useContainers(state.end, state.window, state.attempt);
  const [sort, setSort] = useState<ContainerSort>('rate');
  const rows = useMemo(() => {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = (containers.data ?? []).filter(
      (c) =>
        (node === '' || c.machine === node) &&
        words.every((w) => `${c.id} ${c.types.join(' ')} ${c.image}`.toLowerCase().includes(w)),
    );
    return sortedContainers(shown, sort);
  }, [containers.data, state.filter, node, sort]);
  return (
    <div className="page">
      <PageHead
        title="Containers"
        lead={`Containers, units and processes; requests they serve, means over ${state.window}.`}
      >
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={containers.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
        <PageTabs />
      </PageHead>
      {containers.error ? (
        <ErrorNotice error={containers.error} />
      ) : !containers.data ? (
        <Loading label="Loading containers" />
      ) : containers.data.length === 0 ? (
        <NotObserved what="containers" />
      ) : (
        <section className="panel" aria-label="Containers">
          <div className="panel-tools">
            <SearchField label="Filter containers" value={state.filter} onChange={state.setFilter} />
            <span className="muted" role="status">
              {rows.length === containers.data.length
                ? `${rows.length} containers`
                : `${rows.length} of ${containers.data.length} containers`}
            </span>
            {node !== '' && (
              <Link to="/containers" search={state.carried as never} className="button button-plain">
                All nodes
              </Link>
            )}
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Container list" tabIndex={0}>
            <table className="table containers-table">
              <thead>
                <tr>
                  <th scope="col" aria-sort={sort === 'id' ? 'ascending' : undefined}>
                    <button type="button" className="sort" onClick={() => setSort('id')}>
                      Container <span className="sort-mark">{sort === 'id' ? '↑' : ''}</span>
                    </button>
                  </th>
                  <th scope="col">Type</th>
                  {COLUMNS.map(({ key, name }) => (
                    <th
                      key={key}
                      scope="col"
                      className="num"
                      aria-sort={sort === key ? 'descending' : undefined}
                    >
                      <button type="button" className="sort" onClick={() => setSort(key)}>
                        {name} <span className="sort-mark">{sort === key ? '↓' : ''}</span>
                      </button>
                    </th>
                  ))}
                  <th scope="col" className="num">
                    Restarts
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((one) => (
                  <Row key={`${one.machine} ${one.id}`} container={one} carried={state.carried} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}

function Row({ container: c, carried }: { container: Container; carried: Record<string, string> }) {
  return (
    <tr>
      <td>
        <Link
          to="/containers/container"
          search={{ ...carried, id: c.id } as never}
          className="trace-link"
          title={c.image || undefined}
        >
          {c.id}
        </Link>
      </td>
      <td>{c.types.join(', ') || <span className="muted">–</span>}</td>
      <td className="num">{coresText(c.cpu)}</td>
      <td className="num">{figure(c.memory, 'bytes')}</td>
      <td className="num">{c.rate > 0 ? rateText(c.rate) : <span className="muted">–</span>}</td>
      <td className="num">
        {c.rate > 0 ? <ErrorShare errors={c.errors} /> : <span className="muted">–</span>}
      </td>
      <td className="num">{secondsText(c.p95)}</td>
      <td className="num">{figure(c.connections, 'none')}</td>
      <td className="num">{c.retransmits > 0 ? rateText(c.retransmits) : '0'}</td>
      <td className="num">{figure(c.restarts, 'none')}</td>
    </tr>
  );
}
