/** Patterns of log lines, for the pages of a service and of a container. */
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { Loading } from '../components/ui';
import { usePatterns } from '../explore/logs/api';
import { quoted } from '../explore/logs/lexer';
import { patternRows } from '../explore/logs/patterns';
import { formatDuration, formatMoment } from '../lib/time';
import { formatValue } from '../lib/units';
import type { ServicesState } from './state';

const PATTERNS = 8;

/** Range of the page and a query, for any page below Explore. */
export const exploreSearch = (state: ServicesState, query: string) => ({
  query,
  range: formatDuration(state.time.range),
  ...(state.time.end === null ? {} : { end: formatMoment(state.time.end, true) }),
});

/** Most frequent patterns of the log lines with a label. */
export function LogPatterns({ matcher, state }: { matcher: string; state: ServicesState }) {
  const query = `{${matcher}}`;
  const patterns = usePatterns(query, { start: state.start, end: state.end }, 60_000, state.attempt, true);
  const rows = useMemo(
    () =>
      patterns.data
        ? patternRows(patterns.data.items, null, state.start, state.end).slice(0, PATTERNS)
        : null,
    [patterns.data, state.start, state.end],
  );
  return (
    <section className="panel service-panel" aria-label="Log patterns">
      <header>
        <h2>Log patterns</h2>
        <Link to="/explore/logs" search={exploreSearch(state, query) as never}>
          All in Explore
        </Link>
      </header>
      {isMissing(patterns.error) ? (
        <p className="muted">This server has no log store.</p>
      ) : patterns.error ? (
        <ErrorNotice error={patterns.error} />
      ) : !rows ? (
        <Loading label="Loading patterns" />
      ) : rows.length === 0 ? (
        <p className="muted">
          No logs with <code>{matcher}</code> in the time range.
        </p>
      ) : (
        <ul className="service-patterns">
          {rows.map((row) => (
            <li key={row.pattern}>
              <span className="num">{formatValue(row.count, 'none', 3)}</span>
              <span>{row.level || 'unknown'}</span>
              <Link
                to="/explore/logs"
                search={exploreSearch(state, `${query} |> ${quoted(row.pattern)}`) as never}
              >
                {row.pattern}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
