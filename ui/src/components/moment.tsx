/** One way to show a point in time: absolute in the zone of the interface, relative in the tooltip. */
import { utcTime } from '../lib/store';
import { formatAgo, formatMoment } from '../lib/time';

/** `2026-11-20 09:15:00`, in local time or UTC as chosen at the top of the page. */
export function useMoment(): (ms: number) => string {
  const utc = utcTime.use();
  return (ms) => formatMoment(ms, utc);
}

/** An absolute time. Shows nothing for times that are not known (NaN, 0). */
export function Moment({ ms, className }: { ms: number; className?: string }) {
  const utc = utcTime.use();
  if (!Number.isFinite(ms) || ms <= 0) return null;
  return (
    <time
      className={className ? `num ${className}` : 'num'}
      dateTime={new Date(ms).toISOString()}
      title={formatAgo(ms, Date.now())}
    >
      {formatMoment(ms, utc)}
    </time>
  );
}
