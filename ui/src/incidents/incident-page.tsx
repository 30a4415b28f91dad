/** One incident: state, scope, timeline and notes. */
import { useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Moment } from '../components/moment';
import { Button, Empty, Loading, PageHead } from '../components/ui';
import { reasonOf, useWorld } from '../insight/api';
import { Ago, EntityLink, kindText } from '../insight/parts';
import type { EntityRef } from '../insight/types';
import { utcTime } from '../lib/store';
import { formatDuration, formatMoment } from '../lib/time';
import { acknowledge, addNote, useIncident, withdraw } from './api';
import {
  byDay,
  durationText,
  FILTERS,
  matches,
  queryRange,
  requestsText,
  type TimelineFilter,
  toneOf,
} from './model';
import { IncidentBadge } from './parts';
import type { IncidentDetails, TimelineEntry } from './types';
import '../insight/insight.css';
import './incidents.css';

const MAX_NOTE = 4000;
const AUTHOR = 'tethys.author';

export function IncidentPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const answer = useIncident(id);
  const incident = answer.data;
  return (
    <div className="page">
      <PageHead
        title={incident?.title ?? 'Incident'}
        tab={incident ? `Incident ${incident.title}` : 'Incident'}
        lead={
          incident ? (
            <>
              <IncidentBadge incident={incident} /> since <Moment ms={incident.start * 1000} /> ·{' '}
              {incident.end === null ? 'for ' : 'lasted '}
              {durationText(incident, Date.now())}
            </>
          ) : undefined
        }
      >
        <PageTabs />
      </PageHead>
      {incident ? (
        <Details incident={incident} />
      ) : answer.error ? (
        <Empty
          icon="warning"
          title="Incident not found"
          actions={
            <Link to="/incidents" className="button button-plain">
              All incidents
            </Link>
          }
        >
          {reasonOf(answer.error, 'Incidents')}
        </Empty>
      ) : (
        <Loading label="Loading incident" />
      )}
    </div>
  );
}

