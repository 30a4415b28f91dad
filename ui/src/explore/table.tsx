import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { HistogramValue, InstantResult, LabelSet } from '../api/types';
import { Button, CopyButton, LabelChips, SearchField } from '../components/ui';
import { compareLabelNames, seriesName, splitShared } from '../lib/labels';
import { formatMoment } from '../lib/time';
import { formatValue, type UnitId } from '../lib/units';
import { parseValue, type Row, toCsv } from './shape';
import type { Units } from './use-unit';

export function rowsOf(data: InstantResult): Row[] {
  if (data.resultType === 'vector') {
    return data.result.map((item) => ({
      labels: item.metric,
      value: item.value?.[1],
      histogram: item.histogram?.[1],
    }));
  }
  if (data.resultType === 'matrix') {
    return data.result.map((item) => ({
      labels: item.metric,
      values: item.values,
      histogram: item.histograms?.at(-1)?.[1],
    }));
  }
  return [{ labels: {}, value: data.result[1] }];
}

const BRACKETS: Record<number, [string, string]> = {
  0: ['(', ']'],
  1: ['[', ')'],
  2: ['(', ')'],
  3: ['[', ']'],
};
const MAX_BUCKETS = 64;
const MAX_VALUES = 12;

/** A native histogram: its figures and, opened, its buckets as bars. */
function HistogramCell({ value, unit }: { value: HistogramValue; unit: UnitId }) {
  const [open, setOpen] = useState(false);
  const buckets = value.buckets ?? [];
  const most = buckets.reduce((max, b) => Math.max(max, parseValue(b[3])), 0);
  const count = parseValue(value.count);
  return (
    <div className="histogram">
      <button type="button" className="histogram-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="histogram-spark" aria-hidden="true">
          {buckets.slice(0, MAX_BUCKETS).map((b) => (
            <i
              key={`${b[1]} ${b[2]}`}
              style={{ height: `${Math.max(6, (parseValue(b[3]) / most) * 100)}%` }}
            />
          ))}
        </span>
        <span>
          count <b>{formatValue(count, 'none')}</b> · sum <b>{formatValue(parseValue(value.sum), unit)}</b>
          {count > 0 && (
            <>
              {' '}
              · mean <b>{formatValue(parseValue(value.sum) / count, unit)}</b>
            </>
          )}
        </span>
      </button>
      {open && (
        <div className="histogram-buckets">
          {buckets.map((b) => {
            const [left, right] = BRACKETS[b[0]] ?? ['(', ')'];
            return (
              <div className="histogram-bucket" key={`${b[1]} ${b[2]}`}>
                <span className="num">{`${left}${formatValue(parseValue(b[1]), unit, 3)}, ${formatValue(parseValue(b[2]), unit, 3)}${right}`}</span>
                <span className="histogram-bar">
                  <i style={{ width: `${(parseValue(b[3]) / most) * 100}%` }} />
                </span>
                <span className="num">{b[3]}</span>
              </div>
            );
          })}
          {buckets.length === 0 && <span className="muted">No observations.</span>}
        </div>
      )}
    </div>
  );
}

function ValueCell({ row, units }: { row: Row; units: Units }) {
  const unit = units.value;
  const [all, setAll] = useState(false);
  if (row.histogram) return <HistogramCell value={row.histogram} unit={units.bucket} />;
  if (row.values) {
    const shown = all ? row.values : row.values.slice(-MAX_VALUES);
    return (
      <div className="samples">
        {shown.length < row.values.length && (
          <Button
            look="ghost"
            onClick={() => setAll(true)}
          >{`${row.values.length - shown.length} earlier samples`}</Button>
        )}
        {shown.map(([t, v]) => (
          <div key={t}>
            {v} <span className="muted">@{t}</span>
          </div>
        ))}
      </div>
    );
  }
  const number = parseValue(row.value ?? '');
  const human =
    unit === 'none' || unit === 'per second' || Number.isNaN(number) ? '' : formatValue(number, unit);
  return (
    <span className="value-cell">
      {human && human !== row.value && <span className="muted">{human}</span>}
      <span className="value-raw">{row.value}</span>
    </span>
  );
}

/** With more labels than this, series are written in one column. */
const MAX_LABEL_COLUMNS = 8;
/** No label is called this: sorts by the series' whole name. */
const WHOLE = '{}';

type Sort = { by: string; down: boolean } | null;

