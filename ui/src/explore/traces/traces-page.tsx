/** Explore → Traces. The address holds the whole state. */
import { useIsFetching } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../../api/errors';
import { useShortcut } from '../../app/shortcuts';
import { TimePicker } from '../../components/time-picker';
import { Button, Empty, Loading, PageHead, Segmented, Select } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { clampRange, formatMoment, type TimeRange } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { ExploreTabs } from '../tabs';
import { useSearchTraces, useTraceServices, useTraces, type Window } from './api';
import { useServiceColors } from './colors';
import { NoTraceStore, NoTracesYet } from './empty';
import { isMetrics, ROLES, spansetPart, withTerm } from './filters';
import { HeatPanel } from './heat';
import { MetricsResult } from './metrics-result';
import { QueryPanel } from './query-panel';
import { RedCharts } from './red';
import { decode, encode, LIMITS, type Search, type TracesState, type View } from './state';
import { StructureView } from './structure-view';
import { plural } from './text';
import './trace.css';
import { SpanList, TraceList } from './trace-list';
import { UploadButton } from './upload';

/** Requests that services answer: what the first visit shows. Spans can be compared by it, which needs no other span. */
const FIRST = `{ ${ROLES.server} }`;
const SPANS_OF_TRACE = 3;
const SPANS_OF_LIST = 100;
/** Traces read for the aggregated structure. */
const STRUCTURE_TRACES = 50;

const VIEWS: { value: View; label: string }[] = [
  { value: 'traces', label: 'Traces' },
  { value: 'spans', label: 'Spans' },
  { value: 'structure', label: 'Structure' },
];

export function TracesPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const state = useMemo(() => decode(search), [search]);
  const services = useTraceServices();
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const fetching = useIsFetching({
    predicate: (q) => /^tempo-(search|metrics|traces)/.test(String(q.queryKey[0])),
  });
  const go = (next: TracesState, replace = false) =>
    void navigate({ to: '/explore/traces', search: encode(next) as never, replace, resetScroll: false });
  const setTime = (time: TimeRange) => {
    setNow(Date.now());
    go({ ...state, time, box: null });
  };
  const again = () => {
    setNow(Date.now());
    setAttempt((n) => n + 1);
  };
  const any = (services.data?.length ?? 0) > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the first span decides.
  useEffect(() => {
    if (!any || state.query !== '') return;
    // The page may have waited for the first span.
    setNow(Date.now());
    go({ ...state, query: FIRST }, true);
  }, [any, state.query === '']);

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
  useShortcut('/', () => document.querySelector<HTMLElement>('.editor .cm-content, .editor-plain')?.focus());

  return (
    <div className="page explore">
      <PageHead title="Explore" tab={state.query ? `Traces: ${state.query.slice(0, 80)}` : 'Traces'}>
        <UploadButton />
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={fetching > 0}
          onChange={setTime}
          onRefresh={(refresh) => go({ ...state, refresh }, true)}
          onRun={again}
        />
      </PageHead>
      <ExploreTabs signal="traces" search={search} time={state.time} />
      {isMissing(services.error) ? (
        <NoTraceStore />
      ) : services.error && !services.data && state.query === '' ? (
        <ErrorNotice error={services.error} />
      ) : !services.data && state.query === '' ? (
        <Loading label="Loading services" />
      ) : services.data?.length === 0 && state.query === '' ? (
        <NoTracesYet />
      ) : (
        <TracesContent state={state} now={now} attempt={attempt} go={go} setTime={setTime} again={again} />
      )}
    </div>
  );
}

