/** One service: problems, objectives, requests, dependencies, instances, resources, logs, traces, changes, risks, cost. */
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { TimePicker } from '../components/time-picker';
import { Loading, PageHead } from '../components/ui';
import { EntityCost } from '../costs/parts';
import { EntityDatabase } from '../databases/parts';
import { useDeployments } from '../deployments/api';
import { DeploymentTable } from '../deployments/deployment-table';
import { quoted } from '../explore/logs/lexer';
import { SERVICE, withLabel } from '../explore/profiles/state';
import { useMetrics, useSearchTraces } from '../explore/traces/api';
import { durationLiteral } from '../explore/traces/filters';
import { writeBox } from '../explore/traces/state';
import { TraceList } from '../explore/traces/trace-list';
import '../explore/traces/trace.css';
import { EntityIncidents } from '../incidents/parts';
import { useStatements } from '../infrastructure/api';
import { CpuFlames } from '../infrastructure/flames';
import { Statements } from '../infrastructure/tables';
import { reasonOf, useWorld } from '../insight/api';
import { ChangeList } from '../insight/change-list';
import { ObjectivePanel, ProblemPanel } from '../insight/insight-panels';
import { EntityHealthBadge } from '../insight/parts';
import { PointBar } from '../insight/point-bar';
import { Relations } from '../insight/relations';
import { relationGroups } from '../insight/relations-model';
import { ResourcePanel } from '../insight/resource-panel';
import { measuredBy } from '../insight/resources';
import type { Entity } from '../insight/types';
import { type EntityInsight, useEntityInsight } from '../insight/use-insight';
import { attributeOf, namedEntity, partsOf } from '../insight/world';
import { spellDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { EntityRisks } from '../risks/parts';
import { useOperations, useServiceMap } from './api';
import { Dependencies } from './dependencies';
import { Figure } from './figure';
import { dependenciesOf } from './graph';
import { instancesOf } from './instances';
import { exploreSearch, LogPatterns } from './log-patterns';
import { type SortKey, sortedBy } from './model';
import { ErrorShare, rateText, secondsText } from './parts';
import { failures, quantile, rate, type Scope } from './queries';
import { CATEGORY, NAMESPACE, OWNER } from './rows';
import '../insight/insight.css';
import './services.css';
import { type ServicesState, useServicesState } from './state';

const TRACES = 10;
const DEPLOYMENTS = 10;
const NONE: string[] = [];

const ENTRY = '(kind = server || kind = consumer)';
export function ServicePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const state = useServicesState(`/services/service/${encodeURIComponent(name)}`);
  const of = `resource.service.name = ${quoted(name)}`;
  const world = useWorld().data;
  const entity = world ? namedEntity(world, name) : null;
  const insight = useEntityInsight(entity?.id ?? `service:${name}`, name, state.time.range);
  const [point, setPoint] = useState<number | null>(null);
  const streams = `{service_name=${quoted(name)}}`;
  return (
    <div className="page">
      <PageHead
        title={name}
        tab={`Service ${name}`}
        lead={<Lead entity={entity} insight={insight} window={state.window} />}
      >
        <Link
          to="/explore/logs"
          search={exploreSearch(state, streams) as never}
          className="button button-plain"
        >
          Logs
        </Link>
        <Link
          to="/explore/traces"
          search={exploreSearch(state, `{ ${of} }`) as never}
          className="button button-plain"
        >
          Explore traces
        </Link>
        <Link
          to="/explore/profiles"
          search={exploreSearch(state, withLabel('{}', SERVICE, name)) as never}
          className="button button-plain"
        >
          Profiles
        </Link>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
      </PageHead>
      <nav className="views" aria-label="Views of Services">
        <Link to="/services" search={state.carried as never} className="view" activeOptions={{ exact: true }}>
          List
        </Link>
        <Link
          to="/services/map"
          search={{ ...state.carried, chosen: name } as never}
          className="view"
          activeOptions={{ exact: true }}
        >
          Map
        </Link>
      </nav>
      {entity && (
        <p className="panel-links">
          <EntityDatabase entity={entity} carried={state.carried} />
        </p>
      )}
      <ProblemPanel insight={insight} />
      {entity && <EntityIncidents id={entity.id} start={state.start} />}
      <ObjectivePanel insight={insight} />
      {point !== null && (
        <PointBar
          time={point}
          queries={{ logs: streams, traces: `{ ${of} }`, profiles: streams }}
          onClose={() => setPoint(null)}
        />
      )}
      <section className="panel" aria-label="Requests">
        <Figures name={name} state={state} insight={insight} onPoint={setPoint} />
        <p className="muted chart-hint">
          Press a point for its logs, traces and profile. Lines mark alerts, restarts and deployments.
        </p>
      </section>
      <Operations name={name} of={of} state={state} />
      <ServiceDependencies name={name} state={state} />
      <ServiceStatements name={name} state={state} />
      <Instances of={of} state={state} />
      {entity && <Parts entity={entity} insight={insight} state={state} onPoint={setPoint} />}
      <LogPatterns matcher={`service_name=${quoted(name)}`} state={state} />
      <FoundTraces
        title="Failed traces"
        query={`{ ${of} && status = error }`}
        compare={{ query: `{ ${of} && ${ENTRY} }`, box: 'errors' }}
        none="No failed requests."
        state={state}
      />
      <SlowTraces of={of} state={state} />
      <CpuFlames query={streams} state={state} />
      <ServiceDeployments service={entity?.id ?? name} />
      {entity && <EntityRisks entity={entity} world={world} />}
      {entity && <EntityCost id={entity.id} />}
      <ChangeList changes={insight.changes} range={spellDuration(state.time.range)} />
    </div>
  );
}