function sorted(rows: Row[], sort: Sort): Row[] {
  if (!sort) return rows;
  const sign = sort.down ? -1 : 1;
  const value = (row: Row) =>
    parseValue(row.value ?? row.values?.at(-1)?.[1] ?? row.histogram?.count ?? 'NaN');
  const compare =
    sort.by === ''
      ? (a: Row, b: Row) => {
          const x = value(a);
          const y = value(b);
          // NaN last, whichever way.
          if (Number.isNaN(x) || Number.isNaN(y))
            return sign * (Number(Number.isNaN(x)) - Number(Number.isNaN(y)));
          return x - y;
        }
      : sort.by === WHOLE
        ? (a: Row, b: Row) =>
            seriesName(a.labels).localeCompare(seriesName(b.labels), undefined, { numeric: true })
        : (a: Row, b: Row) =>
            (a.labels[sort.by] ?? '').localeCompare(b.labels[sort.by] ?? '', undefined, { numeric: true });
  return [...rows].sort((a, b) => sign * compare(a, b));
}

const matches = (labels: LabelSet, text: string) =>
  seriesName(labels).toLowerCase().includes(text.toLowerCase());

/** The answer of an instant query: one column a label that differs, equal labels said once. */
export function ResultTable({
  data,
  time,
  units,
  utc,
}: {
  data: InstantResult;
  time: number;
  units: Units;
  utc: boolean;
}) {
  const unit = units.value;
  const rows = useMemo(() => rowsOf(data), [data]);
  const { shared, varying } = useMemo(() => splitShared(rows.map((row) => row.labels)), [rows]);
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>(null);
  const single = rows.length === 1;
  const all = single ? Object.keys(shared).sort(compareLabelNames) : varying;
  const whole = all.length > MAX_LABEL_COLUMNS;
  const names = whole ? [] : all;
  const shown = useMemo(
    () => sorted(filter === '' ? rows : rows.filter((row) => matches(row.labels, filter)), sort),
    [rows, filter, sort],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 34,
    overscan: 20,
    getItemKey: (i) => seriesName((shown[i] as Row).labels) + i,
  });

  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return (
      <div className="scalar">
        <span className="muted">{data.resultType}</span>
        <span className="scalar-value">
          {data.resultType === 'string' ? data.result[1] : formatValue(parseValue(data.result[1]), unit, 6)}
        </span>
        {data.resultType === 'scalar' && unit !== 'none' && (
          <span className="muted mono-text">{data.result[1]}</span>
        )}
      </div>
    );
  }

  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const header = (by: string, text: string, number: boolean) => (
    <th
      key={by}
      className={number ? 'num' : ''}
      aria-sort={sort?.by === by ? (sort.down ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className="sort"
        onClick={() =>
          setSort(
            sort?.by !== by ? { by, down: number } : sort.down === number ? { by, down: !number } : null,
          )
        }
      >
        {text}
        <span className="sort-mark" aria-hidden="true">
          {sort?.by === by ? (sort.down ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  );
  const csvNames = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].sort(compareLabelNames);
  return (
    <div className="result">
      <div className="result-bar">
        <span className="muted">
          {rows.length === 1 ? '1 series' : `${rows.length.toLocaleString('en')} series`}
          {filter && ` (${shown.length} shown)`} at {formatMoment(time, utc)}
        </span>
        <span className="result-tools">
          {rows.length > 8 && <SearchField label="Filter series" value={filter} onChange={setFilter} />}
          <CopyButton label="Copy as CSV" text={() => toCsv(shown, csvNames)} />
        </span>
      </div>
      {!single && !whole && Object.keys(shared).length > 0 && (
        <div className="legend-shared">
          <span className="muted">All series:</span> <LabelChips labels={shared} />
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" ref={scroller} tabIndex={0} role="region" aria-label="Result">
        <table className="table">
          <thead>
            <tr>
              {whole && header(WHOLE, 'series', false)}
              {names.map((name) => header(name, name === '__name__' ? 'metric' : name, false))}
              {header('', 'value', true)}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {items.map((item) => {
              const row = shown[item.index] as Row;
              return (
                <tr key={item.key} ref={virtual.measureElement} data-index={item.index}>
                  {whole && <td className="mono-text">{seriesName(row.labels)}</td>}
                  {names.map((name) => (
                    <td key={name} className={name === '__name__' ? 'mono-text' : ''}>
                      {row.labels[name] ?? <span className="absent" />}
                    </td>
                  ))}
                  <td className="num">
                    <ValueCell row={row} units={units} />
                  </td>
                </tr>
              );
            })}
            {after > 0 && <tr style={{ height: after }} />}
          </tbody>
        </table>
      </div>
    </div>
  );
}
