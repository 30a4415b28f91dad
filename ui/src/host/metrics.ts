/** What the Host page asks, as data: the queries of every picture and how their lines are named. */
import type { LabelSet } from '../api/types';
import { labelName, quote, splitShared } from '../lib/labels';
import { formatDuration, parseDuration } from '../lib/time';
import type { UnitId } from '../lib/units';

export interface LineSpec {
  expr: string;
  name: (labels: LabelSet) => string;
  /** A fixed colour by line name, so that "user" is the same colour everywhere. */
  color?: (labels: LabelSet) => number;
  limit?: boolean;
}

export interface ChartSpec {
  id: string;
  title: string;
  hint: string;
  unit: UnitId;
  lines: LineSpec[];
  stacked?: boolean;
  ceiling?: number;
  /** Said when the host does not tell these figures. */
  absent: string;
}

export interface HostId {
  job: string;
  instance: string;
  /**
   * The labels that tell it from hosts of the same job and instance, such as a cluster, as servers that
   * are written to by several others have them; "" where it lacks one that another has.
   */
  others?: LabelSet;
}

/** Filesystems and devices that hold nothing of their own. */
const PSEUDO_FILESYSTEMS =
  'tmpfs|devtmpfs|ramfs|squashfs|nsfs|autofs|proc|sysfs|cgroup2?|fuse.lxcfs|rpc_pipefs|tracefs|debugfs';
const PSEUDO_DISKS = 'loop\\\\d+|ram\\\\d+|zram\\\\d+|sr\\\\d+|fd\\\\d+|nbd\\\\d+';
const PSEUDO_NETWORKS =
  'lo|veth.*|cali.*|lxc.*|docker_gwbridge|ifb.*|sit\\\\d+|tunl\\\\d+|ip6tnl\\\\d+|gre\\\\d+|dummy.*';

const DEFAULT_INTERVAL = 15_000;

/**
 * The window of rates: three scrapes hold two samples even when one comes late, so a rate is there
 * within a minute of the first scrape; never shorter than a step, so that no sample falls between.
 */
export function rateWindow(scrapeInterval: string | undefined, step: number): string {
  const interval = (scrapeInterval && parseDuration(scrapeInterval)) || DEFAULT_INTERVAL;
  return formatDuration(Math.max(3 * interval, Math.ceil(step / 1000) * 1000));
}

/** What node_uname_info tells of a machine: its other labels are those of the target. */
const OF_UNAME = ['__name__', 'domainname', 'machine', 'nodename', 'release', 'sysname', 'version'];

/** Hosts by their name, or by what else tells of a machine where there is no uname. */
export const HOSTS_QUERY = `node_uname_info or ignoring (${OF_UNAME.slice(1).join(', ')}) (node_load1 or node_boot_time_seconds)`;

/** For each host, of which these are the labels, those that tell it from others of its job and instance. */
export function othersOf(hosts: LabelSet[]): LabelSet[] {
  const place = (labels: LabelSet) => JSON.stringify([labels.job, labels.instance]);
  const alike = new Map<string, LabelSet[]>();
  for (const labels of hosts) alike.set(place(labels), [...(alike.get(place(labels)) ?? []), labels]);
  return hosts.map((labels) => {
    const { varying } = splitShared(alike.get(place(labels)) ?? []);
    return Object.fromEntries(
      varying.filter((name) => !OF_UNAME.includes(name)).map((name) => [name, labels[name] ?? '']),
    );
  });
}

/** Whether a host was scraped less than thrice, which a rate needs; null when nobody knows how often. */
export function hasJustBegun(samples: number | null): boolean {
  return samples !== null && samples < 3;
}

/**
 * A first look is as long as there is something to see: five minutes of a host that has just begun to
 * tell, half an hour later on. `samples` were taken within the last half hour.
 */
export function firstRange(samples: number | null, scrapeInterval: string | undefined): number {
  const interval = (scrapeInterval && parseDuration(scrapeInterval)) || DEFAULT_INTERVAL;
  if (samples === null || samples * interval > 20 * 60_000) return 30 * 60_000;
  return samples * interval > 7 * 60_000 ? 15 * 60_000 : 5 * 60_000;
}

export const selector = (host: HostId) =>
  Object.entries({ job: host.job, instance: host.instance, ...host.others })
    .map(([name, value]) => `${labelName(name)}=${quote(value)}`)
    .join(',');

