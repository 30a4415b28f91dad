/** Explore → Logs. The address holds the whole state. */
import { useIsFetching } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../../api/errors';
import { basePath } from '../../app/base';
import { useShortcut } from '../../app/shortcuts';
import { TimePicker } from '../../components/time-picker';
import { Loading, PageHead } from '../../components/ui';
import { clampRange, type TimeRange } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { ExploreTabs } from '../tabs';
import { ActionsProvider, type LogActions } from './actions';
import { AlertDialog } from './alert-dialog';
import { type Span, useBroadest, useEntries, useIndexStats, useLabelNames, useNewer } from './api';
import { ContextDialog } from './context';
import { NoLogStore, NoLogsYet } from './empty';
import { type Entry, fieldNames, shiftNs } from './entries';
import { firstQueries } from './links';
import { LiveView } from './live';
import './logs-explore.css';
import './logs-lines.css';
import { LogsToolbar } from './logs-toolbar';
import { MetricResult } from './metric-result';
import { PatternsView } from './patterns-view';
import { isMetric, searchTerms, selectorOf, withFilter, withPattern } from './query';
import { QueryPanel } from './query-panel';
import { LogResults, useShownEntries } from './results';
import { decode, encode, type LogsState, type Search } from './state';
import { Volume } from './volume';

/** Lines newer than the one that a link leads to. */
const NEWER = 50;
const DAY = 86_400_000;

function spanOf(time: TimeRange, now: number): Span {
  const end = time.end ?? now;
  return { start: end - time.range, end };
}

export function LogsPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const state = useMemo(() => decode(search), [search]);
  const names = useLabelNames();
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const fetching = useIsFetching({
    predicate: (q) => /^loki-(entries|matrix|patterns)/.test(String(q.queryKey[0])),
  });
  const go = (next: LogsState, replace = false) =>
    void navigate({ to: '/explore/logs', search: encode(next) as never, replace, resetScroll: false });
  const setTime = (time: TimeRange) => {
    setNow(Date.now());
    go({ ...state, time, line: null });
  };
  const again = () => {
    setNow(Date.now());
    setAttempt((n) => n + 1);
  };

  // With logs in the store and no query yet, everything is shown.
  const firsts = useMemo(() => firstQueries(names.data ?? []), [names.data]);
  const broadest = useBroadest(firsts, { start: now - DAY, end: Date.now() }, state.query === '');
  const first = state.query === '' ? (broadest.data ?? '') : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the first names decide.
  useEffect(() => {
    if (!first) return;
    // The page may have waited for the first entry.
    setNow(Date.now());
    go({ ...state, query: first }, true);
  }, [first]);

  useEffect(() => {
    if (state.refresh === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, state.refresh);
    return () => clearInterval(timer);
  }, [state.refresh]);

  const shift = (share: number) => {
    const end = (state.time.end ?? Date.now()) + state.time.range * share;
    setTime({ range: state.time.range, end: end >= Date.now() ? null : Math.round(end / 1000) * 1000 });
  };
  useShortcut('r', again);
  useShortcut('[', () => shift(-0.5));
  useShortcut(']', () => shift(0.5));
  useShortcut('-', () => setTime({ ...state.time, range: clampRange(state.time.range * 2) }));
  useShortcut('w', () => go({ ...state, wrap: !state.wrap }, true));
  useShortcut('v', () => go({ ...state, view: state.view === 'table' ? 'list' : 'table' }));
  useShortcut('/', () => document.querySelector<HTMLElement>('.editor .cm-content, .editor-plain')?.focus());

  return (
    <div className="page explore">
      <PageHead title="Explore" tab={state.query ? `Logs: ${state.query.slice(0, 80)}` : 'Logs'}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={fetching > 0}
          onChange={setTime}
          onRefresh={(refresh) => go({ ...state, refresh }, true)}
          onRun={again}
        />
      </PageHead>
      <ExploreTabs signal="logs" search={search} time={state.time} />
      {isMissing(names.error) ? (
        <NoLogStore />
      ) : names.error && !names.data && state.query === '' ? (
        <ErrorNotice error={names.error} />
      ) : !names.data && state.query === '' ? (
        <Loading label="Loading labels" />
      ) : names.data?.length === 0 && state.query === '' ? (
        <NoLogsYet />
      ) : (
        <LogsContent state={state} now={now} attempt={attempt} go={go} setTime={setTime} again={again} />
      )}
    </div>
  );
}

