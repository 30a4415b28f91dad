/** Functions with their own and total values. */
import { useMemo, useState } from 'react';
import { matches } from './flame-graph';
import { change, type Flames, functionsOf } from './flames';
import { formatIn, percent, points } from './units';

/** Rows in the document at most; a search finds the others. */
const MAX_ROWS = 500;

type Column = 'name' | 'self' | 'total' | 'base' | 'change';

export function FunctionTable(props: {
  flames: Flames;
  unit: string;
  find: string;
  onFunction: (name: string) => void;
}) {
  const { flames, find, unit } = props;
  const compared = flames.base !== null;
  const [sort, setSort] = useState<{ by: Column; up: boolean } | null>(null);
  const { by, up } = sort ?? { by: compared ? 'change' : 'self', up: false };
  const whole = flames.total[0] as number;
  const baseWhole = flames.base?.total[0] ?? 0;
  const all = useMemo(
    () =>
      functionsOf(flames).map((row) => ({
        ...row,
        change: change(row.self, whole, row.baseSelf, baseWhole),
      })),
    [flames, whole, baseWhole],
  );
  const rows = useMemo(() => {
    const value = (row: (typeof all)[number]) => (by === 'base' ? row.baseSelf : by === 'name' ? 0 : row[by]);
    const found = find === '' ? all : all.filter((row) => matches(row.name, find));
    return [...found].sort((a, b) => {
      const order = by === 'name' ? (a.name < b.name ? 1 : -1) : value(b) - value(a) || b.total - a.total;
      return up ? -order : order;
    });
  }, [all, find, by, up]);
  const head = (column: Column, title: string) => (
    <th
      scope="col"
      className={column === 'name' ? undefined : 'num'}
      aria-sort={by === column ? (up ? 'ascending' : 'descending') : 'none'}
    >
      <button
        type="button"
        className="profile-sort"
        onClick={() => setSort({ by: column, up: by === column ? !up : column === 'name' })}
      >
        {title}
        <span aria-hidden="true">{by === column ? (up ? ' ↑' : ' ↓') : ''}</span>
      </button>
    </th>
  );
  const cell = (value: number, of: number) => (
    <td className="num">
      {formatIn(value, unit)} <span className="muted">{percent(of > 0 ? value / of : 0)}</span>
    </td>
  );
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll profile-table" role="region" aria-label="Functions" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              {head('name', 'Function')}
              {head('self', 'Self')}
              {head('total', 'Total')}
              {compared && head('base', 'Baseline self')}
              {compared && head('change', 'Self, change')}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((row) => (
              <tr key={row.name}>
                <td>
                  <button
                    type="button"
                    className="profile-function"
                    onClick={() => props.onFunction(row.name)}
                  >
                    {row.name}
                  </button>
                </td>
                {cell(row.self, whole)}
                {cell(row.total, whole)}
                {compared && cell(row.baseSelf, baseWhole)}
                {compared && (
                  <td className={row.change > 0 ? 'num is-added' : row.change < 0 ? 'num is-removed' : 'num'}>
                    {points(row.change)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="panel-stats">
        {rows.length > MAX_ROWS
          ? `${MAX_ROWS} of ${rows.length} functions shown. Search to find the others.`
          : `${rows.length} functions`}
      </p>
    </div>
  );
}
