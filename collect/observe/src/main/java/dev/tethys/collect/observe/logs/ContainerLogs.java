package dev.tethys.collect.observe.logs;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.container.ContainerRegistry;
import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.collect.observe.logs.LogTail.Position;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects container logs on a machine without configuration: runtime log files, and files below
 * /var/log written by container processes. Read by one thread; the data per log and round and the
 * number of logs are bounded, so a very verbose container delays only its own messages.
 */
public final class ContainerLogs implements Collector, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(ContainerLogs.class.getName());
  private static final String RUNTIME = "stdout/stderr";
  private static final String JOURNAL = "journald";
  private static final int MAX_LOGS = 500;
  private static final int MAX_PROCESSES = 2000;
  private static final int MOST_A_ROUND = 256 << 10;
  private static final int LONGEST_MESSAGE = 64 << 10;
  private static final long ROUND_MILLIS = 1000;
  private static final int ROUNDS_TO_FIND = 5;
  private static final int ROUNDS_TO_SAVE = 10;
  private static final long QUIET_NANOS = 1_000_000_000L;

  /** Maximum lag of file times: the kernel uses the last tick of its clock. */
  private static final Duration FILE_CLOCK_LAG = Duration.ofMillis(20);

  /** Access modes of open(2) other than reading alone. */
  private static final int WRITES = 3;

  private static final List<String> LEVEL_KEYS =
      List.of("level", "severity", "lvl", "log.level", "levelname", "@l");
  private static final List<String> MESSAGE_KEYS = List.of("message", "msg", "@m", "log", "text");

  private final ContainerRegistry containers;
  private final ProcessFiles files;
  private final Path root;
  private final String folder;
  private final ObservedLog.Sink sink;
  private final LogPositions positions;
  private final LogPatterns patterns = new LogPatterns();
  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final SequencedMap<String, CachedPosition> kept = new LinkedHashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Thread thread;
  private int round;
  private Instant newSince = Instant.MAX;
  private volatile long shed;

  /**
   * Position of a log that is not read at present.
   *
   * @param at time of the last read
   */
  private record CachedPosition(Position position, Instant at) {}

  /** Log being read. */
  private final class Source {
    final Owner owner;
    final String label;
    final boolean runtime;
    final Path file;
    final LogTail tail;
    final MessageJoiner joiner;
    final StringBuilder line = new StringBuilder();
    long time;
    boolean seen;
    @Nullable InterruptedException interrupted;

    Source(Owner owner, String label, boolean runtime, Path file, @Nullable Position from) {
      this.owner = owner;
      this.label = label;
      this.runtime = runtime;
      this.file = file;
      tail = new LogTail(file, runtime ? null : label, from, buffer);
      joiner = new MessageJoiner(LONGEST_MESSAGE, this::message);
    }

    void line(String text) throws InterruptedException {
      long now = System.nanoTime();
      if (!runtime) {
        joiner.line(text, now);
      } else {
        RuntimeLine r = RuntimeLine.of(text);
        if (line.length() < LONGEST_MESSAGE) {
          line.append(r.text());
        }
        if (r.partial()) {
          return;
        }
        String whole = line.toString();
        line.setLength(0);
        joiner.line(whole, now); // may report the message before, which has the time before
        time = r.timeNanos();
      }
      raise();
    }

    void flushIdle(long now) throws InterruptedException {
      joiner.flushIdle(now, QUIET_NANOS);
      raise();
    }

    private void message(String message) {
      try {
        report(owner, label, levelOf(message), message, time);
      } catch (InterruptedException e) {
        interrupted = e;
      }
    }

    private void raise() throws InterruptedException {
      InterruptedException e = interrupted;
      if (e != null) {
        interrupted = null;
        throw e;
      }
    }
  }

  /**
   * @param root root of the machine's file system
   * @param file file that stores the positions; null if none
   */
  public ContainerLogs(
      ContainerRegistry containers,
      Path proc,
      Path root,
      @Nullable Path file,
      ObservedLog.Sink sink) {
    this.containers = containers;
    files = new ProcessFiles(proc);
    this.root = root;
    folder = root.resolve("var/log") + "/";
    this.sink = sink;
    positions = new LogPositions(file);
    positions.read().forEach((key, p) -> kept.put(key, new CachedPosition(p, Instant.MIN)));
    thread =
        Thread.ofPlatform()
            .name("observe-logs")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-logs", this::run));
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      do {
        round();
      } while (!stop.await(ROUND_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads each log once; at intervals it finds logs and saves positions. */
  void round() throws InterruptedException {
    if (round % ROUNDS_TO_FIND == 0) {
      find();
    }
    for (Source s : sources.values()) {
      read(s);
      s.flushIdle(System.nanoTime());
    }
    if (++round % ROUNDS_TO_SAVE == 0) {
      save();
    }
  }

  private void read(Source s) throws InterruptedException {
    try {
      s.tail.read(MOST_A_ROUND, s::line);
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Log could not be read", s.file, e);
    }
  }

  private void find() throws InterruptedException {
    Instant began = Instant.now();
    sources.values().forEach(s -> s.seen = false);
    for (ContainerRegistry.LogFile f : containers.logFiles()) {
      add(new Owner(f.containerId(), f.appId()), RUNTIME, true, root.resolve(relative(f.path())));
    }
    int remaining = MAX_PROCESSES;
    for (Map.Entry<Owner, List<Integer>> e : containers.loggingProcesses().entrySet()) {
      for (int pid : e.getValue()) {
        if (remaining-- <= 0) {
          break;
        }
        writtenLogs(e.getKey(), pid);
      }
    }
    for (Iterator<Map.Entry<String, Source>> i = sources.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<String, Source> e = i.next();
      if (!e.getValue().seen) {
        end(e.getKey(), e.getValue());
        i.remove();
      }
    }
    patterns.retain(containers::isKnown);
    if (newSince.equals(Instant.MAX)) {
      newSince = began.minus(FILE_CLOCK_LAG);
    }
  }

  /**
   * Files below /var/log that a process has open for writing. They are read through its descriptor:
   * a path could be replaced by a link to a file that the process may not read.
   */
  private void writtenLogs(Owner owner, int pid) throws InterruptedException {
    if (pid == ProcessHandle.current().pid()) {
      return; // its own lines have their own way
    }
    for (ProcessFiles.OpenFile f : files.openFiles(pid)) {
      String path = f.target();
      if (!isLog(path)) {
        continue;
      }
      String flags = files.openFileInfo(pid, f.fd()).getOrDefault("flags", "0");
      if (flags.matches("[0-7]{1,18}") && (Long.parseLong(flags, 8) & WRITES) != 0) {
        add(owner, path, false, files.descriptor(pid, f.fd()));
      }
    }
  }

  private boolean isLog(String path) {
    return path.startsWith(folder)
        && !path.endsWith(" (deleted)")
        && !path.startsWith(folder + "pods/")
        && !path.startsWith(folder + "containers/")
        && !path.startsWith(folder + "journal/");
  }

  private static String relative(String path) {
    return path.startsWith("/") ? path.substring(1) : path;
  }

  private void add(Owner owner, String label, boolean runtime, Path file)
      throws InterruptedException {
    // The name of a log in a container does not identify the container.
    String key = owner.containerId() + ' ' + (runtime ? file : label);
    Source known = sources.get(key);
    if (known != null && (known.seen || known.file.equals(file))) {
      known.seen = true; // several processes may have it open
      return;
    }
    if (known != null) { // open by another descriptor now
      end(key, known);
    } else if (sources.size() >= MAX_LOGS) {
      shed++;
      return;
    }
    Position from;
    try {
      CachedPosition before = kept.get(key);
      from = before == null ? start(runtime ? null : label, file) : before.position();
    } catch (NoSuchFileException e) {
      if (!runtime) {
        return; // the descriptor is closed, or another file's
      }
      from = null;
    } catch (IOException e) { // the next search tries again
      failures.failure(Level.WARNING, "Log could not be read", file, e);
      return;
    }
    kept.remove(key);
    Source s = new Source(owner, label, runtime, file, from);
    s.seen = true;
    sources.put(key, s);
  }

  /**
   * Returns the start position of a log not read for this container before: the start of a file
   * created after the first search for logs, otherwise the end. The position is determined when the
   * log is found, so that a later failure to open it skips nothing. A file that was read for
   * another container is continued from its last position.
   *
   * @param target required target of a descriptor; null for a file
   */
  private Position start(@Nullable String target, Path file) throws IOException {
    try (ForeignFile f = ForeignFile.open(file)) {
      if (target != null && !f.target().equals(target)) {
        throw new NoSuchFileException(file.toString());
      }
      String inode = f.inode();
      Instant made = f.created();
      long read = -1;
      for (Source s : sources.values()) {
        read = Math.max(read, offset(s.tail.position(), inode));
      }
      for (CachedPosition k : kept.values()) {
        if (!made.isAfter(k.at())) { // otherwise a new file has reused the inode of a removed one
          read = Math.max(read, offset(k.position(), inode));
        }
      }
      return new Position(inode, read >= 0 ? read : made.isBefore(newSince) ? f.size() : 0);
    }
  }

  private static long offset(@Nullable Position p, String file) {
    return p != null && p.file().equals(file) ? p.offset() : -1;
  }

  /** Level of a message: that of its field if it is JSON, otherwise from its first words. */
  static LogLevel levelOf(String message) {
    if (message.startsWith("{")) {
      try {
        if (JsonReader.read(message) instanceof Map<?, ?> m) {
          String level = text(m, LEVEL_KEYS);
          LogLevel found = LogLevel.guess(level);
          return found == LogLevel.UNKNOWN ? LogLevel.guess(text(m, MESSAGE_KEYS)) : found;
        }
      } catch (MalformedJsonException e) {
        return LogLevel.guess(message); // only looks like JSON
      }
    }
    return LogLevel.guess(message);
  }

  private static String text(Map<?, ?> m, List<String> keys) {
    for (String key : keys) {
      if (m.get(key) instanceof String s) {
        return s;
      }
    }
    return "";
  }

  /** Normalized text for comparing messages. */
  private static String patternText(String message) {
    if (message.startsWith("{")) {
      try {
        if (JsonReader.read(message) instanceof Map<?, ?> m) {
          String text = text(m, MESSAGE_KEYS);
          return text.isEmpty() ? message : text;
        }
      } catch (MalformedJsonException e) {
        return message; // only looks like JSON
      }
    }
    return message;
  }

  private void report(Owner owner, String source, LogLevel level, String message, long time)
      throws InterruptedException {
    String hash = patterns.count(owner, source, level, patternText(message), System.nanoTime());
    Instant now = Instant.now();
    long at = time > 0 ? time : now.getEpochSecond() * 1_000_000_000L + now.getNano();
    sink.accept(new ObservedLog(owner, source, level, message, hash, at));
  }

  /** Counts a message of the journal, which another reader stores. */
  public void journal(String unit, LogLevel level, String message) {
    Owner owner = containers.ownerOfUnit(unit);
    if (owner != null) {
      patterns.count(owner, JOURNAL, level, patternText(message), System.nanoTime());
    }
  }

  /** Reads the last data, and reports the incomplete message. */
  private void end(String key, Source s) throws InterruptedException {
    read(s);
    s.joiner.flush();
    s.raise();
    remember(key, s);
    close(s);
  }

  private void remember(String key, Source s) {
    Position p = s.tail.position();
    if (p != null) {
      kept.remove(key);
      kept.put(key, new CachedPosition(p, Instant.now()));
      if (kept.size() > MAX_LOGS) {
        kept.pollFirstEntry();
      }
    }
  }

  private void save() {
    Map<String, Position> all = new HashMap<>();
    kept.forEach((key, k) -> all.put(key, k.position()));
    sources.forEach(
        (key, s) -> {
          Position p = s.tail.position();
          if (p != null) {
            all.put(key, p);
          }
        });
    positions.write(all);
  }

  private void close(Source s) {
    try {
      s.tail.close();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Log could not be closed", "close", e);
    }
  }

  /**
   * Returns the number of logs not read, and of sources whose messages were not counted, because of
   * limits.
   */
  public long shed() {
    return shed + patterns.shed();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    patterns.collect(to);
  }

  /** Ends reading and saves the positions. */
  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
    if (!StoppedThread.await(thread)) {
      return; // it still uses the files; the positions saved last are those of a crash
    }
    save();
    sources.values().forEach(this::close);
    sources.clear();
  }
}
