/** Traces that a search found, and their matched spans. */
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Moment } from '../../components/moment';
import type { FoundTrace } from './answers';
import { formatAttribute } from './model';
import { count, duration, plural } from './text';

type SortKey = 'start' | 'duration' | 'spans' | 'errors';

const spansOf = (t: FoundTrace) => t.services.reduce((sum, s) => sum + s.spans, 0);
const errorsOf = (t: FoundTrace) => t.services.reduce((sum, s) => sum + s.errors, 0);
const msOf = (ns: bigint) => Number(ns / 1_000_000n);

const KEYS: Record<SortKey, (t: FoundTrace) => number> = {
  start: (t) => msOf(t.startNs),
  duration: (t) => t.durationMs,
  spans: spansOf,
  errors: errorsOf,
};

function SortHead(props: {
  name: string;
  column: SortKey;
  sort: SortKey;
  className?: string;
  onSort: (key: SortKey) => void;
}) {
  const own = props.sort === props.column;
  return (
    <th scope="col" className={props.className} aria-sort={own ? 'descending' : undefined}>
      <button type="button" className="sort" onClick={() => props.onSort(props.column)}>
        {props.name} <span className="sort-mark">{own ? '↓' : ''}</span>
      </button>
    </th>
  );
}

export function TraceList({
  traces,
  chosen,
  onChosen,
  label = 'Traces',
}: {
  traces: FoundTrace[];
  chosen: string[];
  /** Null where traces are not chosen for comparison. */
  onChosen: ((ids: string[]) => void) | null;
  label?: string;
}) {
  const [sort, setSort] = useState<SortKey>('start');
  const sorted = useMemo(() => [...traces].sort((a, b) => KEYS[sort](b) - KEYS[sort](a)), [traces, sort]);
  const longest = traces.reduce((most, t) => Math.max(most, t.durationMs), 1);
  const toggle = (id: string) =>
    onChosen?.(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2));
  const head = (name: string, column: SortKey, className?: string) => (
    <SortHead name={name} column={column} sort={sort} className={className} onSort={setSort} />
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <div className="table-scroll trace-list" role="region" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {onChosen && (
              <th scope="col">
                <span className="visually-hidden">Compare</span>
              </th>
            )}
            <th scope="col">Root span</th>
            {head('Start', 'start')}
            {head('Duration', 'duration', 'num')}
            {head('Spans', 'spans', 'num')}
            {head('Errors', 'errors', 'num')}
            <th scope="col" className="num">
              Matched
            </th>
            <th scope="col">Services</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((t) => {
            const spans = spansOf(t);
            const errors = errorsOf(t);
            return (
              <tr key={t.id}>
                {onChosen && (
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Compare ${t.id}`}
                      checked={chosen.includes(t.id)}
                      onChange={() => toggle(t.id)}
                    />
                  </td>
                )}
                <td>
                  <Link to="/explore/traces/$id" params={{ id: t.id } as never} className="trace-link">
                    <b>{t.rootService || 'unknown service'}</b> {t.rootName || '(root not received)'}
                  </Link>
                  <code className="muted trace-id">{t.id.slice(0, 12)}</code>
                </td>
                <td>
                  <Moment ms={msOf(t.startNs)} />
                </td>
                <td className="num">
                  <span className="trace-duration">
                    <i style={{ width: `${(t.durationMs / longest) * 100}%` }} />
                    {duration(t.durationMs * 1e6)}
                  </span>
                </td>
                <td className="num">{spans > 0 ? count(spans) : '–'}</td>
                <td className={errors > 0 ? 'num is-bad' : 'num'}>{spans > 0 ? count(errors) : '–'}</td>
                <td className="num">{count(t.matched)}</td>
                <td className="trace-services-cell">
                  {t.services
                    .slice(0, 4)
                    .map((s) => s.service)
                    .join(', ')}
                  {t.services.length > 4 && ` +${t.services.length - 4}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Matched spans of all traces, newest first. Columns are the attributes that the answer carries most often. */
export function SpanList({ traces }: { traces: FoundTrace[] }) {
  const rows = useMemo(
    () =>
      traces
        .flatMap((trace) => trace.spans.map((span) => ({ trace, span })))
        .sort((a, b) => (a.span.startNs < b.span.startNs ? 1 : a.span.startNs > b.span.startNs ? -1 : 0)),
    [traces],
  );
  const columns = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { span } of rows)
      for (const a of span.attributes) counts.set(a.key, (counts.get(a.key) ?? 0) + 1);
    return [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 6)
      .map(([key]) => key);
  }, [rows]);
  const left = traces.reduce((sum, t) => sum + t.matched - t.spans.length, 0);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll trace-list" role="region" aria-label="Matched spans" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Span</th>
              <th scope="col">Trace</th>
              <th scope="col">Start</th>
              <th scope="col" className="num">
                Duration
              </th>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ trace, span }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: span ids may repeat within a trace.
              <tr key={`${trace.id} ${span.id} ${i}`}>
                <td>
                  <Link
                    to="/explore/traces/$id"
                    params={{ id: trace.id } as never}
                    search={{ span: span.id } as never}
                    className="trace-link"
                  >
                    {span.name || <code>{span.id}</code>}
                  </Link>
                </td>
                <td>
                  <span className="muted">
                    {trace.rootService} {trace.rootName}
                  </span>
                </td>
                <td>
                  <Moment ms={msOf(span.startNs)} />
                </td>
                <td className="num">{duration(span.durationNs)}</td>
                {columns.map((name) => {
                  const found = span.attributes.find((a) => a.key === name);
                  return <td key={name}>{found ? formatAttribute(found.value) : ''}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && <p className="panel-stats">{plural(left, 'more matched span')} in these traces.</p>}
    </>
  );
}
