import { useIsFetching } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Fragment, useEffect, useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { usePool, useTargets, useVector } from '../api/queries';
import type { VectorItem } from '../api/types';
import { PageTabs } from '../app/page-tabs';
import { useShortcut } from '../app/shortcuts';
import { useMoment } from '../components/moment';
import { TimePicker } from '../components/time-picker';
import { CopyButton, Empty, Loading, PageHead, Select } from '../components/ui';
import {
  clampRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../lib/time';
import { formatValue } from '../lib/units';
import { HostChart } from './host-chart';
import {
  type ChartSpec,
  chartsOf,
  filesystemQueries,
  filesystems,
  firstRange,
  HOSTS_QUERY,
  type HostId,
  hasJustBegun,
  othersOf,
  rateWindow,
  selector,
} from './metrics';

const POINTS = 200;
const DEFAULT_REFRESH = 15_000;
const SLOW = 15_000;
/** Filesystems stand before the disks. */
const FILESYSTEMS_AT = 4;

interface Host extends HostId {
  name: string;
  kernel: string;
  machine: string;
}

const hostKey = (host: HostId) => selector(host);

/** What tells a host from others of its job and instance, for addresses. */
const othersText = (host: HostId) =>
  Object.entries(host.others ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

/** The same for people. */
function othersShown(host: HostId): string {
  const all = Object.entries(host.others ?? {});
  const own = all.filter(([, value]) => value !== '').map(([name, value]) => `${name} ${value}`);
  return own.length > 0 || all.length === 0
    ? own.join(', ')
    : `without ${all.map(([name]) => name).join(', ')}`;
}

function hostsOf(samples: VectorItem[]): Host[] {
  const others = othersOf(samples.map(({ metric }) => metric));
  return samples
    .map(({ metric }, i) => ({
      others: others[i],
      job: metric.job ?? '',
      instance: metric.instance ?? '',
      name: metric.nodename || metric.instance || '?',
      kernel: metric.release ?? '',
      machine: metric.machine ?? '',
    }))
    .sort(
      (a, b) =>
        a.name.localeCompare(b.name) ||
        // A machine that is scraped twice: the job that is named for it comes first.
        Number(/node|host/.test(b.job)) - Number(/node|host/.test(a.job)) ||
        hostKey(a).localeCompare(hostKey(b)),
    );
}

const single = (data: VectorItem[] | undefined): number | null => {
  const text = data?.[0]?.value?.[1];
  return text === undefined ? null : Number(text);
};

function Gauge({ name, share, text }: { name: string; share: number | null; text: string }) {
  const level = share === null ? '' : share > 0.9 ? ' is-bad' : share > 0.75 ? ' is-warn' : '';
  return (
    <div className="tile">
      <span className="tile-name">{name}</span>
      <span className="tile-value">
        {share === null ? '–' : formatValue(share, 'ratio', share >= 0.1 ? 3 : 2)}
      </span>
      <span className={`meter${level}`}>
        <i style={{ width: `${Math.min(100, Math.max(0, (share ?? 0) * 100))}%` }} />
      </span>
      <span className="tile-note">{text}</span>
    </div>
  );
}

function Fact({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div className="tile">
      <span className="tile-name">{name}</span>
      <span className="tile-value">{value}</span>
      <span className="tile-note">{note}</span>
    </div>
  );
}

function Tiles({ host, window, refresh }: { host: Host; window: string; refresh: number }) {
  const moment = useMoment();
  const s = selector(host);
  const busy = single(
    useVector(`1 - avg(rate(node_cpu_seconds_total{${s},mode="idle"}[${window}]))`, refresh).data,
  );
  const cores = single(useVector(`count(node_cpu_seconds_total{${s},mode="idle"})`, SLOW).data);
  const total = single(useVector(`node_memory_MemTotal_bytes{${s}}`, SLOW).data);
  const available = single(useVector(`node_memory_MemAvailable_bytes{${s}}`, refresh).data);
  const load = single(useVector(`node_load1{${s}}`, refresh).data);
  const boot = single(useVector(`node_boot_time_seconds{${s}}`, SLOW).data);
  const os = useVector(`node_os_info{${s}}`, SLOW).data?.[0]?.metric;
  const running = single(useVector(`node_procs_running{${s}}`, refresh).data);
  const uptime = boot === null ? null : Date.now() / 1000 - boot;
  return (
    <div className="tiles">
      <Gauge
        name="Processor"
        share={busy}
        text={cores === null ? '' : `${cores} processor${cores === 1 ? '' : 's'}`}
      />
      <Gauge
        name="Memory"
        share={total && available !== null ? 1 - available / total : null}
        text={
          total && available !== null
            ? `${formatValue(total - available, 'bytes', 3)} of ${formatValue(total, 'bytes', 3)}`
            : ''
        }
      />
      <Fact
        name="Load"
        value={load === null ? '–' : formatValue(load, 'none', 3)}
        note={
          cores && load !== null
            ? `${formatValue(load / cores, 'none', 2)} a processor${running === null ? '' : `, ${running} running`}`
            : ''
        }
      />
      <Fact
        name="Uptime"
        value={uptime === null ? '–' : formatValue(uptime, 'seconds')}
        note={boot === null ? '' : `since ${moment(boot * 1000).slice(0, 16)}`}
      />
      <Fact
        name="Kernel"
        value={host.kernel.split('-')[0] || '–'}
        note={[os?.pretty_name, host.machine].filter(Boolean).join(' · ')}
      />
    </div>
  );
}

function Filesystems({ host, refresh }: { host: Host; refresh: number }) {
  const q = filesystemQueries(host);
  const size = useVector(q.size, refresh);
  const available = useVector(q.available, refresh);
  const files = useVector(q.files, SLOW);
  const filesFree = useVector(q.filesFree, SLOW);
  const list = filesystems(size.data ?? [], available.data ?? [], files.data ?? [], filesFree.data ?? []);
  return (
    <section className="card host-card" aria-label="Filesystems">
      <header className="host-card-head">
        <div>
          <h2>Filesystems</h2>
          <p className="muted">Used now, fullest first</p>
        </div>
      </header>
      {size.error ? (
        <ErrorNotice error={size.error} />
      ) : list.length === 0 ? (
        <div className="host-card-none">
          {size.isPending ? (
            <span className="spinner" />
          ) : (
            <span className="muted">This host reports no filesystems.</span>
          )}
        </div>
      ) : (
        <ul className="filesystems">
          {list.map((fs) => {
            const share = 1 - fs.available / fs.size;
            const level = share > 0.9 ? ' is-bad' : share > 0.8 ? ' is-warn' : '';
            return (
              <li key={`${fs.device} ${fs.mountpoint}`}>
                <div className="filesystem-line">
                  <span className="filesystem-name mono-text">{fs.mountpoint}</span>
                  <span className="muted filesystem-device">
                    {fs.device} · {fs.type}
                  </span>
                  <b>{formatValue(share, 'ratio', 3)}</b>
                </div>
                <span className={`meter${level}`}>
                  <i style={{ width: `${share * 100}%` }} />
                </span>
                <div className="filesystem-line muted">
                  <span>
                    {formatValue(fs.available, 'bytes', 3)} free of {formatValue(fs.size, 'bytes', 3)}
                  </span>
                  {fs.inodes !== null && <span>{formatValue(fs.inodes, 'ratio', 2)} of inodes</span>}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

const EXAMPLE = `scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["localhost:9100"]`;

function NoHosts() {
  const targets = useTargets().data?.data.activeTargets ?? [];
  const waiting = targets.length > 0 && targets.every((t) => t.health === 'unknown');
  if (waiting) {
    return (
      <Empty icon="host" title="The first samples are on their way">
        {targets.length} target{targets.length === 1 ? ' is' : 's are'} about to be scraped; this page updates
        automatically.
      </Empty>
    );
  }
  return (
    <Empty
      icon="host"
      title="No host metrics yet"
      actions={
        <>
          <Link to="/targets" className="button button-plain">
            View targets
          </Link>
          <CopyButton text={EXAMPLE} label="Copy example" />
        </>
      }
    >
      This page charts the <code>node_*</code> metrics of a host. Scrape a node exporter, for example:
      <pre className="code-block">{EXAMPLE}</pre>
    </Empty>
  );
}

export function HostPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const uname = useVector(HOSTS_QUERY, 10_000);
  const hosts = useMemo(() => hostsOf(uname.data ?? []), [uname.data]);
  const [now, setNow] = useState(() => Date.now());
  const fetching = useIsFetching({ predicate: (q) => q.queryKey[0] === 'host' });

  const refresh = search.refresh === 'off' ? 0 : (parseDuration(search.refresh ?? '') ?? DEFAULT_REFRESH);
  const host =
    hosts.find(
      (h) =>
        h.instance === search.instance &&
        (!search.job || h.job === search.job) &&
        (!search.others || othersText(h) === search.others),
    ) ?? hosts[0];

  const go = (patch: Record<string, string | undefined>, replace = false) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...patch }).filter(([, v]) => v));
    void navigate({ to: '/host', search: next as never, replace, resetScroll: false });
  };
  const setTime = (next: TimeRange) => {
    setNow(Date.now());
    go({
      range: formatDuration(next.range),
      end: next.end === null ? undefined : formatMoment(next.end, true),
    });
  };
  useShortcut('r', () => setNow(Date.now()));

  const targets = usePool(host?.job).data?.data.activeTargets;
  const target =
    host && targets?.find((t) => t.labels.instance === host.instance && t.labels.job === host.job);
  const seen = useVector(
    host ? `count_over_time(up{${selector(host)}}[30m])` : '',
    60_000,
    host !== undefined,
  );
  const asked = parseDuration(search.range ?? '');
  const range = asked ? clampRange(asked) : firstRange(single(seen.data), target?.scrapeInterval);
  const momentAsked = parseMoment(search.end ?? '', true);
  const time = useMemo((): TimeRange => ({ range, end: momentAsked }), [range, momentAsked]);
  useEffect(() => {
    if (refresh === 0 || time.end !== null) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, refresh);
    return () => clearInterval(timer);
  }, [refresh, time.end]);
  const step = Math.max(1000, Math.round(time.range / POINTS / 1000) * 1000);
  const end = time.end ?? Math.floor(now / step) * step;
  const window = rateWindow(target?.scrapeInterval, step);
  const key = host && hostKey(host);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says which host; the object is new with each answer
  const specs = useMemo(() => (host ? chartsOf(host, window) : []), [key, window]);
  const chart = (spec: ChartSpec) => (
    <HostChart
      key={spec.id}
      spec={spec}
      time={time}
      start={end - time.range}
      end={end}
      step={step}
      begun={hasJustBegun(single(seen.data))}
      onTime={setTime}
    />
  );
  const several = new Set(hosts.map((h) => h.name)).size < hosts.length;

  return (
    <div className="page">
      <PageHead
        title={host ? host.name : 'Host'}
        lead={
          host
            ? [host.instance, `job ${host.job}`, othersShown(host)].filter((t) => t !== '').join(' · ')
            : undefined
        }
      >
        {hosts.length > 1 && host && (
          <Select
            label="Host"
            hideLabel
            value={hostKey(host)}
            choices={hosts.map((h) => ({
              value: hostKey(h),
              label: several
                ? [h.name, h.job, h.instance, othersShown(h)].filter((t) => t !== '').join(' · ')
                : h.name,
            }))}
            onChange={(key) => {
              const chosen = hosts.find((h) => hostKey(h) === key);
              if (chosen) {
                go({ instance: chosen.instance, job: chosen.job, others: othersText(chosen) || undefined });
              }
            }}
          />
        )}
        {host && (
          <TimePicker
            value={time}
            refresh={refresh}
            busy={fetching > 0}
            onChange={setTime}
            onRefresh={(ms) => go({ refresh: ms === 0 ? 'off' : formatDuration(ms) }, true)}
            onRun={() => setNow(Date.now())}
          />
        )}
        <PageTabs />
      </PageHead>
      {uname.error && <ErrorNotice error={uname.error} />}
      {uname.isPending && <Loading label="Loading hosts" />}
      {uname.data && !host && <NoHosts />}
      {host && !asked && seen.isPending && <Loading label="Loading samples" />}
      {host && (asked !== null || !seen.isPending) && (
        // Keyed by the host: figures of one are never shown under the name of another.
        <Fragment key={hostKey(host)}>
          <Tiles host={host} window={window} refresh={refresh || SLOW} />
          <div className="host-grid">
            {specs.slice(0, FILESYSTEMS_AT).map(chart)}
            <Filesystems host={host} refresh={refresh || SLOW} />
            {specs.slice(FILESYSTEMS_AT).map(chart)}
          </div>
        </Fragment>
      )}
    </div>
  );
}
