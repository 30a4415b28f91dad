/** From a point of a graph to the logs with the same labels at its time. */
import { Link } from '@tanstack/react-router';
import type { LabelSet } from '../api/types';
import { Icon } from '../components/icons';
import { Button } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { sharedLabels, useLabelNames } from './logs/api';
import { writeSelector } from './logs/query';
import { decode, encode } from './logs/state';

/** Around the point. */
const RANGE = 600_000;

/** Shows nothing where the server has no logs. */
export function PointLogs(props: { name: string; labels: LabelSet; time: number; onClose: () => void }) {
  const utc = utcTime.use();
  const names = useLabelNames();
  if (!names.data || names.data.length === 0) return null;
  const shared = sharedLabels(props.labels, names.data);
  const matchers = Object.entries(shared).map(([name, value]) => ({ name, op: '=' as const, value }));
  const search = encode({
    ...decode({}),
    query: matchers.length > 0 ? writeSelector(matchers) : '',
    time: { range: RANGE, end: Math.ceil((props.time + RANGE / 2) / 1000) * 1000 },
  });
  return (
    <div className="point-logs">
      <span>
        {props.name} at {formatMoment(props.time, utc)}
      </span>
      {matchers.length > 0 ? (
        <Link to="/explore/logs" search={search as never} className="button button-primary">
          <Icon name="logs" size={16} />
          Show logs
        </Link>
      ) : (
        <span className="muted">No label in common with logs</span>
      )}
      <Button icon="close" look="ghost" label="Close" onClick={props.onClose} />
    </div>
  );
}
