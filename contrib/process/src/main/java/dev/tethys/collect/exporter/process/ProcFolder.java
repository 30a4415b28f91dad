package dev.tethys.collect.exporter.process;

import dev.tethys.collect.exporter.process.ProcessSnapshot.Memory;
import dev.tethys.collect.exporter.process.ProcessSnapshot.ThreadSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads processes from the files of {@code /proc}, in the formats of proc(5). Not thread-safe.
 *
 * <p>Bounds: the bytes read of a file, and the threads read of a process.
 */
final class ProcFolder {
  /** Result of {@code getconf CLK_TCK} on every Linux. */
  private static final double TICKS = 100;

  private static final int MAX_FILE = 1 << 20;
  private static final int MAX_THREADS = 100_000;
  private static final int AT_PAGESZ = 6;

  private final Path root;
  private final boolean smaps;
  private final long pageSize;
  private final double bootTime;
  private final Map<Integer, String> users = new HashMap<>();

  /**
   * @param smaps whether proportional sizes are read, which costs the kernel a walk of the memory
   * @throws IOException if there are no such files here
   */
  ProcFolder(Path root, boolean smaps) throws IOException {
    this.root = root;
    this.smaps = smaps;
    this.pageSize = pageSize();
    String boot = field(read(root.resolve("stat")), "btime ");
    if (boot == null) {
      throw new IOException(root + "/stat has no boot time");
    }
    this.bootTime = Double.parseDouble(boot);
  }

  /** Returns the page size from the auxiliary vector that the kernel passes to every process. */
  private static long pageSize() throws IOException {
    ByteBuffer auxv =
        ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")))
            .order(ByteOrder.nativeOrder());
    while (auxv.remaining() >= 16) {
      long type = auxv.getLong();
      long value = auxv.getLong();
      if (type == AT_PAGESZ) {
        return value;
      }
    }
    return 4096;
  }

  /** Returns the IDs of all processes. */
  List<Integer> processes() throws IOException {
    return numbers(root, Integer.MAX_VALUE);
  }

  /** Whether such a process currently exists. */
  boolean isThere(int pid) {
    return Files.exists(root.resolve(Integer.toString(pid)));
  }

  private static List<Integer> numbers(Path folder, int most) throws IOException {
    List<Integer> out = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path p : entries) {
        String name = String.valueOf(p.getFileName());
        if (!name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
          out.add(Integer.parseInt(name));
          if (out.size() >= most) {
            break;
          }
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return out;
  }

  /** Content of {@code stat} of a process or thread, its fields by their numbers of proc(5). */
  record Stat(String name, List<String> fields) {
    String field(int number) {
      return fields.get(number - 3);
    }

    long number(int field) {
      return Long.parseUnsignedLong(field(field));
    }

    /**
     * Returns the start time in ticks since boot; with the PID it identifies a process permanently.
     */
    long started() {
      return number(22);
    }

    int parent() {
      return (int) number(4);
    }
  }

  Stat stat(int pid) throws IOException {
    return stat(root.resolve(Integer.toString(pid)));
  }

  private static Stat stat(Path folder) throws IOException {
    String s = read(folder.resolve("stat"));
    int open = s.indexOf('(');
    int close = s.lastIndexOf(')');
    String[] fields = close < 0 ? new String[0] : s.substring(close + 1).trim().split(" ");
    if (open < 0 || close < open || fields.length < 22) {
      throw new IOException(folder + "/stat does not have the format of proc(5)");
    }
    return new Stat(s.substring(open + 1, close), List.of(fields));
  }

  /** Facts that rules match. */
  ProcessFacts facts(int pid, Stat stat) throws IOException {
    Path folder = root.resolve(Integer.toString(pid));
    String line = read(folder.resolve("cmdline"));
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == 0) {
      end--;
    }
    List<String> cgroups = new ArrayList<>();
    try {
      for (String l : read(folder.resolve("cgroup")).split("\n")) {
        String[] f = l.split(":", 3);
        if (f.length == 3) {
          cgroups.add(f[2]);
        }
      }
    } catch (IOException e) {
      // A kernel without control groups.
    }
    String uids = field(read(folder.resolve("status")), "Uid:");
    String[] ids = uids == null ? new String[0] : uids.split("\\s+");
    if (ids.length < 2) {
      throw new IOException(folder + "/status has no owner");
    }
    return new ProcessFacts(
        pid,
        stat.parent(),
        stat.name(),
        end == 0 ? List.of() : List.of(line.substring(0, end).split("\0", -1)),
        List.copyOf(cgroups),
        user(Integer.parseUnsignedInt(ids[1]), folder),
        Instant.ofEpochMilli((long) (bootTime * 1000) + stat.started() * 10));
  }

