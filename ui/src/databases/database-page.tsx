/** One database: problems, statements, connections, locks, replication, tables, settings and changes. */
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Moment } from '../components/moment';
import { TimePicker } from '../components/time-picker';
import { Button, Empty, Loading, PageHead } from '../components/ui';
import { figure } from '../infrastructure/parts';
import { Head } from '../infrastructure/tables';
import { useWorld } from '../insight/api';
import { ProblemPanel } from '../insight/insight-panels';
import type { Entity } from '../insight/types';
import { useEntityInsight } from '../insight/use-insight';
import { Figure } from '../services/figure';
import { exploreSearch } from '../services/log-patterns';
import { type ServicesState, useServicesState } from '../services/state';
import { type DatabaseDetails, useDatabaseDetails, useDatabases, usePlans, useRecords } from './api';
import { StatusText } from './databases-page';
import { addressOf, type DatabaseRow, ENGINE_NAMES, type ReadDatabase, scanProblems } from './model';
import { Problems, QueryLink, TablePanel } from './parts';
import * as q from './queries';
import { RecordText, StatementTable } from './statements';
import '../services/services.css';
import '../insight/insight.css';
import '../infrastructure/infrastructure.css';
import './databases.css';

export function DatabasePage() {
  const { address = '' } = useSearch({ strict: false }) as Record<string, string>;
  const state = useServicesState('/databases/database');
  const list = useDatabases(address, state.end, state.window, state.attempt);
  const scope = { address, window: state.window };
  const details = useDatabaseDetails(scope, state.end, state.attempt);
  const plans = usePlans(address, state.start, state.end, state.attempt);
  const scans = details.data ? scanProblems(details.data.statements, plans, details.data.tables) : [];
  const world = useWorld().data;
  const entity = world?.world.entities.find((one) => addressOf(one) === address);
  const row = list.data?.rows[0];
  const read = list.data?.statuses.find((one) => one.address === address);
  return (
    <div className="page">
      <PageHead
        title={address}
        tab={`Database ${address}`}
        lead={
          row?.engine
            ? [ENGINE_NAMES[row.engine], row.version, row.role, `means over ${state.window}`]
                .filter(Boolean)
                .join(' · ')
            : undefined
        }
      >
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
        <Loading label="Loading database" />
      ) : !row ? (
        <Empty
          icon="host"
          title="Database not found"
          actions={
            <Link to="/databases" className="button button-plain">
              All databases
            </Link>
          }
        >
          No cluster agent reads a database at this address.
        </Empty>
      ) : (
        <>
          <Problems problems={[...row.problems, ...scans]} />
          {entity && <Inspected entity={entity} state={state} />}
          <Facts row={row} read={read} entity={entity} state={state} />
          {row.engine && <Details engine={row.engine} scope={scope} details={details} state={state} />}
        </>
      )}
    </div>
  );
}

/** Problems that inspections of the server find. */
function Inspected({ entity, state }: { entity: Entity; state: ServicesState }) {
  const insight = useEntityInsight(entity.id, entity.name, state.time.range);
  return (insight.problems?.length ?? 0) > 0 ? <ProblemPanel insight={insight} /> : null;
}

function Facts({
  row,
  read,
  entity,
  state,
}: {
  row: DatabaseRow;
  read: ReadDatabase | undefined;
  entity: Entity | undefined;
  state: ServicesState;
}) {
  return (
    <section className="panel service-panel" aria-label="Facts">
      <dl className="entity-facts">
        <div>
          <dt>Status</dt>
          <dd>
            <StatusText status={row.status} />
          </dd>
        </div>
        {read && (
          <>
            <div>
              <dt>Found by</dt>
              <dd>{read.foundBy}</dd>
            </div>
            {read.name && (
              <div>
                <dt>Name</dt>
                <dd>{read.name}</dd>
              </div>
            )}
            {read.lastReading && (
              <div>
                <dt>Last reading</dt>
                <dd>
                  <Moment ms={Date.parse(read.lastReading)} /> in {figure(read.lastReadingSeconds, 'seconds')}
                </dd>
              </div>
            )}
            {read.retryAt && (
              <div>
                <dt>Next attempt</dt>
                <dd>
                  <Moment ms={Date.parse(read.retryAt)} />
                </dd>
              </div>
            )}
          </>
        )}
      </dl>
      <p className="panel-links entity-links">
        {entity && (
          <Link
            to="/infrastructure/entity/$id"
            params={{ id: entity.id } as never}
            search={state.carried as never}
          >
            Entity
          </Link>
        )}
        <Link to="/query" search={{ 'g0.expr': `{address="${row.address}"}`, 'g0.tab': 'table' } as never}>
          Metrics
        </Link>
      </p>
    </section>
  );
}

