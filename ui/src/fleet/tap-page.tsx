/** Fleet → Live tap: records before and after a node of agents, and where one record goes. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Button, Empty, Notice, Segmented, Select } from '../components/ui';
import { counted } from '../lib/units';
import type { Followed, RecordChange } from '../pipelines/records';
import { CHANGES, type Change, recordLine } from '../pipelines/records';
import { followInFleet, type PerAgent, tapFleet, useAgents } from './api';
import { Field, FleetPage } from './frame';
import { agentName } from './model';
import { NodeField } from './nodes';
import '../pipelines/pipelines.css';

/** Seconds of a tap and of the search for a record. */
const SECONDS = 5;

const BADGES: Record<Change, string> = {
  unchanged: 'histogram',
  changed: 'warn',
  only_before: 'err',
  only_after: 'ok',
};

export function TapPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const agents = useAgents();
  const mode = search.mode === 'follow' ? 'follow' : 'node';
  const change = (patch: Record<string, string>) =>
    void navigate({ to: '/fleet/tap', search: { ...search, ...patch } as never, replace: true });
  const connected = agents.data?.filter((one) => one.connected).length ?? 0;
  return (
    <FleetPage title="Live tap" lead="Records of running agents, with personal data masked" query={agents}>
      {agents.data && connected === 0 ? (
        <Empty icon="pipelines" title="No agent is connected">
          Start a collector with <code>--control</code> and <code>--web.enable-tap</code>.
        </Empty>
      ) : (
        <>
          <div className="filters">
            <Segmented
              label="Question"
              value={mode}
              choices={[
                { value: 'node', label: 'Before and after a node' },
                { value: 'follow', label: 'Where a record goes' },
              ]}
              onChange={(to) => change({ mode: to })}
            />
          </div>
          {mode === 'node' ? (
            <NodeTap
              selector={search.selector ?? ''}
              node={search.node ?? ''}
              contains={search.contains ?? ''}
              change={change}
            />
          ) : (
            <FollowTap selector={search.selector ?? ''} contains={search.contains ?? ''} change={change} />
          )}
        </>
      )}
    </FleetPage>
  );
}

type Patch = (patch: Record<string, string>) => void;

