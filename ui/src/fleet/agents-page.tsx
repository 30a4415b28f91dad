/** Fleet → Agents: which collectors there are, whether they are well, and what they pass on. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, LabelChips, Loading, Notice, SearchField } from '../components/ui';
import { Yaml } from '../components/yaml';
import { formatValue, plural } from '../lib/units';
import { type Agent, type Health, useAgent, useAgents } from './api';
import { FleetPage } from './frame';
import {
  BADGES,
  dropped,
  matching,
  nameOf,
  ofReporting,
  ratesOf,
  reasons,
  sorted,
  stateOf,
  total,
} from './model';

const PAGE = 200;
/** Labels that the row shows elsewhere, or that the panel of the agent shows. */
const SHOWN_APART = [
  'service.name',
  'service.instance.id',
  'service.version',
  'host.name',
  'host.arch',
  'os.type',
  'os.description',
];

/** Shown for what is not known, which is not 0. */
const UNKNOWN = '–';

const perSecond = (value: number | undefined) =>
  value === undefined ? UNKNOWN : formatValue(value, 'per second', 3);

function Totals({ agents }: { agents: Agent[] }) {
  const sum = total(agents);
  const rates = ratesOf(agents);
  const connected = agents.filter((one) => one.connected).length;
  const rate = (value: number) =>
    rates.known === 0 ? UNKNOWN : `${perSecond(value)} ${ofReporting(rates.known, connected)}`.trim();
  const facts: [string, string, string][] = [
    ['In', formatValue(sum.in, 'none', 4), rate(rates.in)],
    ['Out', formatValue(sum.out, 'none', 4), rate(rates.out)],
    ['Queued', formatValue(sum.queued, 'none', 4), ''],
    ['Dead letters', formatValue(sum.deadLettered, 'none', 4), ''],
    [
      'Dropped',
      formatValue(dropped(sum), 'none', 4),
      reasons(sum)
        .slice(0, 3)
        .map(([reason, count]) => `${reason} ${formatValue(count, 'none', 3)}`)
        .join(', '),
    ],
  ];
  return (
    <dl className="fleet-totals card" aria-label="Fleet totals">
      {facts.map(([name, value, detail]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <strong className="num">{value}</strong> <span className="muted">{detail}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Row(props: { agent: Agent; chosen: boolean; onChoose: () => void }) {
  const { agent } = props;
  const { name, detail } = nameOf(agent);
  const state = stateOf(agent);
  const { configuration } = agent;
  return (
    <tr className={props.chosen ? 'is-chosen' : undefined}>
      <td>
        <button type="button" className="fleet-name" aria-pressed={props.chosen} onClick={props.onChoose}>
          {name}
        </button>
        <div className="muted">{detail}</div>
        {agent.duplicateOf && <div className="muted">reported the UID of another agent</div>}
      </td>
      <td>
        <span className={`badge badge-${BADGES[state].badge}`}>{BADGES[state].name}</span>
        {state === 'away' && (
          <div className="muted">
            since <Moment ms={agent.lastSeenMillis} />
          </div>
        )}
      </td>
      <td>
        {configuration.name ? (
          <>
            {configuration.name} <span className="muted">version {configuration.version}</span>
          </>
        ) : (
          <span className="muted">{agent.acceptsConfiguration ? 'local' : 'none'}</span>
        )}
      </td>
      <td className="num">{perSecond(agent.items?.inPerSecond)}</td>
      <td className="num">{perSecond(agent.items?.outPerSecond)}</td>
      <td className="num">{agent.items ? formatValue(dropped(agent.items), 'none', 4) : UNKNOWN}</td>
      <td>
        <LabelChips labels={agent.labels} omit={SHOWN_APART} />
      </td>
    </tr>
  );
}

function Components({ parts }: { parts: Record<string, Health> }) {
  const rows = Object.entries(parts).sort(([, a], [, b]) => Number(a.healthy) - Number(b.healthy));
  return (
    <ul className="fleet-parts">
      {rows.map(([name, part]) => (
        <li key={name}>
          <span className={`badge badge-${part.healthy ? 'ok' : 'err'}`}>
            {part.healthy ? 'healthy' : 'unhealthy'}
          </span>{' '}
          {name} <span className="muted">{part.error || part.status}</span>
          {part.components && <Components parts={part.components} />}
        </li>
      ))}
    </ul>
  );
}

function AgentPanel({ uid, onClose }: { uid: string; onClose: () => void }) {
  const query = useAgent(uid);
  const agent = query.data;
  const panel = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another agent is another panel.
  useEffect(() => panel.current?.focus(), [uid]);
  return (
    <aside className="fleet-panel card" aria-label="Agent" ref={panel} tabIndex={-1}>
      <header className="dialog-head">
        <h2>{agent ? nameOf(agent).name : 'Agent'}</h2>
        <Button icon="close" look="ghost" label="Close" onClick={onClose} />
      </header>
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading agent" />}
      {agent && (
        <>
          {agent.configuration.error && (
            <Notice kind="error" title="Configuration rejected">
              <span className="mono-text">{agent.configuration.error}</span>
            </Notice>
          )}
          {agent.configuration.kept && (
            <Notice kind="info" title="Keeps a rolled-back version">
              The agent {agent.configuration.kept}.
            </Notice>
          )}
          <LabelChips labels={agent.labels} />
          <dl className="fleet-facts">
            <div>
              <dt>Identity</dt>
              <dd className="mono-text">{agent.uid}</dd>
            </div>
            <div>
              <dt>Connection</dt>
              <dd>
                {agent.transport}, last message <Moment ms={agent.lastSeenMillis} />
              </dd>
            </div>
            {agent.items &&
              reasons(agent.items).map(([reason, count]) => (
                <div key={reason}>
                  <dt>Dropped</dt>
                  <dd>
                    {reason}: <span className="num">{count.toLocaleString('en')}</span>
                  </dd>
                </div>
              ))}
          </dl>
          {agent.health?.components && (
            <section aria-label="Components">
              <h3>Components</h3>
              <Components parts={agent.health.components} />
            </section>
          )}
          <section aria-label="Effective configuration">
            <h3>Effective configuration</h3>
            {agent.effectiveConfiguration ? (
              <Yaml text={agent.effectiveConfiguration} />
            ) : (
              <p className="muted">
                {agent.effectiveConfigurationOmitted ?? 'The agent does not report its configuration.'}
              </p>
            )}
          </section>
        </>
      )}
    </aside>
  );
}

export function AgentsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const query = useAgents();
  const [text, setText] = useState(search.q ?? '');
  const [count, setCount] = useState(PAGE);
  const agents = query.data;
  const shown = useMemo(() => sorted(matching(agents ?? [], text)), [agents, text]);
  const choose = (agent: string) =>
    void navigate({ to: '/fleet', search: { ...search, q: text, agent } as never, replace: true });
  const chosen = search.agent ?? '';
  return (
    <FleetPage title="Agents" lead="Collectors known to this control plane" query={query}>
      {agents?.length === 0 ? (
        <Empty icon="pipelines" title="No agent has connected">
          Start a collector with <code>--control={new URL('.', document.baseURI).origin}</code>, or point any
          OpAMP client to <code>/v1/opamp</code>.
        </Empty>
      ) : (
        <>
          <Totals agents={shown} />
          <div className={chosen ? 'fleet-split' : ''}>
            <section className="card" aria-label="Agents">
              <div className="panel-tools">
                <SearchField label="Filter agents" value={text} onChange={setText} />
                <span className="muted" role="status">
                  {shown.length} of {plural(agents?.length ?? 0, 'agent')}
                </span>
              </div>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
              <div className="table-scroll" role="region" aria-label="Agent list" tabIndex={0}>
                <table className="table fleet-table">
                  <thead>
                    <tr>
                      <th scope="col">Agent</th>
                      <th scope="col">Status</th>
                      <th scope="col">Configuration</th>
                      <th scope="col" className="num">
                        In
                      </th>
                      <th scope="col" className="num">
                        Out
                      </th>
                      <th scope="col" className="num">
                        Dropped
                      </th>
                      <th scope="col">Labels</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.slice(0, count).map((agent) => (
                      <Row
                        key={agent.uid}
                        agent={agent}
                        chosen={agent.uid === chosen}
                        onChoose={() => choose(agent.uid === chosen ? '' : agent.uid)}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
              {shown.length > count && (
                <Button look="ghost" onClick={() => setCount(count + PAGE)}>
                  {shown.length - count} more
                </Button>
              )}
            </section>
            {chosen && <AgentPanel uid={chosen} onClose={() => choose('')} />}
          </div>
        </>
      )}
    </FleetPage>
  );
}