const fixed = (name: string) => () => name;
const by =
  (label: string, suffix = '') =>
  (labels: LabelSet) =>
    `${labels[label] ?? '?'}${suffix}`;

const MODES = ['user', 'system', 'iowait', 'steal', 'nice', 'irq', 'softirq'];

export function chartsOf(host: HostId, window: string): ChartSpec[] {
  const s = selector(host);
  const rate = (metric: string, more = '') => `rate(${metric}{${s}${more}}[${window}])`;
  const disks = `,device!~"${PSEUDO_DISKS}"`;
  const networks = `,device!~"${PSEUDO_NETWORKS}"`;
  const memory = (name: string) => `node_memory_${name}_bytes{${s}}`;
  return [
    {
      id: 'cpu',
      title: 'Processor',
      hint: 'CPU time by mode, share of all processors',
      unit: 'ratio',
      stacked: true,
      ceiling: 1,
      absent: 'No CPU metrics from this host.',
      lines: [
        {
          expr: `sum by (mode) (${rate('node_cpu_seconds_total', ',mode!="idle"')}) / scalar(count(node_cpu_seconds_total{${s},mode="idle"}))`,
          name: by('mode'),
          color: (labels) => Math.max(0, MODES.indexOf(labels.mode ?? '')),
        },
      ],
    },
    {
      id: 'load',
      title: 'Load',
      hint: 'Running and waiting processes; dashed: number of processors',
      unit: 'none',
      absent: 'No load metrics from this host.',
      lines: [
        { expr: `node_load1{${s}}`, name: fixed('1 minute') },
        { expr: `node_load5{${s}}`, name: fixed('5 minutes') },
        { expr: `node_load15{${s}}`, name: fixed('15 minutes') },
        {
          expr: `count(node_cpu_seconds_total{${s},mode="idle"})`,
          name: fixed('processors'),
          color: () => 11,
          limit: true,
        },
      ],
    },
    {
      id: 'memory',
      title: 'Memory',
      hint: 'Memory by use; dashed: total',
      unit: 'bytes',
      stacked: true,
      absent: 'No memory metrics from this host.',
      lines: [
        {
          expr: `${memory('MemTotal')} - ${memory('MemFree')} - ${memory('Buffers')} - ${memory('Cached')} - ${memory('SReclaimable')}`,
          name: fixed('programs'),
        },
        { expr: `${memory('Cached')} + ${memory('SReclaimable')}`, name: fixed('cache'), color: () => 2 },
        { expr: memory('Buffers'), name: fixed('buffers'), color: () => 5 },
        {
          expr: `${memory('SwapTotal')} - ${memory('SwapFree')}`,
          name: fixed('swap used'),
          color: () => 1,
          limit: true,
        },
        { expr: memory('MemTotal'), name: fixed('total'), color: () => 11, limit: true },
      ],
    },
    {
      id: 'pressure',
      title: 'Pressure',
      hint: 'Share of time in which tasks waited for a resource',
      unit: 'ratio',
      absent: 'No pressure metrics: they require Linux 4.20 or later with CONFIG_PSI.',
      lines: [
        { expr: rate('node_pressure_cpu_waiting_seconds_total'), name: fixed('processor') },
        { expr: rate('node_pressure_io_waiting_seconds_total'), name: fixed('I/O') },
        { expr: rate('node_pressure_memory_waiting_seconds_total'), name: fixed('memory') },
        { expr: rate('node_pressure_io_stalled_seconds_total'), name: fixed('I/O, all stalled') },
        { expr: rate('node_pressure_memory_stalled_seconds_total'), name: fixed('memory, all stalled') },
      ],
    },
    {
      id: 'disk',
      title: 'Disk throughput',
      hint: 'Bytes read and written',
      unit: 'bytes/s',
      absent: 'No disk metrics from this host.',
      lines: [
        { expr: rate('node_disk_read_bytes_total', disks), name: by('device', ' read') },
        { expr: rate('node_disk_written_bytes_total', disks), name: by('device', ' written') },
      ],
    },
    {
      id: 'disk-busy',
      title: 'Disk utilisation',
      hint: 'Share of time with requests in progress',
      unit: 'ratio',
      absent: 'No disk metrics from this host.',
      lines: [{ expr: rate('node_disk_io_time_seconds_total', disks), name: by('device') }],
    },
    {
      id: 'network',
      title: 'Network throughput',
      hint: 'Bytes received and sent',
      unit: 'bytes/s',
      absent: 'No network devices except loopback.',
      lines: [
        { expr: rate('node_network_receive_bytes_total', networks), name: by('device', ' received') },
        { expr: rate('node_network_transmit_bytes_total', networks), name: by('device', ' sent') },
      ],
    },
    {
      id: 'network-errors',
      title: 'Network errors and drops',
      hint: 'Dropped and failed packets per second',
      unit: 'per second',
      absent: 'No network devices except loopback.',
      lines: [
        { expr: `sum(${rate('node_network_receive_errs_total', networks)})`, name: fixed('errors received') },
        { expr: `sum(${rate('node_network_transmit_errs_total', networks)})`, name: fixed('errors sent') },
        { expr: `sum(${rate('node_network_receive_drop_total', networks)})`, name: fixed('drops received') },
        { expr: `sum(${rate('node_network_transmit_drop_total', networks)})`, name: fixed('drops sent') },
      ],
    },
    {
      id: 'switches',
      title: 'Context switches and interrupts',
      hint: 'Context switches and interrupts per second',
      unit: 'per second',
      absent: 'No metrics from this host.',
      lines: [
        { expr: rate('node_context_switches_total'), name: fixed('context switches') },
        { expr: rate('node_intr_total'), name: fixed('interrupts') },
      ],
    },
    {
      id: 'processes',
      title: 'Processes',
      hint: 'Processes running, waiting for I/O, started per second',
      unit: 'none',
      absent: 'No metrics from this host.',
      lines: [
        { expr: `node_procs_running{${s}}`, name: fixed('running') },
        { expr: `node_procs_blocked{${s}}`, name: fixed('blocked') },
        { expr: rate('node_forks_total'), name: fixed('forks per second') },
      ],
    },
    {
      id: 'connections',
      title: 'Connections',
      hint: 'TCP connections and open sockets',
      unit: 'none',
      absent: 'No metrics from this host.',
      lines: [
        { expr: `node_netstat_Tcp_CurrEstab{${s}}`, name: fixed('established') },
        { expr: `node_sockstat_TCP_tw{${s}}`, name: fixed('waiting to close') },
        { expr: `node_sockstat_sockets_used{${s}}`, name: fixed('sockets in use') },
      ],
    },
  ];
}

