/** One trace. The address holds the chosen span, the view and the search. */
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../../api/errors';
import { Moment } from '../../components/moment';
import {
  Button,
  CopyButton,
  Empty,
  Loading,
  Notice,
  PageHead,
  SearchField,
  Segmented,
} from '../../components/ui';
import { ExploreTabs } from '../tabs';
import { useTrace } from './api';
import { useServiceColors } from './colors';
import { criticalPath, segmentsByNode } from './critical-path';
import { CriticalView } from './critical-view';
import { DiffView } from './diff-view';
import { SpanDrawer } from './drawer';
import { NoTraceStore } from './empty';
import { writeJaeger } from './jaeger';
import { logsSearch } from './links';
import { useLocalFile } from './local';
import { Minimap, type Range } from './minimap';
import { isTraceId, normalId, type Trace } from './model';
import { writeOtlp } from './otlp';
import { collapseBelow, revealed, searchNodes, visibleRows } from './rows';
import { StructureView } from './structure-view';
import { count, duration, plural } from './text';
import './trace.css';
import { buildTree, correctedStarts, rootOf, type TraceTree } from './tree';
import { UploadButton } from './upload';
import { Waterfall } from './waterfall';

type View = 'timeline' | 'structure' | 'critical' | 'diff';
type Search = Record<string, string>;

const VIEWS: { value: View; label: string }[] = [
  { value: 'timeline', label: 'Timeline' },
  { value: 'critical', label: 'Critical path' },
  { value: 'structure', label: 'Structure' },
  { value: 'diff', label: 'Compare' },
];

const DEFAULT_TIME = { range: 3_600_000, end: null };
const NO_TRACES: Trace[] = [];

export function TracePage() {
  const { id: text } = useParams({ strict: false }) as { id: string };
  const search = useSearch({ strict: false }) as Search;
  const id = normalId(text, 32);
  const local = search.local === '1';
  const file = useLocalFile();
  const own = local ? file?.traces.find((one) => one.id === id || one.id === text) : undefined;
  const valid = isTraceId(id);
  const answer = useTrace(id, !local && valid);
  const trace = own ?? (local ? undefined : answer.data?.trace);
  return (
    <div className="page explore">
      <PageHead title="Explore" tab={`Trace ${id.slice(0, 12)}`}>
        <UploadButton />
      </PageHead>
      <ExploreTabs signal="traces" search={null} time={DEFAULT_TIME} />
      {trace ? (
        <TraceContent
          key={trace.id}
          trace={trace}
          search={search}
          partial={answer.data?.partial ?? ''}
          file={local ? file : null}
        />
      ) : local ? (
        <Empty icon="table" title="File not loaded">
          Uploaded traces stay in the tab that opened them. Open the file again to see this trace.
        </Empty>
      ) : !valid ? (
        <Notice kind="error" title="Invalid trace id">
          <code>{text}</code> is not a trace id: it must have 1 to 32 hexadecimal digits.
        </Notice>
      ) : answer.error && isMissing(answer.error) ? (
        <NoTraceStore />
      ) : answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : answer.data === null ? (
        <Empty
          icon="search"
          title="Trace not found"
          actions={
            <>
              <Button icon="refresh" onClick={() => void answer.refetch()}>
                Try again
              </Button>
              <Link to="/explore/traces" className="button button-plain">
                Search traces
              </Link>
            </>
          }
        >
          No spans of trace <code>{id}</code> are stored. They may not have arrived yet, or retention has
          deleted them.
        </Empty>
      ) : (
        <Loading label="Loading trace" />
      )}
    </div>
  );
}

