import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import {
  useBlocks,
  useBuildInfo,
  useConfig,
  useFlags,
  useRuntimeInfo,
  useTsdbStatus,
  useVector,
} from '../api/queries';
import type { NamedValue } from '../api/types';
import { CopyButton, Empty, Loading, PageHead, SearchField, Select } from '../components/ui';
import { metricSelector, quote } from '../lib/labels';
import { utcTime } from '../lib/store';
import { formatAgo, formatMoment, roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { highlightLine } from '../lib/yaml';

const TABS = [
  ['overview', 'Overview'],
  ['flags', 'Flags'],
  ['config', 'Configuration'],
  ['storage', 'Storage'],
] as const;

function Facts({ title, facts }: { title: string; facts: [string, string | undefined | null][] }) {
  return (
    <section className="card facts">
      <h2>{title}</h2>
      <dl>
        {facts
          .filter((fact): fact is [string, string] => Boolean(fact[1]))
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

const RUNTIME_SHOWN = new Set([
  'startTime',
  'CWD',
  'hostname',
  'serverTime',
  'reloadConfigSuccess',
  'lastConfigTime',
  'corruptionCount',
  'storageRetention',
]);
const RUNTIME_NAMES: Record<string, string> = {
  goroutineCount: 'Threads',
  GOMAXPROCS: 'Processors used',
  GOMEMLIMIT: 'Memory limit',
};

function Overview() {
  const utc = utcTime.use();
  const build = useBuildInfo();
  const runtime = useRuntimeInfo();
  const memory = useVector('process_resident_memory_bytes{job=~"prometheus|tethys"}', 15_000);
  if (build.error) return <ErrorNotice error={build.error} />;
  if (runtime.error) return <ErrorNotice error={runtime.error} />;
  const b = build.data?.data;
  const r = runtime.data?.data;
  if (!b || !r) return <Loading label="Asking the server" />;
  const when = (text: string | undefined) => {
    const ms = Date.parse(text ?? '');
    return Number.isNaN(ms) || ms <= 0
      ? undefined
      : `${formatMoment(ms, utc)} (${formatAgo(ms, Date.now())})`;
  };
  const more = Object.entries(r)
    .filter(([name, value]) => !RUNTIME_SHOWN.has(name) && value !== '' && value !== null)
    .map(([name, value]): [string, string] => [
      RUNTIME_NAMES[name] ?? name,
      // No limit is said as the largest number there is.
      name === 'GOMEMLIMIT'
        ? Number(value) > 2 ** 60
          ? 'none'
          : formatValue(Number(value), 'bytes')
        : String(value),
    ]);
  const rss = memory.data?.[0]?.value?.[1];
  return (
    <div className="facts-grid">
      <Facts
        title="Server"
        facts={[
          ['Host', r.hostname],
          ['Started', when(r.startTime)],
          ['Working directory', r.CWD],
          ['Server time', r.serverTime ? formatMoment(Date.parse(r.serverTime), utc) : undefined],
          ['Resident memory', rss ? formatValue(Number(rss), 'bytes') : undefined],
          ...more,
        ]}
      />
      <Facts
        title="Configuration and storage"
        facts={[
          [
            'Last reload',
            r.reloadConfigSuccess ? 'successful' : 'failed: the former configuration is in use',
          ],
          ['Configuration loaded', when(r.lastConfigTime)],
          ['Retention', r.storageRetention || 'not limited'],
          ['Log corruptions', String(r.corruptionCount)],
        ]}
      />
      <Facts
        title="Build"
        facts={[
          ['Version', b.version],
          ['Revision', b.revision],
          ['Branch', b.branch],
          ['Built by', b.buildUser],
          ['Built on', b.buildDate],
          ['Runtime', b.goVersion],
        ]}
      />
    </div>
  );
}

function Flags() {
  const flags = useFlags();
  const [text, setText] = useState('');
  if (flags.error) return <ErrorNotice error={flags.error} />;
  if (!flags.data) return <Loading label="Reading flags" />;
  const words = text.toLowerCase();
  const list = Object.entries(flags.data.data)
    .filter(([name, value]) => `${name}=${value}`.toLowerCase().includes(words))
    .sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <div className="filters">
        <SearchField label="Search flags" value={text} onChange={setText} />
        <span className="muted">{list.length} flags</span>
      </div>
      <div className="card table-card">
        <table className="table">
          <thead>
            <tr>
              <th>Flag</th>
              <th>Value</th>
            </tr>
          </thead>
          <tbody>
            {list.map(([name, value]) => (
              <tr key={name}>
                <td className="mono-text flag-name">--{name}</td>
                <td className="mono-text">{value === '' ? <span className="absent" /> : value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {list.length === 0 && <Empty icon="search" title="No flag matches" />}
    </>
  );
}

function Configuration() {
  const config = useConfig();
  const yaml = config.data?.data.yaml ?? '';
  const lines = useMemo(() => yaml.replace(/\n$/, '').split('\n').map(highlightLine), [yaml]);
  if (config.error) return <ErrorNotice error={config.error} />;
  if (!config.data) return <Loading label="Reading the configuration" />;
  if (yaml.trim() === '') {
    return (
      <Empty icon="rules" title="The configuration is empty">
        The server runs on its defaults.
      </Empty>
    );
  }
  return (
    <section className="card config">
      <header className="config-head">
        <span className="muted">
          As the server read it, defaults filled in, secrets hidden · {lines.length} lines
        </span>
        <CopyButton text={yaml} label="Copy the configuration" />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre className="yaml" tabIndex={0}>
        {lines.map((tokens, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity.
          <div className="yaml-line" key={i}>
            <span className="yaml-number">{i + 1}</span>
            <code>
              {tokens.map((token, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nor have pieces of a line.
                <span key={j} className={`token-${token.kind}`}>
                  {token.text}
                </span>
              ))}
            </code>
          </div>
        ))}
      </pre>
    </section>
  );
}

function Top({
  title,
  hint,
  values,
  total,
  unit,
  query,
}: {
  title: string;
  hint: string;
  values: NamedValue[] | null;
  total?: number;
  unit?: 'bytes';
  query?: (name: string) => string;
}) {
  const list = values ?? [];
  const most = list.reduce((max, v) => Math.max(max, v.value), 0);
  return (
    <section className="card top">
      <header>
        <h2>{title}</h2>
        <p className="muted">{hint}</p>
      </header>
      {list.length === 0 && <p className="muted">Nothing yet.</p>}
      <ol>
        {list.map((v) => (
          <li key={v.name}>
            <span className="top-bar" style={{ width: `${(v.value / most) * 100}%` }} />
            <span className="top-name mono-text">
              {query ? (
                <Link to="/query" search={{ 'g0.expr': query(v.name), 'g0.tab': 'table' } as never}>
                  {v.name}
                </Link>
              ) : (
                v.name
              )}
            </span>
            <span className="num">
              {unit ? formatValue(v.value, unit, 3) : v.value.toLocaleString('en')}
              {total !== undefined && total > 0 && (
                <span className="muted"> {formatValue(v.value / total, 'ratio', 2)}</span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** label=value, where the label's name ends at the first "=". */
function pairSelector(pair: string): string {
  const at = pair.indexOf('=');
  return `count by (__name__) ({${pair.slice(0, at)}=${quote(pair.slice(at + 1))}})`;
}

function Blocks() {
  const utc = utcTime.use();
  const blocks = useBlocks();
  // Older servers do not list their blocks.
  if (blocks.error || !blocks.data) return null;
  const list = [...(blocks.data.data.blocks ?? [])].sort((a, b) => b.maxTime - a.maxTime);
  return (
    <section className="card table-card">
      <header className="table-title">
        <h2>Blocks</h2>
        <p className="muted">
          {list.length === 0
            ? 'None yet: everything is in the head.'
            : `${list.length} on disk, newest first`}
        </p>
      </header>
      {list.length > 0 && (
        <div className="table-wrap">
          <table className="table">
            <thead>
              <tr>
                <th>Block</th>
                <th>From</th>
                <th>Length</th>
                <th className="num">Series</th>
                <th className="num">Samples</th>
                <th className="num">Level</th>
              </tr>
            </thead>
            <tbody>
              {list.map((b) => (
                <tr key={b.ulid}>
                  <td className="mono-text">{b.ulid}</td>
                  <td>{formatMoment(b.minTime, utc)}</td>
                  <td>{roughDuration(b.maxTime - b.minTime)}</td>
                  <td className="num">{b.stats?.numSeries?.toLocaleString('en') ?? '–'}</td>
                  <td className="num">{b.stats?.numSamples?.toLocaleString('en') ?? '–'}</td>
                  <td className="num">{b.compaction?.level ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Storage() {
  const utc = utcTime.use();
  const [limit, setLimit] = useState('10');
  const status = useTsdbStatus(Number(limit));
  if (status.error) return <ErrorNotice error={status.error} />;
  const data = status.data?.data;
  if (!data) return <Loading label="Reading storage statistics" />;
  const { headStats: head } = data;
  const figures: [string, string, string][] = [
    ['Series', head.numSeries.toLocaleString('en'), 'in the head'],
    [
      'Chunks',
      head.chunkCount.toLocaleString('en'),
      head.chunkCount >= head.numSeries && head.numSeries > 0
        ? `${formatValue(head.chunkCount / head.numSeries, 'none', 3)} a series`
        : '',
    ],
    ['Label pairs', head.numLabelPairs?.toLocaleString('en') ?? '–', 'distinct'],
    [
      'Span',
      head.maxTime > head.minTime ? roughDuration(head.maxTime - head.minTime) : '–',
      head.maxTime > head.minTime ? `since ${formatMoment(head.minTime, utc)}` : 'no samples yet',
    ],
  ];
  return (
    <>
      <div className="tiles">
        {figures.map(([name, value, note]) => (
          <div className="tile" key={name}>
            <span className="tile-name">{name}</span>
            <span className="tile-value">{value}</span>
            <span className="tile-note">{note}</span>
          </div>
        ))}
      </div>
      <div className="filters">
        <h2>What takes the room</h2>
        <Select
          label="Show top"
          value={limit}
          choices={['10', '20', '50', '100'].map((value) => ({ value, label: value }))}
          onChange={setLimit}
        />
      </div>
      <div className="top-grid">
        <Top
          title="Metrics"
          hint="Series of each name"
          values={data.seriesCountByMetricName}
          total={head.numSeries}
          query={metricSelector}
        />
        <Top
          title="Labels"
          hint="Distinct values of each label"
          values={data.labelValueCountByLabelName}
          query={(name) => `count(count by (${name}) ({${name}!=""}))`}
        />
        <Top
          title="Label pairs"
          hint="Series that carry each pair"
          values={data.seriesCountByLabelValuePair}
          total={head.numSeries}
          query={pairSelector}
        />
        <Top
          title="Label memory"
          hint="Bytes of the values of each label"
          values={data.memoryInBytesByLabelName}
          unit="bytes"
        />
      </div>
      <Blocks />
    </>
  );
}

export function StatusPage() {
  const { tab = 'overview' } = useParams({ strict: false }) as { tab?: string };
  const runtime = useRuntimeInfo().data?.data;
  return (
    <div className="page">
      <PageHead
        title="Status"
        lead={
          runtime && !runtime.reloadConfigSuccess ? 'The last reload of the configuration failed' : undefined
        }
      >
        <nav className="tabs" aria-label="Status">
          {TABS.map(([id, name]) => (
            <Link
              key={id}
              to={id === 'overview' ? '/status' : '/status/$tab'}
              params={{ tab: id } as never}
              className="tab"
              activeOptions={{ exact: true }}
              aria-current={tab === id ? 'page' : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
      </PageHead>
      {tab === 'overview' && <Overview />}
      {tab === 'flags' && <Flags />}
      {tab === 'config' && <Configuration />}
      {tab === 'storage' && <Storage />}
      {!TABS.some(([id]) => id === tab) && <Empty icon="compass" title="There is no such page" />}
    </div>
  );
}