function LogsContent({
  state,
  now,
  attempt,
  go,
  setTime,
  again,
}: {
  state: LogsState;
  now: number;
  attempt: number;
  go: (next: LogsState, replace?: boolean) => void;
  setTime: (time: TimeRange) => void;
  again: () => void;
}) {
  const [context, setContext] = useState<Entry | null>(null);
  const [alerting, setAlerting] = useState(false);
  const { query, view } = state;
  const range = useMemo(() => spanOf(state.time, now), [state.time, now]);
  const metric = isMetric(query);
  const rows = !metric && (view === 'list' || view === 'table');
  const terms = useMemo(() => searchTerms(query), [query]);
  // A link to one line reads backwards from it, and a few newer lines.
  const from =
    state.line && state.direction === 'backward' ? shiftNs(state.line.split('_')[0] as string, 1) : null;
  const older = useEntries({
    query,
    range,
    direction: state.direction,
    limit: state.limit,
    attempt,
    from: from ?? (state.line ? (state.line.split('_')[0] as string) : null),
    enabled: rows && query !== '',
  });
  const newer = useNewer(query, rows ? from : null, range.end, NEWER);
  const entries = useShownEntries(older, newer, state);
  const stats = useIndexStats(selectorOf(query), range, attempt, query !== '');
  const columns = useMemo(() => fieldNames(entries.slice(0, 500)), [entries]);

  const update = (patch: Partial<LogsState>, replace = false) => go({ ...state, ...patch }, replace);
  const run = (text: string) => {
    again();
    if (text !== query) update({ query: text, line: null });
  };
  const toggleColumn = (name: string) =>
    update(
      {
        columns: state.columns.includes(name)
          ? state.columns.filter((one) => one !== name)
          : [...state.columns, name],
      },
      true,
    );
  const actions: LogActions = {
    filter: (filter) => update({ query: withFilter(query, filter), line: null }),
    toggleColumn,
    showContext: setContext,
    link: (entry) => {
      const time = {
        range: state.time.range,
        end: Math.ceil((entry.ms + state.time.range / 2) / 1000) * 1000,
      };
      const address = new URLSearchParams(
        encode({ ...state, time, view: 'list', line: entry.id, refresh: 0 }),
      );
      return `${location.origin}${basePath}/explore/logs?${address}`;
    },
    columns: state.columns,
  };
  const zoomOut = () =>
    setTime({
      range: clampRange(state.time.range * 2),
      end: state.time.end === null ? null : state.time.end + state.time.range / 2,
    });
  const load = stats.data;
  return (
    <ActionsProvider value={actions}>
      <QueryPanel
        query={query}
        range={range}
        builder={state.builder}
        error={rows ? older.error : null}
        onBuilder={(builder) => update({ builder }, true)}
        onRun={run}
      >
        {load && load.bytes > 0 && (
          <p className="panel-stats logs-load">
            {`Selects about ${formatValue(load.bytes, 'bytes', 3)} in ${formatValue(load.streams, 'none', 3)} streams`}
          </p>
        )}
      </QueryPanel>
      {query !== '' && (
        <section className="panel" aria-label="Result">
          {!metric && view !== 'live' && !older.error && (
            <Volume
              query={query}
              range={range}
              attempt={attempt}
              hidden={state.hidden}
              onHidden={(hidden) => update({ hidden }, true)}
              onTime={setTime}
            />
          )}
          <LogsToolbar
            state={state}
            metric={metric}
            names={columns}
            update={update}
            toggleColumn={toggleColumn}
            onAlert={() => setAlerting(true)}
          />
          {metric ? (
            <MetricResult
              table={view === 'table'}
              query={query}
              range={range}
              attempt={attempt}
              onTime={setTime}
              onLogs={(text, time) => update({ query: text, time, view: 'list', line: null })}
            />
          ) : view === 'patterns' ? (
            <PatternsView
              query={query}
              range={range}
              attempt={attempt}
              onFilter={(pattern, exclude) =>
                update({ query: withPattern(query, pattern, exclude), view: 'list', line: null })
              }
            />
          ) : view === 'live' ? (
            <LiveView
              query={query}
              attempt={attempt}
              terms={terms}
              columns={state.columns}
              hidden={state.hidden}
              wrap={state.wrap}
              onContext={setContext}
            />
          ) : (
            <LogResults
              state={state}
              range={range}
              attempt={attempt}
              entries={entries}
              older={older}
              terms={terms}
              onContext={setContext}
              onZoomOut={zoomOut}
              onAll={() => update({ line: null })}
            />
          )}
        </section>
      )}
      {alerting && <AlertDialog query={query} onClose={() => setAlerting(false)} />}
      {context && (
        <ContextDialog
          entry={context}
          terms={terms}
          onClose={() => setContext(null)}
          onQuery={(text) => {
            setContext(null);
            update({
              query: text,
              view: 'list',
              line: null,
              time: { range: 600_000, end: Math.ceil(context.ms / 1000) * 1000 + 300_000 },
            });
          }}
        />
      )}
    </ActionsProvider>
  );
}
