import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../../api/client';
import { ErrorNotice } from '../../api/errors';
import { Button, CopyButton, Segmented } from '../../components/ui';
import { persistent } from '../../lib/store';
import { MAX_HISTORY, remember } from '../history';
import { HistoryMenu } from '../toolbar';
import { formatQuery, type Span } from './api';
import { Builder } from './builder';
import { LogqlEditor } from './lazy-logql';
import { errorOffset } from './query';

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MAX_HISTORY && value.every((item) => typeof item === 'string');

const logHistory = persistent<string[]>('log-history', [], isList);

export function QueryPanel(props: {
  query: string;
  range: Span;
  builder: boolean;
  /** Error of the last run. */
  error: unknown;
  onBuilder: (builder: boolean) => void;
  onRun: (query: string) => void;
  children?: ReactNode;
}) {
  const { query, error } = props;
  const [draft, setDraft] = useState(query);
  const [formatError, setFormatError] = useState<unknown>(null);
  useEffect(() => setDraft(query), [query]);
  const run = (text: string) => {
    setFormatError(null);
    logHistory.set(remember(logHistory.get(), text));
    props.onRun(text.trim());
  };
  const format = async () => {
    try {
      setDraft(await formatQuery(draft));
      setFormatError(null);
    } catch (e) {
      setFormatError(e);
    }
  };
  const shownError = formatError ?? error;
  const message = shownError instanceof ApiError && shownError.status === 400 ? shownError.message : null;
  const at = message === null ? null : errorOffset(draft, message);
  return (
    <section className="panel" aria-label="Query">
      <div className="query">
        <div className="query-box">
          <LogqlEditor
            value={draft}
            onChange={setDraft}
            onRun={run}
            label="LogQL query"
            range={props.range}
            error={at === null || message === null ? null : { at, message }}
          />
          <div className="query-buttons">
            <HistoryMenu
              history={logHistory}
              onPick={(text) => {
                setDraft(text);
                run(text);
              }}
            />
            <Button icon="format" look="ghost" label="Format the query" onClick={() => void format()} />
            <CopyButton label="Copy the query" text={() => draft} />
          </div>
        </div>
        <Button look="primary" icon="play" className="run" onClick={() => run(draft)}>
          Run
        </Button>
      </div>
      {formatError !== null && <ErrorNotice error={formatError} />}
      <div className="logs-mode">
        <Segmented
          label="Editor"
          value={props.builder ? 'builder' : 'code'}
          choices={[
            { value: 'code', label: 'Code' },
            { value: 'builder', label: 'Builder' },
          ]}
          onChange={(mode) => props.onBuilder(mode === 'builder')}
        />
        {props.builder && <Builder query={draft} range={props.range} onChange={setDraft} />}
        {props.children}
      </div>
    </section>
  );
}
