/** Spans of a trace along time. Only the rows in view are in the document. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef } from 'react';
import { Icon } from '../../components/icons';
import type { Colors } from './colors';
import type { Segment } from './critical-path';
import type { Range } from './minimap';
import { type Row, ticks } from './rows';
import { count, duration } from './text';

export const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 28;
const INDENT = 12;
/** Deeper rows are not indented further: the name needs its place. */
const MAX_INDENT = 24;
const MAX_EVENTS = 40;
/** Below this width of the page there is room for two times only. */
const NARROW = 640;

interface RowProps {
  row: Row;
  start: number;
  range: Range;
  color: string;
  segments: Segment[] | undefined;
  chosen: boolean;
  found: boolean;
  current: boolean;
  onChoose: (index: number) => void;
  onToggle: (index: number) => void;
}

const percent = (time: number, range: Range) => ((time - range.from) / (range.to - range.from)) * 100;

function Bar({ row, start, range, color, segments }: RowProps) {
  const { span } = row.node;
  const left = percent(start, range);
  const right = percent(start + span.duration, range);
  if (right < 0 || left > 100)
    return (
      <span className={right < 0 ? 'span-outside' : 'span-outside is-right'} aria-hidden="true">
        {right < 0 ? '←' : '→'}
      </span>
    );
  const from = Math.max(0, left);
  const to = Math.min(100, right);
  const width = Math.max(0, to - from);
  const shift = start - span.start;
  // The text goes where there is more room: behind the bar, before it, or into it.
  const place = 100 - to > 14 ? 'after' : from > 14 ? 'before' : 'inside';
  return (
    <>
      <span
        className={span.status === 'error' ? 'span-bar is-error' : 'span-bar'}
        style={{ left: `${from}%`, width: `${width}%`, background: color }}
      />
      {segments?.map((s) => {
        const a = Math.max(0, percent(s.from, range));
        const b = Math.min(100, percent(s.to, range));
        return b <= 0 || a >= 100 ? null : (
          <span key={s.from} className="span-critical" style={{ left: `${a}%`, width: `${b - a}%` }} />
        );
      })}
      {span.events.slice(0, MAX_EVENTS).map((event, i) => {
        const at = percent(event.time + shift, range);
        return at < 0 || at > 100 ? null : (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity and never move.
            key={i}
            className={event.name === 'exception' ? 'span-event is-error' : 'span-event'}
            style={{ left: `${at}%` }}
            title={event.name}
          />
        );
      })}
      <span
        className={`span-duration is-${place}`}
        style={
          place === 'after'
            ? { left: `calc(${to}% + 6px)` }
            : place === 'before'
              ? { right: `calc(${100 - from}% + 6px)` }
              : { left: `calc(${from}% + 6px)` }
        }
      >
        {duration(span.duration)}
      </span>
    </>
  );
}

function marks(row: Row): string[] {
  const { node } = row;
  return [
    node.missingParent ? 'Parent missing' : '',
    node.duplicateId ? 'Duplicate id' : '',
    node.cycle ? 'Cycle' : '',
    node.skewed ? 'Clock skew' : '',
  ].filter(Boolean);
}