function Problems({ tree, partial }: { tree: TraceTree; partial: string }) {
  const { counts } = tree;
  const list = [
    counts.missingParents > 0 &&
      `${plural(counts.missingParents, 'span')} without parent: shown at the top level. The parent may not have arrived yet.`,
    counts.duplicates > 0 && `${plural(counts.duplicates, 'span')} with a duplicate id.`,
    counts.cycles > 0 && `${plural(counts.cycles, 'cycle')} of parents: cut at the earliest span.`,
    counts.skewed > 0 &&
      `${plural(counts.skewed, 'span')} before the start of the parent: the clocks of the processes differ.`,
    partial !== '' && partial,
  ].filter((one) => one !== false);
  if (list.length === 0) return null;
  return (
    <Notice kind="warning" title="Incomplete or inconsistent trace">
      <ul className="trace-problems">
        {list.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Notice>
  );
}

function TraceContent({
  trace,
  search,
  partial,
  file,
}: {
  trace: Trace;
  search: Search;
  partial: string;
  file: { name: string; format: string; traces: Trace[] } | null;
}) {
  const navigate = useNavigate();
  const tree = useMemo(() => buildTree(trace), [trace]);
  const traces = useMemo(() => [trace], [trace]);
  const colors = useServiceColors(traces);
  const root = rootOf(tree);
  const view = VIEWS.find((one) => one.value === search.view)?.value ?? 'timeline';
  const find = search.find ?? '';
  const chosen = useMemo(
    () => tree.nodes.find((node) => node.span.id === search.span)?.index ?? null,
    [tree, search.span],
  );
  const [twin, setTwin] = useState<number | null>(null);
  // Spans with a duplicate id have the same address; the one that was pressed stays chosen.
  const open = twin !== null && tree.nodes[twin]?.span.id === search.span ? twin : chosen;
  const update = (patch: Search, replace = true) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...patch }).filter(([, v]) => v !== ''));
    void navigate({ to: `/explore/traces/${trace.id}`, search: next as never, replace, resetScroll: false });
  };
  const choose = (index: number) => {
    setTwin(index);
    update({ span: tree.nodes[index]?.span.id ?? '' });
  };
  const errors = tree.counts.errors;
  return (
    <>
      <section className="panel trace-head" aria-label="Trace">
        <div className="trace-title">
          <h2>
            {root ? (
              <>
                <b>{root.span.resource.service}</b> {root.span.name}
              </>
            ) : (
              'Trace without spans'
            )}
          </h2>
          <p className="trace-facts">
            <Moment ms={Number(trace.base / 1_000_000n)} />
            <span>
              <b>{duration(trace.duration)}</b> duration
            </span>
            <span>
              <b>{count(tree.nodes.length)}</b> spans
            </span>
            <span>
              <b>{tree.maxDepth + 1}</b> levels
            </span>
            <span className={errors > 0 ? 'is-bad' : undefined}>
              <b>{count(errors)}</b> {errors === 1 ? 'error' : 'errors'}
            </span>
            {file && (
              <span>
                from {file.name} ({file.format})
              </span>
            )}
          </p>
        </div>
        <div className="trace-actions">
          <span className="logs-copy">
            <CopyButton label="Copy trace id" text={trace.id} /> <code>{trace.id}</code>
          </span>
          <span className="logs-copy">
            <CopyButton label="Copy OTLP JSON" text={() => JSON.stringify(writeOtlp(trace), null, 2)} /> OTLP
            JSON
          </span>
          <span className="logs-copy">
            <CopyButton label="Copy Jaeger JSON" text={() => JSON.stringify(writeJaeger(trace), null, 2)} />{' '}
            Jaeger JSON
          </span>
          {!file && (
            <Link
              to="/explore/logs"
              search={logsSearch(trace, null) as never}
              className="button button-plain"
            >
              Logs of trace
            </Link>
          )}
          {file && file.traces.length > 1 && (
            <label className="field">
              <span className="field-label">Trace in file</span>
              <span className="select">
                <select
                  value={trace.id}
                  onChange={(e) =>
                    void navigate({
                      to: `/explore/traces/${e.target.value}`,
                      search: { local: '1' } as never,
                    })
                  }
                >
                  {file.traces.slice(0, 500).map((one) => (
                    <option key={one.id} value={one.id}>
                      {`${one.id.slice(0, 12)} · ${plural(one.spans.length, 'span')} · ${duration(one.duration)}`}
                    </option>
                  ))}
                </select>
              </span>
            </label>
          )}
        </div>
      </section>
      <Problems tree={tree} partial={partial} />
      <section className="panel" aria-label="Spans of the trace">
        <div className="panel-tools">
          <Segmented<View>
            label="View"
            value={view}
            choices={VIEWS}
            onChange={(next) => update({ view: next === 'timeline' ? '' : next }, false)}
          />
        </div>
        {view === 'structure' ? (
          <StructureView traces={traces} colors={colors} />
        ) : view === 'critical' ? (
          <CriticalView
            tree={tree}
            colors={colors}
            onChoose={(index) => update({ view: '', span: tree.nodes[index]?.span.id ?? '' }, false)}
          />
        ) : view === 'diff' ? (
          <DiffView
            trace={trace}
            other={search.with ?? ''}
            local={file?.traces ?? NO_TRACES}
            onOther={(id) => update({ with: id })}
          />
        ) : (
          <Timeline
            tree={tree}
            colors={colors}
            chosen={open}
            find={find}
            local={file !== null}
            onFind={(text) => update({ find: text })}
            onChoose={choose}
            onClose={() => update({ span: '' })}
          />
        )}
      </section>
    </>
  );
}

