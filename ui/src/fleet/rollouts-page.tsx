/** Fleet → Rollouts: how far each version has come, what stopped it, and how to return. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, Notice } from '../components/ui';
import { counted, plural } from '../lib/units';
import { compareKeys, type Returned, type Rollout, useAgents, useChange, useRollouts } from './api';
import { ChangeDialog, FleetPage } from './frame';
import { type OutputKeys, percent, verdictOf } from './keys';
import { isActive, nameOf, notJudged, rolloutBadge, rolloutReason } from './model';

type Change = 'pause' | 'resume' | 'cancel' | 'undo';

const NAMES: Record<Change, string> = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel', undo: 'Undo' };

const EFFECTS: Record<Change, string> = {
  pause: 'No more agents get the version. Agents that have it keep it, and the guard stays active.',
  resume: 'The next stage starts once the guard passes, even if a paused stage did not receive enough items.',
  cancel: 'The rollout ends, and its agents return to the version that applies without it.',
  undo: 'The agents of the rollout return to the version that applies without it, or to their own configuration.',
};

export function RolloutsPage() {
  const query = useRollouts();
  return (
    <FleetPage title="Rollouts" lead="A version is rolled out to 1 agent, then 3, 15, 75" query={query}>
      {query.data?.length === 0 ? (
        <Empty icon="play" title="No rollouts yet">
          Choose a version under <Link to="/fleet/configurations">Configurations</Link>, and roll it out.
        </Empty>
      ) : (
        <div className="fleet-rollouts">
          {query.data?.map((rollout) => (
            <RolloutCard key={rollout.id} rollout={rollout} />
          ))}
        </div>
      )}
    </FleetPage>
  );
}

function Progress({ rollout }: { rollout: Rollout }) {
  const agents = useAgents(rollout.selector).data ?? [];
  const applied = rollout.agents.filter((one) => one.applied).length;
  const all = Math.max(agents.filter((one) => one.connected).length, rollout.agents.length);
  const share = (n: number) => `${all === 0 ? 0 : (100 * n) / all}%`;
  return (
    <div className="fleet-progress">
      <div
        className="fleet-bar"
        role="progressbar"
        aria-label="Agents with the version"
        aria-valuenow={applied}
        aria-valuemin={0}
        aria-valuemax={all}
      >
        <span className="fleet-bar-reached" style={{ width: share(rollout.agents.length) }} />
        <span className="fleet-bar-applied" style={{ width: share(applied) }} />
      </div>
      <span className="muted">
        stage {rollout.stage}: {applied} of {plural(all, 'agent')} {applied === 1 ? 'has' : 'have'} it
        {rollout.agents.length > applied &&
          `, ${rollout.agents.length - applied} ${rollout.agents.length - applied === 1 ? 'applies' : 'apply'} it`}
      </span>
    </div>
  );
}

function RolloutCard({ rollout }: { rollout: Rollout }) {
  const change = useChange();
  const [asked, ask] = useState<Change>();
  const [open, setOpen] = useState(false);
  const [kept, setKept] = useState<Returned[]>([]);
  const state = rolloutBadge(rollout);
  const changes: Change[] =
    rollout.state === 'running'
      ? ['pause', 'cancel']
      : rollout.state === 'paused'
        ? rollout.resumesByItself
          ? ['resume', 'pause', 'cancel']
          : ['resume', 'cancel']
        : rollout.state === 'done'
          ? ['undo']
          : [];
  return (
    <section className="card fleet-rollout" aria-label={`Rollout ${rollout.id}`}>
      <header>
        <h2>
          {rollout.configuration} version {rollout.version}
        </h2>
        <span className={`badge badge-${state.badge}`}>{state.name}</span>
        <span className="muted">
          to {rollout.selector || 'all agents'}
          {rollout.previousVersion > 0 && `, replacing version ${rollout.previousVersion}`}
        </span>
        <span className="fleet-actions">
          {changes.map((one) => (
            <Button
              key={one}
              look={one === 'undo' || one === 'cancel' ? 'danger' : 'plain'}
              onClick={() => ask(one)}
            >
              {NAMES[one]}
            </Button>
          ))}
        </span>
      </header>
      {rollout.stateReason && <p className="fleet-why">{rolloutReason(rollout)}</p>}
      {kept.map((one) => (
        <Notice kind="info" title="Not rolled back" key={one.to + one.why}>
          {counted(one.agents, 'agent')} of the rollout {one.why}.
        </Notice>
      ))}
      {isActive(rollout) && <Progress rollout={rollout} />}
      <p className="muted">
        {rollout.author}
        {rollout.reason && `: ${rollout.reason}`}, started <Moment ms={rollout.startedMillis} />
        {rollout.endedMillis > 0 && (
          <>
            , ended <Moment ms={rollout.endedMillis} />
          </>
        )}
        . Soak {rollout.soak}, maximum loss {rollout.maxLost}, at least {counted(rollout.minItems, 'item')}{' '}
        per stage within {rollout.maxWait}
        {rollout.maxOutputChange > 0 && `, maximum output change ${rollout.maxOutputChange}`}
        {rollout.maxMemoryGrowth > 0 && `, maximum memory growth ${rollout.maxMemoryGrowth}`}
        {rollout.maxQueueAge !== '0s' && `, maximum queue age ${rollout.maxQueueAge}`}.
      </p>
      {notJudged(rollout).map((one) => (
        <p className="fleet-why" key={one}>
          {one}
        </p>
      ))}
      {rollout.outputs && <Outputs outputs={rollout.outputs} />}
      {isActive(rollout) && <Keys rollout={rollout.id} />}
      {rollout.outputsHidden && <p className="muted">No outputs: {rollout.outputsHidden}.</p>}
      <button type="button" className="plan-link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide agents' : `Reached ${counted(rollout.agents.length, 'agent')}`}
      </button>
      {open && <Reached rollout={rollout} />}
      {asked && (
        <ChangeDialog
          title={`${NAMES[asked]} rollout ${rollout.id}`}
          action={NAMES[asked]}
          danger={asked === 'undo' || asked === 'cancel'}
          onClose={() => ask(undefined)}
          onSubmit={async (reason) => {
            const answer = await change<Rollout>(`rollouts/${rollout.id}/${asked}`, { reason });
            setKept(answer.returns?.filter((one) => one.why !== '') ?? []);
          }}
        >
          <p>{EFFECTS[asked]}</p>
        </ChangeDialog>
      )}
    </section>
  );
}

/** Comparison of attribute keys, made when it is asked for: agents read a sample. */
function Keys({ rollout }: { rollout: number }) {
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<OutputKeys>();
  const [error, setError] = useState<unknown>(null);
  const compare = async () => {
    setBusy(true);
    setError(null);
    try {
      setFound(await compareKeys(rollout));
    } catch (e) {
      setFound(undefined);
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" className="plan-link" disabled={busy} onClick={() => void compare()}>
        {busy ? 'Reading records for 5 s' : 'Compare attribute keys'}
      </button>
      {error !== null && <ErrorNotice error={error} />}
      {found && (
        <p className="muted">
          {verdictOf(found)} {counted(found.agents, 'agent')} with the version,{' '}
          {counted(found.agentsWithout, 'agent')} without.
          {!found.complete && ' Not all keys were compared.'}
          {found.errors.map((one) => ` ${one.uid}: ${one.error}.`).join('')}
        </p>
      )}
      {found && found.rows.length > 0 && (
        <table className="fleet-effect" aria-label="Records with an attribute key">
          <thead>
            <tr>
              <th>Key</th>
              <th>Exporter</th>
              <th className="number">Without</th>
              <th className="number">With</th>
            </tr>
          </thead>
          <tbody>
            {found.rows.map((row) => (
              <tr key={`${row.exporter} ${row.key}`}>
                <td>{row.key}</td>
                <td>{row.exporter}</td>
                <td className="number">{percent(row.shareBefore)}</td>
                <td className="number">{percent(row.share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Outputs({ outputs }: { outputs: NonNullable<Rollout['outputs']> }) {
  const [open, setOpen] = useState(false);
  const differences = outputs.rows.filter((row) => row.attribute !== '').length;
  return (
    <>
      <button type="button" className="plan-link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open
          ? 'Hide outputs'
          : `Outputs compared with ${outputs.against}${differences > 0 ? `: ${counted(differences, 'differing value')}` : ''}`}
      </button>
      {open && (
        <table className="fleet-effect fleet-outputs" aria-label="Outputs per item and byte received">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                Signal or value
              </th>
              <th scope="colgroup" colSpan={3} className="fleet-outputs-group">
                Items per received item
              </th>
              <th scope="colgroup" colSpan={3} className="fleet-outputs-group">
                Bytes per received byte
              </th>
            </tr>
            <tr>
              {['items', 'bytes'].flatMap((unit) =>
                ['Without', 'With', 'Error'].map((name) => (
                  <th scope="col" key={`${unit} ${name}`} className="number">
                    {name}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {outputs.rows.map((row) => (
              <tr key={`${row.signal} ${row.attribute} ${row.value}`}>
                <td>
                  {row.signal}
                  {row.attribute && `, ${row.attribute}=${row.value || '(none)'}`}
                  {row.vanished && ' none received, −100 %'}
                  {!row.judged && <span className="muted"> not judged</span>}
                </td>
                {[row.itemsBefore, row.items, row.itemsError, row.bytesBefore, row.bytes, row.bytesError].map(
                  (n, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed.
                    <td key={i} className="number">
                      {i % 3 === 2 ? `± ${n.toFixed(3)}` : n.toFixed(3)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Reads the fleet only while it is shown: finished rollouts stay on the page. */
function Reached({ rollout }: { rollout: Rollout }) {
  const agents = new Map(useAgents().data?.map((agent) => [agent.uid, agent]));
  const label = (uid: string) => {
    const agent = agents.get(uid);
    return agent ? `${nameOf(agent).name} ${nameOf(agent).detail}` : uid;
  };
  return (
    <ul className="fleet-parts">
      {rollout.agents.map((one) => (
        <li key={one.uid}>
          <span className={`badge badge-${one.applied ? 'ok' : 'warn'}`}>
            {one.applied ? 'applied' : 'not applied'}
          </span>{' '}
          {label(one.uid)}
        </li>
      ))}
    </ul>
  );
}
