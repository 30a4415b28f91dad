/** Fleet → Agents: which collectors there are, whether they are well, and what they pass on. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, LabelChips, Loading, Notice, SearchField } from '../components/ui';
import { Yaml } from '../components/yaml';
import { formatValue } from '../lib/units';
import { type Agent, type Health, type Items, useAgent, useAgents } from './api';
import { FleetPage } from './frame';
import {
  type Answer,
  BADGES,
  dropped,
  matching,
  nameOf,
  RATE_WINDOW_MS,
  type Rate,
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

/** Items a second within the last 30 s: senders send in batches, so that a shorter time alternates between 0 and a peak. */
function useRates(agents: Agent[] | undefined, at: number): Map<string, Rate> {
  const last = useRef<{ answers: Answer[]; rates: Map<string, Rate> }>({ answers: [], rates: new Map() });
  return useMemo(() => {
    const { answers, rates } = last.current;
    if (!agents || at === answers.at(-1)?.at) return rates;
    const items = new Map<string, Items>();
    for (const agent of agents) if (agent.items) items.set(agent.uid, agent.items);
    const kept = [...answers.filter((one) => at - one.at <= RATE_WINDOW_MS), { at, items }];
    last.current = { answers: kept, rates: ratesOf(kept) };
    return last.current.rates;
  }, [agents, at]);
}

const perSecond = (value: number | undefined) =>
  value === undefined ? '' : formatValue(value, 'per second', 3);

function Totals({ agents, rates }: { agents: Agent[]; rates: Map<string, Rate> }) {
  const sum = total(agents);
  const now = { in: 0, out: 0 };
  for (const { uid } of agents) {
    now.in += rates.get(uid)?.in ?? 0;
    now.out += rates.get(uid)?.out ?? 0;
  }
  const facts: [string, string, string][] = [
    ['In', formatValue(sum.in, 'none', 4), perSecond(now.in)],
    ['Out', formatValue(sum.out, 'none', 4), perSecond(now.out)],
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
    <dl className="fleet-totals card" aria-label="Items of the fleet">
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

function Row(props: { agent: Agent; rate: Rate | undefined; chosen: boolean; onChoose: () => void }) {
  const { agent, rate } = props;
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
          <span className="muted">{agent.acceptsConfiguration ? 'local' : 'local only'}</span>
        )}
      </td>
      <td className="num">{perSecond(rate?.in)}</td>
      <td className="num">{perSecond(rate?.out)}</td>
      <td className="num">{agent.items ? formatValue(dropped(agent.items), 'none', 4) : ''}</td>
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
      {query.isPending && <Loading label="Reading the agent" />}
      {agent && (
        <>
          {agent.configuration.error && (
            <Notice kind="error" title="Configuration refused">
              <span className="mono-text">{agent.configuration.error}</span>
            </Notice>
          )}
          {agent.configuration.kept && (
            <Notice kind="info" title="Keeps an undone version">
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
  const rates = useRates(agents, query.dataUpdatedAt);
  const shown = useMemo(() => sorted(matching(agents ?? [], text)), [agents, text]);
  const choose = (agent: string) =>
    void navigate({ to: '/fleet', search: { ...search, q: text, agent } as never, replace: true });
  const chosen = search.agent ?? '';
  return (
    <FleetPage title="Agents" lead="Collectors that this control plane has seen" query={query}>
      {agents?.length === 0 ? (
        <Empty icon="pipelines" title="No agent has connected">
          Start a collector with <code>--control={new URL('.', document.baseURI).origin}</code>, or point any
          OpAMP client to <code>/v1/opamp</code>.
        </Empty>
      ) : (
        <>
          <Totals agents={shown} rates={rates} />
          <div className={chosen ? 'fleet-split' : ''}>
            <section className="card" aria-label="Agents">
              <div className="panel-tools">
                <SearchField label="Filter agents" value={text} onChange={setText} />
                <span className="muted" role="status">
                  {shown.length} of {agents?.length ?? 0} agents
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
                        rate={rates.get(agent.uid)}
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