function Details({
  engine,
  scope,
  details,
  state,
}: {
  engine: q.Engine;
  scope: q.Scope;
  details: ReturnType<typeof useDatabaseDetails>;
  state: ServicesState;
}) {
  return (
    <>
      <section className="panel" aria-label="Charts">
        <div className="red-figures database-figures">
          {q.chartsOf(engine, scope).map((chart) => (
            <div key={chart.title} className="database-figure">
              <Figure title={chart.title} unit={chart.unit} state={state} queries={chart.queries} />
              <p className="panel-links">
                <QueryLink
                  expr={chart.queries.map(([, expr]) => expr).join(' or ')}
                  title={chart.title}
                  state={state}
                />
              </p>
            </div>
          ))}
        </div>
      </section>
      {details.error ? (
        <ErrorNotice error={details.error} />
      ) : !details.data ? (
        <Loading label="Loading statements" />
      ) : (
        <>
          {(engine === 'postgres' || engine === 'mysql') && (
            <StatementTable
              statements={details.data.statements}
              engine={engine}
              scope={scope}
              state={state}
            />
          )}
          {details.data.locks.length > 0 && <Locks details={details.data} scope={scope} state={state} />}
          {engine === 'postgres' && <Connections details={details.data} scope={scope} state={state} />}
          {details.data.tables.length > 0 && (
            <Tables details={details.data} engine={engine} scope={scope} state={state} />
          )}
          <Changes address={scope.address} state={state} />
          {details.data.settings.length > 0 && (
            <Settings details={details.data} scope={scope} state={state} />
          )}
        </>
      )}
    </>
  );
}

interface PartProps {
  details: DatabaseDetails;
  scope: q.Scope;
  state: ServicesState;
}

function Locks({ details, scope, state }: PartProps) {
  return (
    <TablePanel
      title="Locks"
      link={<QueryLink expr={q.waiting(scope.address)} title="locks" state={state} />}
    >
      <table className="table container-statements">
        <Head texts={['Blocking statement']} figures={['Waiting']} />
        <tbody>
          {details.locks.map((lock) => (
            <tr key={lock.text}>
              <td>
                <code>{lock.text}</code>
              </td>
              <td className="num">{figure(lock.count, 'none')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}

function Connections({ details, scope, state }: PartProps) {
  return (
    <TablePanel
      title="Connections by state"
      none={details.connections.length === 0 ? 'No connections.' : null}
      link={<QueryLink expr={q.connectionStates(scope)} title="connections" state={state} />}
    >
      <table className="table">
        <Head texts={['State', 'Waits for', 'Database', 'User']} figures={['Connections']} />
        <tbody>
          {details.connections.map((one) => (
            <tr key={`${one.state} ${one.waits} ${one.database} ${one.user}`}>
              <td>{one.state || <span className="muted">–</span>}</td>
              <td>{one.waits || <span className="muted">–</span>}</td>
              <td>{one.database || <span className="muted">–</span>}</td>
              <td>{one.user || <span className="muted">–</span>}</td>
              <td className="num">{figure(one.count, 'none')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}

function Tables({ details, engine, scope, state }: PartProps & { engine: q.Engine }) {
  const own = engine === 'postgres';
  return (
    <TablePanel
      title="Largest tables"
      none={null}
      link={<QueryLink expr={q.tableSizes(scope)} title="tables" state={state} />}
    >
      <table className="table">
        <Head
          texts={['Table', 'Database']}
          figures={own ? ['Size', 'Growth', 'Dead rows', 'Unused'] : ['Size', 'Growth']}
        />
        <tbody>
          {details.tables.map((one) => (
            <tr key={`${one.database} ${one.name}`}>
              <td>{one.name}</td>
              <td>{one.database}</td>
              <td className="num">{figure(one.size, 'bytes')}</td>
              <td className="num">{one.growth === null ? '–' : `${figure(one.growth, 'bytes')}/s`}</td>
              {own && (
                <>
                  <td className="num">{figure(one.dead, 'bytes')}</td>
                  <td className="num">{figure(one.bloat, 'bytes')}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}

/** Changed definitions and settings. */
function Changes({ address, state }: { address: string; state: ServicesState }) {
  const query = q.changesOf(address);
  const records = useRecords(query, state.start, state.end, state.attempt);
  return (
    <section className="panel service-panel" aria-label="Changes">
      <header>
        <h2>Changes</h2>
        <Link to="/explore/logs" search={exploreSearch(state, query) as never}>
          All in Explore
        </Link>
      </header>
      {records.error ? (
        <ErrorNotice error={records.error} />
      ) : !records.data ? (
        <Loading label="Loading changes" />
      ) : records.data.length === 0 ? (
        <p className="muted">No changed definition or setting in the time range.</p>
      ) : (
        records.data.map((entry) => (
          <RecordText
            key={entry.id}
            title={[entry.metadata.db_name, entry.metadata.db_change_object].filter(Boolean).join(' · ')}
            entry={entry}
          />
        ))
      )}
    </section>
  );
}

const FEW = 10;

function Settings({ details, scope, state }: PartProps) {
  const [all, setAll] = useState(false);
  const shown = all ? details.settings : details.settings.slice(0, FEW);
  return (
    <TablePanel
      title="Settings"
      after={
        details.settings.length > FEW && (
          <Button onClick={() => setAll(!all)}>
            {all ? 'Fewer settings' : `All ${details.settings.length}`}
          </Button>
        )
      }
      link={<QueryLink expr={q.settings(scope)} title="settings" table state={state} />}
    >
      <table className="table">
        <Head texts={['Name', 'Unit']} figures={['Value']} />
        <tbody>
          {shown.map((one) => (
            <tr key={one.name}>
              <td>
                <code>{one.name}</code>
              </td>
              <td>{one.unit || <span className="muted">–</span>}</td>
              <td className="num">{String(one.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}
