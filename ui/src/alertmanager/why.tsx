/** Why an alert does, or does not, notify; what people have written about it, and what became of it. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { RANGES, Timeline, TimelineList } from '../alerts/timeline';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { has } from '../app/parts';
import { Moment } from '../components/moment';
import { Button, Loading, Select } from '../components/ui';
import {
  type Alert,
  addNote,
  forgetAlerts,
  type Note,
  own,
  type Trace,
  type TraceRoute,
  withdrawNote,
} from './api';

const GOOD = new Set(['notified', 'due', 'acknowledged']);

function When({ time }: { time: string | undefined }) {
  if (!time) return null;
  return <Moment ms={Date.parse(time)} />;
}

function RouteOutcome({ route }: { route: TraceRoute }) {
  return (
    <div className="why-route">
      <p>
        <span
          className={`badge badge-${GOOD.has(route.outcome) ? 'ok' : route.outcome === 'failed' ? 'err' : 'pending'}`}
        >
          {route.outcome}
        </span>{' '}
        <b>{route.receiver}</b> <span className="muted">{route.where}</span>
      </p>
      <p>{route.because}</p>
      <dl className="why-facts">
        <dt>Group</dt>
        <dd className="mono-text">{route.groupKey}</dd>
        <dt>Last flush</dt>
        <dd>
          {route.lastLook ? <When time={route.lastLook} /> : 'not yet'}
          {route.nextLook && (
            <>
              , next at <When time={route.nextLook} />
            </>
          )}
        </dd>
        {route.timeIntervals.map((interval) => (
          <FactPair key={`${interval.kind} ${interval.name}`} name={`${interval.kind} time`}>
            {interval.name}: {interval.holds ? 'now' : 'not now'}
          </FactPair>
        ))}
        {route.silences.map((silence) => (
          <FactPair key={silence.id} name="Silence">
            <Link to="/alertmanager/silences/$id" params={{ id: silence.id }}>
              {silence.comment || silence.id}
            </Link>{' '}
            by {silence.createdBy}
          </FactPair>
        ))}
        {route.integrations.map((one) => (
          <FactPair key={one.integration} name={one.integration}>
            {one.toldOfThis ? 'notified' : 'not notified'}
            {one.lastSent && (
              <>
                , sent last <When time={one.lastSent} />
              </>
            )}
            {one.repeatDue && (
              <>
                , repeated after <When time={one.repeatDue} />
              </>
            )}
            {one.lastFailure && (
              <span className="field-problem">
                {' '}
                failed <When time={one.lastFailure.at} />: {one.lastFailure.detail}
              </span>
            )}
          </FactPair>
        ))}
      </dl>
    </div>
  );
}

function FactPair({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Steps({ trace }: { trace: Trace }) {
  return (
    <details>
      <summary>Routes</summary>
      <ol className="why-steps">
        {trace.steps.map((step) => (
          <li key={step.id}>
            <span className={`badge badge-${step.matched ? 'ok' : 'pending'}`}>
              {step.matched ? 'matches' : 'does not match'}
            </span>{' '}
            route {step.id}
            {step.verdicts.map((verdict) => (
              <span key={verdict.matcher} className="chip" title={`value "${verdict.value}"`}>
                {verdict.met ? '✓' : '✗'} {verdict.matcher}
              </span>
            ))}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Notes({ alert, holds }: { alert: Alert; holds: string | undefined }) {
  const client = useQueryClient();
  const notes = useQuery({
    queryKey: ['am', 'notes', alert.fingerprint],
    queryFn: ({ signal }) => own<Note[]>('notes', { fingerprint: alert.fingerprint }, { signal }),
  });
  const [author, setAuthor] = useState(() => localStorage.getItem('tethys.author') ?? '');
  const [text, setText] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const write = async (acknowledges: boolean) => {
    try {
      localStorage.setItem('tethys.author', author);
      await addNote({ labels: alert.labels, author, text, acknowledges });
      setText('');
      setError(null);
      await forgetAlerts(client);
    } catch (e) {
      setError(e instanceof Error ? e : new Error(String(e)));
    }
  };
  return (
    <div className="why-notes">
      {(notes.data ?? []).map((note) => (
        <p key={note.id} className="annotation">
          <b>{note.author}</b>{' '}
          <span className="muted">
            {note.acknowledges ? 'acknowledged ' : ''}
            <When time={note.at} />
            {note.acknowledges && note.id !== holds ? ' (an earlier occurrence)' : ''}
          </span>{' '}
          {note.text}{' '}
          <button
            type="button"
            className="button button-ghost"
            onClick={() => void withdrawNote(note.id).then(() => forgetAlerts(client), setError)}
          >
            Withdraw
          </button>
        </p>
      ))}
      <form className="am-filter" onSubmit={(e) => e.preventDefault()}>
        <input
          aria-label="Your name"
          placeholder="Your name"
          value={author}
          onChange={(e) => setAuthor(e.target.value)}
        />
        <input
          aria-label="Note"
          placeholder="Reason, link to a ticket"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
        <Button type="button" disabled={author === '' || text === ''} onClick={() => void write(false)}>
          Add note
        </Button>
        <Button
          type="button"
          disabled={author === ''}
          title="Notifications are not repeated until something changes"
          onClick={() => void write(true)}
        >
          Acknowledge
        </Button>
      </form>
      {error && <ErrorNotice error={error} />}
    </div>
  );
}

/** What an Alertmanager without a server remembers of an alert. */
function OwnHistory({ alert }: { alert: Alert }) {
  const [range, setRange] = useState('1d');
  const history = useQuery({
    queryKey: ['am', 'history', alert.fingerprint, range],
    queryFn: ({ signal }) =>
      own<{ at: string; event: string; by: string }[]>(
        'history',
        { fingerprint: alert.fingerprint, range },
        { signal },
      ),
    refetchInterval: 30_000,
    retry: false,
  });
  // It may be turned off, which is no error.
  if (history.error instanceof ApiError && history.error.status === 404) return null;
  const events = (history.data ?? []).map((one) => ({ ...one, at: Date.parse(one.at) }));
  return (
    <div className="timeline">
      <Select label="History of" value={range} choices={RANGES} onChange={setRange} />
      {history.isPending && <Loading label="Loading history" />}
      {history.error && <ErrorNotice error={history.error} />}
      {history.data && events.length === 0 && <p className="muted">No changes in this time range.</p>}
      <TimelineList events={events} />
    </div>
  );
}

export function Why({ alert }: { alert: Alert }) {
  const trace = useQuery({
    queryKey: ['am', 'trace', alert.fingerprint],
    queryFn: ({ signal }) => own<Trace>('trace', { fingerprint: alert.fingerprint }, { signal }),
    refetchInterval: 15_000,
  });
  return (
    <div className="why">
      {trace.isPending && <Loading label="Loading explanation" />}
      {trace.error && <ErrorNotice error={trace.error} />}
      {trace.data && (
        <>
          {trace.data.inhibition && (
            <p>
              Inhibited by <span className="mono-text">{JSON.stringify(trace.data.inhibition.labels)}</span>,{' '}
              {trace.data.inhibition.rule}
            </p>
          )}
          {trace.data.routes.map((route) => (
            <RouteOutcome key={route.id} route={route} />
          ))}
          <Steps trace={trace.data} />
          <Notes alert={alert} holds={trace.data.acknowledgement?.id} />
        </>
      )}
      {has('prometheus') ? <Timeline labels={alert.labels} /> : <OwnHistory alert={alert} />}
    </div>
  );
}
