import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { NamedValue } from '../api/types';
import { formatValue } from '../lib/units';

/** A list of names with bars, the largest first. */
export function Top({
  title,
  hint,
  values,
  total,
  unit,
  query,
  onPick,
  tools,
  empty = 'Nothing yet.',
}: {
  title: string;
  hint: string;
  values: NamedValue[] | null;
  total?: number;
  unit?: 'bytes';
  /** What a press on a name asks in Explore. */
  query?: (name: string) => string;
  /** What a press on a name does here; undefined where it does nothing. */
  onPick?: (name: string) => void;
  tools?: ReactNode;
  empty?: string;
}) {
  const list = values ?? [];
  const most = list.reduce((max, v) => Math.max(max, v.value), 0);
  return (
    <section className="card top">
      <header>
        <h2>{title}</h2>
        <p className="muted">{hint}</p>
        {tools && <span className="top-tools">{tools}</span>}
      </header>
      {list.length === 0 && <p className="muted">{empty}</p>}
      <ol>
        {list.map((v) => (
          <li key={v.name}>
            <span className="top-bar" style={{ width: `${most > 0 ? (v.value / most) * 100 : 0}%` }} />
            <span className="top-name mono-text">
              {onPick ? (
                <button type="button" className="top-pick" onClick={() => onPick(v.name)}>
                  {v.name || '""'}
                </button>
              ) : query ? (
                <Link to="/query" search={{ 'g0.expr': query(v.name), 'g0.tab': 'table' } as never}>
                  {v.name}
                </Link>
              ) : (
                v.name
              )}
            </span>
            <span className="num">
              {unit ? formatValue(v.value, unit, 3) : v.value.toLocaleString('en')}
              {total !== undefined && total > 0 && (
                <span className="muted"> {formatValue(v.value / total, 'ratio', 2)}</span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
