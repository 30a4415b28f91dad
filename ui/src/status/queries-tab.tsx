import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ApiError, call, remove } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import { queryClient } from '../api/queries';
import { Icon } from '../components/icons';
import { Button, Empty, Loading, Notice, Select } from '../components/ui';
import { formatAgo } from '../lib/time';
import { formatValue } from '../lib/units';
import { MemoryShares } from './memory-shares';

interface RunningQuery {
  id: number;
  query: string;
  state: 'queued' | 'running' | string;
  user: string;
  client: string;
  method?: string;
  path?: string;
  priority?: string;
  since: string;
  elapsedSeconds: number;
  queuedSeconds: number;
  samples: number;
  bytes: number;
  peakBytes: number;
}

interface QueryCost {
  query: string;
  calls: number;
  failures: number;
  seconds: number;
  cpuSeconds: number;
  samples: number;
  maxSeconds: number;
  maxBytes: number;
  last: string;
}

interface QueriesData {
  queries: RunningQuery[];
  top: QueryCost[];
  /** False when the server was started with neither the admin nor the lifecycle API. */
  stoppable?: boolean;
  maxConcurrent: number;
  memory: { bytes: number; maxBytes: number };
}

const ORDERS = ['cpu', 'seconds', 'samples', 'calls', 'max', 'bytes'] as const;
type Order = (typeof ORDERS)[number];

const ORDER_NAMES: Record<Order, string> = {
  cpu: 'Processor time',
  seconds: 'Time',
  samples: 'Samples read',
  calls: 'Calls',
  max: 'Longest call',
  bytes: 'Memory',
};

/** What a full bar of the list stands for, by order. */
const MEASURE: Record<Order, (cost: QueryCost) => number> = {
  cpu: (c) => c.cpuSeconds,
  seconds: (c) => c.seconds,
  samples: (c) => c.samples,
  calls: (c) => c.calls,
  max: (c) => c.maxSeconds,
  bytes: (c) => c.maxBytes,
};

const REFRESH_MS = 2000;
const LIMITS = ['20', '50', '100', '500'];

