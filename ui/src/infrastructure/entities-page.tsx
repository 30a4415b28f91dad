/** Infrastructure → Entities: nodes, workloads, instances, containers, databases and what else runs. */
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { PageTabs } from '../app/page-tabs';
import { Button, Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { reasonOf, useHealth, useWorld } from '../insight/api';
import { EntityHealthBadge, EntityLink, kindText } from '../insight/parts';
import { useServicesState } from '../services/state';
import { entityRows, filteredRows, kindCounts } from './entities';
import '../insight/insight.css';
import './infrastructure.css';

/** Rows at first: a table of ten thousand would hold up the page. */
const PAGE = 200;

export function EntitiesPage() {
  const state = useServicesState('/infrastructure');
  const { kind = '' } = useSearch({ strict: false }) as Record<string, string>;
  const world = useWorld();
  const health = useHealth();
  const [shown, setShown] = useState(PAGE);
  const rows = useMemo(
    () => (world.data ? entityRows(world.data, health.data) : null),
    [world.data, health.data],
  );
  const found = useMemo(
    () => (rows ? filteredRows(rows, kind, state.filter) : []),
    [rows, kind, state.filter],
  );
  const problems = world.data?.world.problems ?? [];
  return (
    <div className="page">
      <PageHead title="Entities" lead="Everything that runs, from metrics, spans and logs.">
        <PageTabs />
      </PageHead>
      {world.error && !rows ? (
        <Empty icon="host" title="No entities">
          {reasonOf(world.error, 'Entities')}
        </Empty>
      ) : !rows ? (
        <Loading label="Loading entities" />
      ) : rows.length === 0 ? (
        <Empty icon="host" title="No entities">
          No series that creates an entity was received. Scrape node_exporter, kube-state-metrics or cAdvisor,
          send spans, or run <code>tethys node-agent</code>.
        </Empty>
      ) : (
        <section className="panel" aria-label="Entities">
          {problems.length > 0 && (
            <Notice kind="warning" title="Some entities are left out">
              {problems.map((text) => (
                <div key={text}>{text}</div>
              ))}
            </Notice>
          )}
          {health.error !== null && !health.data && (
            <p className="muted">{reasonOf(health.error, 'Inspections')}</p>
          )}
          <div className="panel-tools">
            <SearchField label="Filter entities" value={state.filter} onChange={state.setFilter} />
            <fieldset className="pills entity-kinds">
              <legend className="visually-hidden">Kind</legend>
              <button
                type="button"
                className="pill"
                aria-pressed={kind === ''}
                onClick={() => state.setParams({ kind: '' })}
              >
                All {rows.length}
              </button>
              {kindCounts(rows).map(([name, count]) => (
                <button
                  key={name}
                  type="button"
                  className="pill"
                  aria-pressed={kind === name}
                  onClick={() => state.setParams({ kind: kind === name ? '' : name })}
                >
                  {kindText(name)} {count}
                </button>
              ))}
            </fieldset>
            <span className="muted" role="status">
              {found.length === rows.length
                ? `${rows.length} entities`
                : `${found.length} of ${rows.length} entities`}
            </span>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Entity list" tabIndex={0}>
            <table className="table containers-table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Status</th>
                  <th scope="col">Kind</th>
                  <th scope="col">Namespace</th>
                  <th scope="col">Belongs to</th>
                  <th scope="col">Details</th>
                </tr>
              </thead>
              <tbody>
                {found.slice(0, shown).map(({ entity, namespace, places, detail }) => (
                  <tr key={entity.id}>
                    <td>
                      <EntityLink entity={entity} carried={state.carried} className="trace-link" />
                    </td>
                    <td>
                      <EntityHealthBadge health={health.data?.get(entity.id)} />
                    </td>
                    <td>{kindText(entity.kind)}</td>
                    <td>{namespace || <span className="muted">–</span>}</td>
                    <td>
                      {places.slice(0, 3).map((place, i) => (
                        <span key={place.id}>
                          {i > 0 && ', '}
                          <EntityLink entity={place} carried={state.carried} />{' '}
                          <span className="muted">{kindText(place.kind)}</span>
                        </span>
                      ))}
                      {places.length === 0 && <span className="muted">–</span>}
                    </td>
                    <td>{detail || <span className="muted">–</span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {found.length > shown && (
            <Button onClick={() => setShown(shown + PAGE)}>
              Show {Math.min(PAGE, found.length - shown)} more
            </Button>
          )}
        </section>
      )}
    </div>
  );
}
