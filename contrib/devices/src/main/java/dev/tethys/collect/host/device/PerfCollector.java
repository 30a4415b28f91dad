package dev.tethys.collect.host.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Posix;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryFunction;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counters of the processors and of the kernel, per processor (perf_event_open(2)). They are opened
 * on the first scrape and count from then on; counters that a host lacks are omitted.
 */
final class PerfCollector implements NodeCollector {
  private static final System.Logger LOG = JulLogger.of(PerfCollector.class.getName());
  private static final Cleaner CLEANER = Cleaner.create();

  private static final int HARDWARE = 0;
  private static final int SOFTWARE = 1;
  private static final int TRACEPOINT = 2;
  private static final int CACHE = 3;

  /** Members of the structure: the event, its times next to the count, not the hypervisor's. */
  private static final int ATTRIBUTES = 128;

  private static final long TIMES = 3;
  private static final long DISABLED = 1;
  private static final long NO_HYPERVISOR = 1 << 6;
  private static final long CLOSE_ON_EXEC = 8;
  private static final String ARCH = System.getProperty("os.arch", "");
  private static final int ENABLE = request(ARCH, 0);
  private static final int RESET = request(ARCH, 3);

  private static final long CALL =
      switch (ARCH) {
        case "amd64" -> 298;
        case "aarch64", "riscv64" -> 241;
        case "s390x" -> 331;
        case "ppc64le" -> 319;
        default -> -1;
      };

  /** Returns {@code _IO('$', number)}: POWER has a separate bit for "no data either way". */
  static int request(String arch, int number) {
    return (arch.startsWith("ppc64") ? 0x2000_0000 : 0) | '$' << 8 | number;
  }

  private static final MethodHandle SYSCALL =
      LibraryFunction.variadic(
          "syscall",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          1);

  /** Countable event, with its names in flags and in metrics. */
  private record Event(String flag, int kind, long number, String metric, String help) {
    Desc desc() {
      return Desc.counter("node_perf_" + metric, help, "cpu");
    }
  }

  private static final List<Event> EVENTS =
      List.of(
          hardware("CpuCycles", 0, "cpucycles_total", "Number of CPU cycles (frequency scaled)"),
          hardware("CpuInstr", 1, "instructions_total", "Number of CPU instructions"),
          hardware(
              "BranchInstr", 4, "branch_instructions_total", "Number of CPU branch instructions"),
          hardware("BranchMisses", 5, "branch_misses_total", "Number of CPU branch misses"),
          hardware(
              "CacheRef",
              2,
              "cache_refs_total",
              "Number of cache references (non frequency scaled)"),
          hardware("CacheMisses", 3, "cache_misses_total", "Number of cache misses"),
          hardware("RefCpuCycles", 9, "ref_cpucycles_total", "Number of CPU cycles"),
          hardware(
              "StalledCyclesBackend",
              8,
              "stalled_cycles_backend_total",
              "Number of stalled backend CPU cycles"),
          hardware(
              "StalledCyclesFrontend",
              7,
              "stalled_cycles_frontend_total",
              "Number of stalled frontend CPU cycles"),
          software("PageFault", 2, "page_faults_total", "Number of page faults"),
          software("ContextSwitch", 3, "context_switches_total", "Number of context switches"),
          software("CpuMigration", 4, "cpu_migrations_total", "Number of CPU process migrations"),
          software("MinorFault", 5, "minor_faults_total", "Number of minor page faults"),
          software("MajorFault", 6, "major_faults_total", "Number of major page faults"),
          cache("L1DataReadHit", 0, 0, 0, "l1d_read_hits", "Number L1 data cache read hits"),
          cache("L1DataReadMiss", 0, 0, 1, "l1d_read_misses", "Number L1 data cache read misses"),
          cache("L1DataWriteHit", 0, 1, 0, "l1d_write_hits", "Number L1 data cache write hits"),
          cache(
              "L1InstrReadMiss",
              1,
              0,
              1,
              "l1_instr_read_misses",
              "Number instruction L1 instruction read misses"),
          cache(
              "InstrTLBReadHit",
              4,
              0,
              0,
              "tlb_instr_read_hits",
              "Number instruction TLB read hits"),
          cache(
              "InstrTLBReadMiss",
              4,
              0,
              1,
              "tlb_instr_read_misses",
              "Number instruction TLB read misses"),
          cache("DataTLBReadHit", 3, 0, 0, "tlb_data_read_hits", "Number of data TLB read hits"),
          cache(
              "DataTLBReadMiss", 3, 0, 1, "tlb_data_read_misses", "Number of data TLB read misses"),
          cache("DataTLBWriteHit", 3, 1, 0, "tlb_data_write_hits", "Number of data TLB write hits"),
          cache(
              "DataTLBWriteMiss",
              3,
              1,
              1,
              "tlb_data_write_misses",
              "Number of data TLB write misses"),
          cache("LLReadHit", 2, 0, 0, "ll_read_hits", "Number last level read hits"),
          cache("LLReadMiss", 2, 0, 1, "ll_read_misses", "Number last level read misses"),
          cache("LLWriteHit", 2, 1, 0, "ll_write_hits", "Number last level write hits"),
          cache("LLWriteMiss", 2, 1, 1, "ll_write_misses", "Number last level write misses"),
          cache("BPUReadHit", 5, 0, 0, "bpu_read_hits", "Number BPU read hits"),
          cache("BPUReadMiss", 5, 0, 1, "bpu_read_misses", "Number BPU read misses"));

