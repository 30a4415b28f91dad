/** State of an alert in the embedded Alertmanager: its receivers, or what keeps notifications back. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert } from '../alertmanager/api';
import { Why } from '../alertmanager/why';
import { type Outcome, outcomeOf } from './received-alerts';
import '../alertmanager/alertmanager.css';

const BADGES: Record<Outcome, string> = {
  notifies: 'ok',
  silenced: 'warn',
  inhibited: 'warn',
  muted: 'warn',
  unprocessed: 'pending',
  'not received': 'none',
};

export function Received({ alert }: { alert: Alert | null }) {
  const [open, setOpen] = useState(false);
  const outcome = outcomeOf(alert);
  const silence = alert?.status.silencedBy[0];
  return (
    <>
      <p className="alert-received">
        <span className="muted">Alertmanager</span>{' '}
        <span className={`badge badge-${BADGES[outcome]}`}>{outcome}</span>{' '}
        {silence && (
          <Link to="/alertmanager/silences/$id" params={{ id: silence }}>
            Silence
          </Link>
        )}
        {outcome === 'notifies' && alert && alert.receivers.map(({ name }) => name).join(', ')}{' '}
        {alert && (
          <button
            type="button"
            className="button button-ghost"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            Notifications
          </button>
        )}
      </p>
      {open && alert && <Why alert={alert} />}
    </>
  );
}
