/** Fleet → Configurations: versions of a configuration, how they differ, and where they go next. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, CopyButton, Empty, Loading, Segmented, Select } from '../components/ui';
import { Yaml } from '../components/yaml';
import {
  type Difference,
  type Rollout,
  useAgent,
  useAgents,
  useChange,
  useConfigurations,
  useDifference,
  useVersion,
  useVersions,
  type Version,
} from './api';
import { DryRunForm } from './dry-run';
import { ChangeDialog, Field, FleetPage } from './frame';
import { agentName, connectedMatch, diffLines } from './model';

export function ConfigurationsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const query = useConfigurations();
  const [adding, setAdding] = useState(false);
  const names = (query.data ?? []).map((v) => v.name);
  const name = search.name ?? names[0] ?? '';
  const open = (next: Record<string, string>) =>
    void navigate({ to: '/fleet/configurations', search: next as never, replace: true });
  return (
    <FleetPage
      title="Configurations"
      lead="Versions are immutable; a rollout sends one to agents"
      query={query}
      tools={
        <Button icon="plus" look="primary" onClick={() => setAdding(true)}>
          New version
        </Button>
      }
    >
      {names.length === 0 ? (
        <Empty icon="rules" title="No configuration yet">
          Add the first version here, or by <code>tethys tool control push NAME FILE --reason WHY</code>.
        </Empty>
      ) : (
        <>
          <div className="filters">
            <Select
              label="Configuration"
              value={name}
              choices={names.map((one) => ({ value: one, label: one }))}
              onChange={(one) => open({ name: one })}
            />
          </div>
          <Versions key={name} name={name} version={Number(search.version ?? 0)} open={open} />
        </>
      )}
      {adding && <NewVersion name={name} onClose={() => setAdding(false)} onAdded={open} />}
    </FleetPage>
  );
}

function NewVersion(props: {
  name: string;
  onClose: () => void;
  onAdded: (search: Record<string, string>) => void;
}) {
  const change = useChange();
  const id = useId();
  const [written, setWritten] = useState<{ name?: string; text?: string }>({});
  const name = written.name ?? props.name;
  const versions = useConfigurations().data ?? [];
  const latest = versions.find((v) => v.name === name)?.version ?? 0;
  const all = useVersions(latest > 0 ? name : '').data ?? [];
  // The text begins as that of a version that agents may keep.
  const kept = Math.max(0, ...all.filter((v) => v.undone === undefined).map((v) => v.version));
  const from = all.length === 0 ? 0 : kept || latest;
  const before = useVersion(name, from);
  const [trying, setTrying] = useState(false);
  const text = written.text ?? (from > 0 ? (before.data?.text ?? '') : '');
  return (
    <ChangeDialog
      title="New version"
      action="Add version"
      wide
      onClose={props.onClose}
      onSubmit={async (reason) => {
        const added = await change<Version>('configurations', { name, text, reason });
        props.onAdded({ name: added.name, version: String(added.version) });
      }}
    >
      <Field
        label="Name"
        value={name}
        onChange={(next) => setWritten({ ...written, name: next })}
        hint={
          latest === 0
            ? 'A new configuration.'
            : `Version ${latest} is the latest${from > 0 && from < latest ? `, and was undone; the text begins as version ${from}` : ''}.`
        }
      />
      {latest === 0 && <FromAgent onText={(start) => setWritten({ ...written, text: start })} />}
      <div className="fleet-field">
        <label className="field-label" htmlFor={id}>
          collector.yaml
        </label>
        <textarea
          id={id}
          rows={18}
          spellCheck={false}
          value={text}
          onChange={(e) => setWritten({ ...written, text: e.target.value })}
        />
        <p className="muted">It is validated by the collector's parser before it is saved.</p>
      </div>
      <button type="button" className="plan-link" aria-expanded={trying} onClick={() => setTrying(!trying)}>
        {trying ? 'Hide dry run' : 'Dry run on records'}
      </button>
      {trying && <DryRunForm name={name} text={text} versions={latest > 0 ? all : []} />}
    </ChangeDialog>
  );
}

/** Takes the text that an agent runs, as a start of a first version. */
function FromAgent({ onText }: { onText: (text: string) => void }) {
  const agents = (useAgents().data ?? []).filter((one) => one.connected);
  const [uid, setUid] = useState('');
  const query = useAgent(uid);
  const text = uid === '' ? undefined : query.data?.effectiveConfiguration;
  const set = useRef(onText);
  set.current = onText;
  useEffect(() => {
    if (text) set.current(text);
  }, [text]);
  if (agents.length === 0) return null;
  return (
    <div className="fleet-field">
      <Select
        label="Start from"
        value={uid}
        choices={[
          { value: '', label: 'an empty configuration' },
          ...agents.map((one) => ({ value: one.uid, label: `agent ${agentName(one)}` })),
        ]}
        onChange={setUid}
      />
      {uid !== '' && (
        <p className="muted">
          This is the configuration of that agent, with secrets masked. Use{' '}
          <code>&#36;&#123;env:NAME&#125;</code> for secrets and for values that differ between agents, such
          as ports.
        </p>
      )}
    </div>
  );
}

