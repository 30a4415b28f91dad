package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.collect.host.HostReadings;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Readings by the parsers that the collectors have. */
public final class FileReadings implements HostReadings {
  private final Sources sources;
  private final HostFiles files;
  private final MountProbe asker;

  /** CPUs found by the last reading. */
  private Map<Integer, CpuCounter> cpus = Map.of();

  /** State of processes not visible to this one. */
  private static final char UNREADABLE = '?';

  /** Maximum number of threads that query mounts; {@link MountProbe} starts them on demand. */
  private static final int STAT_WORKERS = 4;

  /** Creates readings with buffers that are reused for the lifetime of this object. */
  public FileReadings(Sources sources, Duration timeLimit) {
    this(sources, new MountProbe(MountProbe::statfs, STAT_WORKERS, timeLimit));
  }

  FileReadings(Sources sources, MountProbe asker) {
    this.sources = sources;
    this.files = new HostFiles(sources.paths());
    this.asker = asker;
  }

  @Override
  public Totals totals() throws IOException {
    StatTotals s = StatTotals.read(files.read(files.proc("stat")), false);
    return new Totals((long) s.bootSeconds, (long) s.forks, (long) s.running, (long) s.blocked);
  }

  @Override
  public double uptime() throws IOException {
    Text t = files.read(files.proc("uptime"));
    t.nextLine();
    t.needField();
    return t.number();
  }

