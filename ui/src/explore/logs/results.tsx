/** Answer of a log query: entries as a list or a table, with facets. */
import { useCallback, useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Empty, Loading, Notice } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { formatMoment } from '../../lib/time';
import { formatValue } from '../../lib/units';
import type { Span, Stats, useEntries, useNewer } from './api';
import { type Entry, joinPages } from './entries';
import { EntryTable } from './entry-table';
import { Facets } from './facets';
import { LogList } from './list';
import type { LogsState } from './state';

export function useShownEntries(
  older: ReturnType<typeof useEntries>,
  newer: ReturnType<typeof useNewer>,
  state: Pick<LogsState, 'hidden' | 'line' | 'direction'>,
): Entry[] {
  const all = useMemo(() => {
    const pages = (older.data?.pages ?? []).map((page) => page.entries);
    if (state.line && newer.data) pages.unshift([...newer.data.entries].reverse());
    return joinPages(pages);
  }, [older.data, newer.data, state.line]);
  return useMemo(
    () => (state.hidden.length === 0 ? all : all.filter((entry) => !state.hidden.includes(entry.level))),
    [all, state.hidden],
  );
}

function statsText(stats: Stats | undefined): string[] {
  const summary = stats?.summary;
  if (!summary) return [];
  const out: string[] = [];
  if (summary.totalLinesProcessed !== undefined)
    out.push(`${formatValue(summary.totalLinesProcessed, 'none', 3)} lines read`);
  if (summary.totalBytesProcessed !== undefined)
    out.push(`${formatValue(summary.totalBytesProcessed, 'bytes', 3)} read`);
  if (summary.execTime !== undefined)
    out.push(`${formatValue(summary.execTime, 'seconds', 3)} on the server`);
  return out;
}

export function LogResults(props: {
  state: LogsState;
  range: Span;
  attempt: number;
  entries: Entry[];
  older: ReturnType<typeof useEntries>;
  terms: RegExp[];
  onContext: (entry: Entry) => void;
  onZoomOut: () => void;
  onAll: () => void;
}) {
  const { state, older, entries, range } = props;
  const utc = utcTime.use();
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = older;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (older.error && !older.data) return <ErrorNotice error={older.error} />;
  if (!older.data) return <Loading label="Running the query" />;
  const earlier = state.direction === 'backward';
  const hiddenAway = entries.length === 0 && older.data.pages.some((page) => page.entries.length > 0);
  const footer = (
    <div className="logs-end">
      {isFetchingNextPage ? (
        <span className="muted">Loading…</span>
      ) : hasNextPage ? (
        <Button onClick={more}>{earlier ? 'Load older' : 'Load newer'}</Button>
      ) : (
        <span className="muted">
          {earlier ? 'Start of range' : 'End of range'}:{' '}
          {formatMoment(earlier ? range.start : range.end, utc)}
        </span>
      )}
    </div>
  );
  const found = state.line !== null && entries.some((entry) => entry.id === state.line);
  return (
    <div className={older.isPlaceholderData ? 'is-stale' : undefined} aria-busy={older.isFetching}>
      {older.error && <ErrorNotice error={older.error} />}
      {state.line !== null && (
        <Notice
          kind={found || older.isFetching ? 'info' : 'warning'}
          title={found ? 'Linked line' : 'Line not found'}
        >
          {found || older.isFetching
            ? 'The list starts around the linked line.'
            : 'The linked line is no longer stored, or the query excludes it.'}{' '}
          <button type="button" className="suggestion-inline" onClick={props.onAll}>
            Show whole range
          </button>
        </Notice>
      )}
      <div className={state.facets ? 'logs-grid' : undefined}>
        {state.facets && (
          <Facets query={state.query} range={range} attempt={props.attempt} entries={entries} />
        )}
        <div className="logs-main">
          {entries.length === 0 ? (
            <Empty
              icon="search"
              title={hiddenAway ? 'All levels hidden' : 'No entries'}
              actions={
                !hiddenAway && (
                  <Button icon="zoomOut" onClick={props.onZoomOut}>
                    Zoom out
                  </Button>
                )
              }
            >
              {hiddenAway
                ? 'Entries were found, but their levels are hidden in the histogram.'
                : `The query is valid, but no entry matched between ${formatMoment(range.start, utc)} and ${formatMoment(range.end, utc)}.`}
            </Empty>
          ) : state.view === 'table' ? (
            <EntryTable entries={entries} columns={state.columns} terms={props.terms} onEnd={more} />
          ) : (
            <LogList
              entries={entries}
              terms={props.terms}
              wrap={state.wrap}
              columns={state.columns}
              label="Log lines"
              line={state.line}
              onEnd={more}
              footer={footer}
              onContext={props.onContext}
            />
          )}
          <div className="panel-stats">
            {[
              `${entries.length.toLocaleString('en')} lines loaded`,
              ...statsText(older.data.pages[0]?.stats),
            ].join(' · ')}
          </div>
        </div>
      </div>
    </div>
  );
}