/** Newest deployments of the service in the whole history. */
function ServiceDeployments({ service }: { service: string }) {
  const answer = useDeployments(undefined, undefined, service);
  const all = answer.data?.deployments;
  if (!all && isMissing(answer.error)) return null;
  return (
    <section className="panel service-panel" aria-label="Deployments">
      <h2>Deployments</h2>
      {answer.error && !all ? (
        <p className="muted">{reasonOf(answer.error, 'Deployments')}</p>
      ) : !all ? (
        <Loading label="Loading deployments" />
      ) : all.length === 0 ? (
        <p className="muted">No new version was seen since {answer.data?.start.slice(0, 10)}.</p>
      ) : (
        <DeploymentTable deployments={all.slice(0, DEPLOYMENTS)} named={false} />
      )}
    </section>
  );
}

/** Health and attributes; the window of all figures of the page. */
function Lead({
  entity,
  insight,
  window,
}: {
  entity: Entity | null;
  insight: EntityInsight;
  window: string;
}) {
  const { world } = insight;
  const facts =
    entity && world
      ? [
          ['namespace', NAMESPACE],
          ['category', CATEGORY],
          ['owner', OWNER],
        ].flatMap(([name, from]) => {
          const value = attributeOf(world, entity, ...(from as string[]));
          return value ? [`${name} ${value}`] : [];
        })
      : [];
  return (
    <>
      {insight.health && <EntityHealthBadge health={insight.health} />}{' '}
      {[...facts, `means over ${window}`].join(' · ')}
    </>
  );
}

/** Processor, memory and network of the parts of the service, and its relations. */
function Parts({
  entity,
  insight,
  state,
  onPoint,
}: {
  entity: Entity;
  insight: EntityInsight;
  state: ServicesState;
  onPoint: (time: number) => void;
}) {
  const { world } = insight;
  const measured = useMemo(
    () => (world ? measuredBy(entity, partsOf(world, entity.id)) : []),
    [world, entity],
  );
  const groups = useMemo(
    () =>
      world
        ? relationGroups(
            entity.id,
            world.outgoing.get(entity.id) ?? [],
            world.incoming.get(entity.id) ?? [],
            world,
          ).filter(({ title }) => title !== 'Calls' && title !== 'Called by')
        : [],
    [world, entity.id],
  );
  return (
    <>
      <ResourcePanel
        kind="service"
        entities={measured}
        state={state}
        markers={insight.markers}
        onPoint={onPoint}
      />
      {groups.length > 0 && <Relations groups={groups} carried={state.carried} />}
    </>
  );
}