  @Override
  public List<CpuTime> cpuTimes() throws IOException {
    Text t = files.read(files.proc("stat"));
    List<CpuTime> out = new ArrayList<>();
    Map<Integer, CpuCounter> seen = new HashMap<>();
    CpuLines lines = new CpuLines();
    while (lines.next(t)) {
      CpuCounter known = cpus.get(lines.number);
      CpuCounter counter = known == null ? new CpuCounter() : known;
      counter.update(lines.seconds);
      seen.put(lines.number, counter);
      double[] s = counter.seconds;
      out.add(new CpuTime(lines.number, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]));
    }
    cpus = seen;
    return out;
  }

  @Override
  public List<Processor> processors() throws IOException {
    List<Processor> out = new ArrayList<>();
    for (CpuInfo c : CpuInfo.parse(files.read(files.proc("cpuinfo")))) {
      Double mhz = Numbers.parse(c.get("cpu MHz"));
      out.add(
          new Processor(
              c.get("processor"), c.get("physical id"), c.get("core id"), mhz == null ? 0 : mhz));
    }
    return out;
  }

  @Override
  public int cores() throws IOException {
    Set<String> cores = new HashSet<>();
    String folder = files.sys("devices/system/cpu");
    for (String cpu : files.numbered(folder, "cpu")) {
      String topology = folder + "/" + cpu + "/topology/";
      String siblings = files.stringOrNull(topology + "core_cpus_list");
      if (siblings == null) { // as it was called before Linux 5.2
        siblings = files.stringOrNull(topology + "thread_siblings_list");
      }
      if (siblings != null) {
        cores.add(siblings);
      }
    }
    if (cores.isEmpty()) {
      processors().forEach(p -> cores.add(p.socket() + " " + p.core()));
    }
    return cores.size();
  }

  @Override
  public double[] loads() throws IOException {
    return LoadavgCollector.loads(files);
  }

  @Override
  public List<Disk> disks() throws IOException {
    List<Disk> out = new ArrayList<>();
    for (DiskLine d : DiskLine.read(files.read(files.proc("diskstats")), _ -> true)) {
      double[] v = d.values();
      out.add(
          new Disk(
              d.name(),
              (long) v[0],
              (long) v[1],
              (long) v[2],
              millis(v[3]),
              (long) v[4],
              (long) v[5],
              (long) v[6],
              millis(v[7]),
              (long) v[8],
              millis(v[9]),
              millis(v[10])));
    }
    return out;
  }

  /** Rounds seconds to the nearest millisecond. */
  private static double millis(double seconds) {
    return Math.rint(seconds * 1000) / 1000;
  }

  @Override
  public Memory memory() throws IOException {
    MeminfoLines lines = new MeminfoLines(files.read(files.proc("meminfo")));
    Map<String, Long> m = new HashMap<>(128);
    while (lines.next()) {
      m.put(lines.name(), (long) lines.value);
    }
    long free = get(m, "MemFree");
    long buffers = get(m, "Buffers");
    long reclaimable = get(m, "SReclaimable");
    long cached = get(m, "Cached") + reclaimable;
    return new Memory(
        get(m, "MemTotal"),
        free,
        m.getOrDefault("MemAvailable", free + buffers + cached),
        buffers,
        cached,
        reclaimable,
        get(m, "SUnreclaim"),
        get(m, "Dirty"),
        get(m, "Shmem"),
        get(m, "Hugepagesize"),
        get(m, "HugePages_Total"),
        get(m, "HugePages_Free"),
        get(m, "HugePages_Rsvd"),
        get(m, "HugePages_Surp"));
  }

  private static long get(Map<String, Long> of, String name) {
    return of.getOrDefault(name, 0L);
  }

  @Override
  public int pageSize() {
    return PageSize.BYTES;
  }

  @Override
  public List<Swap> swaps() throws IOException {
    return SwapDevice.read(files.read(files.proc("swaps"))).stream()
        .map(d -> new Swap(d.device(), (long) d.size(), (long) d.used()))
        .toList();
  }

  @Override
  public Paging paging() throws IOException {
    Text t = files.read(files.proc("vmstat"));
    long[] v = new long[6];
    while (t.nextLine()) {
      if (!t.lineStartsWith("p") || !t.nextField()) {
        continue;
      }
      int i =
          t.is("pswpin")
              ? 0
              : t.is("pswpout")
                  ? 1
                  : t.is("pgpgin")
                      ? 2
                      : t.is("pgpgout") ? 3 : t.is("pgfault") ? 4 : t.is("pgmajfault") ? 5 : -1;
      if (i >= 0) {
        t.needField();
        v[i] = t.integer();
      }
    }
    return new Paging(v[0], v[1], v[2], v[3], v[4], v[5]);
  }

  @Override
  public List<Network> networks() throws IOException {
    List<Network> out = new ArrayList<>();
    for (NetdevLine n : NetdevLine.read(files.read(files.proc("net/dev")), _ -> true)) {
      double[] v = n.values();
      out.add(
          new Network(
              n.name(),
              (long) v[0],
              (long) v[1],
              (long) v[2],
              (long) v[3],
              (long) v[8],
              (long) v[9],
              (long) v[10],
              (long) v[11]));
    }
    return out;
  }

  @Override
  public long[] tcpStates() throws IOException {
    double[] counts = new double[TcpstatCollector.STATES_OF_KERNEL];
    TcpstatCollector.count(files, counts, new double[2]);
    return Arrays.stream(counts).mapToLong(c -> (long) c).toArray();
  }

  @Override
  public long[] tracked() throws IOException {
    return new long[] {
      files.integer(files.proc("sys/net/netfilter/nf_conntrack_count")),
      files.integer(files.proc("sys/net/netfilter/nf_conntrack_max"))
    };
  }

  @Override
  public List<FileSystem> fileSystems(boolean virtual, Predicate<MountPoint> wanted)
      throws IOException {
    Set<String> physical = virtual ? Set.of() : physicalTypes();
    String folder = sources.mounts();
    List<Mount> all =
        folder == null
            ? Mount.ofHost(files)
            : Mount.read(files.read(folder + "/mountinfo"), files.paths().rootfs());
    List<Mount> mounts = new ArrayList<>();
    List<MountPoint> points = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    Set<List<String>> seen = new HashSet<>();
    for (Mount m : all) {
      if (!virtual && (m.device().equals("none") || !physical.contains(m.type()))) {
        continue;
      }
      MountPoint p = new MountPoint(device(m), m.mountPoint(), m.type());
      if (seen.add(List.of(p.path(), p.device())) && wanted.test(p)) {
        mounts.add(m);
        points.add(p);
        paths.add(files.rootfs(m.mountPoint()));
      }
    }
    List<MountProbe.Answer> answers = paths.isEmpty() ? List.of() : asker.ask(paths);
    List<FileSystem> out = new ArrayList<>();
    for (int i = 0; i < mounts.size(); i++) {
      MountProbe.Answer a = answers.get(i);
      String options = mounts.get(i).options();
      MountPoint p = points.get(i);
      out.add(
          new FileSystem(
              p.device(),
              p.path(),
              p.type(),
              Mount.has(options, "rw") ? "rw" : Mount.has(options, "ro") ? "ro" : "unknown",
              a.error(),
              (long) a.size(),
              (long) a.free(),
              (long) a.avail(),
              (long) a.files(),
              (long) a.filesFree()));
    }
    return out;
  }

  /** File systems with a device according to the kernel, and ZFS, which manages its own devices. */
  private Set<String> physicalTypes() throws IOException {
    Text t = files.read(files.proc("filesystems"));
    Set<String> out = new HashSet<>();
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      if (!t.is("nodev")) {
        out.add(t.field());
      } else if (t.nextField() && t.is("zfs")) {
        out.add("zfs");
      }
    }
    return out;
  }

  /** Names of logical volumes are links, and /dev/root is the device that is mounted first. */
  private String device(Mount m) {
    if (m.device().startsWith("/dev/mapper/")) {
      String real = files.realPath(files.rootfs(m.device()));
      return real == null ? m.device() : Mount.ofHost(real, files.paths().rootfs());
    }
    if (m.device().equals("/dev/root")) {
      String link = files.link(files.sys("dev/block/" + m.major() + ":" + m.minor()));
      return link == null ? m.device() : "/dev/" + link.substring(link.lastIndexOf('/') + 1);
    }
    return m.device();
  }

  @Override
  public @Nullable Map<String, double[]> nfsClient() throws IOException {
    return rpc("net/rpc/nfs");
  }

  @Override
  public @Nullable Map<String, double[]> nfsServer() throws IOException {
    return rpc("net/rpc/nfsd");
  }

  private @Nullable Map<String, double[]> rpc(String name) throws IOException {
    Text t = files.readIfThere(files.proc(name));
    return t == null ? null : RpcStats.parse(t).lines();
  }

  @Override
  public Map<Character, Integer> processStates() throws IOException {
    Map<Character, Integer> states = new TreeMap<>();
    ProcessState s = new ProcessState();
    for (int pid : processes()) {
      try {
        if (s.read(files, files.proc(pid + "/stat"))) {
          states.merge(s.state, 1, Integer::sum);
        }
      } catch (HostFileException e) {
        states.merge(UNREADABLE, 1, Integer::sum);
      }
    }
    return states;
  }

  @Override
  public int[] processes() throws IOException {
    String[] names = new File(files.paths().procfs()).list();
    if (names == null) {
      throw new IOException(files.paths().procfs() + " cannot be listed");
    }
    int[] pids = new int[names.length];
    int n = 0;
    for (String name : names) {
      if (ProcessesCollector.number(name) && name.length() < 10) {
        pids[n++] = Integer.parseInt(name);
      }
    }
    pids = Arrays.copyOf(pids, n);
    Arrays.sort(pids);
    return pids;
  }

  @Override
  public @Nullable HostProcess process(int pid) throws IOException {
    ProcessStat s = ProcessStat.read(files, files.proc(pid + "/stat"));
    return s == null ? null : new FileProcess(files, pid, s);
  }

  @Override
  public Map<Long, String> users() throws IOException {
    Text t = files.readIfThere(sources.etc() + "/passwd");
    Map<Long, String> out = new HashMap<>();
    while (t != null && t.nextLine()) {
      String[] f = t.line().split(":", 4);
      Long id = f.length < 4 ? null : Numbers.unsigned(f[2]);
      if (id != null) {
        out.putIfAbsent(id, f[0]);
      }
    }
    return out;
  }

  @Override
  public List<Listener> listeners() throws IOException {
    return ListeningSockets.read(files);
  }
}
