/** State of an alert in the embedded Alertmanager: its receivers, or what keeps notifications back. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Alert, useReceiverDeliveries } from '../alertmanager/api';
import { failingReceivers } from '../alertmanager/deliveries';
import { Why } from '../alertmanager/why';
import { type Outcome, outcomeOf } from './received-alerts';
import '../alertmanager/alertmanager.css';

const BADGES: Record<Outcome, string> = {
  notifies: 'ok',
  failing: 'err',
  silenced: 'warn',
  inhibited: 'warn',
  muted: 'warn',
  unprocessed: 'pending',
  'not received': 'none',
};

export function Received({ alert }: { alert: Alert | null }) {
  const [open, setOpen] = useState(false);
  const failing = failingReceivers(useReceiverDeliveries().data ?? []);
  const outcome = outcomeOf(alert, failing);
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
        {(outcome === 'notifies' || outcome === 'failing') &&
          alert &&
          alert.receivers.map(({ name }) => name).join(', ')}{' '}
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
      {outcome === 'failing' && alert && (
        <p className="alert-received">
          {alert.receivers.flatMap(({ name }) => failing.get(name) ?? []).join('; ')}
        </p>
      )}
      {open && alert && <Why alert={alert} />}
    </>
  );
}