  /**
   * Returns the name of a user: the one known to the system if that user owns the process folder.
   */
  private String user(int uid, Path folder) {
    String known = users.get(uid);
    if (known != null) {
      return known;
    }
    String name = Integer.toUnsignedString(uid);
    try {
      if (Files.getAttribute(folder, "unix:uid").equals(uid)) {
        name = Files.getOwner(folder).getName();
      }
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // The number has to do.
    }
    users.put(uid, name);
    return name;
  }

  /**
   * Reads a process.
   *
   * @throws IOException if not even the basics can be read
   */
  ProcessSnapshot readSnapshot(int pid, Stat stat) throws IOException {
    Path folder = root.resolve(Integer.toString(pid));
    String status = read(folder.resolve("status"));
    int partial = 0;
    String io = "";
    try {
      io = read(folder.resolve("io"));
    } catch (IOException e) {
      partial++;
    }
    int files = -1;
    boolean unread = false;
    try {
      files = count(folder.resolve("fd"));
    } catch (IOException e) {
      unread = true;
    }
    double limit = limit(read(folder.resolve("limits")), "Max open files");
    String waitsIn = "";
    try {
      waitsIn = waitsIn(folder);
    } catch (IOException e) {
      unread = true;
    }
    long pss = 0;
    long swapPss = 0;
    if (smaps) {
      try {
        String rollup = read(folder.resolve("smaps_rollup"));
        pss = kilobytes(rollup, "Pss:");
        swapPss = kilobytes(rollup, "SwapPss:");
      } catch (IOException e) {
        unread = true;
      }
    }
    List<ThreadSnapshot> threads = List.of();
    try {
      threads = threads(folder.resolve("task"));
    } catch (IOException e) {
      unread = true;
    }
    Counts counts = counts(stat, status, io);
    List<Integer> states = new ArrayList<>(Collections.nCopies(ProcessSnapshot.STATES.size(), 0));
    states.set(ProcessSnapshot.state(stat.field(3).charAt(0)), 1);
    if (!threads.isEmpty()) {
      double voluntary = 0;
      double involuntary = 0;
      for (ThreadSnapshot t : threads) {
        voluntary += t.counts().voluntarySwitches();
        involuntary += t.counts().involuntarySwitches();
        states.set(t.state(), states.get(t.state()) + 1);
      }
      counts = counts.withSwitches(voluntary, involuntary);
    }
    return new ProcessSnapshot(
        counts,
        new Memory(
            stat.number(24) * pageSize,
            stat.number(23),
            kilobytes(status, "VmSwap:"),
            pss,
            swapPss),
        files,
        limit,
        stat.number(20),
        states,
        waitsIn,
        threads,
        partial + (unread ? 1 : 0));
  }