const SpanRow = memo(function SpanRow(props: RowProps) {
  const { row, color, chosen } = props;
  const { node } = row;
  const { span } = node;
  const problems = marks(row);
  const hiddenErrors = row.collapsed && node.errorsBelow > 0;
  return (
    <div
      className={`span-row${chosen ? ' is-chosen' : ''}${props.found ? ' is-found' : ''}${props.current ? ' is-current' : ''}`}
    >
      <div className="span-name" style={{ paddingLeft: 6 + Math.min(row.depth, MAX_INDENT) * INDENT }}>
        {row.collapsible && node.children.length > 0 ? (
          <button
            type="button"
            className="span-toggle"
            tabIndex={-1}
            aria-expanded={!row.collapsed}
            aria-label={row.collapsed ? `Expand ${span.name}` : `Collapse ${span.name}`}
            onClick={() => props.onToggle(node.index)}
          >
            <Icon name={row.collapsed ? 'right' : 'down'} size={12} />
          </button>
        ) : (
          <span className="span-toggle" />
        )}
        <button
          type="button"
          className="span-open"
          tabIndex={-1}
          aria-pressed={chosen}
          aria-label={`${span.resource.service} ${span.name}, ${duration(span.duration)}${span.status === 'error' ? ', error' : ''}`}
          title={`${span.resource.service} · ${span.name}`}
          onClick={() => props.onChoose(node.index)}
        >
          <i className="swatch" style={{ background: color }} />
          {span.status === 'error' && <Icon name="error" size={13} />}
          <b>{span.resource.service}</b> {span.name}
        </button>
        {row.hidden > 0 && (
          <span className={hiddenErrors ? 'span-hidden is-error' : 'span-hidden'}>+{count(row.hidden)}</span>
        )}
        {problems.map((text) => (
          <span key={text} className="span-problem" title={text}>
            {text}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the button with the name does the same. */}
      <div className="span-track" onClick={() => props.onChoose(node.index)}>
        <Bar {...props} />
      </div>
    </div>
  );
});

export function Waterfall(props: {
  rows: Row[];
  starts: Float64Array | null;
  range: Range;
  colors: Colors;
  critical: Map<number, Segment[]> | null;
  chosen: number | null;
  found: ReadonlySet<number>;
  /** Node that the search is at. */
  current: number | null;
  onChoose: (index: number) => void;
  onToggle: (index: number) => void;
}) {
  const { rows, range, chosen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 14,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const handlers = useRef(props);
  handlers.current = props;
  const stable = useRef({
    choose: (index: number) => handlers.current.onChoose(index),
    toggle: (index: number) => handlers.current.onToggle(index),
  }).current;

  const places = useMemo(() => new Map(rows.map((row, i) => [row.node.index, i])), [rows]);
  const target = props.current ?? chosen;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new target scrolls.
  useEffect(() => {
    const place = target === null ? undefined : places.get(target);
    if (place !== undefined) virtual.scrollToIndex(place, { align: 'auto' });
  }, [target]);

  const onKeyDown = (e: React.KeyboardEvent) => {
    if (e.target !== scroller.current) return;
    const at = chosen === null ? -1 : (places.get(chosen) ?? -1);
    const row = rows[at];
    const go = (to: number) => {
      const next = rows[Math.min(rows.length - 1, Math.max(0, to))];
      if (next) props.onChoose(next.node.index);
    };
    if (e.key === 'ArrowDown') go(at + 1);
    else if (e.key === 'ArrowUp') go(at - 1);
    else if (e.key === 'PageDown') go(at + 20);
    else if (e.key === 'PageUp') go(at - 20);
    else if (e.key === 'Home') go(0);
    else if (e.key === 'End') go(rows.length - 1);
    else if (e.key === 'ArrowLeft' && row?.collapsible && !row.collapsed) props.onToggle(row.node.index);
    else if (e.key === 'ArrowRight' && row?.collapsed) props.onToggle(row.node.index);
    else return;
    e.preventDefault();
  };
  const items = virtual.getVirtualItems();
  const marksAt = ticks(range.from, range.to, window.innerWidth < NARROW ? 2 : 6);
  return (
    <div className="waterfall">
      <div
        className="span-scroll"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="region"
        aria-label="Spans"
        onKeyDown={onKeyDown}
        style={{ height: `min(${HEAD_HEIGHT + rows.length * ROW_HEIGHT + 2}px, max(320px, 68vh))` }}
      >
        <div className="span-head" aria-hidden="true">
          <div className="span-name">Service and operation</div>
          <div className="span-track">
            {marksAt.map((t) => (
              <span
                key={t}
                className={percent(t, range) > 90 ? 'span-tick is-last' : 'span-tick'}
                style={{ left: `${percent(t, range)}%` }}
              >
                {duration(t)}
              </span>
            ))}
          </div>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          <div className="span-grid" aria-hidden="true">
            {marksAt.map((t) => (
              <i key={t} style={{ left: `${percent(t, range)}%` }} />
            ))}
          </div>
          <div style={{ transform: `translateY(${(items[0]?.start ?? HEAD_HEIGHT) - HEAD_HEIGHT}px)` }}>
            {items.map((item) => {
              const row = rows[item.index] as Row;
              const { index, span } = row.node;
              return (
                <SpanRow
                  key={index}
                  row={row}
                  start={props.starts?.[index] ?? span.start}
                  range={range}
                  color={props.colors(span.resource.service)}
                  segments={props.critical?.get(index)}
                  chosen={chosen === index}
                  found={props.found.has(index)}
                  current={props.current === index}
                  onChoose={stable.choose}
                  onToggle={stable.toggle}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