  private static Event hardware(String flag, int number, String metric, String help) {
    return new Event(flag, HARDWARE, number, metric, help);
  }

  private static Event software(String flag, int number, String metric, String help) {
    return new Event(flag, SOFTWARE, number, metric, help);
  }

  /** Creates a cache event with an operation (0 read, 1 write) and a result (0 access, 1 miss). */
  private static Event cache(
      String flag, int cache, int does, int ends, String metric, String help) {
    return new Event(
        flag,
        CACHE,
        cache | (long) does << 8 | (long) ends << 16,
        "cache_" + metric + "_total",
        help);
  }

  /** A counter that runs. */
  private record Counter(int fd, Desc desc, String cpu) {}

  private final List<Integer> cpus; // none for all
  private final List<Event> wanted = new ArrayList<>();
  private final List<String> tracepoints;
  private List<Counter> counters = List.of();

  PerfCollector(NodeExporterOptions options) {
    String given = options.string("collector.perf.cpus");
    cpus = given.isEmpty() ? List.of() : cpus(given);
    Map<Integer, String> kinds = new LinkedHashMap<>();
    kinds.put(HARDWARE, "hardware");
    kinds.put(SOFTWARE, "software");
    kinds.put(CACHE, "cache");
    kinds.forEach(
        (kind, word) -> {
          if (options.on("collector.perf.disable-" + word + "-profilers")) {
            return;
          }
          Set<String> named = Set.copyOf(options.strings("collector.perf." + word + "-profilers"));
          List<Event> of = EVENTS.stream().filter(e -> e.kind == kind).toList();
          for (String name : named) {
            if (of.stream().noneMatch(e -> e.flag.equals(name))) {
              throw new IllegalArgumentException(
                  "--collector.perf." + word + "-profilers: unknown profiler " + name);
            }
          }
          of.stream().filter(e -> named.isEmpty() || named.contains(e.flag)).forEach(wanted::add);
        });
    tracepoints = options.strings("collector.perf.tracepoint");
    for (String t : tracepoints) {
      if (!t.matches("[A-Za-z0-9_]+:[A-Za-z0-9_]+")) {
        throw new IllegalArgumentException(
            "--collector.perf.tracepoint is subsystem:event, not " + t);
      }
    }
  }

