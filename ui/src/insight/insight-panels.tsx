/** Problems and objectives on the page of an entity. */
import { isMissing } from '../api/errors';
import { Moment } from '../components/moment';
import { Loading } from '../components/ui';
import { reasonOf } from './api';
import { ObjectiveTable } from './objective-table';
import { EntityProblems } from './problem-list';
import type { EntityInsight } from './use-insight';

export function ProblemPanel({ insight }: { insight: EntityInsight }) {
  const { problems, problemsError, evaluated, health } = insight;
  return (
    <section className="panel service-panel" aria-label="Problems">
      <h2>Problems</h2>
      {problems === undefined ? (
        problemsError ? (
          <p className="muted">{reasonOf(problemsError, 'Inspections')}</p>
        ) : (
          <Loading label="Loading problems" />
        )
      ) : problems.length > 0 ? (
        <EntityProblems problems={problems} />
      ) : health === undefined || health.status === 'unknown' ? (
        <p className="muted">No data: no inspection checked it.</p>
      ) : (
        <p className="muted">
          No problem of it or its parts found at <Moment ms={evaluated * 1000} />.
        </p>
      )}
    </section>
  );
}

/** Nothing on servers without objectives: the panel of problems states what is missing. */
export function ObjectivePanel({ insight }: { insight: EntityInsight }) {
  const { objectives, objectivesError } = insight;
  if (objectives === undefined && (!objectivesError || isMissing(objectivesError))) return null;
  return (
    <section className="panel service-panel" aria-label="Objectives">
      <h2>Objectives</h2>
      {objectives === undefined ? (
        <p className="muted">{reasonOf(objectivesError, 'Objectives')}</p>
      ) : objectives.length === 0 ? (
        <p className="muted">No objective is defined for it.</p>
      ) : (
        <ObjectiveTable objectives={objectives} named={false} />
      )}
    </section>
  );
}
