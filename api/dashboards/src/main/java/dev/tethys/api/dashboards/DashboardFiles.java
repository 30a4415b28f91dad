package dev.tethys.api.dashboards;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Dashboards of a folder of files, read only. The name of a subfolder is the folder of its
 * dashboards. A request reads the folder again after {@value #PAUSE} milliseconds, and those files
 * whose time or size has changed. A model without a uid gets one from its path.
 */
final class DashboardFiles {
  /** Pause between two readings of the folder. */
  static final long PAUSE = 5_000;

  private static final int MAX_DEPTH = 4;

  /** Files and folders that one reading visits. */
  private static final int MAX_VISITED = 10_000;

  private static final int MAX_PROBLEMS = 100;
  private static final System.Logger LOG = JulLogger.of(DashboardFiles.class.getName());

  /** A file as it was read; its problem is empty for a valid dashboard. */
  private record Read(Path path, long modified, long size, DashboardEntry entry, String problem) {}

  private final Path folder;
  private final DashboardStore.Limits limits;
  private final LongSupplier millis;

  @GuardedBy("this")
  private Map<Path, Read> files = new HashMap<>();

  @GuardedBy("this")
  private Map<String, Read> byUid = new TreeMap<>();

  @GuardedBy("this")
  private List<String> problems = List.of();

  @GuardedBy("this")
  private long refreshed = Long.MIN_VALUE;

  DashboardFiles(Path folder, DashboardStore.Limits limits, LongSupplier millis) {
    this.folder = folder;
    this.limits = limits;
    this.millis = millis;
  }

  synchronized List<DashboardEntry> list() {
    refresh();
    return byUid.values().stream().map(Read::entry).toList();
  }

  synchronized List<String> problems() {
    refresh();
    return problems;
  }

  /** The dashboard of a uid, or null. */
  synchronized DashboardStore.@Nullable Stored get(String uid) {
    refresh();
    Read r = byUid.get(uid);
    if (r == null) {
      return null;
    }
    try {
      return new DashboardStore.Stored(r.entry, text(r.path).text());
    } catch (IOException e) {
      throw new HttpException(
          500, "dashboard file " + r.path + " cannot be read: " + IoFailures.reason(e));
    }
  }

  /** The entry of a uid, or null. */
  synchronized @Nullable DashboardEntry entry(String uid) {
    refresh();
    Read r = byUid.get(uid);
    return r == null ? null : r.entry;
  }

  private DashboardText text(Path file) throws IOException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(limits.bytes() + 1);
    }
    if (bytes.length > limits.bytes()) {
      throw new HttpException(413, "more than " + limits.bytes() + " bytes, the limit");
    }
    return DashboardText.read(bytes);
  }

  @GuardedBy("this")
  private void refresh() {
    long now = millis.getAsLong();
    if (refreshed != Long.MIN_VALUE && now - refreshed < PAUSE && now >= refreshed) {
      return;
    }
    refreshed = now;
    Map<Path, Read> next = new HashMap<>();
    List<String> found = new ArrayList<>();
    try {
      for (Path p : paths(found)) {
        BasicFileAttributes a = Files.readAttributes(p, BasicFileAttributes.class);
        Read old = files.get(p);
        long modified = a.lastModifiedTime().toMillis();
        next.put(
            p,
            old != null && old.modified == modified && old.size == a.size()
                ? old
                : read(p, modified, a.size()));
      }
    } catch (IOException | UncheckedIOException e) {
      // What is known stays; the next reading tries again.
      found.add(folder + ": " + IoFailures.reason(e));
      next = files;
    }
    Map<String, Read> uids = new TreeMap<>();
    next.values().stream()
        .sorted((a, b) -> a.path.compareTo(b.path))
        .forEach(
            r -> {
              Read first = r.problem.isEmpty() ? uids.putIfAbsent(r.entry.uid(), r) : null;
              String problem =
                  first == null
                      ? r.problem
                      : "uid " + r.entry.uid() + " is that of " + first.entry.file();
              if (!problem.isEmpty()) {
                found.add(r.entry.file() + ": " + problem);
              }
            });
    files = next;
    byUid = uids;
    List<String> named = found.subList(0, Math.min(found.size(), MAX_PROBLEMS));
    if (!named.equals(problems)) {
      named.forEach(p -> LOG.log(Level.WARNING, "Dashboard file not loaded error=\"{0}\"", p));
    }
    problems = List.copyOf(named);
  }

  private List<Path> paths(List<String> found) throws IOException {
    List<Path> out = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder, MAX_DEPTH)) {
      int visited = 0;
      for (Iterator<Path> i = all.iterator(); i.hasNext(); ) {
        Path p = i.next();
        if (++visited > MAX_VISITED || out.size() >= limits.count()) {
          found.add(
              folder
                  + ": only the first "
                  + out.size()
                  + " dashboards are loaded; limits are "
                  + limits.count()
                  + " dashboards and "
                  + MAX_VISITED
                  + " files and folders");
          break;
        }
        // Mounted ConfigMaps have the files a second time, below a folder with a dot.
        if (!folder.relativize(p).toString().startsWith(".")
            && p.toString().endsWith(".json")
            && Files.isRegularFile(p)) {
          out.add(p);
        }
      }
    }
    return out;
  }

  private Read read(Path p, long modified, long size) {
    Path below = folder.relativize(p);
    String file = below.toString();
    Path parent = below.getParent();
    String in = parent == null ? "" : parent.toString();
    try {
      DashboardText t = text(p);
      String uid = t.uid().isEmpty() ? "file-" + Integer.toHexString(file.hashCode()) : t.uid();
      DashboardEntry e = new DashboardEntry(uid, t.title(), in, t.tags(), 0, modified, size, file);
      return new Read(p, modified, size, e, "");
    } catch (HttpException | IOException e) {
      DashboardEntry none = new DashboardEntry("", "", in, List.of(), 0, modified, size, file);
      return new Read(p, modified, size, none, IoFailures.reason(e));
    }
  }
}
