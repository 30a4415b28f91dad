/** Problems of the server's inspections, or what they did and could not check. */
import { useMemo } from 'react';
import type { Alert } from '../alertmanager/api';
import type { ReceiverDelivery } from '../alertmanager/deliveries';
import type { RuleGroup } from '../api/types';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { Loading } from '../components/ui';
import { reasonOf, useInspections, useSources } from '../insight/api';
import { type Change, changesBefore } from '../insight/changes';
import { alertsOf, firingAlerts, notified } from '../insight/notified';
import { ProblemEntry } from '../insight/problem-list';
import type { Problems } from '../insight/types';
import type { WorldIndex } from '../insight/world';
import { counted } from '../lib/units';
import { coverageOf, unchecked } from './coverage';

const MAX_PROBLEMS = 50;

export function Causes({
  answer,
  error,
  world,
  changes,
  groups,
  received,
  deliveries,
}: {
  answer: Problems | undefined;
  error: unknown;
  world: WorldIndex | undefined;
  changes: Change[];
  groups: RuleGroup[];
  received: Alert[] | undefined;
  deliveries: ReceiverDelivery[] | undefined;
}) {
  const inspections = useInspections();
  const sources = useSources();
  const firing = useMemo(() => firingAlerts(groups, world), [groups, world]);
  const entries = useMemo(
    () =>
      (answer?.problems ?? []).slice(0, MAX_PROBLEMS).map((problem) => ({
        problem,
        context: {
          changes: changesBefore(problem, changes, world),
          notified: notified(alertsOf(problem, firing, world), received ?? [], deliveries ?? []),
        },
      })),
    [answer, changes, world, firing, received, deliveries],
  );
  const coverage = answer ? coverageOf(answer, inspections.data) : null;
  const gaps = answer ? unchecked(answer, sources.data ?? []) : [];
  return (
    <section className="card overview-card" aria-label="Problems">
      <h2>Problems</h2>
      {error && !answer ? (
        <p className="muted">{reasonOf(error, 'Inspections')}</p>
      ) : !answer ? (
        <Loading label="Loading problems" />
      ) : (
        <>
          {entries.length > 0 ? (
            <ul className="problems">
              {entries.map((entry) => (
                <ProblemEntry key={entry.problem.id} {...entry} />
              ))}
            </ul>
          ) : coverage?.checked === 0 ? (
            <p className="insight-quiet muted">No data: no inspection had anything to check.</p>
          ) : (
            <p className="insight-quiet">
              {gaps.length === 0 && <Icon name="check" size={18} />}
              <span>
                No problem found
                {coverage?.checked !== null && ` by ${counted(coverage?.checked ?? 0, 'inspection')}`} at{' '}
                <Moment ms={answer.evaluated * 1000} />
              </span>
            </p>
          )}
          {answer.problems.length > MAX_PROBLEMS && (
            <p className="muted">{(answer.problems.length - MAX_PROBLEMS).toLocaleString('en')} more</p>
          )}
          {error !== null && (
            <p className="muted">
              {reasonOf(error, 'Inspections')} Last evaluation: <Moment ms={answer.evaluated * 1000} />
            </p>
          )}
          {gaps.length > 0 && (
            <details className="insight-unknown">
              <summary>{counted(gaps.length, 'check')} without an answer</summary>
              <ul>
                {gaps.map(({ name, reason }) => (
                  <li key={`${name} ${reason}`}>
                    {name}: {reason}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </section>
  );
}