function Versions(props: { name: string; version: number; open: (search: Record<string, string>) => void }) {
  const { name } = props;
  const query = useVersions(name);
  const [rolling, setRolling] = useState(false);
  const versions = query.data ?? [];
  const version = props.version || (versions[0]?.version ?? 0);
  if (query.error) return <ErrorNotice error={query.error} />;
  if (query.isPending) return <Loading label="Loading versions" />;
  return (
    <div className="fleet-split">
      <section className="card" aria-label="Versions">
        <div className="table-wrap">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Author</th>
                <th scope="col">Reason</th>
                <th scope="col">Added</th>
              </tr>
            </thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.version} className={one.version === version ? 'is-chosen' : undefined}>
                  <td>
                    <button
                      type="button"
                      className="fleet-name"
                      aria-pressed={one.version === version}
                      onClick={() => props.open({ name, version: String(one.version) })}
                    >
                      Version {one.version}
                    </button>
                    <div className="muted">
                      {one.validation}
                      {one.signed && ', signed'}
                    </div>
                    {one.undone !== undefined && (
                      <>
                        <span className="badge badge-err">undone</span>
                        <div className="fleet-why">{one.undone}</div>
                      </>
                    )}
                  </td>
                  <td>{one.author}</td>
                  <td>{one.reason}</td>
                  <td>
                    <Moment ms={one.timeMillis} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      {version > 0 && (
        <section className="card fleet-version" aria-label={`Version ${version}`}>
          <header className="dialog-head">
            <h2>
              {name} version {version}
            </h2>
            <Button icon="play" onClick={() => setRolling(true)}>
              Roll out
            </Button>
          </header>
          <Shown key={version} name={name} version={version} versions={versions} />
          {rolling && <RolloutDialog name={name} version={version} onClose={() => setRolling(false)} />}
        </section>
      )}
    </div>
  );
}

function Shown({ name, version, versions }: { name: string; version: number; versions: Version[] }) {
  const [view, setView] = useState<'diff' | 'text' | 'dry-run'>('diff');
  const [against, setAgainst] = useState(version - 1);
  const from = against >= version ? version - 1 : against;
  return (
    <>
      <div className="panel-tools">
        <Segmented
          label="View"
          value={view}
          choices={[
            { value: 'diff', label: 'Changes' },
            { value: 'text', label: 'Text' },
            { value: 'dry-run', label: 'Dry run' },
          ]}
          onChange={setView}
        />
        {view === 'diff' && (
          <Select
            label="Since"
            value={String(from)}
            choices={[
              ...versions
                .filter((one) => one.version < version)
                .map((one) => ({ value: String(one.version), label: `version ${one.version}` })),
              { value: '0', label: 'nothing' },
            ]}
            onChange={(one) => setAgainst(Number(one))}
          />
        )}
      </div>
      {view === 'diff' && <Differences name={name} from={from} to={version} />}
      {view === 'text' && <Text name={name} version={version} />}
      {view === 'dry-run' && <DryRunOf name={name} version={version} versions={versions} />}
    </>
  );
}

/** A version is compared with those before it. */
function DryRunOf(props: { name: string; version: number; versions: Version[] }) {
  const query = useVersion(props.name, props.version);
  if (query.error) return <ErrorNotice error={query.error} />;
  if (query.data?.text === undefined) return <Loading label="Loading text" />;
  return (
    <DryRunForm
      name={props.name}
      text={query.data.text}
      versions={props.versions.filter((one) => one.version < props.version)}
    />
  );
}

function Text({ name, version }: { name: string; version: number }) {
  const query = useVersion(name, version);
  if (query.error) return <ErrorNotice error={query.error} />;
  if (query.data?.text === undefined) return <Loading label="Loading text" />;
  return (
    <div className="fleet-text">
      <CopyButton text={query.data.text} />
      <Yaml text={query.data.text} />
    </div>
  );
}

