package dev.tethys.api.dashboards;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.model.GoJson;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Store of dashboards: one file each, named after its uid. Invariants:
 *
 * <ul>
 *   <li>A file is replaced in one step, and an answer follows when it is durable.
 *   <li>The version grows by one with each change. A change names the version that it was made
 *       from, so that no change of another user is lost.
 *   <li>Count and bytes stay within the limits. The memory has entries only, no content.
 *   <li>A file that cannot be read is named in {@link #problems} and left unchanged.
 * </ul>
 *
 * <p>Format 1 of a file is a JSON object with these members in this order: {@code format} (1),
 * {@code version}, {@code updated} (Unix milliseconds), {@code folder}, and {@code dashboard}, the
 * model as the client sent it. A quote in a string is escaped, so that the first {@code
 * ,"dashboard":} ends the head.
 */
final class DashboardStore {
  /**
   * Bounds of the store.
   *
   * @param bytes of one dashboard
   * @param total bytes of all
   */
  record Limits(int count, int bytes, long total) {
    static final Limits DEFAULT = new Limits(1000, 2 << 20, 128L << 20);
  }

  /** A dashboard with its content. */
  record Stored(DashboardEntry entry, String text) {}

  private static final System.Logger LOG = JulLogger.of(DashboardStore.class.getName());
  private static final String SUFFIX = ".json";
  private static final String MARK = ",\"dashboard\":";
  private static final int MAX_FOLDER = 100;
  private static final int MAX_HEAD = 2000;

  private final Path folder;
  private final FileAccess files;
  private final Limits limits;
  private final LongSupplier millis;

  @GuardedBy("this")
  private final SortedMap<String, DashboardEntry> entries = new TreeMap<>();

  @GuardedBy("this")
  private final List<String> problems = new ArrayList<>();

  @GuardedBy("this")
  private long total;

  @GuardedBy("this")
  private boolean isRead;

  /** A store whose files are read at its first use, so that they do not delay a start. */
  DashboardStore(Path folder, FileAccess files, Limits limits, LongSupplier millis) {
    this.folder = folder;
    this.files = files;
    this.limits = limits;
    this.millis = millis;
  }

  /** All dashboards by uid. */
  synchronized List<DashboardEntry> list() {
    read();
    return List.copyOf(entries.values());
  }

  /** Files that could not be read. */
  synchronized List<String> problems() {
    read();
    return List.copyOf(problems);
  }

  /** The dashboard of a uid. */
  synchronized Stored get(String uid) {
    DashboardEntry e = entry(uid);
    try {
      return stored(uid, files.read(file(uid)));
    } catch (IOException | CorruptFileException x) {
      throw new HttpException(
          500, "dashboard file " + file(e.uid()) + " cannot be read: " + IoFailures.reason(x));
    }
  }

  /**
   * Creates or replaces a dashboard.
   *
   * @param expected the version that it replaces; 0 for a new one, -1 for any
   */
  synchronized DashboardEntry put(String uid, DashboardText text, String in, long expected) {
    read();
    if (in.length() > MAX_FOLDER) {
      throw new HttpException(
          400, "folder has " + in.length() + " characters; limit " + MAX_FOLDER);
    }
    DashboardEntry old = entries.get(uid);
    checkVersion(uid, old, expected);
    byte[] content = text.text().getBytes(StandardCharsets.UTF_8);
    if (content.length > limits.bytes) {
      throw new HttpException(
          413, "dashboard has " + content.length + " bytes; limit " + limits.bytes);
    }
    if (old == null && entries.size() >= limits.count) {
      throw new HttpException(
          409, "the store has " + limits.count + " dashboards, its limit; delete some");
    }
    long after = total + content.length - (old == null ? 0 : old.bytes());
    if (after > limits.total) {
      throw new HttpException(
          409,
          "dashboards would have " + after + " bytes; limit " + limits.total + "; delete some");
    }
    DashboardEntry next =
        new DashboardEntry(
            uid,
            text.title(),
            in,
            text.tags(),
            old == null ? 1 : old.version() + 1,
            millis.getAsLong(),
            content.length,
            "");
    write(next, text.text());
    entries.put(uid, next);
    total = after;
    return next;
  }

  /**
   * Removes a dashboard.
   *
   * @param expected its version, or -1 for any
   */
  synchronized void delete(String uid, long expected) {
    DashboardEntry old = entry(uid);
    checkVersion(uid, old, expected);
    try {
      files.delete(file(uid));
      files.syncDirectory(folder);
    } catch (IOException e) {
      throw failure("deleted", uid, e);
    }
    entries.remove(uid);
    total -= old.bytes();
  }

  @GuardedBy("this")
  private DashboardEntry entry(String uid) {
    read();
    DashboardEntry e = entries.get(uid);
    if (e == null) {
      throw new HttpException(404, "there is no dashboard with the uid \"" + uid + "\"");
    }
    return e;
  }

  private static void checkVersion(String uid, @Nullable DashboardEntry old, long expected) {
    long present = old == null ? 0 : old.version();
    if (expected >= 0 && expected != present) {
      throw new HttpException(
          409,
          old == null
              ? "dashboard " + uid + " was deleted; save it as a new one"
              : expected == 0
                  ? "a dashboard with the uid " + uid + " exists: \"" + old.title() + "\""
                  : "dashboard "
                      + uid
                      + " has version "
                      + present
                      + ", the change was made from version "
                      + expected
                      + "; load it again and repeat the change");
    }
  }

  private Path file(String uid) {
    DashboardText.checkUid(uid);
    return folder.resolve(uid + SUFFIX);
  }

  private void write(DashboardEntry e, String text) {
    StringBuilder sb = new StringBuilder(text.length() + MAX_HEAD);
    sb.append("{\"format\":1,\"version\":").append(e.version());
    sb.append(",\"updated\":").append(e.updated()).append(",\"folder\":");
    GoJson.append(sb, e.folder()).append(MARK).append(text).append("}\n");
    try {
      if (!files.isDirectory(folder)) {
        files.createDirectories(folder);
        Path parent = folder.getParent();
        if (parent != null) {
          files.syncDirectory(parent);
        }
      }
      files.replace(file(e.uid()), sb.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException x) {
      throw failure("written", e.uid(), x);
    }
  }

  private HttpException failure(String action, String uid, IOException e) {
    LOG.log(
        Level.WARNING,
        "Dashboard file not {0} file={1} error={2}",
        action,
        file(uid),
        IoFailures.reason(e));
    return new HttpException(
        500, "dashboard file " + file(uid) + " cannot be " + action + ": " + IoFailures.reason(e));
  }

  /** Reason why a file is not a stored dashboard. */
  private static final class CorruptFileException extends Exception {
    private static final long serialVersionUID = 1L;

    CorruptFileException(String reason) {
      super(reason);
    }
  }

  @GuardedBy("this")
  private void read() {
    if (isRead) {
      return;
    }
    isRead = true;
    try {
      for (Path p : files.list(folder)) {
        String name = String.valueOf(p.getFileName());
        String uid =
            name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : "";
        if (DashboardText.UID.matcher(uid).matches()) {
          read(uid, p);
        }
      }
    } catch (IOException e) {
      problem(folder, e);
    }
  }

  @GuardedBy("this")
  private void read(String uid, Path file) {
    try {
      if (entries.size() >= limits.count) {
        throw new CorruptFileException("the store has " + limits.count + " dashboards, its limit");
      }
      long size = files.size(file);
      if (size > limits.bytes + (long) MAX_HEAD) {
        throw new CorruptFileException(size + " bytes; limit " + limits.bytes);
      }
      DashboardEntry e = stored(uid, files.read(file)).entry();
      entries.put(uid, e);
      total += e.bytes();
    } catch (IOException | CorruptFileException e) {
      problem(file, e);
    }
  }

  @GuardedBy("this")
  private void problem(Path file, Exception e) {
    String reason = IoFailures.reason(e);
    LOG.log(Level.ERROR, "Dashboard not loaded file={0} error={1}", file, reason);
    problems.add(file + ": " + reason);
  }

  private static Stored stored(String uid, byte[] bytes) throws CorruptFileException {
    String all = new String(bytes, StandardCharsets.UTF_8);
    int mark = all.indexOf(MARK);
    int end = all.lastIndexOf('}');
    if (mark < 0 || end <= mark) {
      throw new CorruptFileException("not a stored dashboard");
    }
    try {
      Map<String, String> head = JsonReader.members(all.substring(0, mark) + "}");
      if (!"1".equals(head.get("format"))) {
        throw new CorruptFileException(
            "format " + head.get("format") + "; this version reads format 1");
      }
      DashboardText text = DashboardText.ofStored(all.substring(mark + MARK.length(), end));
      Object in = JsonReader.read(head.getOrDefault("folder", "\"\""));
      return new Stored(
          new DashboardEntry(
              uid,
              text.title(),
              in instanceof String s ? s : "",
              text.tags(),
              Long.parseLong(head.getOrDefault("version", "")),
              Long.parseLong(head.getOrDefault("updated", "")),
              text.text().getBytes(StandardCharsets.UTF_8).length,
              ""),
          text.text());
    } catch (MalformedJsonException | HttpException | NumberFormatException e) {
      throw new CorruptFileException(
          e.getMessage() == null ? "not a stored dashboard" : e.getMessage());
    }
  }
}