function Details({ incident }: { incident: IncidentDetails }) {
  const byId = useWorld().data?.byId;
  const nameOf = (id: string): EntityRef | null => byId?.get(id) ?? null;
  return (
    <>
      {incident.continuedIn && (
        <p className="muted">
          Another incident has its cause:{' '}
          <Link to="/incidents/$id" params={{ id: incident.continuedIn } as never}>
            {incident.continuedIn}
          </Link>
        </p>
      )}
      <Scope incident={incident} />
      <div className="incident-columns">
        <Timeline incident={incident} nameOf={nameOf} />
        <People incident={incident} />
      </div>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="cause-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function QueryLink({ incident, query, text }: { incident: IncidentDetails; query: string; text: string }) {
  const { end, range } = queryRange(incident, Date.now());
  return (
    <Link
      to="/query"
      search={
        {
          'g0.expr': query,
          'g0.tab': 'graph',
          'g0.range_input': formatDuration(Math.round(range / 60_000) * 60_000),
          'g0.end_input': formatMoment(end, true),
        } as never
      }
      title={query}
    >
      {text}
    </Link>
  );
}

function Scope({ incident }: { incident: IncidentDetails }) {
  const requests = requestsText(incident);
  return (
    <section className="panel" aria-label="Scope">
      <h2>Scope</h2>
      <dl className="cause-facts">
        <Fact name="Cause">
          <EntityLink entity={incident.entity} />{' '}
          <span className="muted">{kindText(incident.entity.kind)}</span>
          {incident.message && <div>{incident.message}</div>}
          {incident.query && (
            <div className="incident-query">
              <QueryLink incident={incident} query={incident.query} text="Query" />
            </div>
          )}
        </Fact>
        <Fact name="Affected">
          {incident.affected.length === 0 ? (
            <span className="muted">no service is known to be affected</span>
          ) : (
            incident.affected.map((one, i) => (
              <span key={one.id}>
                {i > 0 && ', '}
                <EntityLink entity={one} />
              </span>
            ))
          )}
        </Fact>
        {requests && <Fact name="Requests">{requests} to the affected services</Fact>}
        <Fact name="Last seen">
          <Moment ms={incident.lastSeen * 1000} />
        </Fact>
        {incident.end !== null && (
          <Fact name="Ended">
            <Moment ms={incident.end * 1000} />
          </Fact>
        )}
        {incident.acknowledgedAt !== null && (
          <Fact name="Acknowledged">
            {incident.acknowledgedBy} <Moment ms={incident.acknowledgedAt * 1000} className="muted" />
          </Fact>
        )}
      </dl>
    </section>
  );
}

const FILTER_NAMES: Record<TimelineFilter, string> = {
  all: 'All',
  problems: 'Problems',
  changes: 'Changes',
  notifications: 'Notifications',
  notes: 'Notes',
};

function Timeline({
  incident,
  nameOf,
}: {
  incident: IncidentDetails;
  nameOf: (id: string) => EntityRef | null;
}) {
  const utc = utcTime.use();
  const [filter, setFilter] = useState<TimelineFilter>('all');
  const days = useMemo(
    () =>
      byDay(
        incident.timeline.filter((entry) => matches(entry, filter)),
        (ms) => formatMoment(ms, utc).slice(0, 10),
      ),
    [incident.timeline, filter, utc],
  );
  const used = FILTERS.filter(
    (one) => one === 'all' || incident.timeline.some((entry) => matches(entry, one)),
  );
  return (
    <section className="panel" aria-label="Timeline">
      <h2>Timeline</h2>
      <fieldset className="pills entity-kinds">
        <legend className="visually-hidden">Entries</legend>
        {used.map((one) => (
          <button
            key={one}
            type="button"
            className="pill"
            aria-pressed={filter === one}
            onClick={() => setFilter(one)}
          >
            {FILTER_NAMES[one]} {incident.timeline.filter((entry) => matches(entry, one)).length}
          </button>
        ))}
      </fieldset>
      {days.map(({ day, entries }) => (
        <div key={day}>
          <h3 className="incident-day">{day}</h3>
          <ol className="incident-timeline">
            {entries.map((entry, i) => (
              <Entry
                // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be equal; new ones are at the end.
                key={`${entry.time} ${entry.kind} ${entry.title} ${i}`}
                entry={entry}
                incident={incident}
                entity={nameOf(entry.entity)}
                utc={utc}
              />
            ))}
          </ol>
        </div>
      ))}
      {incident.omitted > 0 && (
        <p className="muted">{incident.omitted.toLocaleString('en')} further entries were left out.</p>
      )}
    </section>
  );
}

function Entry({
  entry,
  incident,
  entity,
  utc,
}: {
  entry: TimelineEntry;
  incident: IncidentDetails;
  entity: EntityRef | null;
  utc: boolean;
}) {
  const ms = entry.time * 1000;
  return (
    <li className={`incident-entry tone-${toneOf(entry)}`}>
      <time className="num muted" dateTime={new Date(ms).toISOString()} title={formatMoment(ms, utc)}>
        {formatMoment(ms, utc).slice(11, 19)}
      </time>
      <div className="incident-entry-text">
        <p>
          <span className="incident-kind">{entry.kind}</span>{' '}
          {entry.kind === 'note' || entry.kind.startsWith('acknowledge') ? (
            <b>{entry.by}</b>
          ) : entry.query ? (
            <QueryLink incident={incident} query={entry.query} text={entry.title} />
          ) : (
            entry.title
          )}
          {entity && (
            <>
              {' '}
              <EntityLink entity={entity} className="muted" />
            </>
          )}
        </p>
        {entry.text && <p className={entry.kind === 'note' ? 'incident-note' : 'muted'}>{entry.text}</p>}
      </div>
    </li>
  );
}

/** Form of notes and the acknowledgement. */
function People({ incident }: { incident: IncidentDetails }) {
  const client = useQueryClient();
  const [author, setAuthor] = useState(() => localStorage.getItem(AUTHOR) ?? '');
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const run = async (change: () => Promise<void>) => {
    setBusy(true);
    try {
      localStorage.setItem(AUTHOR, author);
      await change();
      setError(null);
    } catch (e) {
      setError(e instanceof Error ? e : new Error(String(e)));
    } finally {
      setBusy(false);
    }
  };
  const name = author.trim();
  const notes = incident.timeline.filter(({ kind }) => kind === 'note');
  return (
    <section className="panel" aria-label="Notes">
      <h2>Notes</h2>
      {notes.length === 0 && <p className="muted">No notes yet.</p>}
      {notes.map((note, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: notes are only added.
        <p key={`${note.time} ${i}`} className="incident-note">
          <b>{note.by}</b>{' '}
          <span className="muted">
            <Ago ms={note.time * 1000} />
          </span>
          <br />
          {note.text}
        </p>
      ))}
      <form className="incident-form" onSubmit={(e) => e.preventDefault()}>
        <label>
          Your name
          <input value={author} maxLength={100} onChange={(e) => setAuthor(e.target.value)} />
        </label>
        <label>
          Note
          <textarea
            rows={3}
            value={text}
            maxLength={MAX_NOTE}
            placeholder="What you see, do or found"
            onChange={(e) => setText(e.target.value)}
          />
        </label>
        <div className="incident-buttons">
          <Button
            type="button"
            look="primary"
            disabled={busy || name === '' || text.trim() === ''}
            onClick={() =>
              void run(async () => {
                await addNote(client, incident.id, name, text);
                setText('');
              })
            }
          >
            Add note
          </Button>
          {incident.end === null &&
            (incident.acknowledgedAt === null ? (
              <Button
                type="button"
                disabled={busy || name === ''}
                onClick={() => void run(() => acknowledge(client, incident.id, name))}
              >
                Acknowledge
              </Button>
            ) : (
              <Button
                type="button"
                disabled={busy || name === ''}
                onClick={() => void run(() => withdraw(client, incident.id, name))}
              >
                Withdraw acknowledgement
              </Button>
            ))}
        </div>
      </form>
      {error && <ErrorNotice error={error} />}
    </section>
  );
}
