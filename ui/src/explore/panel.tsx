import { type ReactNode, useEffect, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { Button, CopyButton } from '../components/ui';
import { AddToDashboard } from '../dashboards/add-to-dashboard';
import { ExplainTab, QueryTree } from '../explain/lazy';
import type { TimeRange } from '../lib/time';
import type { TabProps } from './answer';
import { GraphTab } from './graph-tab';
import { queryHistory, remember } from './history';
import { Editor } from './lazy-editor';
import { TableTab } from './table-tab';
import { HistoryMenu, Toolbar } from './toolbar';

/** `time` is the page's: a panel may have one of its own. */
interface PanelProps extends TabProps {
  index: number;
  count: number;
  remove: () => void;
  duplicate: () => void;
  explore: () => void;
  /** What stands here before there is a query. */
  empty: ReactNode;
}

export function Panel(props: PanelProps) {
  const { panel, index, update } = props;
  const [draft, setDraft] = useState(panel.expr);
  const [formatError, setFormatError] = useState<unknown>(null);
  const [mark, setMark] = useState<{ from: number; to: number } | null>(null);
  useEffect(() => setDraft(panel.expr), [panel.expr]);
  const time = panel.time ?? props.time;
  const setTime = (next: TimeRange) => (panel.time ? update({ time: next }) : props.setTime(next));

  const run = (expr: string) => {
    setFormatError(null);
    queryHistory.set(remember(queryHistory.get(), expr));
    props.run(expr.trim());
  };
  const format = async () => {
    if (draft.trim() === '') return;
    try {
      const { data } = await call<string>('format_query', { query: draft });
      setDraft(data);
      setFormatError(null);
    } catch (e) {
      setFormatError(e);
    }
  };
  const tab = { ...props, run, time, setTime };
  // Places are those of the query that was run; what is being typed has others.
  const lead = draft.length - draft.trimStart().length;
  const marked = mark && draft.trim() === panel.expr ? { from: mark.from + lead, to: mark.to + lead } : null;
  const explainPart = (part: number) =>
    update({ tab: 'explain', explain: { ...panel.explain, view: 'parts', part } });
  return (
    <section className="panel" aria-label={`Query ${index + 1}`}>
      <div className="query">
        <div className="query-box">
          <Editor
            value={draft}
            onChange={setDraft}
            onRun={run}
            label={`PromQL query ${index + 1}`}
            mark={marked}
            autoFocus={index === 0 && panel.expr === ''}
          />
          <div className="query-buttons">
            <Button icon="compass" look="ghost" label="Browse metrics" onClick={props.explore} />
            <HistoryMenu
              onPick={(expr) => {
                setDraft(expr);
                run(expr);
              }}
            />
            <Button
              icon="plan"
              look="ghost"
              label={panel.tree ? 'Hide the parts of the query' : 'Show the parts of the query'}
              pressed={panel.tree}
              onClick={() => update({ tree: !panel.tree })}
            />
            <Button icon="format" look="ghost" label="Format the query" onClick={() => void format()} />
            <CopyButton label="Copy the query" text={() => draft} />
            <AddToDashboard
              panel={{
                signal: 'metrics',
                query: panel.expr,
                kind:
                  panel.tab === 'table' ? 'table' : panel.display === 'heatmap' ? 'heatmap' : 'timeseries',
                instant: panel.tab === 'table',
              }}
            />
            <Button icon="plus" look="ghost" label="Add a copy of this panel" onClick={props.duplicate} />
            {props.count > 1 && (
              <Button icon="trash" look="ghost" label="Remove this panel" onClick={props.remove} />
            )}
          </div>
        </div>
        <Button look="primary" icon="play" className="run" onClick={() => run(draft)}>
          Run
        </Button>
      </div>
      {formatError !== null && <ErrorNotice error={formatError} />}
      {panel.expr === '' ? (
        props.empty
      ) : (
        <>
          {panel.tree && (
            <QueryTree
              {...tab}
              chosen={panel.tab === 'explain' ? panel.explain.part : null}
              onChoose={explainPart}
              onMark={setMark}
            />
          )}
          <Toolbar
            panel={panel}
            update={update}
            time={time}
            ownTime={panel.time !== null}
            clearOwnTime={() => update({ time: null })}
          />
          <div className="panel-body">
            {panel.tab === 'graph' && <GraphTab {...tab} />}
            {panel.tab === 'table' && <TableTab {...tab} />}
            {panel.tab === 'explain' && <ExplainTab {...tab} onMark={setMark} />}
          </div>
        </>
      )}
    </section>
  );
}