function Figures({
  name,
  state,
  insight: { markers },
  onPoint,
}: {
  name: string;
  state: ServicesState;
  insight: EntityInsight;
  onPoint: (time: number) => void;
}) {
  const scope: Scope = { service: name, window: state.window };
  return (
    <div className="red-charts">
      <Figure
        title="Rate"
        unit="per second"
        state={state}
        queries={[['Requests', rate(scope), '']]}
        markers={markers}
        onPoint={onPoint}
      />
      <Figure
        title="Errors"
        markers={markers}
        onPoint={onPoint}
        unit="ratio"
        state={state}
        queries={[['Failed', `(${failures(scope)} or ${rate(scope)} * 0) / ${rate(scope)}`, '--bad']]}
      />
      <Figure
        title="Duration"
        markers={markers}
        onPoint={onPoint}
        unit="seconds"
        state={state}
        queries={[
          ['p50', quantile(0.5, scope), ''],
          ['p95', quantile(0.95, scope), ''],
          ['p99', quantile(0.99, scope), ''],
        ]}
      />
    </div>
  );
}

const COLUMNS: { key: SortKey; name: string }[] = [
  { key: 'rate', name: 'Rate' },
  { key: 'errors', name: 'Errors' },
  { key: 'p50', name: 'p50' },
  { key: 'p95', name: 'p95' },
  { key: 'p99', name: 'p99' },
];