export interface FilesystemQueries {
  size: string;
  available: string;
  filesFree: string;
  files: string;
}

export function filesystemQueries(host: HostId): FilesystemQueries {
  const s = `{${selector(host)},fstype!~"${PSEUDO_FILESYSTEMS}"}`;
  return {
    size: `node_filesystem_size_bytes${s} > 0`,
    available: `node_filesystem_avail_bytes${s}`,
    files: `node_filesystem_files${s} > 0`,
    filesFree: `node_filesystem_files_free${s}`,
  };
}

export interface Filesystem {
  mountpoint: string;
  device: string;
  type: string;
  size: number;
  available: number;
  /** Share of inodes in use, null when the filesystem counts none. */
  inodes: number | null;
}

interface Sample {
  metric: LabelSet;
  value?: [number, string];
}

const fsKey = (labels: LabelSet) => `${labels.device} ${labels.mountpoint}`;

/** One entry a device, under its shortest mount point, fullest first. */
export function filesystems(
  size: Sample[],
  available: Sample[],
  files: Sample[],
  filesFree: Sample[],
): Filesystem[] {
  const lookup = (samples: Sample[]) => new Map(samples.map((v) => [fsKey(v.metric), Number(v.value?.[1])]));
  const free = lookup(available);
  const inodes = lookup(files);
  const inodesFree = lookup(filesFree);
  const found = new Map<string, Filesystem>();
  for (const sample of size) {
    const key = fsKey(sample.metric);
    const left = free.get(key);
    if (left === undefined) continue;
    const total = inodes.get(key);
    const totalFree = inodesFree.get(key);
    const entry: Filesystem = {
      mountpoint: sample.metric.mountpoint ?? '?',
      device: sample.metric.device ?? '?',
      type: sample.metric.fstype ?? '',
      size: Number(sample.value?.[1]),
      available: left,
      inodes: total !== undefined && totalFree !== undefined && total > 0 ? 1 - totalFree / total : null,
    };
    const same = `${entry.device} ${entry.size}`;
    const known = found.get(same);
    if (!known || entry.mountpoint.length < known.mountpoint.length) found.set(same, entry);
  }
  return [...found.values()].sort((a, b) => a.available / a.size - b.available / b.size);
}
