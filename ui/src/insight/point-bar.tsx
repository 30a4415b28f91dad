/** Links from one time of a chart to the logs, traces and profile around it. */
import { Link } from '@tanstack/react-router';
import { useMoment } from '../components/moment';
import { Button } from '../components/ui';
import { formatDuration, formatMoment } from '../lib/time';

/** Around the point. */
const RANGE = 600_000;

export interface PointQueries {
  logs: string;
  traces: string;
  profiles: string;
}

export function PointBar({
  time,
  queries,
  onClose,
}: {
  time: number;
  queries: PointQueries;
  onClose: () => void;
}) {
  const moment = useMoment();
  const search = (query: string) => ({
    query,
    range: formatDuration(RANGE),
    end: formatMoment(Math.ceil((time + RANGE / 2) / 1000) * 1000, true),
  });
  return (
    <div className="point-logs point-bar" role="status">
      <span>10 min around {moment(time)}</span>
      {queries.logs && (
        <Link to="/explore/logs" search={search(queries.logs) as never} className="button button-plain">
          Logs
        </Link>
      )}
      {queries.traces && (
        <Link to="/explore/traces" search={search(queries.traces) as never} className="button button-plain">
          Traces
        </Link>
      )}
      {queries.profiles && (
        <Link
          to="/explore/profiles"
          search={search(queries.profiles) as never}
          className="button button-plain"
        >
          Profile
        </Link>
      )}
      <Button icon="close" look="ghost" label="Close" onClick={onClose} />
    </div>
  );
}