function NodeTap(props: { selector: string; node: string; contains: string; change: Patch }) {
  const [records, setRecords] = useState('20');
  const [only, setOnly] = useState<Change | ''>('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [answer, setAnswer] = useState<PerAgent<{ records: RecordChange[]; skippedBatches: number }>>();
  const read = async () => {
    setBusy(true);
    setError(null);
    try {
      setAnswer(
        await tapFleet({
          node: props.node,
          selector: props.selector,
          contains: props.contains,
          seconds: SECONDS,
          records: Number(records),
        }),
      );
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <form
        className="card fleet-tools"
        aria-label="Tap of a node"
        onSubmit={(e) => {
          e.preventDefault();
          if (!busy && props.node) void read();
        }}
      >
        <Field
          label="Agents"
          value={props.selector}
          placeholder="env=prod"
          onChange={(selector) => props.change({ selector })}
        />
        <NodeField
          selector={props.selector}
          value={props.node}
          onChange={(node) => props.change({ node })}
          prefer="processor"
        />
        <Field
          label="Text in records"
          value={props.contains}
          placeholder="checkout"
          onChange={(contains) => props.change({ contains })}
        />
        <Select
          label="Records per agent"
          value={records}
          choices={['10', '20', '50', '100'].map((one) => ({ value: one, label: one }))}
          onChange={setRecords}
        />
        <Select<Change | ''>
          label="Change"
          value={only}
          choices={[{ value: '', label: 'All' }, ...CHANGES.map(([value, label]) => ({ value, label }))]}
          onChange={setOnly}
        />
        <Button type="submit" icon="play" look="primary" disabled={busy || props.node === ''}>
          {busy ? `Reading for up to ${SECONDS} s` : 'Read records'}
        </Button>
      </form>
      {error !== null && <ErrorNotice error={error} />}
      {!answer && error === null && (
        <p className="muted">At most 10 batches per second are read from each of up to 20 agents.</p>
      )}
      {/:(batch|tail_sampling|group_by)/.test(props.node) && (
        <p className="muted">
          This node buffers records: they appear as buffered first and as emitted later.
        </p>
      )}
      {answer && <Tapped of={answer} only={only} />}
    </>
  );
}

/** Name of an agent by its id. */
function useNames(): (uid: string) => string {
  const agents = new Map(useAgents().data?.map((agent) => [agent.uid, agent]));
  return (uid) => {
    const agent = agents.get(uid);
    return agent ? agentName(agent) : uid;
  };
}

function Tapped(props: {
  of: PerAgent<{ records: RecordChange[]; skippedBatches: number }>;
  only: Change | '';
}) {
  const name = useNames();
  return (
    <div className="fleet-rollouts" role="status">
      {props.of.agents.map((agent) => {
        const all = agent.records ?? [];
        const shown = all.filter((one) => props.only === '' || one.change === props.only);
        return (
          <section
            className="card tap fleet-tapped"
            key={agent.uid}
            aria-label={`Records of ${name(agent.uid)}`}
          >
            <header>
              <h2>{name(agent.uid)}</h2>
              <span className="muted">
                {CHANGES.map(([value, label]) => ({
                  label,
                  n: all.filter((one) => one.change === value).length,
                }))
                  .filter(({ n }) => n > 0)
                  .map(({ label, n }) => `${n} ${label.toLowerCase()}`)
                  .join(', ')}
                {agent.skippedBatches ? `; ${agent.skippedBatches} batches were not read` : ''}
              </span>
            </header>
            {agent.error && <Notice kind="warning">{agent.error}</Notice>}
            {!agent.error && shown.length === 0 && (
              <p className="muted">No matching record passed in this time.</p>
            )}
            <ul className="tap-list">
              {shown.map((one, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: an answer never changes.
                <Pair key={i} of={one} />
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function Pair({ of }: { of: RecordChange }) {
  const before = of.before ? recordLine(of.signal, of.before) : undefined;
  const after = of.after ? recordLine(of.signal, of.after) : undefined;
  return (
    <li className="tap-batch">
      <header>
        <span className={`badge badge-${BADGES[of.change]}`}>
          {CHANGES.find(([value]) => value === of.change)?.[1] ?? of.change}
        </span>
      </header>
      {before && (
        <div className={`tap-line${of.change === 'unchanged' ? '' : ' record-before'}`}>
          <code>{before.text}</code>
          {before.detail && <span className="muted">{before.detail}</span>}
        </div>
      )}
      {after && of.change !== 'unchanged' && (
        <div className="tap-line record-after">
          <code>{after.text}</code>
          {after.detail && <span className="muted">{after.detail}</span>}
        </div>
      )}
      {!before && !after && <p className="muted">Too large to show.</p>}
    </li>
  );
}

function FollowTap(props: { selector: string; contains: string; change: Patch }) {
  const [signal, setSignal] = useState('logs');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [answer, setAnswer] = useState<PerAgent<Followed>>();
  const follow = async () => {
    setBusy(true);
    setError(null);
    setAnswer(undefined);
    try {
      setAnswer(
        await followInFleet({
          signal,
          contains: props.contains,
          selector: props.selector,
          seconds: SECONDS,
        }),
      );
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <form
        className="card fleet-tools"
        aria-label="Path of a record"
        onSubmit={(e) => {
          e.preventDefault();
          if (!busy) void follow();
        }}
      >
        <Field
          label="Agents"
          value={props.selector}
          placeholder="env=prod"
          onChange={(selector) => props.change({ selector })}
        />
        <Select
          label="Signal"
          value={signal}
          choices={[
            { value: 'logs', label: 'Logs' },
            { value: 'traces', label: 'Traces' },
          ]}
          onChange={setSignal}
        />
        <Field
          label="Text in the record"
          value={props.contains}
          placeholder="order 17"
          onChange={(contains) => props.change({ contains })}
        />
        <Button type="submit" icon="play" look="primary" disabled={busy}>
          {busy ? `Following for ${SECONDS} s` : 'Follow record'}
        </Button>
      </form>
      {error !== null && <ErrorNotice error={error} />}
      {!answer && error === null && (
        <p className="muted">The first record with the text is followed at each agent, from its receiver.</p>
      )}
      {answer && <Ways of={answer} signal={signal} />}
    </>
  );
}

function Ways({ of, signal }: { of: PerAgent<Followed>; signal: string }) {
  const name = useNames();
  const silent = of.agents.filter((one) => !one.error && (one.hops ?? []).length === 0).length;
  return (
    <div className="fleet-rollouts" role="status">
      {silent > 0 && (
        <p className="muted">No record with that text reached {counted(silent, 'agent')} in time.</p>
      )}
      {of.agents.map(
        (agent) =>
          (agent.error || (agent.hops ?? []).length > 0) && (
            <section
              className="card follow fleet-tapped"
              key={agent.uid}
              aria-label={`Path at ${name(agent.uid)}`}
            >
              <header>
                <h2>{name(agent.uid)}</h2>
              </header>
              {agent.error && <Notice kind="warning">{agent.error}</Notice>}
              <ol className="follow-hops">
                {(agent.hops ?? []).map((hop) => {
                  const line = recordLine(signal, hop.record);
                  return (
                    <li key={`${hop.edge} ${hop.millis}`}>
                      <span className="num muted">+{hop.millis} ms</span> {hop.from} → {hop.to}
                      <code>{line?.text}</code>
                      {line?.detail && <span className="muted">{line.detail}</span>}
                    </li>
                  );
                })}
                {(agent.ends ?? []).map((end) => (
                  <li key={end.node}>
                    <strong>
                      {end.end === 'exporter' ? `Passed to ${end.node}` : `Not forwarded by ${end.node}`}
                    </strong>
                    {Object.entries(end.droppedMeanwhile).map(([reason, n]) => (
                      <span key={reason} className="muted">
                        {' '}
                        {counted(n, 'item')} dropped there in the meantime: {reason.replaceAll('_', ' ')}
                      </span>
                    ))}
                  </li>
                ))}
              </ol>
            </section>
          ),
      )}
    </div>
  );
}