  /** Returns the online CPUs of the machine: a process in a container may be allowed fewer. */
  static List<Integer> online(HostFiles files) throws IOException {
    String text = files.string(files.sys("devices/system/cpu/online")).strip();
    try {
      return cpus(text);
    } catch (IllegalArgumentException e) {
      throw new IOException("perf: invalid list of processors: " + text, e);
    }
  }

  /** Parses {@code 0,2-7,8-15:2}. */
  private static List<Integer> cpus(String text) {
    List<Integer> out = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.matches("\\d{1,5}|\\d{1,5}-\\d{1,5}(:[1-9]\\d{0,4})?")) {
        throw new IllegalArgumentException("--collector.perf.cpus: invalid value \"" + part + "\"");
      }
      String[] ends = part.split("[-:]", -1);
      int last = Integer.parseInt(ends[ends.length == 1 ? 0 : 1]);
      int step = ends.length < 3 ? 1 : Integer.parseInt(ends[2]);
      for (int i = Integer.parseInt(ends[0]); i <= last; i += step) {
        out.add(i);
      }
    }
    return out;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (counters.isEmpty()) {
      open(files);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment value = arena.allocate(24, 8);
      for (Counter c : counters) {
        if (Posix.read(state, c.fd, value, 24) == 24) {
          out.add(c.desc, Numbers.unsigned(value.get(JAVA_LONG, 0)), c.cpu);
        }
      }
    }
  }

  private void open(HostFiles files) throws IOException {
    if (CALL < 0) {
      throw new IOException("perf: not built for this kind of processor");
    }
    List<Event> events = new ArrayList<>(wanted);
    for (String t : tracepoints) {
      String at = "kernel/tracing/events/" + t.replace(':', '/') + "/id";
      String id = files.stringOrNull(files.sys(at));
      if (id == null) {
        id = files.string(files.sys("kernel/debug/" + at.substring("kernel/".length())));
      }
      events.add(
          new Event(
              t, TRACEPOINT, Long.parseLong(id), t.replace(':', '_'), "Perf tracepoint " + t));
    }
    List<Counter> opened = new ArrayList<>();
    int refused = 0;
    List<Integer> tried = cpus.isEmpty() ? online(files) : cpus;
    for (Event e : events) {
      Desc desc = e.desc();
      for (int cpu : tried) {
        int fd = open(e, cpu);
        if (fd < 0) {
          refused = -fd;
          LOG.log(Level.DEBUG, "perf: {0} of cpu {1}: {2}", e.flag, cpu, Errno.text(refused));
        } else {
          opened.add(new Counter(fd, desc, Integer.toString(cpu)));
        }
      }
    }
    if (opened.isEmpty() && refused > 0) {
      throw new IOException(
          "perf: no counter can be opened ("
              + Errno.text(refused)
              + "): CAP_PERFMON or kernel.perf_event_paranoid=0 is required");
    }
    counters = List.copyOf(opened);
    List<Counter> toClose = counters;
    CLEANER.register(this, () -> toClose.forEach(c -> Posix.close(c.fd)));
  }

  /** Opens a counter and returns its descriptor, or a negative error number. */
  private static int open(Event e, int cpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment a = arena.allocate(ATTRIBUTES, 8);
      a.set(JAVA_INT, 0, e.kind);
      a.set(JAVA_INT, 4, ATTRIBUTES);
      a.set(JAVA_LONG, 8, e.number);
      a.set(JAVA_LONG, 32, TIMES);
      a.set(JAVA_LONG, 40, DISABLED | (e.kind == TRACEPOINT ? 0 : NO_HYPERVISOR));
      long fd =
          LibraryFunction.call(
              () ->
                  (long) SYSCALL.invokeExact(state, CALL, a, -1L, (long) cpu, -1L, CLOSE_ON_EXEC));
      if (fd < 0) {
        return -LibraryFunction.errno(state);
      }
      Posix.ioctl(state, (int) fd, RESET, MemorySegment.NULL);
      Posix.ioctl(state, (int) fd, ENABLE, MemorySegment.NULL);
      return (int) fd;
    }
  }
}
