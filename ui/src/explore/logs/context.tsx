/** Lines before and after one line: in its stream, or in all streams of the same pod, container or host. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Dialog, Loading, Segmented } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { fetchEntries } from './api';
import { type Direction, type Entry, entryTime, joinPages, msToNs, shiftNs } from './entries';
import { LineText } from './line-text';
import { type Scope, scopesOf } from './links';

const LINES = 20;
/** Surrounding lines further away than this have little to do with the line. */
const REACH = 3_600_000;

function useSide(query: string, entry: Entry, direction: Direction) {
  return useInfiniteQuery({
    queryKey: ['loki-context', query, entry.id, direction],
    initialPageParam: direction === 'backward' ? shiftNs(entry.ns, 1) : entry.ns,
    queryFn: ({ pageParam, signal }) =>
      fetchEntries(
        query,
        direction === 'backward'
          ? { start: msToNs(entry.ms - REACH), end: pageParam }
          : { start: pageParam, end: msToNs(entry.ms + REACH) },
        direction,
        LINES + 1,
        signal,
      ),
    getNextPageParam: (page): string | undefined => {
      const last = page.entries.at(-1);
      if (!page.full || !last) return undefined;
      return direction === 'backward' ? shiftNs(last.ns, 1) : last.ns;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function Lines({ scope, entry, terms }: { scope: Scope; entry: Entry; terms: RegExp[] }) {
  const utc = utcTime.use();
  const shown = useRef(false);
  const showOnce = useRef((node: HTMLLIElement | null) => {
    if (!node || shown.current) return;
    shown.current = true;
    node.scrollIntoView({ block: 'center' });
  }).current;
  const older = useSide(scope.query, entry, 'backward');
  const newer = useSide(scope.query, entry, 'forward');
  const error = older.error ?? newer.error;
  if (error) return <ErrorNotice error={error} />;
  if (!older.data || !newer.data) return <Loading label="Loading surrounding lines" />;
  const own = (one: Entry) => one.ns === entry.ns && one.line === entry.line;
  // Entries of the same timestamp are in both answers; those before the line are taken from the first.
  const before = joinPages(older.data.pages.map((page) => page.entries))
    .filter((one) => one.ns !== entry.ns)
    .reverse();
  const same = joinPages(newer.data.pages.map((page) => page.entries));
  const after = same.some(own) ? same : [entry, ...same];
  const row = (one: Entry, i: number) => (
    <li
      key={`${one.id}#${i}`}
      className={`logs-context-line level-${one.level}${own(one) ? ' is-current' : ''}`}
      aria-current={own(one) ? 'true' : undefined}
      ref={own(one) ? showOnce : undefined}
    >
      <time className="logs-time">{entryTime(one.ms, utc, false)}</time>
      <span className="logs-text">
        <LineText text={one.line} terms={own(one) ? terms : []} />
      </span>
    </li>
  );
  const more = (side: typeof older, text: string) => (
    <Button
      look="ghost"
      disabled={!side.hasNextPage || side.isFetching}
      onClick={() => void side.fetchNextPage()}
    >
      {side.hasNextPage ? text : 'No more lines'}
    </Button>
  );
  return (
    <>
      {more(older, 'Earlier lines')}
      <ol className="logs-context">{[...before, ...after].map(row)}</ol>
      {more(newer, 'Later lines')}
    </>
  );
}

export function ContextDialog(props: {
  entry: Entry;
  terms: RegExp[];
  onClose: () => void;
  onQuery: (query: string) => void;
}) {
  const scopes = scopesOf(props.entry.labels, props.entry.metadata);
  const [chosen, setChosen] = useState('stream');
  const scope = scopes.find((one) => one.value === chosen) ?? (scopes[0] as Scope);
  return (
    <Dialog title="Surrounding lines" open wide onClose={props.onClose}>
      <div className="result-bar">
        <Segmented
          label="Scope"
          value={scope.value}
          choices={scopes.map(({ value, label }) => ({ value, label }))}
          onChange={setChosen}
        />
        <Button icon="explore" onClick={() => props.onQuery(scope.query)}>
          Open query
        </Button>
      </div>
      <code className="muted mono-text">{scope.query}</code>
      <Lines key={scope.query} scope={scope} entry={props.entry} terms={props.terms} />
    </Dialog>
  );
}