function useQueries(order: Order, limit: string) {
  return useQuery({
    queryKey: ['queries', order, limit],
    queryFn: ({ signal }) => call<QueriesData>('status/queries', { order, limit }, signal),
    refetchInterval: (query) => (query.state.error ? false : REFRESH_MS),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

const seconds = (value: number) => formatValue(value, 'seconds', 3);
const count = (value: number) => formatValue(value, 'none', 3);

function Explain({ query, children }: { query: string; children: ReactNode }) {
  return (
    <Link
      to="/query"
      className="query-text"
      title="Explain in Explore"
      search={{ 'g0.expr': query, 'g0.tab': 'explain' } as never}
    >
      {children}
    </Link>
  );
}

type Outcome = { kind: 'info' | 'error'; title: string; text: string };

/** Who asks, as far as it is known. */
function Asker({ query }: { query: RunningQuery }) {
  const parts = [
    // Who did not authenticate is called by the address.
    query.user && query.user !== query.client && `user ${query.user}`,
    query.client,
    query.method && query.path ? `${query.method} ${query.path}` : query.path,
    query.priority && query.priority !== 'interactive' && query.priority,
  ].filter(Boolean);
  return <span className="muted">{parts.join(' · ')}</span>;
}

function Running({ data, onDone }: { data: QueriesData; onDone: (outcome: Outcome) => void }) {
  const [stopping, setStopping] = useState<ReadonlySet<number>>(new Set());
  const stop = async (query: RunningQuery) => {
    setStopping((old) => new Set(old).add(query.id));
    try {
      await remove(`status/queries/${query.id}`);
      onDone({
        kind: 'info',
        title: `Query ${query.id} was stopped`,
        text: `It had run for ${seconds(query.elapsedSeconds)}. The client gets the error “query was canceled”.`,
      });
    } catch (e) {
      const gone = e instanceof ApiError && e.status === 404;
      onDone({
        kind: gone ? 'info' : 'error',
        title: gone ? `Query ${query.id} had already ended` : `Query ${query.id} could not be stopped`,
        text: gone ? 'There was nothing to stop.' : e instanceof Error ? e.message : String(e),
      });
    } finally {
      setStopping((old) => {
        const next = new Set(old);
        next.delete(query.id);
        return next;
      });
      void queryClient.invalidateQueries({ queryKey: ['queries'] });
    }
  };
  if (data.queries.length === 0) {
    return (
      <section className="card nothing">
        <Icon name="check" size={20} />
        <div>
          <h3>No running queries</h3>
          <p>Queries appear here while they run or wait. The list refreshes every 2 s.</p>
        </div>
      </section>
    );
  }
  return (
    <section className="card table-card">
      <div className="table-wrap">
        <table className="table queries-table">
          <thead>
            <tr>
              <th>Query</th>
              <th className="num">Running for</th>
              <th className="num">Samples</th>
              <th className="num">Memory</th>
              <th>
                <span className="visually-hidden">Stop</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.queries.map((q) => (
              <tr key={q.id}>
                <td>
                  <span className="query-cell">
                    <span className="query-line">
                      <span className={`badge ${q.state === 'queued' ? 'badge-warn' : 'badge-up'}`}>
                        {q.state === 'queued' ? 'waiting' : q.state}
                      </span>
                      <Explain query={q.query}>{q.query}</Explain>
                    </span>
                    <Asker query={q} />
                  </span>
                </td>
                <td className="num" data-name="Running for">
                  {seconds(q.elapsedSeconds)}
                  {q.queuedSeconds > 0.05 && q.state !== 'queued' && (
                    <span className="muted query-note">{seconds(q.queuedSeconds)} of it waiting</span>
                  )}
                </td>
                <td className="num" data-name="Samples">
                  {count(q.samples)}
                </td>
                <td className="num" data-name="Memory">
                  {formatValue(q.bytes, 'bytes', 3)}
                  {q.peakBytes > q.bytes && (
                    <span className="muted query-note">at most {formatValue(q.peakBytes, 'bytes', 3)}</span>
                  )}
                </td>
                <td className="query-stop">
                  <Button
                    icon="stop"
                    disabled={data.stoppable === false || stopping.has(q.id)}
                    title={
                      data.stoppable === false
                        ? 'Needs --web.enable-admin-api or --web.enable-lifecycle'
                        : undefined
                    }
                    onClick={() => void stop(q)}
                    aria-label={`Stop query ${q.id}`}
                  >
                    {stopping.has(q.id) ? 'Stopping…' : 'Stop'}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Costs({ top, order }: { top: QueryCost[]; order: Order }) {
  const of = MEASURE[order];
  const most = top.reduce((max, c) => Math.max(max, of(c)), 0);
  const all = top.reduce((sum, c) => sum + of(c), 0);
  const sums = order !== 'max' && order !== 'bytes';
  if (top.length === 0) {
    return (
      <section className="card">
        <Empty icon="clock" title="No completed queries yet">
          Costs are summed since server start, per query text.
        </Empty>
      </section>
    );
  }
  const cell = (name: Order, text: string, note?: string) => (
    <td className={`num${order === name ? ' is-chosen' : ''}`} data-name={ORDER_NAMES[name]}>
      {text}
      {note && <span className="muted query-note">{note}</span>}
    </td>
  );
  return (
    <section className="card table-card">
      <div className="table-wrap">
        <table className="table queries-table">
          <thead>
            <tr>
              <th>Query</th>
              <th className="num">Processor</th>
              <th className="num">Time</th>
              <th className="num">Calls</th>
              <th className="num">Longest</th>
              <th className="num">Samples</th>
              <th className="num">Memory</th>
            </tr>
          </thead>
          <tbody>
            {top.map((c) => (
              <tr key={c.query}>
                <td>
                  <span className="query-cell">
                    <Explain query={c.query}>{c.query}</Explain>
                    <span className="query-share">
                      <span className="meter">
                        <i style={{ width: `${most > 0 ? (of(c) / most) * 100 : 0}%` }} />
                      </span>
                      <span className="muted">
                        {sums && all > 0 && `${formatValue(of(c) / all, 'ratio', 2)} of these · `}
                        {formatAgo(Date.parse(c.last), Date.now())}
                      </span>
                    </span>
                  </span>
                </td>
                {cell('cpu', seconds(c.cpuSeconds))}
                {cell(
                  'seconds',
                  seconds(c.seconds),
                  c.calls > 1 ? `${seconds(c.seconds / c.calls)} each` : undefined,
                )}
                {cell('calls', count(c.calls), c.failures > 0 ? `${count(c.failures)} failed` : undefined)}
                {cell('max', seconds(c.maxSeconds))}
                {cell('samples', count(c.samples))}
                {cell('bytes', formatValue(c.maxBytes, 'bytes', 3))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function QueriesTab() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const order: Order = ORDERS.find((o) => o === search.order) ?? 'cpu';
  const limit = LIMITS.includes(search.limit ?? '') ? (search.limit as string) : (LIMITS[0] as string);
  const queries = useQueries(order, limit);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const data = queries.data?.data;
  const go = (patch: Record<string, string>) =>
    void navigate({
      to: '/status/$tab',
      params: { tab: 'queries' } as never,
      search: { ...search, ...patch } as never,
      replace: true,
      resetScroll: false,
    });
  if (isMissing(queries.error)) {
    return (
      <Empty icon="gauge" title="This server does not list its queries">
        Like Prometheus, it has no <code>/api/v1/status/queries</code>. Its metrics{' '}
        <code>prometheus_engine_queries</code> and <code>prometheus_engine_query_duration_seconds</code> show
        the number of running queries and their duration.
      </Empty>
    );
  }
  if (queries.error && !data) return <ErrorNotice error={queries.error} />;
  if (!data) return <Loading label="Loading queries" />;
  const waiting = data.queries.filter((q) => q.state === 'queued').length;
  const running = data.queries.length - waiting;
  const { bytes, maxBytes } = data.memory;
  const share = maxBytes > 0 ? bytes / maxBytes : 0;
  return (
    <>
      {queries.error && <ErrorNotice error={queries.error} />}
      <div className="tiles">
        <div className="tile">
          <span className="tile-name">Running</span>
          <span className="tile-value">{running}</span>
          <span className="meter">
            <i style={{ width: `${Math.min(100, (running / Math.max(1, data.maxConcurrent)) * 100)}%` }} />
          </span>
          <span className="tile-note">of {data.maxConcurrent} at once</span>
        </div>
        <div className="tile">
          <span className="tile-name">Waiting</span>
          <span className="tile-value">{waiting}</span>
          <span className="tile-note">{waiting > 0 ? 'for a slot' : 'none waiting'}</span>
        </div>
        <div className="tile">
          <span className="tile-name">Memory of queries</span>
          <span className="tile-value">{formatValue(bytes, 'bytes', 3)}</span>
          <span className={`meter${share > 0.9 ? ' is-bad' : share > 0.7 ? ' is-warn' : ''}`}>
            <i style={{ width: `${Math.min(100, share * 100)}%` }} />
          </span>
          <span className="tile-note">
            {maxBytes > 0 ? `of ${formatValue(maxBytes, 'bytes', 3)}` : 'not limited'}
          </span>
        </div>
      </div>
      {outcome && (
        <div className="outcome">
          <Notice kind={outcome.kind} title={outcome.title}>
            {outcome.text}
          </Notice>
          <Button icon="close" look="ghost" label="Hide" onClick={() => setOutcome(null)} />
        </div>
      )}
      <div className="filters">
        <h2>Now</h2>
      </div>
      <Running data={data} onDone={setOutcome} />
      <MemoryShares />
      <div className="filters section-head">
        <h2>Most expensive since start</h2>
        <span className="filter-fields">
          <Select
            label="By"
            value={order}
            choices={ORDERS.map((value) => ({ value, label: ORDER_NAMES[value] }))}
            onChange={(next) => go({ order: next })}
          />
          <Select
            label="Show top"
            value={limit}
            choices={LIMITS.map((value) => ({ value, label: value }))}
            onChange={(next) => go({ limit: next })}
          />
        </span>
      </div>
      <div className={queries.isPlaceholderData ? 'is-stale' : undefined}>
        <Costs top={data.top} order={order} />
      </div>
    </>
  );
}