function Differences({ name, from, to }: { name: string; from: number; to: number }) {
  const query = useDifference(name, from, to);
  if (query.error) return <ErrorNotice error={query.error} />;
  if (!query.data) return <Loading label="Comparing" />;
  const { data } = query;
  if (data.text === '') return <p className="muted fleet-note">The texts are identical.</p>;
  return (
    <>
      <Meaning difference={data} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre className="yaml fleet-diff" tabIndex={0}>
        {diffLines(data.text).map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity.
          <div key={i} className={`diff-${line.kind}`}>
            {line.text}
          </div>
        ))}
      </pre>
    </>
  );
}

function Meaning({ difference }: { difference: Difference }) {
  if (difference.problem) return <p className="muted fleet-note">{difference.problem}</p>;
  return (
    <ul className="fleet-meaning" aria-label="Changed components">
      {difference.components.map((one) => (
        <li key={one.component}>
          <span
            className={`badge badge-${one.change === 'added' ? 'ok' : one.change === 'removed' ? 'err' : 'warn'}`}
          >
            {one.change}
          </span>{' '}
          {one.component} <span className="muted">{one.keys.join(', ')}</span>
        </li>
      ))}
      {difference.edges.map((edge) => (
        <li key={edge}>
          <span className={`badge badge-${edge.startsWith('+') ? 'ok' : 'err'}`}>
            {edge.startsWith('+') ? 'edge added' : 'edge removed'}
          </span>{' '}
          {edge.slice(2)}
        </li>
      ))}
    </ul>
  );
}

function RolloutDialog(props: { name: string; version: number; onClose: () => void }) {
  const change = useChange();
  const navigate = useNavigate();
  const [selector, setSelector] = useState('');
  const [soak, setSoak] = useState('10s');
  const [lost, setLost] = useState('0.01');
  const [items, setItems] = useState('100');
  const [outputs, setOutputs] = useState('');
  const [memory, setMemory] = useState('1');
  const [queue, setQueue] = useState('');
  const reached = useAgents(selector);
  return (
    <ChangeDialog
      title={`Roll out ${props.name} version ${props.version}`}
      action="Start rollout"
      onClose={props.onClose}
      onSubmit={async (reason) => {
        await change<Rollout>('rollouts', {
          configuration: props.name,
          version: props.version,
          selector,
          soak,
          maxLost: Number(lost),
          minItems: Number(items),
          ...(outputs.trim() !== '' && { maxOutputChange: Number(outputs) }),
          ...(memory.trim() !== '' && { maxMemoryGrowth: Number(memory) }),
          ...(queue.trim() !== '' && { maxQueueAge: queue }),
          reason,
        });
        await navigate({ to: '/fleet/rollouts' });
      }}
    >
      <Field
        label="Selector"
        value={selector}
        placeholder="env=prod,region=~eu.*"
        onChange={setSelector}
        hint={reached.error ? reached.error.message : `${connectedMatch(reached.data)}; empty selects all.`}
      />
      <Field label="Soak" value={soak} onChange={setSoak} hint="Observation time of each stage." />
      <Field
        label="Maximum loss"
        value={lost}
        onChange={setLost}
        hint="Allowed increase in the share of dropped items, 0 to 1. Above it, the rollout is undone."
      />
      <Field
        label="Minimum items"
        value={items}
        onChange={setItems}
        hint="Items that the agents of a stage must receive before the next stage. The rollout pauses if they do not within 5 minutes."
      />
      <Field
        label="Maximum output change"
        value={outputs}
        placeholder="0.1"
        onChange={setOutputs}
        hint="Allowed change in items or bytes sent per item or byte received. Above it, the rollout is undone; empty for no limit."
      />
      <Field
        label="Maximum memory growth"
        value={memory}
        onChange={setMemory}
        hint="Allowed growth of an agent's memory as a share, in addition to 256 MiB. Above it, the rollout is undone; 0 for no limit."
      />
      <Field
        label="Maximum queue age"
        value={queue}
        placeholder="30s"
        onChange={setQueue}
        hint="Maximum time in an exporter's queue. Above it, the rollout is undone; empty for no limit."
      />
      <p className="muted">
        The version goes to 1 agent, then 3, 15, 75. <Link to="/fleet/rollouts">Rollouts</Link> shows it.
      </p>
    </ChangeDialog>
  );
}
