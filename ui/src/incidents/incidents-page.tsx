/** List of incidents, open ones first. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { PageTabs } from '../app/page-tabs';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { Empty, Loading, Notice, PageHead, Select } from '../components/ui';
import { reasonOf } from '../insight/api';
import { Ago, EntityLink } from '../insight/parts';
import { useIncidents } from './api';
import { durationText, requestsText } from './model';
import { IncidentBadge } from './parts';
import type { Incident } from './types';
import '../insight/insight.css';
import './incidents.css';

const STATES = [
  { value: '', label: 'All states' },
  { value: 'open', label: 'Open' },
  { value: 'acknowledged', label: 'Acknowledged' },
  { value: 'ended', label: 'Ended' },
];

const RANGES = [
  { value: '', label: 'Any time', seconds: 0 },
  { value: '1d', label: 'Last 24 hours', seconds: 86_400 },
  { value: '7d', label: 'Last 7 days', seconds: 7 * 86_400 },
  { value: '30d', label: 'Last 30 days', seconds: 30 * 86_400 },
];

const PAGE = 100;
const MOST = 1000;
/** A start that moves in steps, so that the request is the same for some time. */
const STEP_S = 300;
const MAX_ENTITIES = 3;

/** Open ones first, then the newest. */
const ordered = (all: Incident[]) =>
  [...all].sort((a, b) => Number(a.end !== null) - Number(b.end !== null) || b.start - a.start);

export function IncidentsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const { state = '', range = '', entity = '', limit = '' } = search;
  const count = Math.min(MOST, Math.max(PAGE, Number.parseInt(limit, 10) || PAGE));
  const seconds = RANGES.find(({ value }) => value === range)?.seconds ?? 0;
  const start = seconds > 0 ? Math.floor(Date.now() / 1000 / STEP_S) * STEP_S - seconds : undefined;
  const answer = useIncidents({
    state: state || undefined,
    entity: entity || undefined,
    start,
    limit: count,
  });
  const set = (patch: Record<string, string>) =>
    void navigate({
      to: '/incidents',
      search: Object.fromEntries(
        Object.entries({ ...search, ...patch }).filter(([, value]) => value !== ''),
      ) as never,
      replace: true,
    });
  const data = answer.data;
  const filtered = state !== '' || range !== '' || entity !== '';
  return (
    <div className="page">
      <PageHead title="Incidents" lead="Failures of services and machines, with causes and notes.">
        <PageTabs />
      </PageHead>
      {answer.error && !data ? (
        <Empty icon="warning" title="No incidents">
          {reasonOf(answer.error, 'Incidents')}
        </Empty>
      ) : !data ? (
        <Loading label="Loading incidents" />
      ) : (
        <section className="panel" aria-label="Incidents">
          {data.notices.length > 0 && (
            <Notice kind="warning" title="Incidents are incomplete">
              {data.notices.map((text) => (
                <div key={text}>{text}</div>
              ))}
            </Notice>
          )}
          <div className="panel-tools">
            <Select
              label="State"
              hideLabel
              value={state}
              choices={STATES}
              onChange={(value) => set({ state: value })}
            />
            <Select
              label="Time"
              hideLabel
              value={range}
              choices={RANGES}
              onChange={(value) => set({ range: value })}
            />
            {entity && (
              <button type="button" className="pill" aria-pressed onClick={() => set({ entity: '' })}>
                {entity} ×
              </button>
            )}
            <span className="muted" role="status">
              {data.incidents.length === data.matching
                ? `${data.matching} incidents`
                : `${data.incidents.length} of ${data.matching} incidents`}
            </span>
          </div>
          {data.incidents.length === 0 ? (
            <p className="insight-quiet">
              {!filtered && <Icon name="check" size={18} />}
              {filtered ? 'No incident matches the filters.' : 'No incident was recorded.'}
            </p>
          ) : (
            <ul className="problems incident-list" aria-label="Incident list">
              {ordered(data.incidents).map((one) => (
                <Row key={one.id} incident={one} />
              ))}
            </ul>
          )}
          {data.matching > data.incidents.length && count < MOST && (
            <button
              type="button"
              className="button button-plain"
              onClick={() => set({ limit: String(MOST) })}
            >
              Show more
            </button>
          )}
        </section>
      )}
    </div>
  );
}

function Row({ incident }: { incident: Incident }) {
  const requests = requestsText(incident);
  const others = incident.affected.filter(({ id }) => id !== incident.entity.id);
  return (
    <li
      className={`problem cause ${incident.end === null ? `severity-${incident.severity}` : 'incident-ended'}`}
    >
      <IncidentBadge incident={incident} />
      <div className="problem-text">
        <p className="cause-head">
          <Link to="/incidents/$id" params={{ id: incident.id } as never} className="problem-title">
            {incident.title}
          </Link>
        </p>
        {incident.message && <p className="muted">{incident.message}</p>}
        <p className="incident-facts muted">
          <span>
            <Moment ms={incident.start * 1000} />
            {' · '}
            {incident.end === null ? 'for ' : 'lasted '}
            {durationText(incident, Date.now())}
          </span>
          {others.length > 0 && (
            <span>
              affected:{' '}
              {others.slice(0, MAX_ENTITIES).map((one, i) => (
                <span key={one.id}>
                  {i > 0 && ', '}
                  <EntityLink entity={one} />
                </span>
              ))}
              {others.length > MAX_ENTITIES && ` and ${others.length - MAX_ENTITIES} more`}
            </span>
          )}
          {requests && <span>{requests}</span>}
          {incident.acknowledgedBy && <span>acknowledged by {incident.acknowledgedBy}</span>}
          {incident.notes > 0 && <span>{incident.notes === 1 ? '1 note' : `${incident.notes} notes`}</span>}
        </p>
      </div>
      <span className="muted num cause-since">
        <Ago ms={incident.start * 1000} />
      </span>
    </li>
  );
}
