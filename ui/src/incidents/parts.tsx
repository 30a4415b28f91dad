/** Parts of incidents that several pages show. */
import { Link } from '@tanstack/react-router';
import { useIncidents } from './api';
import { durationText } from './model';
import type { Incident } from './types';
import './incidents.css';

export function IncidentBadge({ incident }: { incident: Pick<Incident, 'state' | 'severity'> }) {
  const look =
    incident.state === 'ended'
      ? 'none'
      : incident.state === 'acknowledged'
        ? 'acknowledged'
        : incident.severity === 'critical'
          ? 'err'
          : 'warn';
  return <span className={`badge badge-${look}`}>{incident.state}</span>;
}

const MOST = 5;

/** Incidents of an entity within a range; nothing if there is none. */
export function EntityIncidents({ id, start }: { id: string; start: number }) {
  const found = useIncidents({ entity: id, start: Math.floor(start / 300_000) * 300, limit: MOST }).data;
  if (!found || found.incidents.length === 0) return null;
  return (
    <section className="panel service-panel" aria-label="Incidents">
      <h2>Incidents</h2>
      <ul className="insight-changes">
        {found.incidents.map((one) => (
          <li key={one.id}>
            <IncidentBadge incident={one} />{' '}
            <Link to="/incidents/$id" params={{ id: one.id } as never}>
              {one.title}
            </Link>{' '}
            <span className="muted">
              {one.end === null ? 'for' : 'lasted'} {durationText(one, Date.now())}
            </span>
          </li>
        ))}
      </ul>
      {found.matching > found.incidents.length && (
        <Link to="/incidents" search={{ entity: id } as never}>
          All {found.matching} incidents
        </Link>
      )}
    </section>
  );
}
