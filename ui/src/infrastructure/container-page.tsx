/** One container: resources, requests by protocol, statements, connections, CPU profile, log patterns. */
import { Link, useSearch } from '@tanstack/react-router';
import { ErrorNotice } from '../api/errors';
import { TimePicker } from '../components/time-picker';
import { Empty, Loading, PageHead } from '../components/ui';
import { quoted } from '../explore/logs/lexer';
import { useProblems, useWorld } from '../insight/api';
import { EntityProblems } from '../insight/problem-list';
import { problemsOf } from '../insight/world';
import { Figure } from '../services/figure';
import { exploreSearch, LogPatterns } from '../services/log-patterns';
import { ErrorShare, rateText, secondsText } from '../services/parts';
import { type ServicesState, useServicesState } from '../services/state';
import { type ContainerDetails, useContainer, useFamilies } from './api';
import { CpuFlames } from './flames';
import type { Connection, Requests } from './model';
import { figure } from './parts';
import * as q from './queries';
import { Head, Panel, Statements } from './tables';
import '../explore/traces/trace.css';
import '../services/services.css';
import './infrastructure.css';

export function ContainerPage() {
  const { id = '' } = useSearch({ strict: false }) as Record<string, string>;
  const state = useServicesState('/containers/container');
  const details = useContainer(id, state.end, state.window, state.attempt);
  const facts = details.data?.facts;
  const world = useWorld().data;
  const problems = useProblems().data?.problems ?? [];
  const entity = world?.world.entities.find(
    ({ kind, series }) => kind === 'container' && series.some((labels) => labels.container_id === id),
  );
  const own = entity ? problemsOf(problems, world, entity.id) : [];
  const lead = facts
    ? [facts.types.join(', '), facts.image, `means over ${state.window}`].filter(Boolean).join(' · ')
    : `Means over ${state.window}.`;
  return (
    <div className="page">
      <PageHead title={id} tab={`Container ${id}`} lead={lead}>
        {entity && (
          <Link
            to="/infrastructure/entity/$id"
            params={{ id: entity.id } as never}
            search={state.carried as never}
            className="button button-plain"
          >
            Entity
          </Link>
        )}
        <Link
          to="/explore/logs"
          search={exploreSearch(state, `{container_id=${quoted(id)}}`) as never}
          className="button button-plain"
        >
          Logs
        </Link>
        <Link
          to="/explore/profiles"
          search={exploreSearch(state, `{container_id=${quoted(id)}}`) as never}
          className="button button-plain"
        >
          Profiles
        </Link>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={details.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
      </PageHead>
      <nav className="views" aria-label="Views of Containers">
        <Link
          to="/containers"
          search={state.carried as never}
          className="view"
          activeOptions={{ exact: true }}
        >
          All containers
        </Link>
      </nav>
      {details.error ? (
        <ErrorNotice error={details.error} />
      ) : !details.data ? (
        <Loading label="Loading container" />
      ) : !details.data.facts ? (
        <Empty icon="host" title="Container not found">
          No metrics of <code>{id}</code> in the time range. The node agent shows a container from an age of
          30 s.
        </Empty>
      ) : (
        <>
          {own.length > 0 && (
            <section className="panel service-panel" aria-label="Problems">
              <h2>Problems</h2>
              <EntityProblems problems={own} />
            </section>
          )}
          <Resources id={id} state={state} details={details.data} />
          <RequestTable requests={details.data.requests} />
          <Statements statements={details.data.statements} />
          <Connections connections={details.data.connections} listens={details.data.listens} />
          <CpuFlames query={`{container_id=${quoted(id)}}`} state={state} />
          <LogPatterns matcher={`container_id=${quoted(id)}`} state={state} />
        </>
      )}
    </div>
  );
}

const sum = (expr: string) => (expr === '' ? '' : `sum(${expr})`);

function Resources({ id, state, details }: { id: string; state: ServicesState; details: ContainerDetails }) {
  const scope: q.Scope = { container: id, window: state.window };
  const families = useFamilies(state.end, state.attempt);
  const found = families.data ?? [];
  const answered = sum(q.requestRate(found, true, scope));
  const sent = sum(q.requestRate(found, false, scope));
  const requests: [string, string, string][] = [
    ['sent', sent, ''],
    ['answered', answered, ''],
  ];
  const own = details.facts?.memory !== null;
  return (
    <section className="panel" aria-label="Resources">
      <div className="red-charts">
        {own && (
          <Figure
            title="CPU"
            unit="none"
            state={state}
            queries={[
              ['throttled', sum(q.throttled(scope)), '--bad'],
              ['cores', sum(q.cpu(scope)), ''],
            ]}
          />
        )}
        {own && (
          <Figure
            title="Memory"
            unit="bytes"
            state={state}
            queries={[
              ['cache', sum(q.cache(scope)), ''],
              ['resident', sum(q.memory(scope)), ''],
            ]}
          />
        )}
        {families.data && requests.some(([, expr]) => expr !== '') && (
          <Figure
            title="Request rate"
            unit="per second"
            state={state}
            queries={requests.filter(([, expr]) => expr !== '')}
          />
        )}
        <Figure
          title="Network"
          unit="bytes/s"
          state={state}
          queries={[
            ['sent', sum(q.sentBytes(scope)), ''],
            ['received', sum(q.receivedBytes(scope)), ''],
          ]}
        />
      </div>
      {!own && (
        <p className="muted">
          A process outside of containers and units shares its cgroup with others, so its resource use is
          unknown.
        </p>
      )}
      {(details.facts?.restarts ?? 0) + details.oomKills > 0 && (
        <p className="muted">
          Restarts: {figure(details.facts?.restarts ?? 0, 'none')} · out of memory:{' '}
          {figure(details.oomKills, 'none')}
        </p>
      )}
    </section>
  );
}

function RequestTable({ requests }: { requests: Requests[] }) {
  return (
    <Panel title="Requests" none={requests.length === 0 ? 'No requests observed.' : null}>
      <table className="table">
        <Head texts={['Protocol', 'Destination']} figures={['Rate', 'Errors', 'p50', 'p95', 'p99']} />
        <tbody>
          {requests.map((one) => (
            <tr key={`${one.inbound} ${one.name} ${one.destination}`}>
              <td>{one.name}</td>
              <td>{one.inbound ? <span className="muted">answered here</span> : one.destination}</td>
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
    </Panel>
  );
}

function Connections({ connections, listens }: { connections: Connection[]; listens: string[] }) {
  return (
    <Panel
      title="Connections"
      none={
        connections.length > 0
          ? null
          : listens.length > 0
            ? `No outgoing connections. Listens on ${listens.join(', ')}.`
            : 'No connections observed.'
      }
    >
      {listens.length > 0 && <p className="muted">Listens on {listens.join(', ')}.</p>}
      <table className="table">
        <Head
          texts={['Destination']}
          figures={['Active', 'Opened', 'Failed', 'Sent', 'Received', 'Retransmits']}
        />
        <tbody>
          {connections.map((one) => (
            <tr key={`${one.destination} ${one.actual}`}>
              <td>
                {one.destination}
                {one.actual !== one.destination && <span className="muted"> → {one.actual}</span>}
              </td>
              <td className="num">{figure(one.active, 'none')}</td>
              <td className="num">{rateText(one.connects)}</td>
              <td className="num">{rateText(one.failed)}</td>
              <td className="num">{figure(one.sent, 'bytes')}/s</td>
              <td className="num">{figure(one.received, 'bytes')}/s</td>
              <td className="num">{rateText(one.retransmits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
