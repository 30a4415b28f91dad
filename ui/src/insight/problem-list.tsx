/** Problems that the server's inspections found, one entry for each cause. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Outcome } from '../alerts/received-alerts';
import { formatValue } from '../lib/units';
import type { Change } from './changes';
import type { Notified } from './notified';
import { Ago, EntityLink, kindText, valueText } from './parts';
import type { EntityRef, Problem } from './types';
import './insight.css';

const MAX_ENTITIES = 6;
const MAX_CHANGES = 3;

const BADGES = { critical: 'err', warning: 'warn' } as const;

function Entities({ entities }: { entities: EntityRef[] }) {
  return (
    <>
      {entities.slice(0, MAX_ENTITIES).map((entity, i) => (
        <span key={entity.id}>
          {i > 0 && ', '}
          <EntityLink entity={entity} />
        </span>
      ))}
      {entities.length > MAX_ENTITIES && ` and ${entities.length - MAX_ENTITIES} more`}
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

export function ChangeText({ change }: { change: Change }) {
  return (
    <>
      <Link to={change.to} search={change.search as never}>
        {change.title}
      </Link>
      {change.detail && <span className="muted"> {change.detail}</span>}
      {change.time !== null && (
        <>
          {' '}
          <span className="muted">
            <Ago ms={change.time} />
          </span>
        </>
      )}
    </>
  );
}

const OUTCOMES: Record<Outcome, string> = {
  notifies: '',
  failing: '',
  silenced: 'silenced',
  inhibited: 'inhibited',
  muted: 'muted',
  unprocessed: 'not processed yet',
  'not received': 'not received by the Alertmanager of this server',
};

function NotifiedText({ one }: { one: Notified }) {
  const outcome = OUTCOMES[one.outcome];
  return (
    <>
      <Link to="/alerts" search={{ search: one.alert, state: 'firing' } as never}>
        {one.alert}
      </Link>
      {outcome && <span className="muted">: {outcome}</span>}
      {outcome === '' &&
        one.receivers.map((receiver) => (
          <span key={receiver.name}>
            {' → '}
            {receiver.name}{' '}
            {receiver.error !== null ? (
              <span className="cause-failed" title={receiver.error}>
                notifications failing
              </span>
            ) : receiver.sentAt !== null ? (
              <span className="muted">
                last notification <Ago ms={Date.parse(receiver.sentAt)} />
              </span>
            ) : (
              <span className="muted">no notification sent yet</span>
            )}
          </span>
        ))}
    </>
  );
}

export interface Context {
  changes: Change[];
  notified: Notified[];
}

export function ProblemEntry({ problem, context }: { problem: Problem; context: Context | null }) {
  const { entity, affected, symptoms } = problem;
  const measured =
    problem.value !== null &&
    `${valueText(problem.value, problem.unit)}${
      problem.threshold !== null ? `, threshold ${valueText(problem.threshold, problem.unit)}` : ''
    }`;
  return (
    <li className={`problem cause severity-${problem.severity}`} data-problem={problem.id}>
      <span className={`badge badge-${BADGES[problem.severity]}`}>{problem.severity}</span>
      <div className="problem-text">
        <p className="cause-head">
          <EntityLink entity={entity} className="problem-title" />{' '}
          <span className="muted">{kindText(entity.kind)}</span>{' '}
          <span className="cause-title">{problem.title}</span>
        </p>
        <p>{problem.message}</p>
        <dl className="cause-facts">
          {measured && (
            <Fact name="Measured">
              {problem.query ? (
                <Link
                  to="/query"
                  search={{ 'g0.expr': problem.query, 'g0.tab': 'graph' } as never}
                  title={problem.query}
                >
                  {measured}
                </Link>
              ) : (
                measured
              )}
            </Fact>
          )}
          {!measured && problem.query && (
            <Fact name="Measured">
              <Link to="/query" search={{ 'g0.expr': problem.query, 'g0.tab': 'graph' } as never}>
                Query
              </Link>
            </Fact>
          )}
          {(affected.length > 0 || problem.requests !== null) && (
            <Fact name="Affected">
              <Entities entities={affected} />
              {problem.requests !== null && (
                <>
                  {affected.length > 0 && ' · '}
                  {formatValue(problem.requests, 'none', 3)} requests/s
                </>
              )}
            </Fact>
          )}
          {context && (
            <Fact name="Changed before">
              {context.changes.length === 0 ? (
                <span className="muted">no change seen in the hour before</span>
              ) : (
                context.changes.slice(0, MAX_CHANGES).map((change) => (
                  <div key={change.key}>
                    <ChangeText change={change} />
                  </div>
                ))
              )}
              {context.changes.length > MAX_CHANGES && (
                <span className="muted">{context.changes.length - MAX_CHANGES} more</span>
              )}
            </Fact>
          )}
          {context && (
            <Fact name="Notified">
              {context.notified.length === 0 ? (
                <span className="muted">no alert is firing for it</span>
              ) : (
                context.notified.map((one) => (
                  <div key={one.alert}>
                    <NotifiedText one={one} />
                  </div>
                ))
              )}
            </Fact>
          )}
          {problem.remedy && <Fact name="Remedy">{problem.remedy}</Fact>}
        </dl>
        {symptoms.length > 0 && (
          <details className="cause-symptoms">
            <summary>{symptoms.length === 1 ? '1 symptom' : `${symptoms.length} symptoms`}</summary>
            <ul>
              {symptoms.map((symptom) => (
                <li key={`${symptom.inspection} ${symptom.entity.id}`}>
                  <EntityLink entity={symptom.entity} />: {symptom.message}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <span className="muted num cause-since">
        {problem.incident && (
          <>
            <Link to="/incidents/$id" params={{ id: problem.incident } as never}>
              Incident
            </Link>{' '}
          </>
        )}
        <Ago ms={problem.since * 1000} />
      </span>
    </li>
  );
}

/** Problems of one entity, in short, for its page. */
export function EntityProblems({ problems }: { problems: Problem[] }) {
  return (
    <ul className="problems">
      {problems.map((problem) => (
        <ProblemEntry key={problem.id} problem={problem} context={null} />
      ))}
    </ul>
  );
}
