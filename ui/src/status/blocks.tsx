import { useMemo, useState } from 'react';
import { useBlocks } from '../api/queries';
import type { BlockMeta } from '../api/types';
import { Button } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatDuration, formatMoment, roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { isMoment, resolutionOf, ticks, timeline } from './storage';

const FIRST_BLOCKS = 30;
const TICKS = 6;
/** Names of times so near to an end would be cut off; a share of the width. */
const EDGE = 0.04;

function describeBlock(b: BlockMeta): string {
  const resolution = resolutionOf(b);
  const parts = [roughDuration(b.maxTime - b.minTime)];
  if (resolution > 0) parts.push(`downsampled to ${formatDuration(resolution)}`);
  if (b.stats?.numSeries !== undefined) parts.push(`${formatValue(b.stats.numSeries, 'none', 3)} series`);
  if (b.stats?.numSamples !== undefined)
    parts.push(`${formatValue(b.stats.numSamples, 'none', 3)} ${resolution > 0 ? 'buckets' : 'samples'}`);
  if (b.stats?.numBytes) parts.push(formatValue(b.stats.numBytes, 'bytes', 3));
  if (b.compaction?.level !== undefined) parts.push(`level ${b.compaction.level}`);
  return parts.join(' · ');
}

/** Time ranges of the blocks as strips, the newest at the right, and the head behind them. */
function BlockStrips({
  blocks,
  head,
  chosen,
  onChoose,
}: {
  blocks: BlockMeta[];
  head: { minTime: number; maxTime: number };
  chosen: string | null;
  onChoose: (ulid: string | null) => void;
}) {
  const utc = utcTime.use();
  const line = useMemo(() => timeline(blocks, isMoment(head.maxTime) ? head.maxTime : 0), [blocks, head]);
  if (!line) return null;
  const span = line.to - line.from;
  const at = (ms: number) => `${((ms - line.from) / span) * 100}%`;
  const days = span > 86_400_000;
  const long = span > TICKS * 86_400_000;
  const current = blocks.find((b) => b.ulid === chosen);
  const headFrom = Math.max(
    isMoment(head.minTime) ? head.minTime : line.to,
    ...blocks.filter((b) => resolutionOf(b) === 0).map((b) => b.maxTime),
  );
  return (
    <div className="strips">
      <div className="strip-field" style={{ height: line.rows * 30 + 4 }} onMouseLeave={() => onChoose(null)}>
        {line.strips.map(({ block, left, width, row }) => (
          <button
            key={block.ulid}
            type="button"
            className={`strip strip-level-${Math.min(4, block.compaction?.level ?? 1)}${resolutionOf(block) > 0 ? ' strip-down' : ''}`}
            aria-label={`Block ${block.ulid}, ${describeBlock(block)}`}
            aria-pressed={chosen === block.ulid}
            style={{
              left: `${left * 100}%`,
              width: `max(3px, calc(${width * 100}% - 2px))`,
              top: row * 30 + 2,
            }}
            onMouseEnter={() => onChoose(block.ulid)}
            onFocus={() => onChoose(block.ulid)}
            onBlur={() => onChoose(null)}
          />
        ))}
        {headFrom < line.to && (
          <span
            className="strip strip-head"
            title="In memory"
            style={{ left: at(headFrom), width: `calc(${at(line.from + line.to - headFrom)})`, top: 2 }}
          />
        )}
      </div>
      <div className="strip-axis" aria-hidden="true">
        {ticks(line.from, line.to, TICKS)
          .filter((t) => t - line.from > span * EDGE && line.to - t > span * EDGE)
          .map((t) => (
            <span key={t} style={{ left: at(t) }}>
              {formatMoment(t, utc).slice(days ? 5 : 11, long ? 10 : 16)}
            </span>
          ))}
      </div>
      <p className="strip-note">
        {current ? (
          <>
            {formatMoment(current.minTime, utc)} → {formatMoment(current.maxTime, utc)} ·{' '}
            {describeBlock(current)}
          </>
        ) : (
          <span className="muted">
            The stronger the colour, the more often merged; striped is what is in memory only. Rows show what
            overlaps.
          </span>
        )}
      </p>
    </div>
  );
}

export function Blocks({ head }: { head: { minTime: number; maxTime: number } }) {
  const utc = utcTime.use();
  const blocks = useBlocks();
  const [chosen, setChosen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  // Older servers do not list their blocks.
  if (blocks.error || !blocks.data) return null;
  const list = [...(blocks.data.data.blocks ?? [])].sort((a, b) => b.maxTime - a.maxTime);
  const coarse = list.some((b) => resolutionOf(b) > 0);
  const shown = all ? list : list.slice(0, FIRST_BLOCKS);
  return (
    <section className="card table-card">
      <header className="table-title">
        <h2>Blocks</h2>
        <p className="muted">
          {list.length === 0
            ? 'No blocks yet: all data is in the head.'
            : `${list.length} on disk, newest first`}
        </p>
      </header>
      {list.length > 0 && (
        <>
          <BlockStrips blocks={list} head={head} chosen={chosen} onChoose={setChosen} />
          <div className="table-wrap">
            <table className="table">
              <thead>
                <tr>
                  <th>Block</th>
                  <th>From</th>
                  <th>Length</th>
                  <th className="num">Series</th>
                  <th className="num">Samples</th>
                  <th className="num">Size</th>
                  <th className="num">A sample</th>
                  <th className="num">Level</th>
                  {coarse && <th className="num">Resolution</th>}
                </tr>
              </thead>
              <tbody>
                {shown.map((b) => {
                  const bytes = b.stats?.numBytes;
                  const samples = b.stats?.numSamples;
                  return (
                    <tr
                      key={b.ulid}
                      className={chosen === b.ulid ? 'is-chosen' : undefined}
                      onMouseEnter={() => setChosen(b.ulid)}
                      onMouseLeave={() => setChosen(null)}
                    >
                      <td className="mono-text">{b.ulid}</td>
                      <td>{formatMoment(b.minTime, utc)}</td>
                      <td>{roughDuration(b.maxTime - b.minTime)}</td>
                      <td className="num">{b.stats?.numSeries?.toLocaleString('en') ?? '–'}</td>
                      <td className="num">{samples?.toLocaleString('en') ?? '–'}</td>
                      <td className="num">{bytes ? formatValue(bytes, 'bytes', 3) : '–'}</td>
                      <td className="num">
                        {bytes && samples ? `${formatValue(bytes / samples, 'none', 3)} B` : '–'}
                      </td>
                      <td className="num">{b.compaction?.level ?? '–'}</td>
                      {coarse && (
                        <td className="num">
                          {resolutionOf(b) > 0 ? formatDuration(resolutionOf(b)) : 'samples'}
                        </td>
                      )}
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
          {list.length > shown.length && (
            <Button look="ghost" onClick={() => setAll(true)}>{`Show all ${list.length}`}</Button>
          )}
        </>
      )}
    </section>
  );
}
