/** Fleet → Controls: what is muted, sampled or limited right now, by whom, until when, and what it dropped. */
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, Notice, Select } from '../components/ui';
import { counted, formatValue } from '../lib/units';
import {
  type Action,
  type Control,
  type Draft,
  type Preview,
  preview,
  useAgents,
  useChange,
  useControls,
  useEnd,
} from './api';
import { draftOf, type Form, NEW, scopeOf, whatOf } from './controls';
import { ChangeDialog, Field, FleetPage } from './frame';

const ACTIONS: { value: Action; label: string }[] = [
  { value: 'mute', label: 'Mute' },
  { value: 'sample', label: 'Sample' },
  { value: 'rate_limit', label: 'Limit rate' },
  { value: 'filter', label: 'Filter' },
  { value: 'redact', label: 'Redact' },
];

export function ControlsPage() {
  const query = useControls();
  // The page of volumes opens a new control for one of its rows.
  const { service, signal } = useSearch({ strict: false }) as Record<string, string | undefined>;
  const [adding, setAdding] = useState(service !== undefined);
  return (
    <FleetPage
      title="Controls"
      lead="Drop or mask data at running agents, without a configuration change"
      query={query}
      tools={
        <Button icon="plus" look="primary" onClick={() => setAdding(true)}>
          New control
        </Button>
      }
    >
      {query.data?.length === 0 ? (
        <Empty icon="moon" title="No live controls">
          Mute or sample a service for some time: agents apply it at once, and it ends by itself.
        </Empty>
      ) : (
        <div className="fleet-rollouts">
          {query.data?.map((control) => (
            <ControlCard key={control.id} control={control} />
          ))}
        </div>
      )}
      {adding && (
        <NewControl
          first={service === undefined ? NEW : { ...NEW, action: 'sample', service, signal: signal ?? '' }}
          onClose={() => setAdding(false)}
        />
      )}
    </FleetPage>
  );
}

function ControlCard({ control }: { control: Control }) {
  const end = useEnd();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const active = control.state === 'active';
  const stop = async () => {
    setBusy(true);
    try {
      await end(control.id);
    } catch (e) {
      setError(e instanceof Error ? e : new Error(String(e)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card fleet-rollout" aria-label={`Control ${control.id}`}>
      <header>
        <h2>{whatOf(control)}</h2>
        <span className={`badge badge-${active ? 'warn' : 'histogram'}`}>{active ? 'Active' : 'Ended'}</span>
        <span className="muted">{scopeOf(control)}</span>
        {active && (
          <span className="fleet-actions">
            <Button disabled={busy} onClick={() => void stop()}>
              End control
            </Button>
          </span>
        )}
      </header>
      <p>
        <strong className="num">
          {formatValue(control.action === 'redact' ? (control.changed ?? 0) : control.dropped, 'none', 4)}
        </strong>{' '}
        {control.action === 'redact' ? 'masked' : 'dropped'} of{' '}
        <span className="num">{formatValue(control.matched, 'none', 4)}</span> matching items
        <span className="muted">
          {Object.entries(control.agentStates)
            .map(([state, count]) => `, ${state} at ${counted(count, 'agent')}`)
            .join('')}
        </span>
      </p>
      <p className="muted">
        {control.id}, {control.owner}
        {control.reason && `: ${control.reason}`}, since <Moment ms={control.startedMillis} />,{' '}
        {active ? (
          <>
            ends <Moment ms={control.endMillis} />
          </>
        ) : (
          <>
            ended <Moment ms={control.endedMillis} /> {control.endReason}
          </>
        )}
      </p>
      {error && <ErrorNotice error={error} />}
    </section>
  );
}

function NewControl({ first, onClose }: { first: Form; onClose: () => void }) {
  const change = useChange();
  const [form, setForm] = useState<Form>(first);
  const [seen, setSeen] = useState<Preview | Error | 'running'>();
  const agents = useAgents(form.selector);
  const set = (part: Partial<Form>) => {
    setForm({ ...form, ...part });
    setSeen(undefined);
  };
  const look = () => {
    setSeen('running');
    preview(draftOf(form)).then(setSeen, (e: unknown) =>
      setSeen(e instanceof Error ? e : new Error(String(e))),
    );
  };
  return (
    <ChangeDialog
      title="New control"
      action="Start control"
      onClose={onClose}
      onSubmit={(reason) =>
        change<Control>('controls', { ...draftOf(form), reason } satisfies Draft & { reason: string })
      }
    >
      <div className="fleet-row">
        <Select label="Action" value={form.action} choices={ACTIONS} onChange={(action) => set({ action })} />
        <Select
          label="Signal"
          value={form.signal}
          choices={[
            { value: '', label: 'All' },
            { value: 'logs', label: 'Logs' },
            { value: 'traces', label: 'Traces' },
            { value: 'metrics', label: 'Metrics' },
          ]}
          onChange={(signal) => set({ signal })}
        />
      </div>
      {form.action === 'sample' && (
        <>
          <Field
            label="Kept share"
            value={form.share}
            onChange={(share) => set({ share })}
            hint="In percent."
          />
          <label className="fleet-check">
            <input
              type="checkbox"
              checked={form.keepErrors}
              onChange={(e) => set({ keepErrors: e.target.checked })}
            />
            Keep errors
          </label>
          <Field
            label="Keep slow spans"
            value={form.keepSlow}
            onChange={(keepSlow) => set({ keepSlow })}
            placeholder="500ms"
            hint="Spans from this duration on are all kept."
          />
          <Field
            label="Keep rare"
            value={form.keepRare}
            onChange={(keepRare) => set({ keepRare })}
            placeholder="5"
            hint="Of each span name and form of log line, in a minute."
          />
        </>
      )}
      {form.action === 'rate_limit' && (
        <Field
          label="Items per second"
          value={form.rate}
          onChange={(rate) => set({ rate })}
          hint="At each agent."
        />
      )}
      <Field
        label="Service"
        value={form.service}
        onChange={(service) => set({ service })}
        placeholder="checkout"
      />
      <Field
        label="Condition"
        value={form.condition}
        onChange={(condition) => set({ condition })}
        placeholder={'attributes["http.route"] == "/healthz"'}
        hint="In OTTL, for one signal."
      />
      <Field
        label="Agents"
        value={form.selector}
        onChange={(selector) => set({ selector })}
        placeholder="env=prod"
        hint={
          agents.error
            ? agents.error.message
            : `${agents.data?.filter((a) => a.connected).length ?? 0} connected agents match; empty selects all.`
        }
      />
      <Field label="Duration" value={form.duration} onChange={(duration) => set({ duration })} />
      {seen instanceof Error && <ErrorNotice error={seen} />}
      {seen === 'running' && <p className="muted">Counting for 5 seconds…</p>}
      {seen && seen !== 'running' && !(seen instanceof Error) && (
        <Notice kind="info" title="Preview">
          In {(seen.windowMillis / 1000).toFixed(1)} s it would have{' '}
          {form.action === 'redact'
            ? `masked ${(seen.wouldChange ?? 0).toLocaleString('en')}`
            : `dropped ${seen.wouldDrop.toLocaleString('en')}`}{' '}
          of {seen.items.toLocaleString('en')} items ({seen.matched.toLocaleString('en')} match).
        </Notice>
      )}
      <div>
        <Button onClick={look} disabled={seen === 'running'}>
          Preview
        </Button>
      </div>
    </ChangeDialog>
  );
}
