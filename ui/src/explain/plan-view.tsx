import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { Icon } from '../components/icons';
import { Notice } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatDuration, formatMoment } from '../lib/time';
import { formatValue } from '../lib/units';
import {
  type Explanation,
  HINT_TITLES,
  headline,
  hottest,
  largest,
  MEASURES,
  type Measure,
  measureOf,
  OPERATORS,
  type PlanNode,
  type PlanReads,
  type PlanRow,
  planRows,
  readTotals,
  textRange,
} from './plan';
import { Rails } from './rails';

export interface Mark {
  from: number;
  to: number;
}

const COLUMNS: Record<Measure, { name: string; title: string }> = {
  seconds: {
    name: 'Time',
    title:
      'Dark: the step itself. Light: including inner steps. Summed over threads, so it may exceed the duration of the query',
  },
  cpuSeconds: { name: 'CPU', title: 'CPU time. Dark: the step itself. Light: including inner steps' },
  series: { name: 'Series', title: 'Series passed to the outer step; for selectors, series read' },
  samples: { name: 'Samples', title: 'Samples passed to the outer step; for selectors, samples read' },
  peakBytes: { name: 'Memory', title: 'Peak memory of the results of this step' },
};

function figure(measure: Measure, value: number): string {
  if (value === 0) return '–';
  if (measure === 'seconds' || measure === 'cpuSeconds') return formatValue(value, 'seconds', 3);
  return formatValue(value, measure === 'peakBytes' ? 'bytes' : 'none', 3);
}

const PARTS: Record<string, string> = {
  presence: 'only the presence of samples: values are not decoded',
  counts: 'only counts of histograms',
  times: 'only times',
};

function Reads({ reads, stats }: { reads: PlanReads; stats?: PlanNode['stats'] }) {
  const utc = utcTime.use();
  const storage = stats?.storage;
  const from = formatMoment(reads.minTime * 1000, utc);
  const to = formatMoment(reads.maxTime * 1000, utc);
  return (
    <>
      <span>
        reads {from} → {from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}
      </span>
      {PARTS[reads.parts] && <span>{PARTS[reads.parts]}</span>}
      {reads.at !== undefined && <span>at {formatMoment(reads.at * 1000, utc)}</span>}
      {storage && storage.seriesRead < storage.series && (
        <span>
          {storage.seriesRead.toLocaleString('en')} of {storage.series.toLocaleString('en')} series found were
          read
        </span>
      )}
      {storage && (
        <span>
          {formatValue(storage.selectSeconds, 'seconds', 2)} to find,{' '}
          {formatValue(storage.readSeconds, 'seconds', 2)} to read
        </span>
      )}
    </>
  );
}

