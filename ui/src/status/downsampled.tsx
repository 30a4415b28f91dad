import { utcTime } from '../lib/store';
import { formatDuration, formatMoment, roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import type { Level } from './storage';

/** What is kept of old samples, by resolution. */
export function Downsampled({ levels }: { levels: Level[] }) {
  const utc = utcTime.use();
  if (levels.length === 0) return null;
  return (
    <section className="card table-card downsampled">
      <header className="table-title">
        <h2>Resolutions</h2>
        <p className="muted">
          Buckets that replace raw samples where these were deleted or where the result is the same
        </p>
      </header>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th>Resolution</th>
              <th>Created</th>
              <th>Kept for</th>
              <th>From</th>
              <th>To</th>
              <th className="num">Blocks</th>
              <th className="num">Buckets</th>
              <th className="num">Size</th>
              <th className="num">Per bucket</th>
            </tr>
          </thead>
          <tbody>
            {levels.map((level) => (
              <tr key={level.resolution}>
                <td>
                  {level.resolution}
                  {!level.configured && (
                    <span
                      className="badge badge-warn"
                      title="No longer configured: existing buckets are kept as long as samples"
                    >
                      no longer created
                    </span>
                  )}
                </td>
                <td>{level.configured ? `after ${formatDuration(level.afterMillis)}` : '–'}</td>
                <td>
                  {!level.configured
                    ? 'as long as samples'
                    : level.keepMillis > 0
                      ? formatDuration(level.keepMillis)
                      : 'forever'}
                </td>
                <td>{level.minTime === undefined ? 'nothing yet' : formatMoment(level.minTime, utc)}</td>
                <td>
                  {level.maxTime === undefined
                    ? ''
                    : `${formatMoment(level.maxTime, utc)}, ${roughDuration(level.maxTime - (level.minTime ?? 0))}`}
                </td>
                <td className="num">{level.blocks.toLocaleString('en')}</td>
                <td className="num">{level.buckets.toLocaleString('en')}</td>
                <td className="num">{formatValue(level.bytes, 'bytes', 3)}</td>
                <td className="num">
                  {level.buckets > 0 ? `${formatValue(level.bytes / level.buckets, 'none', 3)} B` : '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
