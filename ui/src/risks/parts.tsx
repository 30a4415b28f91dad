/** Parts of risks that several pages show. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, Notice } from '../components/ui';
import { Ago, EntityLink } from '../insight/parts';
import type { Entity } from '../insight/types';
import { partsOf, type WorldIndex } from '../insight/world';
import { type Risk, useDismissal, useRisks } from './api';
import { openOf } from './model';
import '../insight/insight.css';
import './risks.css';

/** Dismisses a risk with a reason, or reopens it with null. */
export type Change = (id: string, reason: string | null) => void;

/** Open risks of an entity and its parts; nothing if there is none. */
export function EntityRisks({ entity, world }: { entity: Entity; world: WorldIndex | undefined }) {
  const risks = useRisks().data?.risks;
  const dismissal = useDismissal();
  const ids = new Set([entity.id, ...(world ? partsOf(world, entity.id).map(({ id }) => id) : [])]);
  const open = openOf(risks ?? [], ids);
  if (open.length === 0) return null;
  return (
    <section className="panel service-panel" aria-label="Risks">
      <header>
        <h2>Risks</h2>
        <span className="panel-links">
          <Link to="/risks">All risks</Link>
        </span>
      </header>
      {dismissal.error && (
        <Notice kind="error" title="Not changed">
          {dismissal.error instanceof Error ? dismissal.error.message : String(dismissal.error)}
        </Notice>
      )}
      <ul className="problems">
        {open.map((one) => (
          <RiskRow
            key={one.risk.id}
            one={one}
            busy={dismissal.isPending}
            onChange={(id, reason) => dismissal.mutate({ id, reason })}
          />
        ))}
      </ul>
    </section>
  );
}

export function RiskRow({
  one: { risk, dismissed },
  busy,
  onChange,
}: {
  one: Risk;
  busy: boolean;
  onChange: Change;
}) {
  const [reason, setReason] = useState<string | null>(null);
  return (
    <li className="problem">
      <span className={`badge badge-${risk.severity === 'critical' ? 'err' : 'warn'}`}>{risk.severity}</span>
      <div className="problem-text">
        <p className="problem-title">
          <EntityLink entity={risk.entity} />: {risk.message}
        </p>
        {dismissed ? (
          <p className="muted">
            Dismissed <Ago ms={dismissed.time * 1000} />
            {dismissed.person && ` by ${dismissed.person}`}: {dismissed.reason}
          </p>
        ) : (
          <p className="muted">
            {risk.remedy}{' '}
            <Link to="/query" search={{ 'g0.expr': risk.query, 'g0.tab': 'graph' } as never}>
              Query
            </Link>
          </p>
        )}
        {reason !== null && (
          <form
            className="risk-reason"
            onSubmit={(event) => {
              event.preventDefault();
              if (reason.trim() === '') return;
              onChange(risk.id, reason);
              setReason(null);
            }}
          >
            <input
              className="input"
              aria-label="Reason"
              placeholder="Reason"
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <Button type="submit" look="primary" disabled={busy || reason.trim() === ''}>
              Dismiss
            </Button>
            <Button look="ghost" onClick={() => setReason(null)}>
              Cancel
            </Button>
          </form>
        )}
      </div>
      {reason === null &&
        (dismissed ? (
          <Button look="ghost" disabled={busy} onClick={() => onChange(risk.id, null)}>
            Reopen
          </Button>
        ) : (
          <Button look="ghost" disabled={busy} onClick={() => setReason('')}>
            Dismiss
          </Button>
        ))}
    </li>
  );
}
