/** Table of the frames of a panel. */
import { useMemo, useState } from 'react';
import { useTheme } from '../app/theme';
import { Button, Select } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { optionsOf, show, titleOf } from './display';
import { type Field, type Frame, rowsOf } from './frames';
import type { FieldOptions, Panel } from './model';
import { compareCells } from './transform';

const PAGE = 200;

interface Column {
  field: Field;
  options: FieldOptions;
  title: string;
  most: number;
}

export function TablePanel({ panel, frames, height }: { panel: Panel; frames: Frame[]; height: number }) {
  const theme = useTheme();
  const utc = utcTime.use();
  const [chosen, setChosen] = useState(0);
  const [sort, setSort] = useState<{ name: string; down: boolean } | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const frame = frames[Math.min(chosen, frames.length - 1)];
  const columns = useMemo<Column[]>(
    () =>
      (frame?.fields ?? []).flatMap((field) => {
        const options = optionsOf(panel, field, frame?.refId ?? '');
        if (options.hidden) return [];
        const most = field.values.reduce<number>((m, v) => Math.max(m, typeof v === 'number' ? v : 0), 0);
        return [{ field, options, title: titleOf(field, options), most }];
      }),
    [frame, panel],
  );
  const order = useMemo(() => {
    const rows = Array.from({ length: frame ? rowsOf(frame) : 0 }, (_, i) => i);
    const by = sort && columns.find((c) => c.title === sort.name)?.field;
    if (!by) return rows;
    const sign = sort.down ? -1 : 1;
    return rows.sort((a, b) => sign * compareCells(by.values[a] ?? null, by.values[b] ?? null));
  }, [frame, columns, sort]);
  if (!frame || columns.length === 0)
    return <p className="dash-none">{show(null, panel.field, theme).text}</p>;
  const cell = (c: Column, row: number) => {
    const value = c.field.values[row] ?? null;
    if (c.field.kind === 'time' && typeof value === 'number')
      return <td key={c.title}>{formatMoment(value, utc)}</td>;
    const shown = show(value, { ...c.options, noValue: c.options.noValue || '–' }, theme);
    const numeric = c.field.kind === 'number';
    if (c.options.cell === 'gauge' && typeof value === 'number') {
      const max = c.options.max ?? c.most;
      const min = c.options.min ?? 0;
      const share = max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0;
      return (
        <td key={c.title} className="num">
          <span className="dash-cell-gauge">
            <i style={{ width: `${share * 100}%`, background: shown.color ?? 'var(--accent)' }} />
            <span>{shown.text}</span>
          </span>
        </td>
      );
    }
    const style =
      shown.color === null || c.options.cell === 'auto'
        ? undefined
        : c.options.cell === 'text'
          ? { color: shown.color }
          : { background: `color-mix(in oklab, ${shown.color} 28%, var(--surface))` };
    return (
      <td key={c.title} className={numeric ? 'num' : undefined} style={style}>
        {shown.text}
      </td>
    );
  };
  return (
    <div
      className="table-scroll dash-table"
      style={{ height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
      tabIndex={0}
      role="region"
      aria-label={`${panel.title} table`.trim()}
    >
      {frames.length > 1 && (
        <Select
          label="Series"
          hideLabel
          value={String(Math.min(chosen, frames.length - 1))}
          choices={frames.slice(0, 100).map((f, i) => ({
            value: String(i),
            label: f.fields.find((x) => x.kind === 'number')?.title ?? f.refId,
          }))}
          onChange={(v) => setChosen(Number(v))}
        />
      )}
      <table className="table">
        <thead>
          <tr>
            {columns.map((c) => (
              <th
                key={c.title}
                scope="col"
                className={c.field.kind === 'number' ? 'num' : undefined}
                aria-sort={sort?.name === c.title ? (sort.down ? 'descending' : 'ascending') : 'none'}
              >
                <button
                  type="button"
                  className="sort"
                  onClick={() =>
                    setSort({
                      name: c.title,
                      down: sort?.name === c.title ? !sort.down : c.field.kind === 'number',
                    })
                  }
                >
                  {c.title}
                  <span className="sort-mark" aria-hidden="true">
                    {sort?.name === c.title ? (sort.down ? '↓' : '↑') : ''}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.slice(0, limit).map((row) => (
            <tr key={row}>{columns.map((c) => cell(c, row))}</tr>
          ))}
        </tbody>
      </table>
      {order.length > limit && (
        <Button look="ghost" onClick={() => setLimit(limit + 1000)}>
          {`Show more of ${order.length} rows`}
        </Button>
      )}
    </div>
  );
}
