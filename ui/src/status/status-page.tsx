import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useBuildInfo, useConfig, useFlags, useRuntimeInfo, useVector } from '../api/queries';
import { isAgent } from '../app/parts';
import { CopyButton, Empty, Loading, PageHead, SearchField } from '../components/ui';
import { Yaml } from '../components/yaml';
import { utcTime } from '../lib/store';
import { formatAgo, formatMoment } from '../lib/time';
import { formatValue } from '../lib/units';
import { CardinalityTab } from './cardinality-tab';
import { Facts } from './facts';
import { QueriesTab } from './queries-tab';
import { StorageTab } from './storage-tab';

/** Tabs about stored data, which an agent has none of. */
const OF_STORES = new Set(['queries', 'storage', 'cardinality']);

const TABS = [
  ['overview', 'Overview'],
  ['queries', 'Queries'],
  ['storage', 'Storage'],
  ['cardinality', 'Cardinality'],
  ['flags', 'Flags'],
  ['config', 'Configuration'],
] as const;

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
  if (!b || !r) return <Loading label="Loading" />;
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
            r.reloadConfigSuccess ? 'successful' : 'failed: the previous configuration is in use',
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
  if (!flags.data) return <Loading label="Loading flags" />;
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
  const all = yaml.replace(/\n$/, '').split('\n');
  const lines = all.length;
  // Links name how the line begins that they mean.
  const { find } = useSearch({ strict: false }) as { find?: string };
  const line = find ? all.findIndex((one) => one.startsWith(find)) + 1 : 0;
  if (config.error) return <ErrorNotice error={config.error} />;
  if (!config.data) return <Loading label="Loading configuration" />;
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
        <span className="muted">As read by the server, with defaults, secrets hidden · {lines} lines</span>
        <CopyButton text={yaml} label="Copy the configuration" />
      </header>
      <Yaml text={yaml} line={line} />
    </section>
  );
}

export function StatusPage() {
  const { tab = 'overview' } = useParams({ strict: false }) as { tab?: string };
  const runtime = useRuntimeInfo().data?.data;
  return (
    <div className="page">
      <PageHead
        title="System"
        lead={
          runtime && !runtime.reloadConfigSuccess ? 'The last reload of the configuration failed' : undefined
        }
      >
        <nav className="tabs" aria-label="System">
          {TABS.filter(([id]) => !isAgent || id === tab || !OF_STORES.has(id)).map(([id, name]) => (
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
      {tab === 'queries' && <QueriesTab />}
      {tab === 'storage' && <StorageTab />}
      {tab === 'cardinality' && <CardinalityTab />}
      {!TABS.some(([id]) => id === tab) && <Empty icon="compass" title="Page not found" />}
    </div>
  );
}
