import { useIsFetching } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useMetricNames } from '../api/queries';
import { useShortcut } from '../app/shortcuts';
import { TimePicker } from '../components/time-picker';
import { Button, Empty, PageHead } from '../components/ui';
import { clampRange, type TimeRange } from '../lib/time';
import { MetricExplorer } from './metric-explorer';
import { Panel } from './panel';
import {
  decode,
  type ExploreState,
  encode,
  MAX_PANELS,
  newPanel,
  type PanelState,
  type Search,
} from './state';
import { ExploreTabs } from './tabs';

/** Example queries for new users; each is offered only if its metric exists. */
const EXAMPLES = [
  { metric: 'up', expr: 'up', what: 'Targets that are up' },
  {
    metric: 'node_cpu_seconds_total',
    expr: 'sum by (instance, mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))',
    what: 'CPU usage by mode',
  },
  {
    metric: 'node_memory_MemAvailable_bytes',
    expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
    what: 'Share of available memory',
  },
  {
    metric: 'node_network_receive_bytes_total',
    expr: 'rate(node_network_receive_bytes_total{device!="lo"}[1m])',
    what: 'Bytes received from the network',
  },
  {
    metric: 'prometheus_http_request_duration_seconds_bucket',
    expr: 'histogram_quantile(0.95, sum by (le, handler) (rate(prometheus_http_request_duration_seconds_bucket[5m])))',
    what: 'Slow requests to this server',
  },
  { metric: 'scrape_duration_seconds', expr: 'topk(10, scrape_duration_seconds)', what: 'Slowest targets' },
];

function Start({ onPick, onExplore }: { onPick: (expr: string) => void; onExplore: () => void }) {
  const names = useMetricNames(true);
  const known = useMemo(() => new Set(names.data?.data ?? []), [names.data]);
  const fitting = EXAMPLES.filter((e) => known.has(e.metric)).slice(0, 5);
  return (
    <Empty
      icon="explore"
      title={fitting.length > 0 ? 'Example queries' : 'Write a query or browse metrics'}
      actions={
        <Button icon="compass" onClick={onExplore}>
          Browse {known.size > 0 ? `${known.size.toLocaleString('en')} metrics` : 'metrics'}
        </Button>
      }
    >
      {fitting.length > 0 && (
        <span className="suggestions">
          {fitting.map((e) => (
            <button key={e.expr} type="button" className="suggestion" onClick={() => onPick(e.expr)}>
              <span className="suggestion-what">{e.what}</span>
              <code>{e.expr}</code>
            </button>
          ))}
        </span>
      )}
    </Empty>
  );
}

export function ExplorePage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const state = useMemo(() => decode(search), [search]);
  const [now, setNow] = useState(() => Date.now());
  const [attempt, setAttempt] = useState(0);
  const [explorerFor, setExplorerFor] = useState<number | null>(null);
  const fetching = useIsFetching({
    predicate: (q) => ['range', 'instant', 'explain', 'part'].includes(String(q.queryKey[0])),
  });

  // Panels keep their identity over changes of the address: removing one must not hand its editor to the next.
  const ids = useRef<number[]>([]);
  const nextId = useRef(0);
  while (ids.current.length < state.panels.length) ids.current.push(nextId.current++);
  ids.current.length = state.panels.length;

  const go = (next: ExploreState, replace = false) => {
    void navigate({ to: '/query', search: encode(next) as never, replace, resetScroll: false });
  };
  const setTime = (time: TimeRange) => {
    setNow(Date.now());
    go({ ...state, time });
  };
  const updatePanel = (i: number, patch: Partial<PanelState>, replace = false) =>
    go({ ...state, panels: state.panels.map((p, j) => (j === i ? { ...p, ...patch } : p)) }, replace);
  const again = () => {
    setNow(Date.now());
    setAttempt((n) => n + 1);
  };
  const run = (i: number, expr: string) => {
    again();
    const panel = state.panels[i];
    if (panel && panel.expr !== expr)
      updatePanel(i, { expr, only: null, hide: [], explain: { ...panel.explain, part: 0 } });
  };
  const add = (panel: PanelState) => {
    if (state.panels.length < MAX_PANELS) go({ ...state, panels: [...state.panels, panel] });
  };
  const remove = (i: number) => {
    ids.current.splice(i, 1);
    go({ ...state, panels: state.panels.filter((_, j) => j !== i) });
  };
  const use = (i: number, expr: string) => {
    const chosen = state.panels[i];
    if (chosen) run(i, expr);
  };

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
  useShortcut('n', () => add(newPanel()));
  useShortcut('m', () => setExplorerFor(0));
  useShortcut('[', () => shift(-0.5));
  useShortcut(']', () => shift(0.5));
  useShortcut('-', () => setTime({ ...state.time, range: clampRange(state.time.range * 2) }));
  useShortcut('/', () => document.querySelector<HTMLElement>('.editor .cm-content, .editor-plain')?.focus());

  return (
    <div className="page explore">
      <PageHead title="Explore" tab={state.panels.find((p) => p.expr)?.expr.slice(0, 80)}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={fetching > 0}
          onChange={setTime}
          onRefresh={(refresh) => go({ ...state, refresh }, true)}
          onRun={again}
        />
      </PageHead>
      <ExploreTabs signal="metrics" search={search} time={state.time} />
      {state.panels.map((panel, i) => (
        <Panel
          key={ids.current[i]}
          panel={panel}
          index={i}
          count={state.panels.length}
          time={state.time}
          now={now}
          attempt={attempt}
          update={(patch, replace) => updatePanel(i, patch, replace)}
          run={(expr) => run(i, expr)}
          setTime={setTime}
          remove={() => remove(i)}
          duplicate={() => add({ ...panel })}
          explore={() => setExplorerFor(i)}
          empty={<Start onPick={(expr) => use(i, expr)} onExplore={() => setExplorerFor(i)} />}
        />
      ))}
      <Button icon="plus" className="add-panel" onClick={() => add(newPanel())}>
        Add a query
      </Button>
      <MetricExplorer
        open={explorerFor !== null}
        onClose={() => setExplorerFor(null)}
        onUse={(expr) => use(explorerFor ?? 0, expr)}
      />
    </div>
  );
}
