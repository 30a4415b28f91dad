/** What each stage of a job makes of lines: of some as they pass, or of those that are written here. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { post } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { apiUrl } from '../app/base';
import { Moment } from '../components/moment';
import { Button, Empty, LabelChips, Loading, Notice, PageHead, Select } from '../components/ui';
import { readJsonLines } from '../lib/json-lines';
import type { Change } from '../targets/relabel';
import { type Client, type Snapshot, type Step, type Trace, useStages } from './api';
import { outcome, stepChanges, verdict } from './model';
import './logs.css';

/** Entries that are kept on the page. */
const MOST_KEPT = 20;

function Texts({ what, list }: { what: string; list: Change[] }) {
  return list.map((change) => (
    <li key={`${what} ${change.name}`}>
      <span className="relabel-name">
        {what} {change.name}
      </span>
      {change.before !== null && <del>{change.before || '""'}</del>}
      {change.after !== null && <ins>{change.after || '""'}</ins>}
      {change.after === null && <span className="muted">removed</span>}
    </li>
  ));
}

function Pair({ what, pair }: { what: string; pair: [string, string] | null }) {
  if (!pair) return null;
  return (
    <li>
      <span className="relabel-name">{what}</span>
      <del>{pair[0] || '""'}</del>
      <ins>{pair[1] || '""'}</ins>
    </li>
  );
}

function Entry({ entry }: { entry: Snapshot }) {
  return (
    <div className="log-entry">
      <code className="log-line">{entry.line}</code>
      <span className="log-about">
        <span className="muted mono-text">{entry.timestamp}</span>
        <LabelChips labels={entry.labels} />
        {Object.keys(entry.metadata).length > 0 && (
          <>
            <span className="muted">metadata</span>
            <LabelChips labels={entry.metadata} />
          </>
        )}
      </span>
    </div>
  );
}

function OneStep({ step }: { step: Step }) {
  const what = verdict(step);
  const [first] = step.after;
  const changed = what === 'changed' && step.before && first ? stepChanges(step.before, first) : null;
  return (
    <li>
      <code>{step.stage}</code>
      {what === 'same' && <span className="muted">no change</span>}
      {what === 'dropped or held back' && <span className="badge badge-warn">dropped or buffered</span>}
      {(what === 'gave out' || what === 'several') && (
        <>
          <span className="badge badge-ok">
            outputs {step.after.length === 1 ? 'one entry' : `${step.after.length} entries`}
          </span>
          {step.after.map((entry, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry never changes.
            <Entry key={i} entry={entry} />
          ))}
        </>
      )}
      {changed && (
        <ul className="relabel-changes">
          <Pair what="line" pair={changed.line} />
          <Pair what="time" pair={changed.timestamp} />
          <Texts what="label" list={changed.labels} />
          <Texts what="metadata" list={changed.metadata} />
          <Texts what="extracted" list={changed.extracted} />
        </ul>
      )}
    </li>
  );
}

function OneTrace({ trace, result }: { trace: Trace; result: string }) {
  const out = outcome(trace);
  return (
    <li className="card log-trace">
      {trace.entry ? (
        <Entry entry={trace.entry} />
      ) : (
        <p className="muted">Emitted by a timer or at shutdown.</p>
      )}
      <ol className="relabel">
        {trace.steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: stages have no other identity.
          <OneStep key={i} step={step} />
        ))}
      </ol>
      <div className="log-out">
        {out.length === 0 ? (
          <span className="muted">No stage emits an entry now.</span>
        ) : (
          <>
            <span className="muted">{result}</span>
            {out.map((entry, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an entry never changes.
              <Entry key={i} entry={entry} />
            ))}
          </>
        )}
      </div>
    </li>
  );
}

/** Whether clients deliver what the stages pass to them. */
function Delivery({ clients }: { clients: Client[] }) {
  const failing = clients.filter((one) => one.failing);
  if (clients.length === 0) return <p className="muted">No client is configured. Entries are not sent.</p>;
  if (failing.length === 0)
    return (
      <p className="muted">
        Entries go to the queue of {clients.length === 1 ? 'the client' : `${clients.length} clients`} and are
        sent in batches. Not acknowledged yet:{' '}
        {clients.reduce((sum, one) => sum + one.queued, 0).toLocaleString('en')}.
      </p>
    );
  return failing.map((one) => (
    <Notice key={one.name} kind="error" title={`Not delivered to ${one.host}`}>
      {one.queued.toLocaleString('en')} entries queued by client {one.name}. Last error{' '}
      <Moment ms={one.lastErrorMillis} />: <span className="mono-text">{one.lastError}</span>
    </Notice>
  ));
}

