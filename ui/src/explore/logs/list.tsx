/** Entries as rows. Only visible rows are in the document, therefore 100,000 entries scroll smoothly. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icons';
import { utcTime } from '../../lib/store';
import { formatAgo } from '../../lib/time';
import { EntryDetails } from './details';
import { type Entry, entryTime, fieldValue } from './entries';
import { ListText } from './line-text';

const ROW = 22;
/** Near the end of the list older entries are asked for. */
const NEAR_END = 40;

interface RowProps {
  entry: Entry;
  terms: RegExp[];
  wrap: boolean;
  columns: string[];
  utc: boolean;
  date: boolean;
  open: boolean;
  current: boolean;
  onToggle: (id: string) => void;
  index: number;
}

const LogRow = memo(function LogRow(props: RowProps) {
  const { entry, open, wrap, columns } = props;
  return (
    <div
      className={`logs-row level-${entry.level}${wrap ? ' is-wrapped' : ''}${open ? ' is-open' : ''}${props.current ? ' is-current' : ''}`}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the button within does the same by keyboard. */}
      <div
        className="logs-row-main"
        onClick={() => {
          // Marking text is not a press.
          if (!String(getSelection())) props.onToggle(entry.id);
        }}
      >
        <button
          type="button"
          className="logs-open"
          aria-expanded={open}
          aria-label={`${open ? 'Close' : 'Open'} line ${props.index + 1}, ${entry.level}`}
          onClick={(e) => {
            e.stopPropagation();
            props.onToggle(entry.id);
          }}
        >
          <Icon name="down" size={11} />
        </button>
        <time className="logs-time" title={`${formatAgo(entry.ms, Date.now())} · ${entry.level}`}>
          {entryTime(entry.ms, props.utc, props.date)}
        </time>
        {columns.map((name) => (
          <span key={name} className="logs-cell" title={`${name}: ${fieldValue(entry, name) ?? ''}`}>
            {fieldValue(entry, name) ?? '–'}
          </span>
        ))}
        <ListText line={entry.line} terms={props.terms} wrap={wrap} />
      </div>
      {open && <EntryDetails entry={entry} terms={props.terms} />}
    </div>
  );
});

interface ListProps {
  entries: Entry[];
  terms: RegExp[];
  wrap: boolean;
  columns: string[];
  label: string;
  /** Entry that a link leads to. */
  line?: string | null;
  /** Keeps the newest line, the last one, in view. */
  follow?: boolean;
  /** The reader scrolled away from the last line. */
  onLeave?: () => void;
  /** Asks for more at the end of the list. */
  onEnd?: () => void;
  footer?: ReactNode;
  onContext?: (entry: Entry) => void;
  className?: string;
}

export function LogList(props: ListProps) {
  const { entries, onEnd, follow } = props;
  const utc = utcTime.use();
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(props.line ? [props.line] : []));
  const [cursor, setCursor] = useState(-1);
  // Lines that do not wrap have one height; only opened ones are measured.
  const opened = useRef(new Set<string>());
  for (const id of open) opened.current.add(id);
  // A list that follows its end reuses rows by their place: thousands of lines a second would mount as many rows.
  const getItemKey = useCallback((i: number) => (follow ? i : (entries[i]?.id ?? i)), [follow, entries]);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const toggle = useRef((id: string) => {
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }).current;

  useEffect(() => {
    if (onEnd && entries.length > 0 && last >= entries.length - NEAR_END) onEnd();
  }, [last, entries.length, onEnd]);

  const target = props.line ? entries.findIndex((entry) => entry.id === props.line) : -1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new target scrolls.
  useEffect(() => {
    if (target < 0 || !props.line) return;
    const id = props.line;
    setCursor(target);
    setOpen((old) => new Set(old).add(id));
    virtual.scrollToIndex(target, { align: 'center' });
    scroller.current?.scrollIntoView({ block: 'start' });
  }, [target, props.line]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new entries move the end.
  useLayoutEffect(() => {
    const node = scroller.current;
    if (follow && node) node.scrollTop = node.scrollHeight;
  }, [follow, entries]);

  const move = (by: number) => {
    const next = Math.min(entries.length - 1, Math.max(0, cursor + by));
    setCursor(next);
    virtual.scrollToIndex(next, { align: 'auto' });
  };
  const onKeyDown = (e: React.KeyboardEvent) => {
    if (e.target !== scroller.current) return;
    const entry = entries[cursor];
    if (e.key === 'ArrowDown') move(1);
    else if (e.key === 'ArrowUp') move(-1);
    else if (e.key === 'PageDown') move(20);
    else if (e.key === 'PageUp') move(-20);
    else if (e.key === 'Enter' && entry) toggle(entry.id);
    else if (e.key === 'c' && entry && props.onContext) props.onContext(entry);
    else return;
    e.preventDefault();
  };
  const first = entries[0];
  const date =
    first !== undefined &&
    entryTime(first.ms, utc).slice(0, 10) !== entryTime((entries.at(-1) as Entry).ms, utc).slice(0, 10);
  return (
    <div
      className={`logs-scroll ${props.className ?? ''}`}
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
      tabIndex={0}
      role="region"
      aria-label={props.label}
      onKeyDown={onKeyDown}
      onWheel={(e) => {
        if (follow && e.deltaY < 0) props.onLeave?.();
      }}
      onTouchMove={() => {
        if (follow) props.onLeave?.();
      }}
    >
      <div className="logs-rows" style={{ height: virtual.getTotalSize() }}>
        <div style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => {
            const entry = entries[item.index] as Entry;
            return (
              <div
                key={follow ? item.index : `${entry.id}#${item.index}`}
                ref={props.wrap || opened.current.has(entry.id) ? virtual.measureElement : undefined}
                data-index={item.index}
              >
                <LogRow
                  entry={entry}
                  index={item.index}
                  terms={props.terms}
                  wrap={props.wrap}
                  columns={props.columns}
                  utc={utc}
                  date={date}
                  open={open.has(entry.id)}
                  current={item.index === cursor}
                  onToggle={toggle}
                />
              </div>
            );
          })}
        </div>
      </div>
      {props.footer}
    </div>
  );
}
