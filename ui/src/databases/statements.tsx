/** Statements of a database by time, with plan and samples where log records have them. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { CopyButton, Loading } from '../components/ui';
import type { Entry } from '../explore/logs/entries';
import { figure } from '../infrastructure/parts';
import { Head } from '../infrastructure/tables';
import { exploreSearch } from '../services/log-patterns';
import { rateText, secondsText } from '../services/parts';
import type { ServicesState } from '../services/state';
import { useRecords } from './api';
import type { DatabaseStatement } from './model';
import { QueryLink, TablePanel } from './parts';
import { type Engine, type Scope, statementRecords, statementTime } from './queries';

export function StatementTable({
  statements,
  engine,
  scope,
  state,
}: {
  statements: DatabaseStatement[];
  engine: Engine;
  scope: Scope;
  state: ServicesState;
}) {
  const [open, setOpen] = useState<string | null>(null);
  const chosen = statements.find((one) => one.fingerprint === open);
  return (
    <>
      <TablePanel
        title="Statements"
        link={<QueryLink expr={statementTime(scope)} title="statements" state={state} />}
        none={
          statements.length > 0
            ? null
            : engine === 'postgres'
              ? 'No statements. The server needs pg_stat_statements.'
              : 'No statements. The server needs performance_schema = ON.'
        }
      >
        <table className="table container-statements">
          <Head
            texts={['Statement', 'Database', 'User']}
            figures={['Time', 'Calls', 'Mean', engine === 'postgres' ? 'I/O' : 'Locks']}
          />
          <tbody>
            {statements.map((one) => (
              <tr key={`${one.fingerprint} ${one.database} ${one.user}`}>
                <td>
                  <button
                    type="button"
                    className="database-statement"
                    aria-expanded={open === one.fingerprint}
                    onClick={() => setOpen(open === one.fingerprint ? null : one.fingerprint)}
                  >
                    <code>{one.text}</code>
                  </button>
                </td>
                <td>{one.database || <span className="muted">–</span>}</td>
                <td>{one.user || <span className="muted">–</span>}</td>
                <td className="num" title={`${figure(one.time, 'seconds')} in each second`}>
                  {figure(one.share, 'ratio')}
                </td>
                <td className="num">{rateText(one.calls)}</td>
                <td className="num">{secondsText(one.mean)}</td>
                <td className="num">{one.waits === null ? '–' : `${figure(one.waits, 'seconds')}/s`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TablePanel>
      {chosen && <StatementPanel statement={chosen} scope={scope} state={state} />}
    </>
  );
}

const eventOf = (entry: Entry) => entry.metadata.event_name ?? entry.labels.event_name ?? '';

/** A statement: its whole text, the last plan, changed plans and samples. */
function StatementPanel({
  statement,
  scope,
  state,
}: {
  statement: DatabaseStatement;
  scope: Scope;
  state: ServicesState;
}) {
  const query = statementRecords(scope.address, statement.fingerprint);
  const records = useRecords(query, state.start, state.end, state.attempt);
  const of = (event: string) => (records.data ?? []).filter((entry) => eventOf(entry) === event);
  const [plan] = of('db.statement.plan');
  const changed = of('db.statement.plan_changed');
  const [failed] = of('db.statement.plan_failed');
  const samples = of('db.statement.sample');
  return (
    <section className="panel service-panel" aria-label="Statement">
      <header>
        <h2>Statement</h2>
        <CopyButton text={statement.text} label="Copy statement" />
        <Link to="/explore/logs" search={exploreSearch(state, query) as never}>
          Records
        </Link>
      </header>
      <pre className="database-text">{statement.text}</pre>
      {records.error ? (
        <ErrorNotice error={records.error} />
      ) : !records.data ? (
        <Loading label="Loading plans" />
      ) : records.data.length === 0 ? (
        <p className="muted">No plan or sample of the statement in the time range.</p>
      ) : (
        <>
          {plan && <RecordText title="Plan" entry={plan} />}
          {changed.map((entry) => (
            <RecordText key={entry.id} title="Plan changed" entry={entry} />
          ))}
          {failed && <RecordText title="No plan" entry={failed} />}
          {samples.slice(0, 3).map((entry) => (
            <RecordText key={entry.id} title="Sample" entry={entry} />
          ))}
        </>
      )}
    </section>
  );
}

/** Body of a record under its time. */
export function RecordText({ title, entry }: { title: string; entry: Entry }) {
  return (
    <div className="database-record">
      <h3>
        {title} <Moment ms={entry.ms} />
      </h3>
      <pre className="database-text">{pretty(entry.line)}</pre>
    </div>
  );
}

/** Plans in JSON, with line breaks. */
function pretty(text: string): string {
  if (!text.startsWith('[') && !text.startsWith('{')) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