function Operations({ name, of, state }: { name: string; of: string; state: ServicesState }) {
  const answer = useOperations(name, state.end, state.window, state.attempt);
  const [sort, setSort] = useState<SortKey>('rate');
  const rows = useMemo(() => sortedBy(answer.data ?? [], sort), [answer.data, sort]);
  return (
    <section className="panel service-panel" aria-label="Operations">
      <h2>Operations</h2>
      {answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : !answer.data ? (
        <Loading label="Loading operations" />
      ) : rows.length === 0 ? (
        <p className="muted">The service took no requests in the last {state.window}.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label="Operation list" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Operation</th>
                {COLUMNS.map((column) => (
                  <th
                    key={column.key}
                    scope="col"
                    className="num"
                    aria-sort={sort === column.key ? 'descending' : undefined}
                  >
                    <button type="button" className="sort" onClick={() => setSort(column.key)}>
                      {column.name} <span className="sort-mark">{sort === column.key ? '↓' : ''}</span>
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((one) => (
                <tr key={one.name}>
                  <td>
                    <Link
                      to="/explore/traces"
                      search={exploreSearch(state, `{ ${of} && name = ${quoted(one.name)} }`) as never}
                    >
                      {one.name}
                    </Link>
                  </td>
                  <td className="num">{rateText(one.rate)}</td>
                  <td className="num">
                    <ErrorShare errors={one.errors} />
                  </td>
                  <td className="num">{secondsText(one.p50)}</td>
                  <td className="num">{secondsText(one.p95)}</td>
                  <td className="num">{secondsText(one.p99)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ServiceDependencies({ name, state }: { name: string; state: ServicesState }) {
  const map = useServiceMap(state.end, state.window, state.attempt);
  const sides = useMemo(() => (map.data ? dependenciesOf(map.data, name) : null), [map.data, name]);
  return (
    <section className="panel service-panel" aria-label="Dependencies">
      <h2>Dependencies</h2>
      {map.error ? (
        <ErrorNotice error={map.error} />
      ) : !sides ? (
        <Loading label="Loading calls" />
      ) : (
        <Dependencies sides={sides} carried={state.carried} />
      )}
    </section>
  );
}

/** Statements of the service, where the node agent sees it. */
function ServiceStatements({ name, state }: { name: string; state: ServicesState }) {
  const map = useServiceMap(state.end, state.window, state.attempt);
  const container = map.data?.nodes.find((node) => node.id === name)?.container ?? '';
  const statements = useStatements(container, state.end, state.window, state.attempt);
  return <Statements statements={statements.data ?? []} />;
}

const NO_STORE = <p className="muted">This server has no trace store.</p>;

function Instances({ of, state }: { of: string; state: ServicesState }) {
  const window = { start: state.start, end: state.end };
  // One step over the whole range: a figure for each instance.
  const step = Math.max(1000, Math.ceil((state.end - state.start) / 1000) * 1000);
  const entry = `{ ${of} && ${ENTRY} }`;
  const by = 'by (resource.service.instance.id, resource.host.name';
  const counts = useMetrics(`${entry} | count_over_time() ${by}, status)`, window, step, state.attempt);
  const p95 = useMetrics(`${entry} | quantile_over_time(duration, 0.95) ${by})`, window, step, state.attempt);
  const rows = useMemo(
    () => (counts.data && p95.data ? instancesOf(counts.data.series, p95.data.series) : null),
    [counts.data, p95.data],
  );
  const error = counts.error ?? p95.error;
  return (
    <section className="panel service-panel" aria-label="Instances">
      <h2>Instances</h2>
      {isMissing(error) ? (
        NO_STORE
      ) : error ? (
        <ErrorNotice error={error} />
      ) : !rows ? (
        <Loading label="Loading instances" />
      ) : rows.length === 0 ? (
        <p className="muted">No request spans in the time range.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label="Instance list" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">Host</th>
                <th scope="col" className="num">
                  Requests
                </th>
                <th scope="col" className="num">
                  Errors
                </th>
                <th scope="col" className="num">
                  p95
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.instance} ${row.host}`}>
                  <td>
                    {row.instance ? (
                      <Link
                        to="/explore/traces"
                        search={
                          exploreSearch(
                            state,
                            `{ ${of} && resource.service.instance.id = ${quoted(row.instance)} }`,
                          ) as never
                        }
                      >
                        {row.instance}
                      </Link>
                    ) : (
                      <span className="muted">no instance id</span>
                    )}
                  </td>
                  <td>{row.host || <span className="muted">–</span>}</td>
                  <td className="num">{formatValue(row.requests, 'none', 4)}</td>
                  <td className="num">
                    <ErrorShare errors={row.errors} />
                  </td>
                  <td className="num">{secondsText(row.p95)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function FoundTraces({
  title,
  query,
  compare,
  none,
  state,
}: {
  title: string;
  query: string;
  compare: { query: string; box: string };
  none: string;
  state: ServicesState;
}) {
  const found = useSearchTraces({
    query,
    window: { start: state.start, end: state.end },
    limit: TRACES,
    spss: 1,
    attempt: state.attempt,
  });
  return (
    <section className="panel service-panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="panel-links">
          <Link
            to="/explore/traces"
            search={{ ...exploreSearch(state, compare.query), box: compare.box } as never}
          >
            Common attributes
          </Link>
          <Link to="/explore/traces" search={exploreSearch(state, query) as never}>
            All in Explore
          </Link>
        </span>
      </header>
      {isMissing(found.error) ? (
        NO_STORE
      ) : found.error ? (
        <ErrorNotice error={found.error} />
      ) : !found.data ? (
        <Loading label="Searching traces" />
      ) : found.data.traces.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        <TraceList traces={found.data.traces} chosen={NONE} onChosen={null} label={`${title}, table`} />
      )}
    </section>
  );
}

/** Traces whose span in this service took longer than its 99th percentile. */
function SlowTraces({ of, state }: { of: string; state: ServicesState }) {
  const window = { start: state.start, end: state.end };
  const step = Math.max(1000, Math.ceil((state.end - state.start) / 1000) * 1000);
  const entry = `{ ${of} && ${ENTRY} }`;
  const p99 = useMetrics(`${entry} | quantile_over_time(duration, 0.99)`, window, step, state.attempt);
  const limit = p99.data?.series[0]?.samples.reduce((most, s) => Math.max(most, s.value), 0) ?? 0;
  if (p99.error || !p99.data) return null;
  if (limit <= 0) return null;
  const slow = Number(limit.toPrecision(3));
  return (
    <FoundTraces
      title="Slow traces"
      query={`{ ${of} && ${ENTRY} && duration >= ${durationLiteral(slow)} }`}
      compare={{
        query: entry,
        box: writeBox({ from: state.start, to: state.end, low: slow, high: Number.POSITIVE_INFINITY }),
      }}
      none="No slow spans."
      state={state}
    />
  );
}
