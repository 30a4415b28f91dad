/** Panels of events: log lines, found traces, flame graphs. */
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { basePath } from '../app/base';
import { Loading } from '../components/ui';
import { ActionsProvider, type LogActions } from '../explore/logs/actions';
import type { Entry } from '../explore/logs/entries';
import { LogList } from '../explore/logs/list';
import '../explore/logs/logs-explore.css';
import '../explore/logs/logs-lines.css';
import { searchTerms, withFilter } from '../explore/logs/query';
import { useFlames } from '../explore/profiles/api';
import { FlameGraph } from '../explore/profiles/flame-graph';
import '../explore/profiles/profiles.css';
import { partsOf } from '../explore/profiles/units';
import type { FoundTrace } from '../explore/traces/answers';
import '../explore/traces/trace.css';
import { TraceList } from '../explore/traces/trace-list';
import { formatDuration, formatMoment } from '../lib/time';
import type { Panel } from './model';
import type { Span } from './variables';

/** Lines of a query. Filters of a line and its surroundings open Explore. */
export function LogsPanel(props: {
  panel: Panel;
  query: string;
  entries: Entry[];
  span: Span;
  height: number;
}) {
  const { panel, query, entries, span } = props;
  const navigate = useNavigate();
  const [columns, setColumns] = useState<string[]>([]);
  const terms = useMemo(() => searchTerms(query), [query]);
  if (entries.length === 0) return <p className="dash-none">No lines</p>;
  const search = (text: string, more: Record<string, string> = {}) => ({
    query: text,
    range: formatDuration(Math.max(10_000, Math.round((span.end - span.start) / 1000) * 1000)),
    end: formatMoment(span.end, true),
    ...more,
  });
  const open = (text: string, more: Record<string, string> = {}) =>
    void navigate({ to: '/explore/logs', search: search(text, more) as never });
  const actions: LogActions = {
    filter: (filter) => open(withFilter(query, filter)),
    toggleColumn: (name) =>
      setColumns(columns.includes(name) ? columns.filter((c) => c !== name) : [...columns, name]),
    showContext: (entry) => open(query, { line: entry.id }),
    link: (entry) =>
      `${location.origin}${basePath}/explore/logs?${new URLSearchParams(search(query, { line: entry.id }))}`,
    columns,
  };
  return (
    <ActionsProvider value={actions}>
      <div className="dash-logs" style={{ height: props.height }}>
        <LogList
          entries={entries}
          terms={terms}
          wrap={panel.options.wrapLogMessage === true}
          columns={columns}
          label={`${panel.title} lines`.trim()}
        />
      </div>
    </ActionsProvider>
  );
}

export function TracesPanel({
  panel,
  traces,
  height,
}: {
  panel: Panel;
  traces: FoundTrace[];
  height: number;
}) {
  if (traces.length === 0) return <p className="dash-none">No traces</p>;
  return (
    <div className="dash-traces" style={{ height }}>
      <TraceList traces={traces} chosen={[]} onChosen={null} label={`${panel.title} traces`.trim()} />
    </div>
  );
}

export function FlamePanel(props: {
  panel: Panel;
  type: string;
  selector: string;
  span: Span;
  attempt: number;
  height: number;
}) {
  const answer = useFlames({ type: props.type, query: props.selector, ...props.span }, null, props.attempt);
  const [zoom, setZoom] = useState('');
  const [find, setFind] = useState('');
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!answer.data) return <Loading label="Merging profiles" />;
  if (answer.data.total[0] === 0) return <p className="dash-none">No samples</p>;
  return (
    <div className="dash-flames" style={{ height: props.height }}>
      <FlameGraph
        flames={answer.data}
        unit={partsOf(props.type).unit}
        label={props.panel.title || 'Flame graph'}
        find={find}
        zoom={zoom}
        onZoom={setZoom}
        onFunction={(name) => setFind(name === find ? '' : name)}
      />
    </div>
  );
}