/** Test lines pass through the stages without affecting the job. */
function Trial({ job }: { job: string }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [traces, setTraces] = useState<Trace[]>([]);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setTraces((await post<{ traces: Trace[] }>('logs/try', { job, text })).data.traces);
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  };
  return (
    <section className="log-part">
      <h2>Test lines</h2>
      <p className="muted">Test lines are neither sent nor counted. Stages that would wait do not.</p>
      <textarea
        className="mono-text log-text"
        aria-label="Test lines"
        rows={4}
        spellCheck={false}
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <div>
        <Button look="primary" icon="play" disabled={busy || text.trim() === ''} onClick={() => void run()}>
          Try
        </Button>
      </div>
      {problem !== null && <ErrorNotice error={problem} />}
      <ul className="log-traces" aria-label="Results">
        {traces.map((trace, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is drawn anew as a whole.
          <OneTrace key={i} trace={trace} result="Result" />
        ))}
      </ul>
    </section>
  );
}

interface Seen {
  id: number;
  trace: Trace;
}

function Live({ job, allowed, clients }: { job: string; allowed: boolean; clients: Client[] }) {
  const [on, setOn] = useState(false);
  const [seen, setSeen] = useState<Seen[]>([]);
  const [problem, setProblem] = useState('');
  const count = useRef(0);
  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    setProblem('');
    void (async () => {
      try {
        const answer = await fetch(
          apiUrl(`api/v1/logs/inspect?job=${encodeURIComponent(job)}&per_second=1`),
          {
            signal: abort.signal,
          },
        );
        if (!answer.ok || !answer.body) {
          setProblem(
            (await answer.text()).slice(0, 300) || `The server responded with status ${answer.status}.`,
          );
          setOn(false);
          return;
        }
        await readJsonLines<Trace>(answer.body, (trace) => {
          count.current++;
          const one = { id: count.current, trace };
          setSeen((before) => [one, ...before].slice(0, MOST_KEPT));
        });
        setOn(false);
      } catch (e) {
        if (abort.signal.aborted) return;
        setProblem(`It ended: ${e instanceof Error ? e.message : String(e)}`);
        setOn(false);
      }
    })();
    return () => abort.abort();
  }, [on, job]);
  return (
    <section className="log-part" aria-label="Live entries">
      <h2>Live entries</h2>
      <Delivery clients={clients} />
      {allowed ? (
        <div className="log-live">
          <Button icon={on ? 'stop' : 'play'} look={on ? 'plain' : 'primary'} onClick={() => setOn(!on)}>
            {on ? 'Stop' : 'Show entries'}
          </Button>
          {on && (
            <span className="muted" role="status">
              {seen.length === 0 ? 'Waiting for an entry…' : 'At most one entry a second'}
            </span>
          )}
        </div>
      ) : (
        <p className="muted">
          To show entries, start the process with <code>-web.enable-tap</code>. Every client that reaches this
          port can then read logs.
        </p>
      )}
      {problem && <Notice kind="error">{problem}</Notice>}
      <ul className="log-traces" aria-label="Entries">
        {seen.map((one) => (
          <OneTrace key={one.id} trace={one.trace} result="Queued for delivery" />
        ))}
      </ul>
    </section>
  );
}

export function InspectPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const stages = useStages();
  const jobs = stages.data?.jobs ?? [];
  const job = jobs.find((one) => one.name === search.job) ?? jobs[0];
  return (
    <div className="page">
      <PageHead title="Inspect" lead={job ? `Effect of each of ${job.stages} stages on an entry` : undefined}>
        {jobs.length > 1 && job && (
          <Select
            label="Job"
            value={job.name}
            choices={jobs.map((one) => ({ value: one.name, label: one.name }))}
            onChange={(name) =>
              void navigate({ to: '/inspect', search: { job: name } as never, replace: true })
            }
          />
        )}
      </PageHead>
      {stages.error && <ErrorNotice error={stages.error} />}
      {stages.isPending && <Loading label="Loading stages" />}
      {stages.data && !job && <Empty icon="search" title="No job is configured" />}
      {job && stages.data && (
        <>
          <Trial key={`try ${job.name}`} job={job.name} />
          <Live
            key={`live ${job.name}`}
            job={job.name}
            allowed={stages.data.tap}
            clients={stages.data.clients ?? []}
          />
        </>
      )}
    </div>
  );
}