function TracesContent({
  state,
  now,
  attempt,
  go,
  setTime,
  again,
}: {
  state: TracesState;
  now: number;
  attempt: number;
  go: (next: TracesState, replace?: boolean) => void;
  setTime: (time: TimeRange) => void;
  again: () => void;
}) {
  const { query, view } = state;
  const utc = utcTime.use();
  const window = useMemo<Window>(() => {
    const end = state.time.end ?? now;
    return { start: end - state.time.range, end };
  }, [state.time, now]);
  const metrics = isMetrics(query);
  const found = useSearchTraces({
    query,
    window,
    limit: state.limit,
    spss: view === 'spans' ? SPANS_OF_LIST : SPANS_OF_TRACE,
    attempt,
    enabled: !metrics,
  });
  const update = (patch: Partial<TracesState>, replace = false) => go({ ...state, ...patch }, replace);
  const run = (text: string) => {
    again();
    if (text !== query) update({ query: text, box: null });
  };
  const traces = found.data?.traces ?? [];
  const limits = [...new Set([...LIMITS, state.limit])].sort((a, b) => a - b);
  const invalid = found.error !== null && !metrics;
  return (
    <>
      <QueryPanel query={query} window={window} error={found.error} onRun={run} />
      {query !== '' && !invalid && !metrics && (
        <section className="panel" aria-label="Overview">
          <RedCharts query={query} window={window} attempt={attempt} onTime={setTime} />
          <HeatPanel
            query={query}
            window={window}
            attempt={attempt}
            box={state.box}
            onBox={(box) => update({ box }, true)}
            onTerm={(term) => update({ query: withTerm(spansetPart(query), term), box: null })}
            onTerms={(terms, time) =>
              update({
                query: terms.reduce((text, term) => withTerm(text, term), spansetPart(query)),
                box: null,
                time,
              })
            }
          />
        </section>
      )}
      {query !== '' && (
        <section className="panel" aria-label="Result">
          {metrics ? (
            <MetricsResult query={query} window={window} attempt={attempt} onTime={setTime} />
          ) : (
            <>
              <div className="panel-tools">
                <Segmented<View>
                  label="View"
                  value={view}
                  choices={VIEWS}
                  onChange={(next) => update({ view: next })}
                />
                <Select
                  label="Traces"
                  hideLabel
                  value={String(state.limit)}
                  choices={limits.map((limit) => ({ value: String(limit), label: `${limit} traces` }))}
                  onChange={(limit) => update({ limit: Number(limit) })}
                />
                {state.chosen.length > 0 && (
                  <span className="trace-compare">
                    {state.chosen.length === 2 ? (
                      <Link
                        to="/explore/traces/$id"
                        params={{ id: state.chosen[0] } as never}
                        search={{ view: 'diff', with: state.chosen[1] } as never}
                        className="button button-primary"
                      >
                        Compare traces
                      </Link>
                    ) : (
                      <span className="muted">Choose a second trace to compare.</span>
                    )}
                    <Button
                      look="ghost"
                      icon="close"
                      label="Clear choice"
                      onClick={() => update({ chosen: [] }, true)}
                    />
                  </span>
                )}
              </div>
              {found.error ? (
                <ErrorNotice error={found.error} />
              ) : !found.data ? (
                <Loading label="Running the query" />
              ) : traces.length === 0 ? (
                <Empty
                  icon="search"
                  title="No traces"
                  actions={
                    <Button
                      icon="zoomOut"
                      onClick={() =>
                        setTime({
                          range: clampRange(state.time.range * 2),
                          end: state.time.end === null ? null : state.time.end + state.time.range / 2,
                        })
                      }
                    >
                      Zoom out
                    </Button>
                  }
                >
                  {`The query is valid, but no span matched between ${formatMoment(window.start, utc)} and ${formatMoment(window.end, utc)}.`}
                </Empty>
              ) : (
                <div
                  className={found.isPlaceholderData ? 'is-stale' : undefined}
                  aria-busy={found.isFetching}
                >
                  {view === 'traces' ? (
                    <TraceList
                      traces={traces}
                      chosen={state.chosen}
                      onChosen={(chosen) => update({ chosen }, true)}
                    />
                  ) : view === 'spans' ? (
                    <SpanList traces={traces} />
                  ) : (
                    <FoundStructure ids={traces.slice(0, STRUCTURE_TRACES).map((t) => t.id)} />
                  )}
                  <p className="panel-stats">
                    {[
                      plural(traces.length, 'trace'),
                      traces.length >= state.limit ? 'more may match: the limit is reached' : '',
                      found.data.metrics.inspectedSpans
                        ? `${formatValue(Number(found.data.metrics.inspectedSpans), 'none', 3)} spans read`
                        : '',
                      found.data.metrics.inspectedBytes
                        ? `${formatValue(Number(found.data.metrics.inspectedBytes), 'bytes', 3)} read`
                        : '',
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                </div>
              )}
            </>
          )}
        </section>
      )}
    </>
  );
}

function FoundStructure({ ids }: { ids: string[] }) {
  const traces = useTraces(ids, true);
  const list = useMemo(() => traces.data ?? [], [traces.data]);
  const colors = useServiceColors(list);
  if (traces.error) return <ErrorNotice error={traces.error} />;
  if (!traces.data) return <Loading label="Loading traces" />;
  return <StructureView traces={list} colors={colors} />;
}
