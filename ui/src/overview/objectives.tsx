/** Objectives whose error budget burns or is used up; of the others their number. */
import { Link } from '@tanstack/react-router';
import { ObjectiveTable } from '../insight/objective-table';
import type { Objective } from '../insight/types';
import { counted } from '../lib/units';

/** Nothing without objectives. */
export function Objectives({ answer }: { answer: Objective[] | undefined }) {
  if (!answer || answer.length === 0) return null;
  const burning = answer.filter(({ state }) => state === 'burning' || state === 'exhausted');
  const silent = answer.filter(({ state }) => state === 'no data').length;
  const met = answer.length - burning.length - silent;
  return (
    <section className="card overview-card" aria-label="Objectives">
      <h2>Objectives</h2>
      {burning.length > 0 && <ObjectiveTable objectives={burning} named />}
      <p className="muted objective-rest">
        {[
          met > 0 && `${counted(met, 'objective')} met`,
          silent > 0 && `${counted(silent, 'objective')} without data`,
        ]
          .filter(Boolean)
          .join(' · ')}{' '}
        <Link to="/services">Services</Link>
      </p>
    </section>
  );
}
