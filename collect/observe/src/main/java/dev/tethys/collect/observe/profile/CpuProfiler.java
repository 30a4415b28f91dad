package dev.tethys.collect.observe.profile;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.kernel.KernelMap;
import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.collect.observe.profile.ProfileSink.OwnerProfile;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * CPU profiles of all processes. Each processor is sampled 99 times per second, and the kernel adds
 * the samples up; at the end of each round they get their names and owners.
 */
public final class CpuProfiler implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(CpuProfiler.class.getName());

  /** Not 100, so that no clock of a program runs in step. */
  public static final int FREQUENCY = 99;

  private static final long ROUND_NANOS = 15_000_000_000L;

  /** Pause between two readings of processes whose code is unknown yet. */
  private static final long PAUSE_NANOS = 1_000_000_000L;

  /** After this time no program that began before the new round still runs. */
  private static final long SETTLE_NANOS = 2_000_000L;

  /** Maximum number of processes whose code is read at a time; others wait. */
  private static final int PROCESSES_OF_A_LOOK = 32;

  /** Maximum number of waiting processes; more are picked up when they are sampled again. */
  private static final int MAX_WAITING = 4096;

  /** Users that each get a share of CPU time; system users and namespace users count as one. */
  private static final int MAX_USERS = 8;

  private static final int LAST_SYSTEM_USER = 999;
  private static final int FIRST_SUBORDINATE_USER = 100_000;
  private static final int OTHER_USERS = -2;
  private static final long MAX_MICROS = 10_000_000; // of a reading

  /** Budget of processor time for reading code, and its maximum accumulation. */
  private static final int MICROS_A_SECOND = 5_000;

  private static final int SAVED_MICROS = 2_000_000;

  private static final int KEY_BYTES = 24;
  private static final int DEPTH = 200;
  private static final int STACK_BYTES = 8 + 8 * DEPTH;

  private record Sample(int pid, long kernel, long user, long count) {}

  private final LoadedPrograms programs;
  private final KernelMap samples;
  private final KernelMap stacks;
  private final KernelMap lost;
  private final Owner.Resolver owners;
  private final ProfileSink sink;
  private final Symbolizer symbols;
  private final Path proc;
  private final KernelMap round;
  private final KernelMap strangers;
  private final UnwindTables tables;
  private final ProcessFiles files;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /** Processes that ran unknown code and must be read, with one address of it. */
  private final Map<Integer, Long> unread = new LinkedHashMap<>();

  /** Stacks of the round that has begun, which the kernel added before the last was read. */
  private Map<Long, long[]> early = new HashMap<>();

  private final Map<Integer, TokenBucket> micros = new HashMap<>(); // by user
  private long rounds;
  private long roundStart = UnixNanos.now();
  private volatile Counts counts = new Counts(0, 0, 0, 0, 0);

  private CpuProfiler(LoadedPrograms programs, Path proc, Owner.Resolver owners, ProfileSink sink)
      throws IOException {
    this.programs = programs;
    this.samples = programs.map("samples");
    this.stacks = programs.map("stacks");
    this.lost = programs.map("lost");
    this.owners = owners;
    this.sink = sink;
    this.symbols = new Symbolizer(proc);
    this.proc = proc;
    this.round = programs.map("rounds");
    this.strangers = programs.map("strangers");
    this.tables = new UnwindTables(proc, programs);
    this.files = new ProcessFiles(proc);
    thread =
        Thread.ofPlatform()
            .name("observe-profiles")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-profiles", this::run));
  }

  /**
   * Loads and attaches the program.
   *
   * @throws ProgramLoadException with the reason; nothing stays loaded
   */
  static CpuProfiler open(Path proc, Owner.Resolver owners, ProfileSink sink)
      throws ProgramLoadException {
    LoadedPrograms programs = LoadedPrograms.load("profile", Map.of());
    boolean done = false;
    try {
      CpuProfiler p = new CpuProfiler(programs, proc, owners, sink);
      for (int processor : processors()) {
        programs.attachSampling("sample", FREQUENCY, processor);
      }
      done = true;
      return p;
    } catch (IOException e) {
      throw new ProgramLoadException(
          "processors cannot be listed, or tables not be written: " + e.getMessage());
    } finally {
      if (!done) {
        programs.close();
      }
    }
  }

  /**
   * Starts to sample.
   *
   * @throws ProgramLoadException with the reason; nothing stays loaded
   */
  public static CpuProfiler start(Path proc, Owner.Resolver owners, ProfileSink sink)
      throws ProgramLoadException {
    CpuProfiler p = open(proc, owners, sink);
    p.thread.start();
    return p;
  }

  /** Parses the online processors from a list such as 0-3,6. */
  private static List<Integer> processors() throws IOException {
    List<Integer> out = new ArrayList<>();
    String text = Files.readString(Path.of("/sys/devices/system/cpu/online")).strip();
    for (String range : text.split(",", -1)) {
      String[] ends = range.split("-", -1);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int i = Integer.parseInt(ends[0]); i <= last; i++) {
        out.add(i);
      }
    }
    return out;
  }

  private void run() {
    long next = System.nanoTime() + ROUND_NANOS;
    try {
      while (!stop.await(PAUSE_NANOS, TimeUnit.NANOSECONDS)) {
        try {
          long now = System.nanoTime();
          meetStrangers(now);
          if (now - next >= 0) {
            next = now + ROUND_NANOS;
            round();
          }
        } catch (IOException e) {
          failures.failure(Level.WARNING, "Samples could not be read", "profiles", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void meet(int pid, long address) {
    unread.merge(pid, address, (before, now) -> now == 0 ? before : now);
    if (unread.size() > MAX_WAITING) {
      unread.remove(unread.keySet().iterator().next());
    }
  }

  /** Reads the code of running processes with parts that have no rules yet. */
  private void meetStrangers(long now) throws IOException {
    strangers.drain(
        8, 8, (key, value) -> meet((int) key.get(JAVA_LONG, 0), value.get(JAVA_LONG, 0)));
    int read = 0;
    for (Iterator<Map.Entry<Integer, Long>> i = unread.entrySet().iterator();
        i.hasNext() && read < PROCESSES_OF_A_LOOK; ) {
      Map.Entry<Integer, Long> e = i.next();
      if (tables.isDue(e.getKey(), now)) {
        TokenBucket micros = microsOf(files.user(e.getKey()));
        if (!micros.tryTake(1)) {
          continue;
        }
        i.remove();
        long start = ThreadScheduling.time();
        tables.unknown(e.getKey(), e.getValue());
        tables.refresh(e.getKey(), now);
        long nanos = ThreadScheduling.time() - start + tables.takeMemoryNanos();
        micros.reserve(Math.min(nanos / 1000, MAX_MICROS));
        read++;
      }
    }
  }

  /** Processor time of a user, so that one user's code does not use that of all. */
  private TokenBucket microsOf(int user) {
    int group = user <= LAST_SYSTEM_USER ? 0 : Math.min(user, FIRST_SUBORDINATE_USER);
    int key = micros.size() < MAX_USERS || micros.containsKey(group) ? group : OTHER_USERS;
    return micros.computeIfAbsent(
        key, _ -> TokenBucket.perSecond(MICROS_A_SECOND, SAVED_MICROS, System::nanoTime));
  }

  /** True if the code of a process has been read. */
  boolean containsCodeOf(int pid) {
    return tables.containsCodeOf(pid);
  }

  /** Collects the samples since the last round and forwards their profiles. */
  void round() throws IOException {
    long now = UnixNanos.now();
    long clock = System.nanoTime();
    long old = rounds++;
    round.number(0, rounds);
    LockSupport.parkNanos(SETTLE_NANOS);
    List<Sample> taken = new ArrayList<>();
    samples.drain(
        KEY_BYTES,
        8,
        (key, value) ->
            taken.add(
                new Sample(
                    key.get(JAVA_INT, 0),
                    key.get(JAVA_LONG, 8),
                    key.get(JAVA_LONG, 16),
                    value.get(JAVA_LONG, 0))));
    taken.forEach(s -> meet(s.pid, 0));
    meetStrangers(clock);
    tables.forgetEnded();
    Map<Long, long[]> addresses = readStacks(old);
    List<OwnerProfile> profiles = profiles(taken, addresses, now);
    roundStart = now;
    if (!profiles.isEmpty()) {
      sink.accept(profiles);
    }
  }

  /** Collects the stacks; stacks of the new round are kept for its samples. */
  private Map<Long, long[]> readStacks(long old) throws IOException {
    Map<Long, long[]> out = new HashMap<>(early);
    Map<Long, long[]> ofNext = new HashMap<>();
    stacks.drain(
        8,
        STACK_BYTES,
        (at, value) -> {
          long key = at.get(JAVA_LONG, 0);
          int n = (int) Math.clamp(value.get(JAVA_LONG, 0), 0, DEPTH);
          long[] stack = value.asSlice(8, 8L * n).toArray(JAVA_LONG);
          out.put(key, stack);
          if ((key >> 1 & 1) != (old & 1)) {
            ofNext.put(key, stack);
          }
        });
    early = ofNext;
    return out;
  }

  private List<OwnerProfile> profiles(List<Sample> taken, Map<Long, long[]> addresses, long now) {
    Map<Integer, List<Sample>> byProcess = new LinkedHashMap<>();
    for (Sample s : taken) {
      byProcess.computeIfAbsent(s.pid, _ -> new ArrayList<>()).add(s);
    }
    Map<Owner, Map<List<String>, Long>> byOwner = new LinkedHashMap<>();
    long clock = System.nanoTime();
    long total = counts.samples;
    long ended = counts.ended;
    for (Map.Entry<Integer, List<Sample>> e : byProcess.entrySet()) {
      int pid = e.getKey();
      Owner owner = owners.ownerOf(0, pid);
      FrameNames names = owner == null ? null : names(pid, e.getValue(), addresses);
      for (Sample s : e.getValue()) {
        total += s.count;
        if (owner == null || names == null) {
          ended += s.count;
        } else {
          byOwner
              .computeIfAbsent(owner, _ -> new LinkedHashMap<>())
              .merge(stack(s, addresses, names, clock), s.count, Long::sum);
        }
      }
    }
    symbols.endRound();
    counts = new Counts(total, ended, symbols.frames(), symbols.unnamed(), tables.shed());
    List<OwnerProfile> out = new ArrayList<>();
    byOwner.forEach((o, s) -> out.add(new OwnerProfile(o, roundStart, now - roundStart, s)));
    return out;
  }

  private @Nullable FrameNames names(int pid, List<Sample> ofProcess, Map<Long, long[]> addresses) {
    List<long[]> stacksOfIt = new ArrayList<>();
    for (Sample s : ofProcess) {
      long[] stack = addresses.get(s.user);
      if (stack != null) {
        stacksOfIt.add(stack);
      }
    }
    return FrameNames.of(proc, pid, stacksOfIt, symbols, tables.java(pid), tables.python(pid));
  }

  private List<String> stack(Sample s, Map<Long, long[]> addresses, FrameNames names, long clock) {
    List<String> out = new ArrayList<>();
    long[] kernel = addresses.get(s.kernel);
    for (int i = 0; kernel != null && i < kernel.length; i++) {
      // A return address is the one after the call, which may be in the next function.
      out.add(symbols.kernel(i == 0 ? kernel[0] : kernel[i] - 1, clock));
    }
    long[] user = addresses.get(s.user);
    if (user != null) {
      for (String name : names.frames(user)) {
        out.add(symbols.counted(name));
      }
    }
    if (out.isEmpty()) {
      out.add(symbols.counted(FrameNames.UNKNOWN));
    }
    return List.copyOf(out);
  }

  /**
   * Profiler counters.
   *
   * @param samples samples taken
   * @param ended samples of processes that had ended at the end of the round, or are not observed
   * @param frames frames of stacks
   * @param unnamed frames without the name of a function
   * @param shed tables of callers for which there was no space
   */
  public record Counts(long samples, long ended, long frames, long unnamed, long shed) {}

  /** Present numbers. */
  public Counts counts() {
    return counts;
  }

  /** Samples and stacks for which the kernel had no space. */
  public long lost() {
    try {
      return lost.number(0);
    } catch (IOException e) {
      return 0; // the map is gone: the profiler is closed
    }
  }

  @Override
  public void close() {
    stop.countDown();
    if (StoppedThread.await(thread)) {
      programs.close();
    } // else the thread still uses their maps, and the end of the process closes them
  }
}
