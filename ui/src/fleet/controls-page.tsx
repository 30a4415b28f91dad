/** Fleet → Controls: what is muted, sampled or moved right now, by whom, until when, and what it saves. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, Notice, Select } from '../components/ui';
import { counted, formatValue } from '../lib/units';
import {
  type Action,
  type Control,
  type Draft,
  type Effect,
  type Preview,
  preview,
  useAgents,
  useChange,
  useControls,
  useNodes,
  useOneControl,
} from './api';
import {
  ACTION_EFFECTS,
  ACTION_WORDS,
  DETECTORS,
  doneOf,
  draftOf,
  effectRows,
  type Form,
  missingEffect,
  NEW,
  NO_TARGET,
  nounOf,
  ownerOf,
  scopeOf,
  whatOf,
} from './controls';
import { EndControl } from './end-control';
import { ChangeDialog, Field, FleetPage } from './frame';
import { agentName, connectedMatch } from './model';
import { changeOf } from './samples';

const ACTIONS: Action[] = ['mute', 'sample', 'rate_limit', 'filter', 'redact', 'route', 'quota'];

type Search = Record<string, string | undefined>;

/** The form that a link of another page opens: `new`, or a scope. */
function formOf(search: Search): Form | undefined {
  const { service, attribute, value, signal, action, by, condition, selector } = search;
  if (service === undefined && attribute === undefined && action === undefined) return undefined;
  return {
    ...NEW,
    action: ACTIONS.find((one) => one === action) ?? 'sample',
    service: service ?? '',
    attributes: attribute ? `${attribute}=${value ?? ''}` : '',
    signal: signal ?? '',
    by: by ?? '',
    condition: condition ?? '',
    selector: selector ?? '',
  };
}

export function ControlsPage() {
  const query = useControls();
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const [adding, setAdding] = useState<Form | undefined>(() => formOf(search));
  const close = () => {
    setAdding(undefined);
    // A page that is loaded again does not open the form again.
    void navigate({ to: '/fleet/controls', search: {} as never, replace: true });
  };
  // A preview is a control for a few seconds, which only counts.
  const active = query.data?.filter((one) => one.state === 'active' && !one.observe) ?? [];
  const ended = query.data?.filter((one) => one.state === 'ended') ?? [];
  return (
    <FleetPage
      title="Controls"
      lead="Drop, mask or move data on running agents, without a configuration change"
      query={query}
      tools={
        <Button icon="plus" look="primary" onClick={() => setAdding(NEW)}>
          New control
        </Button>
      }
    >
      {query.data && active.length + ended.length === 0 ? (
        <Empty icon="moon" title="No live controls">
          Mute or sample a service for a while: agents apply it at once, and it ends automatically.{' '}
          <Link to="/volumes">Volumes</Link> shows which services send most.
        </Empty>
      ) : (
        <div className="fleet-rollouts">
          {active.map((control) => (
            <ControlCard key={control.id} control={control} />
          ))}
          {ended.length > 0 && <h2 className="fleet-section">Ended</h2>}
          {ended.map((control) => (
            <ControlCard key={control.id} control={control} />
          ))}
        </div>
      )}
      {adding && <NewControl first={adding} onClose={close} />}
    </FleetPage>
  );
}

