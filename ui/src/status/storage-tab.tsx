import { Link } from '@tanstack/react-router';
import { ErrorNotice, isMissing } from '../api/errors';
import { useFlags, useRuntimeInfo, useTsdbStatus } from '../api/queries';
import { Loading, Notice } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatMoment, roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { Administration } from './administration';
import { Blocks } from './blocks';
import { Downsampled } from './downsampled';
import { Facts } from './facts';
import { HeadCardinality } from './head-cardinality';
import { type Encoding, isMoment, type StorageStatus } from './storage';
import { Stores } from './stores';
import { useStorage } from './use-storage';

const count = (n: number) => n.toLocaleString('en');
const many = (n: number, one: string) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;
const short = (n: number) => formatValue(n, 'none', 4);
const bytes = (n: number) => formatValue(n, 'bytes', 3);

const level = (share: number) => (share > 0.95 ? ' is-bad' : share > 0.7 ? ' is-warn' : '');

interface Figure {
  name: string;
  value: string;
  note: string;
  /** 0 to 1 of a limit. */
  share?: number;
}

function Tiles({ figures }: { figures: Figure[] }) {
  return (
    <div className="tiles">
      {figures.map(({ name, value, note, share }) => (
        <div className="tile" key={name}>
          <span className="tile-name">{name}</span>
          <span className="tile-value">{value}</span>
          {share !== undefined && (
            <span className={`meter${level(share)}`}>
              <i style={{ width: `${Math.min(100, share * 100)}%` }} />
            </span>
          )}
          <span className="tile-note" title={note}>
            {note}
          </span>
        </div>
      ))}
    </div>
  );
}

const OWNERS: Record<string, string> = {
  series: 'Series: labels, index and overhead',
  samples: 'Samples',
  exemplars: 'Exemplars',
  metadata: 'Descriptions of metrics',
  buffers: 'Buffers',
};

/** Notices for the memory states of the store. */
const PRESSURE: Record<string, { kind: 'info' | 'warning' | 'error'; title: string; text: string }> = {
  flushing: {
    kind: 'info',
    title: 'Memory is written to blocks early',
    text: 'More than 70 % of the limit is used. No samples are rejected or delayed.',
  },
  slowing: {
    kind: 'warning',
    title: 'Writers wait for memory',
    text: 'More than 85 % of the limit is used: commits are slowed until blocks are written.',
  },
  refusing: {
    kind: 'error',
    title: 'New series are rejected',
    text: 'More than 95 % of the limit is used. Samples of known series are stored. The server log names the sources of the newest series; Cardinality shows the largest.',
  },
};
const STAGES = [0.7, 0.85, 0.95];

function Pressure({ state }: { state: string | undefined }) {
  const pressure = PRESSURE[state ?? ''];
  return pressure ? (
    <Notice kind={pressure.kind} title={pressure.title}>
      {pressure.text}
    </Notice>
  ) : null;
}

