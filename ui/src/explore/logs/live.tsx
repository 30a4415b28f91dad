import { useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Empty } from '../../components/ui';
import { formatValue } from '../../lib/units';
import type { Entry } from './entries';
import type { Level } from './levels';
import { LogList } from './list';
import { logPart } from './query';
import { useTail } from './use-tail';

const STATUS = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Disconnected, retrying',
};

export function LiveView(props: {
  query: string;
  attempt: number;
  terms: RegExp[];
  columns: string[];
  hidden: Level[];
  wrap: boolean;
  onContext: (entry: Entry) => void;
}) {
  const tail = useTail(logPart(props.query) ?? props.query, props.attempt);
  const shown = useMemo(
    () =>
      props.hidden.length === 0
        ? tail.entries
        : tail.entries.filter((entry) => !props.hidden.includes(entry.level)),
    [tail.entries, props.hidden],
  );
  const status = tail.paused ? 'paused' : tail.status;
  return (
    <section aria-label="Live tail">
      {tail.error !== null && <ErrorNotice error={tail.error} />}
      <div className="logs-live">
        <Button
          icon={tail.paused ? 'play' : 'pause'}
          look="primary"
          onClick={() => tail.pause(!tail.paused)}
          className="logs-pause"
        >
          {tail.paused ? 'Resume' : 'Pause'}
        </Button>
        <Button icon="trash" onClick={tail.clear}>
          Clear
        </Button>
        <span className={`logs-status is-${status}`} role="status">
          {tail.paused ? 'Paused' : STATUS[tail.status]}
        </span>
        <span className="muted num">
          {`${formatValue(tail.rate, 'none', 3)} lines/s · ${tail.entries.length.toLocaleString('en')} lines`}
          {tail.paused && tail.waiting > 0 && ` · ${tail.waiting.toLocaleString('en')} waiting`}
        </span>
        {tail.skipped > 0 && (
          <span
            className="badge badge-warn logs-skipped"
            title="Lines arrived faster than this page can keep them"
          >
            {`${tail.skipped.toLocaleString('en')} lines skipped`}
          </span>
        )}
      </div>
      {shown.length === 0 ? (
        tail.error === null && (
          <Empty icon="logs" title="Waiting for lines">
            Lines appear here as they arrive.
          </Empty>
        )
      ) : (
        <LogList
          entries={shown}
          terms={props.terms}
          wrap={props.wrap}
          columns={props.columns}
          label="Live lines"
          follow={!tail.paused}
          onLeave={() => tail.pause(true)}
          onContext={props.onContext}
        />
      )}
    </section>
  );
}
