/** From a point of a graph to the logs and profiles with the same labels at its time. */
import { Link } from '@tanstack/react-router';
import type { LabelSet } from '../api/types';
import { Icon } from '../components/icons';
import { Button } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { sharedLabels, useLabelNames } from './logs/api';
import { writeSelector } from './logs/query';
import { decode, encode } from './logs/state';
import { useProfileLabels } from './profiles/api';
import { decode as decodeProfiles, encode as encodeProfiles } from './profiles/state';

/** Around the point. */
const RANGE = 600_000;

/** Shows nothing where the server has neither logs nor profiles. */
export function PointLogs(props: { name: string; labels: LabelSet; time: number; onClose: () => void }) {
  const utc = utcTime.use();
  const names = useLabelNames();
  const end = Math.ceil((props.time + RANGE / 2) / 1000) * 1000;
  const profileLabels = useProfileLabels({ start: end - RANGE, end });
  const hasLogs = names.data !== undefined && names.data.length > 0;
  const hasProfiles = profileLabels.data !== undefined && profileLabels.data.length > 0;
  if (!hasLogs && !hasProfiles) return null;
  const time = { range: RANGE, end };
  const ofLogs = matchersOf(props.labels, names.data ?? []);
  const ofProfiles = matchersOf(props.labels, profileLabels.data ?? []);
  return (
    <div className="point-logs">
      <span>
        {props.name} at {formatMoment(props.time, utc)}
      </span>
      {ofLogs.length > 0 && (
        <Link
          to="/explore/logs"
          search={encode({ ...decode({}), query: writeSelector(ofLogs), time }) as never}
          className="button button-primary"
        >
          <Icon name="logs" size={16} />
          Show logs
        </Link>
      )}
      {ofProfiles.length > 0 && (
        <Link
          to="/explore/profiles"
          search={encodeProfiles({ ...decodeProfiles({}), query: writeSelector(ofProfiles), time }) as never}
          className="button button-plain"
        >
          Show profiles
        </Link>
      )}
      {ofLogs.length === 0 && ofProfiles.length === 0 && (
        <span className="muted">No label in common with logs or profiles</span>
      )}
      <Button icon="close" look="ghost" label="Close" onClick={props.onClose} />
    </div>
  );
}

/** Matchers of the labels that have a name of another signal. */
const matchersOf = (labels: LabelSet, known: string[]) =>
  Object.entries(sharedLabels(labels, known)).map(([name, value]) => ({ name, op: '=' as const, value }));