function Memory({ data }: { data: StorageStatus }) {
  const { owners, usedBytes, limitBytes: limit = 0 } = data.memory;
  const most = owners.reduce((max, o) => Math.max(max, o.value), 0);
  return (
    <section className="card top">
      <header>
        <h2>Memory by owner</h2>
        <p className="muted">
          {bytes(usedBytes)}
          {limit > 0 ? ` of ${bytes(limit)} (--storage.memory-limit)` : ' in total'}
        </p>
      </header>
      {limit > 0 && (
        <span className="memory-meter">
          <span className={`meter${level(usedBytes / limit)}`}>
            <i style={{ width: `${Math.min(100, (usedBytes / limit) * 100)}%` }} />
          </span>
          {STAGES.map((stage) => (
            <span
              key={stage}
              className="memory-stage"
              style={{ left: `${stage * 100}%` }}
              title={`From ${formatValue(stage, 'ratio', 2)}: ${stage === 0.7 ? 'memory is written to blocks early' : stage === 0.85 ? 'writers wait' : 'new series are rejected'}`}
            />
          ))}
        </span>
      )}
      <ol>
        {owners.map((o) => (
          <li key={o.name}>
            <span className="top-bar" style={{ width: `${most > 0 ? (o.value / most) * 100 : 0}%` }} />
            <span className="top-name">{OWNERS[o.name] ?? o.name}</span>
            <span className="num">
              {bytes(o.value)}
              {usedBytes > 0 && (
                <span className="muted"> {formatValue(o.value / usedBytes, 'ratio', 2)}</span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Encodings({ list, samples }: { list: Encoding[]; samples: number }) {
  const total = list.reduce((sum, e) => sum + e.bytes, 0);
  const most = list.reduce((max, e) => Math.max(max, e.bytes), 0);
  return (
    <section className="card top encodings">
      <header>
        <h2>Disk per sample</h2>
        <p className="muted">
          {samples > 0 ? `${formatValue(total / samples, 'none', 3)} bytes in total` : 'no blocks yet'}
        </p>
      </header>
      {list.length === 0 && <p className="muted">Shown after the first block is written.</p>}
      {list.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th>Spent on</th>
              <th className="num">Bytes</th>
              <th className="num">Samples</th>
              <th
                className="num"
                title="Bytes per sample in this encoding; other data is spread over all samples"
              >
                Per sample
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((e) => (
              <tr key={e.name}>
                <td className="encoding-name">
                  <span className="top-bar" style={{ width: `${most > 0 ? (e.bytes / most) * 100 : 0}%` }} />
                  <span>{e.name}</span>
                </td>
                <td className="num">
                  {bytes(e.bytes)}{' '}
                  <span className="muted">{total > 0 && formatValue(e.bytes / total, 'ratio', 2)}</span>
                </td>
                <td className="num">{e.samples > 0 ? short(e.samples) : '–'}</td>
                <td className="num">
                  {e.samples > 0
                    ? `${formatValue(e.bytes / e.samples, 'none', 3)} B`
                    : samples > 0
                      ? `+ ${formatValue(e.bytes / samples, 'none', 2)} B`
                      : '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Full({ data }: { data: StorageStatus }) {
  const utc = utcTime.use();
  const flags = useFlags().data?.data;
  const runtime = useRuntimeInfo().data?.data;
  const { head, churn, log, blocks, work, metadata } = data;
  const maxSeries = Number(flags?.['storage.max-series'] ?? 0);
  const filled = isMoment(head.minTime) && isMoment(head.maxTime) && head.maxTime > head.minTime;
  const perHour = churn.windowMillis > 0 ? (churn.seriesCreated / churn.windowMillis) * 3_600_000 : 0;
  const { limitBytes = 0, state, seriesRefused = 0, writersDelayedMillis = 0, fileBytes = 0 } = data.memory;
  const figures: Figure[] = [
    {
      name: 'Series',
      value: count(head.series),
      note: maxSeries > 0 ? `in memory, of ${count(maxSeries)} allowed` : 'in memory, not limited',
      share: maxSeries > 0 ? head.series / maxSeries : undefined,
    },
    {
      name: 'New series',
      value: churn.windowMillis > 0 ? count(churn.seriesCreated) : '–',
      note:
        churn.windowMillis > 0
          ? `in ${roughDuration(churn.windowMillis)}, ${count(churn.seriesRemoved)} removed · ${short(perHour)} per hour`
          : 'unknown yet',
    },
    {
      name: 'Memory',
      value: bytes(data.memory.usedBytes),
      note: limitBytes > 0 ? `of ${bytes(limitBytes)} allowed` : 'of the store',
      share: limitBytes > 0 ? data.memory.usedBytes / limitBytes : undefined,
    },
    {
      name: 'On disk',
      value: bytes(blocks.bytes),
      note:
        blocks.samples > 0
          ? `${many(blocks.count, 'block')}, ${formatValue(blocks.bytes / blocks.samples, 'none', 3)} bytes per sample`
          : 'no blocks yet',
    },
    { name: 'Log', value: bytes(log.bytes), note: `up to segment ${count(log.segment)}` },
  ];
  const own = data.stores?.find((store) => store.name === 'metric store');
  const failures = Math.max(work.failures + work.checkpointFailures, own?.failedWrites ?? 0);
  return (
    <>
      <Stores stores={data.stores ?? []} />
      <h2 className="metric-store">Metric store</h2>
      <Pressure state={state} />
      <Tiles figures={figures} />
      <div className="top-grid">
        <Memory data={data} />
        <Encodings list={data.encodings} samples={blocks.samples} />
        <Facts
          title="In memory"
          facts={[
            [
              'Span',
              filled
                ? `${roughDuration(head.maxTime - head.minTime)}, since ${formatMoment(head.minTime, utc)}`
                : 'no samples yet',
            ],
            ['Samples in files', fileBytes > 0 ? bytes(fileBytes) : null],
            ['Samples ingested', `${count(head.floatSamples)} since the start`],
            [
              'New series rejected',
              seriesRefused > 0
                ? `${count(seriesRefused)}: a memory, series or label limit was reached; see the log`
                : null,
            ],
            [
              'Writers delayed',
              writersDelayedMillis > 0 ? `${roughDuration(writersDelayedMillis)} for memory` : null,
            ],
            ['Histograms ingested', head.histogramSamples > 0 ? count(head.histogramSamples) : null],
            ['Late samples ingested', head.lateSamples > 0 ? count(head.lateSamples) : null],
            [
              'Descriptions of metrics',
              `${count(metadata.families)} of ${count(metadata.limit)}${metadata.dropped > 0 ? `, ${count(metadata.dropped)} dropped` : ''}`,
            ],
          ]}
        />
        <Facts
          title="Retention and maintenance"
          facts={[
            ['Retention', runtime?.storageRetention || 'not limited'],
            [
              'Removed by retention',
              `${many(work.blocksRemovedByAge, 'block')} by age, ${count(work.blocksRemovedBySize)} by size`,
            ],
            [
              'Ranges written to disk',
              `${count(work.flushes)} since the start${work.earlyFlushes ? `, ${count(work.earlyFlushes)} of them early to free memory` : ''}`,
            ],
            ['Compactions', `${many(work.compactions, 'block')} written`],
            [
              'Downsampling',
              data.downsampled === undefined
                ? null
                : data.downsampled.some((level) => level.configured)
                  ? `to ${data.downsampled
                      .filter((level) => level.configured)
                      .map((level) => level.resolution)
                      .join(' and ')}, ${many(work.downsamplings ?? 0, 'block')} created since the start`
                  : 'off',
            ],
            ['Memory snapshots', count(work.checkpoints)],
            ['Failures', failures === 0 ? 'none' : `${count(failures)}: see the server log`],
          ]}
        />
      </div>
      <p className="cardinality-link">
        <Link to="/status/$tab" params={{ tab: 'cardinality' } as never} className="button button-plain">
          Show cardinality
        </Link>
      </p>
      <Downsampled levels={data.downsampled ?? []} />
      <Blocks head={head} />
      <Administration />
    </>
  );
}

/** What every server of Prometheus's kind tells. */
function HeadOnly() {
  const utc = utcTime.use();
  const status = useTsdbStatus(10);
  const retention = useRuntimeInfo().data?.data.storageRetention;
  if (status.error) return <ErrorNotice error={status.error} />;
  const head = status.data?.data.headStats;
  if (!head) return <Loading label="Loading storage statistics" />;
  const filled = head.maxTime > head.minTime;
  return (
    <>
      <Tiles
        figures={[
          { name: 'Series', value: count(head.numSeries), note: 'in the head' },
          {
            name: 'Chunks',
            value: count(head.chunkCount),
            note:
              head.chunkCount >= head.numSeries && head.numSeries > 0
                ? `${formatValue(head.chunkCount / head.numSeries, 'none', 3)} a series`
                : '',
          },
          { name: 'Label pairs', value: head.numLabelPairs?.toLocaleString('en') ?? '–', note: 'distinct' },
          {
            name: 'Span',
            value: filled ? roughDuration(head.maxTime - head.minTime) : '–',
            note: filled ? `since ${formatMoment(head.minTime, utc)}` : 'no samples yet',
          },
          { name: 'Retention', value: retention || 'not limited', note: '' },
        ]}
      />
      <HeadCardinality />
      <Blocks head={head} />
      <Administration />
    </>
  );
}

export function StorageTab() {
  const storage = useStorage();
  if (isMissing(storage.error)) return <HeadOnly />;
  if (storage.error) return <ErrorNotice error={storage.error} />;
  if (!storage.data) return <Loading label="Loading storage statistics" />;
  return <Full data={storage.data.data} />;
}
