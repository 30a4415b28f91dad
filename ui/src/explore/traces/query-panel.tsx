import { useEffect, useState } from 'react';
import { ApiError } from '../../api/client';
import { Button, CopyButton, Segmented } from '../../components/ui';
import { AddToDashboard } from '../../dashboards/add-to-dashboard';
import { persistent } from '../../lib/store';
import { MAX_HISTORY, remember } from '../history';
import { errorOffset } from '../logs/query';
import { HistoryMenu } from '../toolbar';
import type { Window } from './api';
import {
  firstSpanset,
  hasTerm,
  isMetrics,
  type Role,
  roleOf,
  turnedTerm,
  withoutTerm,
  withRole,
  withTerm,
} from './filters';
import { TraceqlEditor } from './lazy-traceql';

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MAX_HISTORY && value.every((item) => typeof item === 'string');

const traceHistory = persistent<string[]>('trace-history', [], isList);

const ROLE_CHOICES: { value: Role; label: string }[] = [
  { value: 'root', label: 'Root spans' },
  { value: 'server', label: 'Server spans' },
  { value: 'all', label: 'All spans' },
];

const FAILED = 'status = error';

export function QueryPanel(props: {
  query: string;
  window: Window;
  /** Error of the last run. */
  error: unknown;
  onRun: (query: string) => void;
}) {
  const { query, error } = props;
  const [draft, setDraft] = useState(query);
  useEffect(() => setDraft(query), [query]);
  const run = (text: string) => {
    traceHistory.set(remember(traceHistory.get(), text));
    props.onRun(text.trim());
  };
  const message = error instanceof ApiError && error.status === 400 ? error.message : null;
  const at = message === null ? null : errorOffset(draft, message);
  const terms = firstSpanset(query)?.terms ?? [];
  return (
    <section className="panel" aria-label="Query">
      <div className="query">
        <div className="query-box">
          <TraceqlEditor
            value={draft}
            onChange={setDraft}
            onRun={run}
            label="TraceQL query"
            range={props.window}
            error={at === null || message === null ? null : { at, message }}
          />
          <div className="query-buttons">
            <HistoryMenu
              history={traceHistory}
              onPick={(text) => {
                setDraft(text);
                run(text);
              }}
            />
            <CopyButton label="Copy the query" text={() => draft} />
            <AddToDashboard
              panel={{ signal: 'traces', query, kind: isMetrics(query) ? 'timeseries' : 'traces' }}
            />
          </div>
        </div>
        <Button look="primary" icon="play" className="run" onClick={() => run(draft)}>
          Run
        </Button>
      </div>
      <div className="trace-filters">
        <Segmented<Role>
          label="Spans"
          value={roleOf(query)}
          choices={ROLE_CHOICES}
          onChange={(role) => run(withRole(query, role))}
        />
        <Button pressed={hasTerm(query, FAILED)} onClick={() => run(withTerm(query, FAILED))}>
          Errors only
        </Button>
        <ul className="trace-chips" aria-label="Filters">
          {terms.map((term, i) => (
            <li key={term.text} className="chip trace-chip">
              <button type="button" title="Invert filter" onClick={() => run(turnedTerm(query, i))}>
                {term.text}
              </button>
              <Button
                icon="close"
                look="ghost"
                label={`Remove ${term.text}`}
                onClick={() => run(withoutTerm(query, i))}
              />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