function ControlCard({ control }: { control: Control }) {
  const active = control.state === 'active';
  const [open, setOpen] = useState(false);
  const done = doneOf(control);
  const lacking = control.agentStates[NO_TARGET] ?? 0;
  return (
    <section className="card fleet-rollout" aria-label={`Control ${control.id}`}>
      <header>
        <h2>{whatOf(control)}</h2>
        <span className={`badge badge-${active ? 'warn' : 'histogram'}`}>{active ? 'Active' : 'Ended'}</span>
        <span className="muted">{scopeOf(control)}</span>
        {active && <EndControl id={control.id} name={nounOf(control)} />}
      </header>
      {lacking > 0 && (
        <Notice kind="warning" title="Target not found">
          {counted(lacking, 'agent')} {lacking === 1 ? 'does' : 'do'} not run the pipeline {control.target}.{' '}
          {control.action === 'quota'
            ? 'Items over the limit are dropped there.'
            : 'Nothing is moved there; items keep their normal route.'}
        </Notice>
      )}
      <p>
        <strong className="num">{formatValue(done.items, 'none', 4)}</strong> {done.verb} of{' '}
        <span className="num">{formatValue(control.matched, 'none', 4)}</span> matching{' '}
        {control.matched === 1 ? 'item' : 'items'}
        {(control.removedBytes ?? 0) > 0 && (
          <>
            , <strong className="num">{formatValue(control.removedBytes ?? 0, 'bytes', 3)}</strong>{' '}
            {control.action === 'route' ? 'moved' : 'less'}
          </>
        )}
        <span className="muted">
          {Object.entries(control.agentStates)
            .map(([state, count]) => `, ${state} at ${counted(count, 'agent')}`)
            .join('')}
          {control.scope && `; only agents in ${control.scope}, the scope of your token`}
        </span>
      </p>
      <p className="muted">
        {control.id}, {ownerOf(control)}
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
      {active && <Detail id={control.id} active agents={open} />}
      {!active && open && <Detail id={control.id} active={false} agents />}
      <button type="button" className="plan-link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {active ? (open ? 'Hide agents' : 'Show agents') : open ? 'Hide effect' : 'Show effect'}
      </button>
    </section>
  );
}

