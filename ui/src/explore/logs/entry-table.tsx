/** Entries as a table; its columns are labels and fields. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { Button, CopyButton } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { formatAgo } from '../../lib/time';
import { useActions } from './actions';
import { stripAnsi } from './ansi';
import { EntryDetails } from './details';
import { type Entry, entryTime, fieldValue } from './entries';
import { ListText } from './line-text';

const ROW = 30;
const NEAR_END = 40;

/** Time, columns and line as CSV. */
export function entriesCsv(entries: Entry[], columns: string[]): string {
  const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  const rows = entries.map((entry) =>
    [
      entryTime(entry.ms, true),
      ...columns.map((name) => fieldValue(entry, name) ?? ''),
      stripAnsi(entry.line),
    ]
      .map(cell)
      .join(','),
  );
  return `${[['time', ...columns, 'line'].map(cell).join(','), ...rows].join('\n')}\n`;
}

export function EntryTable({
  entries,
  columns,
  terms,
  onEnd,
}: {
  entries: Entry[];
  columns: string[];
  terms: RegExp[];
  onEnd?: () => void;
}) {
  const utc = utcTime.use();
  const actions = useActions();
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<string | null>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (i) => entries[i]?.id ?? i,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && entries.length > 0 && last >= entries.length - NEAR_END) onEnd();
  }, [last, entries.length, onEnd]);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <>
      <div className="result-bar">
        <span className="muted">{`${entries.length.toLocaleString('en')} entries`}</span>
        <CopyButton label="Copy as CSV" text={() => entriesCsv(entries, columns)} />
      </div>
      <div
        className="table-scroll logs-table"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="region"
        aria-label="Log table"
      >
        <table className="table">
          <thead>
            <tr>
              <th>Time</th>
              <th>Level</th>
              {columns.map((name) => (
                <th key={name}>
                  {name}{' '}
                  <Button
                    icon="close"
                    look="ghost"
                    label={`Remove ${name}`}
                    onClick={() => actions.toggleColumn(name)}
                  />
                </th>
              ))}
              <th>Line</th>
            </tr>
          </thead>
          {before > 0 && (
            <tbody>
              <tr style={{ height: before }} />
            </tbody>
          )}
          {items.map((item) => {
            const entry = entries[item.index] as Entry;
            const isOpen = open === entry.id;
            return (
              <tbody key={`${entry.id}#${item.index}`} ref={virtual.measureElement} data-index={item.index}>
                <tr className={`level-${entry.level}`}>
                  <td className="logs-time" title={formatAgo(entry.ms, Date.now())}>
                    <button
                      type="button"
                      className="sort"
                      aria-expanded={isOpen}
                      onClick={() => setOpen(isOpen ? null : entry.id)}
                    >
                      {entryTime(entry.ms, utc)}
                    </button>
                  </td>
                  <td>
                    <span className={`badge logs-badge level-${entry.level}`}>{entry.level}</span>
                  </td>
                  {columns.map((name) => (
                    <td key={name} className="mono-text">
                      {fieldValue(entry, name) ?? <span className="absent" />}
                    </td>
                  ))}
                  <td className="logs-table-line">
                    <ListText line={entry.line} terms={terms} wrap={false} />
                  </td>
                </tr>
                {isOpen && (
                  <tr>
                    <td colSpan={columns.length + 3}>
                      <EntryDetails entry={entry} terms={terms} />
                    </td>
                  </tr>
                )}
              </tbody>
            );
          })}
          {after > 0 && (
            <tbody>
              <tr style={{ height: after }} />
            </tbody>
          )}
        </table>
      </div>
    </>
  );
}