function Step({ node, steps, onGo }: { node: PlanNode; steps: number; onGo: (id: number) => void }) {
  const { code, rest } = headline(node);
  return (
    <span className="plan-text">
      <span className="plan-line">
        <span className="plan-operator" title={OPERATORS[node.operator]}>
          {node.operator.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')}
        </span>
        {code && <code className="plan-code">{code}</code>}
        {node.role && node.role !== 'vector' && node.role !== 'range' && node.role !== 'expression' && (
          <span className="plan-role">{node.role}</span>
        )}
      </span>
      <span className="plan-notes">
        {node.sameAs !== undefined && (
          <button
            type="button"
            className="plan-link"
            tabIndex={-1}
            onClick={() => onGo(node.sameAs as number)}
          >
            uses the result of step {node.sameAs}
          </button>
        )}
        {node.reads && <Reads reads={node.reads} stats={node.stats} />}
        {node.steps !== steps && <span>{node.steps.toLocaleString('en')} steps</span>}
        {node.stats && node.stats.calls > 1 && (
          <span>called {node.stats.calls.toLocaleString('en')} times</span>
        )}
        {rest.map(([name, value]) => (
          <span key={name}>
            {name} {value || '–'}
          </span>
        ))}
      </span>
    </span>
  );
}

function Figure({ node, measure, most }: { node: PlanNode; measure: Measure; most: number }) {
  if (!node.stats) return <span role="gridcell" className="plan-figure" />;
  const { total, self } = measureOf(node.stats, measure);
  const share = (value: number) => `${most > 0 ? Math.min(100, (value / most) * 100) : 0}%`;
  return (
    <span role="gridcell" className="plan-figure">
      <span className="num" data-name={COLUMNS[measure].name}>
        {figure(measure, total)}
      </span>
      <span
        className="plan-bar"
        title={self < total ? `${figure(measure, self)} in the step itself` : undefined}
      >
        <i style={{ width: share(total) }} />
        <b style={{ width: share(self) }} />
      </span>
    </span>
  );
}

function Summary({ data }: { data: Explanation }) {
  const read = readTotals(data.plan);
  const timings = data.stats?.timings ?? {};
  const waited = timings.execQueueTime ?? 0;
  const wall = timings.execTotalTime ?? data.plan.stats?.seconds ?? 0;
  const tiles: [string, string, string][] = [
    [
      'Time',
      formatValue(wall, 'seconds', 3),
      waited > 0.001 ? `${formatValue(waited, 'seconds', 2)} waiting` : 'on the server',
    ],
    [
      'Processor',
      formatValue(data.cpuSeconds ?? 0, 'seconds', 3),
      wall > 0 && data.cpuSeconds !== undefined
        ? `${formatValue(data.cpuSeconds / wall, 'none', 2)} cores on average`
        : '',
    ],
    ['Series read', formatValue(read.series, 'none', 4), 'from the store'],
    ['Samples read', formatValue(read.samples, 'none', 4), 'from the store'],
    ['Memory', formatValue(data.memory?.peakBytes ?? 0, 'bytes', 3), 'at most'],
  ];
  if (data.result)
    tiles.push([
      'Result',
      data.result.resultType === 'matrix' || data.result.resultType === 'vector'
        ? `${data.result.series.toLocaleString('en')} series`
        : data.result.resultType,
      `${data.result.samples.toLocaleString('en')} samples`,
    ]);
  return (
    <div className="tiles plan-summary">
      {tiles.map(([name, value, note]) => (
        <div className="tile" key={name}>
          <span className="tile-name">{name}</span>
          <span className="tile-value">{value}</span>
          <span className="tile-note">{note}</span>
        </div>
      ))}
    </div>
  );
}

/** The plan as a tree, with what each step took once it was run. */
export function PlanView({
  data,
  expr,
  onMark,
}: {
  data: Explanation;
  expr: string;
  onMark: (mark: Mark | null) => void;
}) {
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const [current, setCurrent] = useState(1);
  const grid = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => planRows(data.plan, closed), [data.plan, closed]);
  const most = useMemo(() => largest(data.plan), [data.plan]);
  const hot = useMemo(() => hottest(data.plan), [data.plan]);
  const at = rows.some((row) => row.node.id === current) ? current : data.plan.id;

  const mark = (i: number) => {
    // A step without a place of its own marks what stands inside it, else what stands around it.
    const row = rows[i] as PlanRow;
    const around = rows.slice(0, i).findLast((r) => r.depth < row.depth && r.node.position);
    const place = row.node.position ?? row.node.children[0]?.position ?? around?.node.position;
    onMark(place ? textRange(expr, place) : null);
  };
  const focus = (id: number) => {
    setCurrent(id);
    grid.current?.querySelector<HTMLElement>(`[data-step="${id}"]`)?.focus();
  };
  /** To a step wherever it stands, closed ones too. */
  const go = (id: number) => {
    setClosed(new Set());
    requestAnimationFrame(() => focus(id));
  };
  const toggle = (id: number, close: boolean) => {
    const next = new Set(closed);
    if (close) next.add(id);
    else next.delete(id);
    setClosed(next);
  };
  const onKey = (e: KeyboardEvent, row: PlanRow, i: number) => {
    const move = (to: PlanRow | undefined) => {
      if (to) focus(to.node.id);
    };
    const open = !closed.has(row.node.id);
    const parent = rows.slice(0, i).findLast((r) => r.depth < row.depth);
    switch (e.key) {
      case 'ArrowDown':
        move(rows[i + 1]);
        break;
      case 'ArrowUp':
        move(rows[i - 1]);
        break;
      case 'ArrowRight':
        if (!open) toggle(row.node.id, false);
        else if (row.node.children.length > 0) move(rows[i + 1]);
        break;
      case 'ArrowLeft':
        if (open && row.node.children.length > 0) toggle(row.node.id, true);
        else move(parent);
        break;
      case 'Home':
        move(rows[0]);
        break;
      case 'End':
        move(rows.at(-1));
        break;
      case 'Enter':
        if (row.node.sameAs === undefined) return;
        go(row.node.sameAs);
        break;
      default:
        return;
    }
    e.preventDefault();
  };
  return (
    <>
      {data.analyzed && <Summary data={data} />}
      {data.hints.map((hint) => (
        <Notice key={`${hint.node} ${hint.rule}`} kind="info" title={HINT_TITLES[hint.rule] ?? hint.rule}>
          {hint.text}{' '}
          <button type="button" className="plan-link" onClick={() => go(hint.node)}>
            Step {hint.node}
          </button>
        </Notice>
      ))}
      <div
        className={`plan${data.analyzed ? ' is-analyzed' : ''}`}
        role="treegrid"
        aria-label="Plan of the query"
        ref={grid}
        onMouseLeave={() => onMark(null)}
      >
        {data.analyzed && (
          <div className="plan-head" role="row">
            <span role="columnheader">Step</span>
            {MEASURES.map((measure) => (
              <span role="columnheader" className="num" key={measure} title={COLUMNS[measure].title}>
                {COLUMNS[measure].name}
              </span>
            ))}
          </div>
        )}
        {rows.map((row, i) => {
          const { node } = row;
          const open = !closed.has(node.id);
          return (
            <div
              key={node.id}
              role="row"
              aria-level={row.depth + 1}
              aria-expanded={node.children.length > 0 ? open : undefined}
              data-step={node.id}
              tabIndex={node.id === at ? 0 : -1}
              className={`plan-row${node.id === hot ? ' is-hot' : ''}${node.sameAs ? ' is-shared' : ''}`}
              onMouseEnter={() => mark(i)}
              onFocus={() => {
                setCurrent(node.id);
                mark(i);
              }}
              onBlur={() => onMark(null)}
              onKeyDown={(e) => onKey(e, row, i)}
            >
              <span role="gridcell" className="plan-step">
                <Rails rails={row.rails} last={row.last} below={open && node.children.length > 0} />
                <button
                  type="button"
                  className="plan-toggle"
                  tabIndex={-1}
                  aria-label={open ? 'Close' : 'Open'}
                  disabled={node.children.length === 0}
                  onClick={() => toggle(node.id, open)}
                >
                  {node.children.length > 0 ? (
                    <Icon name={open ? 'down' : 'right'} size={12} />
                  ) : (
                    <span className="plan-dot" />
                  )}
                </button>
                <span className="plan-number">{node.id}</span>
                <Step node={node} steps={data.plan.steps} onGo={go} />
              </span>
              {data.analyzed &&
                MEASURES.map((measure) => (
                  <Figure key={measure} node={node} measure={measure} most={most[measure]} />
                ))}
            </div>
          );
        })}
      </div>
    </>
  );
}

export function planLength(start: number, end: number, step: number): string {
  return `${(Math.floor((end - start) / step) + 1).toLocaleString('en')} steps of ${formatDuration(step)}`;
}