function Timeline({
  tree,
  colors,
  chosen,
  find,
  local,
  onFind,
  onChoose,
  onClose,
}: {
  tree: TraceTree;
  colors: (service: string) => string;
  chosen: number | null;
  find: string;
  local: boolean;
  onFind: (text: string) => void;
  onChoose: (index: number) => void;
  onClose: () => void;
}) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(new Set());
  const [services, setServices] = useState<ReadonlySet<string>>(new Set());
  const [critical, setCritical] = useState(true);
  const [corrected, setCorrected] = useState(false);
  const [at, setAt] = useState(-1);
  const starts = useMemo(() => (corrected ? correctedStarts(tree) : null), [tree, corrected]);
  const whole = useMemo(() => {
    let end = 1;
    for (const node of tree.nodes)
      end = Math.max(end, (starts?.[node.index] ?? node.span.start) + node.span.duration);
    return end;
  }, [tree, starts]);
  const [range, setRange] = useState<Range>({ from: 0, to: whole });
  useEffect(() => setRange({ from: 0, to: whole }), [whole]);
  const rows = useMemo(() => visibleRows(tree, collapsed, services), [tree, collapsed, services]);
  const path = useMemo(
    () => (critical ? segmentsByNode(criticalPath(tree, starts ?? undefined)) : null),
    [tree, starts, critical],
  );
  const matches = useMemo(() => searchNodes(tree, find), [tree, find]);
  const found = useMemo(() => new Set(matches), [matches]);
  const stats = useMemo(() => serviceStats(tree), [tree]);
  const current = at >= 0 ? (matches[at] ?? null) : null;

  const toggle = (index: number) => {
    const next = new Set(collapsed);
    if (!next.delete(index)) next.add(index);
    setCollapsed(next);
  };
  const step = (by: number) => {
    if (matches.length === 0) return;
    const next = at < 0 ? (by > 0 ? 0 : matches.length - 1) : (at + by + matches.length) % matches.length;
    setAt(next);
    const index = matches[next] as number;
    setCollapsed((old) => revealed(tree, old, index));
    const service = tree.nodes[index]?.span.resource.service ?? '';
    if (services.has(service)) {
      const open = new Set(services);
      open.delete(service);
      setServices(open);
    }
    onChoose(index);
  };
  const node = chosen === null ? undefined : tree.nodes[chosen];
  return (
    <>
      <div className="trace-tools">
        <div
          className="trace-find"
          onKeyDown={(e) => {
            if (e.key !== 'Enter') return;
            e.preventDefault();
            step(e.shiftKey ? -1 : 1);
          }}
        >
          <SearchField
            label="Find in trace"
            placeholder="Text, key=value, error"
            value={find}
            onChange={(text) => {
              setAt(-1);
              onFind(text);
            }}
          />
          {find !== '' && (
            <>
              <span className="muted" role="status">
                {at >= 0 ? `${at + 1} of ` : ''}
                {count(matches.length)}
              </span>
              <Button icon="left" look="ghost" label="Previous match" onClick={() => step(-1)} />
              <Button icon="right" look="ghost" label="Next match" onClick={() => step(1)} />
            </>
          )}
        </div>
        <Button icon="plan" pressed={critical} onClick={() => setCritical(!critical)}>
          Critical path
        </Button>
        {tree.counts.skewed > 0 && (
          <Button icon="clock" pressed={corrected} onClick={() => setCorrected(!corrected)}>
            Correct clocks
          </Button>
        )}
        <Button
          icon={collapsed.size > 0 ? 'plus' : 'minus'}
          onClick={() => setCollapsed(collapsed.size > 0 ? new Set() : collapseBelow(tree, 1))}
        >
          {collapsed.size > 0 ? 'Expand all' : 'Collapse all'}
        </Button>
      </div>
      <div className="trace-services" role="group" aria-label="Collapse services">
        {stats.map(({ service, spans, errors }) => (
          <button
            key={service}
            type="button"
            className="pill"
            aria-pressed={services.has(service)}
            title={services.has(service) ? 'Expand service' : 'Collapse service'}
            onClick={() => {
              const next = new Set(services);
              if (!next.delete(service)) next.add(service);
              setServices(next);
            }}
          >
            <i className="swatch" style={{ background: colors(service) }} />
            {service} <span className="pill-count">{count(spans)}</span>
            {errors > 0 && <span className="is-bad">{plural(errors, 'error')}</span>}
          </button>
        ))}
      </div>
      <Minimap tree={tree} starts={starts} whole={whole} range={range} colors={colors} onRange={setRange} />
      <div className={node ? 'trace-grid has-drawer' : 'trace-grid'}>
        <Waterfall
          rows={rows}
          starts={starts}
          range={range}
          colors={colors}
          critical={path}
          chosen={chosen}
          found={found}
          current={current}
          onChoose={onChoose}
          onToggle={toggle}
        />
        {node && <SpanDrawer tree={tree} node={node} local={local} onClose={onClose} onChoose={onChoose} />}
      </div>
      <p className="panel-stats">
        {rows.length === tree.nodes.length
          ? plural(rows.length, 'span')
          : `${count(rows.length)} of ${plural(tree.nodes.length, 'span')} shown`}
      </p>
    </>
  );
}

function serviceStats(tree: TraceTree): { service: string; spans: number; errors: number }[] {
  const out = new Map<string, { service: string; spans: number; errors: number }>();
  for (const { span } of tree.nodes) {
    const { service } = span.resource;
    const one = out.get(service) ?? { service, spans: 0, errors: 0 };
    out.set(service, one);
    one.spans++;
    if (span.status === 'error') one.errors++;
  }
  return [...out.values()].sort((a, b) => b.spans - a.spans);
}