/** Effect of a control, and its state at each agent. */
function Detail(props: { id: string; active: boolean; agents: boolean }) {
  const query = useOneControl(props.id, props.active);
  const known = new Map(useAgents().data?.map((agent) => [agent.uid, agent]));
  const label = (uid: string) => {
    const agent = known.get(uid);
    return agent ? agentName(agent) : uid;
  };
  if (query.error) return <ErrorNotice error={query.error} />;
  return (
    <>
      <EffectTable of={query.data?.effect} active={props.active} missing={missingEffect(query.data)} />
      {props.agents && (
        <ul className="fleet-parts">
          {query.data?.agents?.map((one) => (
            <li key={one.uid}>
              <span
                className={`badge badge-${one.state === 'applied' ? 'ok' : one.state === 'ended' ? 'histogram' : 'warn'}`}
              >
                {one.state}
              </span>{' '}
              {label(one.uid)}{' '}
              <span className="muted">
                {formatValue(one.matched, 'none', 4)} matching, {formatValue(one.dropped, 'none', 4)} dropped
                {one.error && `; ${one.error}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const shown = (value: number | undefined, unit: 'bytes/s' | 'per second' | 'money') =>
  value === undefined
    ? '–'
    : unit === 'money'
      ? value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
      : formatValue(value, unit, 3);

/** The rows are always there, so that the page stays when their values come. */
function EffectTable(props: { of: Effect | undefined; active: boolean; missing: string }) {
  const { of } = props;
  if (!of) return <p className="muted fleet-effect-none">{props.missing}</p>;
  const scope = of.value === undefined ? 'all services' : `${of.attribute}=${of.value}`;
  return (
    <div className="table-wrap">
      <table className="table fleet-effect" aria-label="Effect">
        <thead>
          <tr>
            <th scope="col">{scope}</th>
            <th scope="col" className="num">
              Before
            </th>
            <th scope="col" className="num">
              {props.active ? 'Now' : 'With control'}
            </th>
            <th scope="col" className="num">
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {effectRows(of.before, of.now).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className="num">{shown(row.before, row.unit)}</td>
              <td className="num">{shown(row.now, row.unit)}</td>
              <td className="num">
                {row.before === undefined || row.now === undefined ? '' : changeOf(row.before, row.now)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">
        {of.now === undefined && props.active
          ? 'Agents report volumes every 4 s after a change; the first comparison needs two reports.'
          : `Rates over the last minute of ${counted((of.now ?? of.before)?.agents ?? 0, 'agent')}.`}
        {!of.exact && ' The control affects only part of these volumes.'}
      </p>
    </div>
  );
}

/** Pipelines that run at agents, as suggestions of an input. */
function usePipelinesOf(selector: string, signal: string): string[] {
  const query = useNodes(selector, true);
  return useMemo(
    () =>
      [...new Set(query.data?.agents.flatMap((one) => one.pipelines ?? []) ?? [])]
        .filter((one) => signal === '' || one.split('/')[0] === signal)
        .sort(),
    [query.data, signal],
  );
}

function NewControl({ first, onClose }: { first: Form; onClose: () => void }) {
  const change = useChange();
  const [form, setForm] = useState<Form>(first);
  const [seen, setSeen] = useState<Preview | Error | 'running'>();
  const [more, setMore] = useState(first.pipeline !== '' || first.attributes !== '');
  const agents = useAgents(form.selector);
  const pipelines = usePipelinesOf(form.selector, form.signal);
  const list = useId();
  const outcome = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (seen !== undefined) outcome.current?.scrollIntoView({ block: 'nearest' });
  }, [seen]);
  const set = (part: Partial<Form>) => {
    setForm({ ...form, ...part });
    setSeen(undefined);
  };
  const look = () => {
    setSeen('running');
    Promise.resolve()
      .then(() => preview(draftOf(form)))
      .then(setSeen, (e: unknown) => setSeen(e instanceof Error ? e : new Error(String(e))));
  };
  return (
    <ChangeDialog
      title="New control"
      action="Start control"
      onClose={onClose}
      onSubmit={async (reason) => {
        await change<Control>('controls', { ...draftOf(form), reason } satisfies Draft & { reason: string });
      }}
    >
      <div className="fleet-row">
        <Select
          label="Action"
          value={form.action}
          choices={ACTIONS.map((value) => ({ value, label: ACTION_WORDS[value] }))}
          onChange={(action) => set({ action })}
        />
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
      <p className="muted">{ACTION_EFFECTS[form.action]}</p>
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
            hint="All spans of at least this duration are kept."
          />
          <Field
            label="Keep rare"
            value={form.keepRare}
            onChange={(keepRare) => set({ keepRare })}
            placeholder="5"
            hint="Per span name and log pattern, per minute."
          />
        </>
      )}
      {form.action === 'rate_limit' && (
        <Field
          label="Items per second"
          value={form.rate}
          onChange={(rate) => set({ rate })}
          hint="Per agent."
        />
      )}
      {form.action === 'redact' && (
        <fieldset className="fleet-checks">
          <legend className="field-label">Detectors</legend>
          {DETECTORS.map((one) => (
            <label className="fleet-check" key={one}>
              <input
                type="checkbox"
                checked={form.detectors.includes(one)}
                onChange={(e) =>
                  set({
                    detectors: e.target.checked
                      ? [...form.detectors, one]
                      : form.detectors.filter((other) => other !== one),
                  })
                }
              />
              {one}
            </label>
          ))}
          <p className="muted">None selects all.</p>
        </fieldset>
      )}
      {form.action === 'quota' && (
        <>
          <div className="fleet-row">
            <Field
              label="Limit"
              value={form.limit}
              onChange={(limit) => set({ limit })}
              placeholder={form.unit === 'bytes' ? '50 GB' : '1000'}
            />
            <Select
              label="Unit"
              value={form.unit}
              choices={[
                { value: 'bytes', label: 'Bytes' },
                { value: 'items', label: 'Items' },
                { value: 'cost', label: 'Money' },
              ]}
              onChange={(unit) => set({ unit })}
            />
            <Field label="Period" value={form.period} onChange={(period) => set({ period })} />
          </div>
          {form.unit === 'cost' && (
            <Field
              label="Price of 1 GiB"
              value={form.price}
              onChange={(price) => set({ price })}
              placeholder="2.5"
            />
          )}
          <Field
            label="By attribute"
            value={form.by}
            onChange={(by) => set({ by })}
            placeholder="team"
            hint="Each value has its own limit across all agents; empty for one shared limit."
          />
          <div className="fleet-row">
            <Field
              label="Warn from"
              value={form.warnAt}
              onChange={(warnAt) => set({ warnAt })}
              hint="Percent."
            />
            <Field
              label="Sample from"
              value={form.sampleAt}
              onChange={(sampleAt) => set({ sampleAt })}
              placeholder="never"
              hint="Percent."
            />
          </div>
        </>
      )}
      {(form.action === 'route' || form.action === 'quota') && (
        <Field
          label="Target pipeline"
          value={form.target}
          onChange={(target) => set({ target })}
          placeholder="logs/archive"
          list={list}
          hint={
            form.action === 'quota'
              ? 'Receives items over the limit, for example an archive pipeline. Empty drops them.'
              : 'The agents must run this pipeline.'
          }
        />
      )}
      <datalist id={list}>
        {pipelines.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
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
        hint={agents.error ? agents.error.message : `${connectedMatch(agents.data)}; empty selects all.`}
      />
      <Field
        label="Duration"
        value={form.duration}
        onChange={(duration) => set({ duration })}
        hint="The control ends automatically after this time, at most 30d."
      />
      <button type="button" className="plan-link" aria-expanded={more} onClick={() => setMore(!more)}>
        {more ? 'Fewer settings' : 'More settings'}
      </button>
      {more && (
        <>
          <Field
            label="Other attributes"
            value={form.attributes}
            onChange={(attributes) => set({ attributes })}
            placeholder="team=shop, k8s.namespace.name=prod"
            hint="Resource attributes that must all match."
          />
          <Field
            label="Pipeline"
            value={form.pipeline}
            onChange={(pipeline) => set({ pipeline })}
            placeholder="logs/vendor"
            list={list}
            hint="Only items that enter this pipeline; empty for all items that enter the graph."
          />
          <Field
            label="Owner"
            value={form.owner}
            onChange={(owner) => set({ owner })}
            placeholder="team-shop"
            hint="Defaults to you."
          />
          <label className="fleet-check">
            <input
              type="checkbox"
              checked={form.awaitAgents}
              onChange={(e) => set({ awaitAgents: e.target.checked })}
            />
            Wait for agents: start even if no agent matches yet
          </label>
        </>
      )}
      <div className="fleet-preview" aria-live="polite" ref={outcome}>
        <Button onClick={look} disabled={seen === 'running'}>
          Preview
        </Button>
        {seen === undefined && (
          <p className="muted">Counts affected items for 5 s without changing anything.</p>
        )}
        {seen === 'running' && <p className="muted">Counting for 5 seconds…</p>}
        {seen instanceof Error && <ErrorNotice error={seen} />}
        {seen && seen !== 'running' && !(seen instanceof Error) && (
          <Previewed of={seen} action={form.action} />
        )}
      </div>
    </ChangeDialog>
  );
}

function Previewed({ of, action }: { of: Preview; action: Action }) {
  const changed = of.wouldChange ?? 0;
  const verb =
    action === 'redact'
      ? `masked ${changed.toLocaleString('en')}`
      : action === 'route'
        ? `moved ${changed.toLocaleString('en')}`
        : action === 'quota'
          ? `dropped or moved ${(of.wouldDrop + changed).toLocaleString('en')}`
          : `dropped ${of.wouldDrop.toLocaleString('en')}`;
  const bytes = of.wouldRemoveBytes ?? 0;
  const lacking = of.agents.filter((one) => one.state === NO_TARGET).length;
  return (
    <>
      <Notice kind="info" title="Preview">
        In {(of.windowMillis / 1000).toFixed(1)} s it would have {verb} of {counted(of.items, 'item')} (
        {of.matched.toLocaleString('en')} {of.matched === 1 ? 'matches' : 'match'})
        {bytes > 0 && `, ${formatValue(bytes / (of.windowMillis / 1000), 'bytes/s', 3)}`} at{' '}
        {counted(of.agents.length, 'agent')}.
      </Notice>
      {lacking > 0 && (
        <Notice kind="warning" title="Target not found">
          {counted(lacking, 'agent')} would move nothing because the pipeline does not run there.
        </Notice>
      )}
    </>
  );
}