  /** Returns all threads, if there are several; threads that end meanwhile are omitted. */
  private static List<ThreadSnapshot> threads(Path tasks) throws IOException {
    List<Integer> ids = numbers(tasks, MAX_THREADS);
    if (ids.size() < 2) {
      return List.of();
    }
    List<ThreadSnapshot> out = new ArrayList<>(ids.size());
    for (int id : ids) {
      Path folder = tasks.resolve(Integer.toString(id));
      try {
        Stat stat = stat(folder);
        String status = read(folder.resolve("status"));
        out.add(
            new ThreadSnapshot(
                id,
                stat.started(),
                stat.name(),
                counts(stat, status, readOr(folder.resolve("io"))),
                waitsInOr(folder),
                ProcessSnapshot.state(stat.field(3).charAt(0))));
      } catch (IOException e) {
        // The process has ended.
      }
    }
    return out.size() < 2 ? List.of() : out;
  }

  private static Counts counts(Stat stat, String status, String io) {
    return new Counts(
        stat.number(14) / TICKS,
        stat.number(15) / TICKS,
        number(field(io, "read_bytes:")),
        number(field(io, "write_bytes:")),
        (double) stat.number(12),
        (double) stat.number(10),
        number(field(status, "voluntary_ctxt_switches:")),
        number(field(status, "nonvoluntary_ctxt_switches:")));
  }

  private static int count(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return (int) entries.count();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Returns the maximum number of bytes that a process may map; infinite if there is no limit. */
  double addressSpace(int pid) throws IOException {
    Path folder = root.resolve(Integer.toString(pid));
    return limit(read(folder.resolve("limits")), "Max address space");
  }

  /** Returns the start time of a process in Unix seconds. */
  double startSeconds(Stat stat) {
    return bootTime + stat.started() / TICKS;
  }

  /** Reads the bytes received and sent in a process's network namespace ({@code IpExt}). */
  double[] traffic(int pid) throws IOException {
    String text = read(root.resolve(Integer.toString(pid)).resolve("net/netstat"));
    double[] both = new double[2];
    String[] names = {};
    for (String line : text.split("\n")) {
      String[] words = line.split(" ");
      if (!words[0].equals("IpExt:")) {
        continue;
      }
      if (names.length == 0) {
        names = words;
        continue;
      }
      for (int i = 1; i < Math.min(names.length, words.length); i++) {
        switch (names[i]) {
          case "InOctets" -> both[0] = number(words[i]);
          case "OutOctets" -> both[1] = number(words[i]);
          default -> {
            // counts of something else
          }
        }
      }
    }
    return both;
  }

  private static double limit(String limits, String what) throws IOException {
    String line = field(limits, what);
    if (line == null) {
      throw new IOException("no " + what + " in " + limits);
    }
    String soft = line.split("\\s+")[0];
    return soft.equals("unlimited") ? Double.POSITIVE_INFINITY : Double.parseDouble(soft);
  }

  private static String waitsIn(Path folder) throws IOException {
    String s = read(folder.resolve("wchan"));
    return s.equals("0") ? "" : s;
  }

  private static String waitsInOr(Path folder) {
    try {
      return waitsIn(folder);
    } catch (IOException e) {
      return "";
    }
  }

  private static String readOr(Path file) {
    try {
      return read(file);
    } catch (IOException e) {
      return "";
    }
  }

  private static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_FILE), StandardCharsets.UTF_8);
    }
  }

  /** Returns the rest of the line with this prefix, trimmed; null if there is none. */
  private static @Nullable String field(String text, String key) {
    int at = text.startsWith(key) ? 0 : text.indexOf("\n" + key);
    if (at < 0) {
      return null;
    }
    int from = text.indexOf(key, at) + key.length();
    int end = text.indexOf('\n', from);
    return text.substring(from, end < 0 ? text.length() : end).trim();
  }

  private static double number(@Nullable String s) {
    return s == null ? 0 : (double) Long.parseUnsignedLong(s);
  }

  private static long kilobytes(String text, String key) {
    String s = field(text, key);
    return s == null ? 0 : Long.parseUnsignedLong(s.split(" ")[0]) * 1024;
  }
}
