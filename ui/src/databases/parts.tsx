/** Parts that the pages of databases share. */
import { Link } from '@tanstack/react-router';
import { Notice } from '../components/ui';
import type { ServicesState } from '../services/state';
import type { DatabaseProblem } from './model';

/** Page of a database. */
export function DatabaseLink({
  address,
  carried,
  children = address,
}: {
  address: string;
  carried: Record<string, string>;
  children?: string;
}) {
  return (
    <Link to="/databases/database" search={{ ...carried, address } as never} className="trace-link">
      {children}
    </Link>
  );
}

/** Query of a figure, in Explore. */
export function QueryLink({
  expr,
  title,
  table = false,
  state,
}: {
  expr: string;
  title: string;
  table?: boolean;
  state: ServicesState;
}) {
  return (
    <Link
      to="/query"
      search={
        {
          'g0.expr': expr,
          'g0.tab': table ? 'table' : 'graph',
          'g0.range_input': state.carried.range ?? '1h',
          ...(state.carried.end ? { 'g0.end_input': state.carried.end } : {}),
        } as never
      }
      aria-label={`Query of ${title}`}
    >
      Query
    </Link>
  );
}

export function Problems({ problems }: { problems: DatabaseProblem[] }) {
  return (
    <div className="database-problems">
      {problems.map((one) => (
        <Notice key={`${one.title} ${one.text}`} kind={one.severity} title={one.title}>
          {one.text}
          {one.remedy && (
            <p className="database-remedy">
              <code>{one.remedy}</code>
            </p>
          )}
        </Notice>
      ))}
    </div>
  );
}
