/** Parts that the pages of databases share. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Notice } from '../components/ui';
import type { Entity } from '../insight/types';
import type { ServicesState } from '../services/state';
import { useStatuses } from './api';
import { addressOf, type DatabaseProblem, isDatabase } from './model';

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

/** Panel with a table and the query of its figures. */
export function TablePanel({
  title,
  none = null,
  link,
  after,
  children,
}: {
  title: string;
  none?: string | null;
  link: ReactNode;
  after?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="panel service-panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {link}
      </header>
      {none !== null ? (
        <p className="muted">{none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label={`${title}, table`} tabIndex={0}>
          {children}
        </div>
      )}
      {after}
    </section>
  );
}

/** Link from an entity to the page of its database; nothing for others. */
export function EntityDatabase({ entity, carried }: { entity: Entity; carried: Record<string, string> }) {
  const statuses = useStatuses(isDatabase(entity)).data;
  const address =
    addressOf(entity) ||
    statuses?.databases.find(({ name, foundBy }) => foundBy === 'service map' && name === entity.name)
      ?.address;
  if (!isDatabase(entity) || !address) return null;
  return (
    <DatabaseLink address={address} carried={carried}>
      Statements and locks
    </DatabaseLink>
  );
}
