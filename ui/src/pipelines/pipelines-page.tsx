/** What flows through this process: from where, to where, how much, and what waits or fails. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { has } from '../app/parts';
import { Moment } from '../components/moment';
import { Empty, Loading, Notice, PageHead, SearchField, Segmented } from '../components/ui';
import { roughDuration } from '../lib/time';
import { plural } from '../lib/units';
import { type GraphNode, type Pipelines, usePipelines } from './api';
import { GraphConfig } from './config';
import {
  edgeRates,
  narrowed,
  obstacles,
  REASON_WORDS,
  ratesOver,
  remember,
  SIGNALS,
  signalOf,
} from './model';
import { Panel } from './panel';
import type { Unit } from './rates';
import { Follow } from './record-tap';
import { ComponentTable } from './table';
import './pipelines.css';

const GraphView = lazy(() => import('./graph').then((module) => ({ default: module.GraphView })));

type View = 'graph' | 'table' | 'config';

/** Blocked components that are named in one notice. */
const MOST_NAMED = 6;

/** On a phone a list reads better than a picture. */
const narrow = () => matchMedia('(max-width: 700px)').matches;

/** The answers of the last half minute. */
function usePast(now: Pipelines | undefined): Pipelines[] {
  const past = useRef<Pipelines[]>([]);
  const [, draw] = useState(0);
  useEffect(() => {
    if (!now) return;
    const next = remember(past.current, now);
    if (next !== past.current) {
      past.current = next;
      draw((n) => n + 1);
    }
  }, [now]);
  return past.current;
}

/** The components that block others: what an operator has to fix first. */
function Obstacles({ nodes, onChoose }: { nodes: GraphNode[]; onChoose: (id: string) => void }) {
  const all = obstacles(nodes);
  if (all.length === 0) return null;
  return (
    <div className="obstacles" role="status">
      {all.map((one) => (
        <Notice key={one.by} kind="error" title={`Blocked by ${one.byKind} ${one.byComponent}`}>
          {one.byKind} {one.byComponent}: {REASON_WORDS[one.reason]} <Moment ms={one.sinceMillis} />. Blocked:{' '}
          {one.blocks.slice(0, MOST_NAMED).map((node, i) => (
            <span key={node.id}>
              {i > 0 && ', '}
              <button type="button" className="link-button" onClick={() => onChoose(node.id)}>
                {node.kind} {node.component}
              </button>
            </span>
          ))}
          {one.blocks.length > MOST_NAMED && ` and ${one.blocks.length - MOST_NAMED} more`}.{' '}
          <button type="button" className="link-button" onClick={() => onChoose(one.by)}>
            Show {one.byComponent}
          </button>
        </Notice>
      ))}
    </div>
  );
}

export function PipelinesPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const query = usePipelines();
  const past = usePast(query.data);
  const rates = useMemo(() => edgeRates(past), [past]);
  const graph = query.data;
  const unit: Unit = search.unit === 'bytes' ? 'bytes' : 'items';
  const view: View =
    search.view === 'graph' || search.view === 'table' || search.view === 'config'
      ? search.view
      : narrow()
        ? 'table'
        : 'graph';
  const signal = SIGNALS.find((one) => one === search.signal) ?? '';
  const chosen = search.at ?? '';
  const latest = useRef(search);
  latest.current = search;
  const change = useCallback(
    (patch: Record<string, string>) =>
      void navigate({
        to: '/pipelines',
        search: { ...latest.current, ...patch } as never,
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const choose = useCallback((id: string) => change({ at: latest.current.at === id ? '' : id }), [change]);
  const shown = useMemo(
    () => (graph ? narrowed(graph, signal, search.search ?? '') : undefined),
    [graph, signal, search.search],
  );
  const flowing = useMemo(
    () => (shown ? shown.nodes.filter((node) => node.kind !== 'extension') : []),
    [shown],
  );
  const present = SIGNALS.filter((one) => graph?.edges.some((edge) => signalOf(edge.pipeline) === one));
  const over = ratesOver(past);
  const empty = graph && graph.nodes.length === 0;

  return (
    <div className="page">
      <PageHead
        title="Flow"
        lead={
          graph && !empty
            ? `${plural(graph.nodes.length, 'component')}, ${plural(graph.edges.length, 'edge')}${
                over > 0 ? `; rates over the last ${roughDuration(over * 1000)}` : ''
              }`
            : undefined
        }
      >
        {graph && !empty && (
          <>
            {view !== 'config' && (
              <Segmented<Unit>
                label="Volume"
                value={unit}
                choices={[
                  { value: 'items', label: 'Items' },
                  { value: 'bytes', label: 'Bytes' },
                ]}
                onChange={(value) => change({ unit: value })}
              />
            )}
            <Segmented<View>
              label="View"
              value={view}
              choices={[
                { value: 'graph', label: 'Graph' },
                { value: 'table', label: 'Table' },
                ...(has('prometheus') ? [] : [{ value: 'config' as const, label: 'Configuration' }]),
              ]}
              onChange={(value) => change({ view: value })}
            />
          </>
        )}
        <PageTabs />
      </PageHead>
      {query.error && !isMissing(query.error) && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading pipelines" />}
      {isMissing(query.error) && (
        <Empty icon="pipelines" title="This server has no pipelines">
          It does not know <code>/api/v1/pipelines</code>.
        </Empty>
      )}
      {empty && (
        <Empty icon="pipelines" title="No remote write">
          {has('prometheus') ? (
            <>
              The configuration has no <code>remote_write</code>. Collected samples stay on this server.
            </>
          ) : (
            'The graph has no components yet.'
          )}
        </Empty>
      )}
      {view === 'config' && graph && !empty && (
        <GraphConfig kind={search.kind ?? ''} component={search.component ?? ''} />
      )}
      {view !== 'config' && graph && shown && !empty && (
        <>
          <div className="filters">
            <div className="pills" role="group" aria-label="Signal">
              {present.length > 1 &&
                present.map((one) => (
                  <button
                    key={one}
                    type="button"
                    className="pill"
                    aria-pressed={signal === one}
                    onClick={() => change({ signal: signal === one ? '' : one })}
                  >
                    <i className={`signal-dot signal-${one}`} /> {one}
                  </button>
                ))}
            </div>
            <SearchField
              label="Find components"
              placeholder="Component or pipeline"
              value={search.search ?? ''}
              onChange={(text) => change({ search: text })}
            />
          </div>
          <Obstacles nodes={graph.nodes} onChoose={choose} />
          {flowing.length === 0 && <Empty icon="search" title="No component matches" />}
          <div className={`pipelines${chosen ? ' has-panel' : ''}`}>
            {flowing.length > 0 && view === 'graph' && (
              <Suspense fallback={<Loading label="Loading the graph" />}>
                <GraphView
                  nodes={flowing}
                  edges={shown.edges}
                  rates={rates}
                  now={graph.time}
                  unit={unit}
                  chosen={chosen}
                  onChoose={choose}
                />
              </Suspense>
            )}
            {flowing.length > 0 && view === 'table' && (
              <ComponentTable graph={shown} rates={rates} unit={unit} chosen={chosen} onChoose={choose} />
            )}
            {chosen && (
              <Panel graph={graph} rates={rates} chosen={chosen} onClose={() => change({ at: '' })} />
            )}
          </div>
          {graph.tap && !has('prometheus') && (
            <Follow
              signals={present.filter((one) => one === 'logs' || one === 'traces')}
              name={(id) => graph.nodes.find((one) => one.id === id)?.component ?? id}
            />
          )}
        </>
      )}
    </div>
  );
}
