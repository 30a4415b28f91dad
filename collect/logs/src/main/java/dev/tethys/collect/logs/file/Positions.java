package dev.tethys.collect.logs.file;

import dev.tethys.collect.logs.Cursors;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Positions of all sources, stored in two files that are replaced atomically. The first is
 * Promtail's own ({@code positions:}, a map of path to offset and of {@code cursor-…} to a cursor),
 * so that either program continues where the other ended. The second, described at {@link
 * CheckpointFile}, identifies a file after it was renamed, copied, truncated or replaced.
 *
 * <p>Invariants: positions in the files are of delivered entries. A checkpoint without a file is
 * kept for {@link #KEEP} of this process's running time.
 */
public final class Positions implements Cursors {
  /** Time for which the position of a missing file is kept. */
  static final Duration KEEP = Duration.ofDays(1);

  /**
   * Interval of a check of all entries even without changes: expired ones are removed, and deleted
   * files are released from the positions file.
   */
  static final Duration CHECK_INTERVAL = Duration.ofSeconds(10);

  /** Maximum number of missing files remembered; the oldest are dropped. */
  static final int MAX_REMEMBERED = 20_000;

  private static final System.Logger LOG = JulLogger.of(Positions.class.getName());
  private static final String CURSOR = "cursor-";
  private static final String OLD_CURSOR = "journal-";
  private static final Section SECTION = new Section("positions file", "File of read positions.");
  private static final Key<Map<String, String>> POSITIONS =
      SECTION.key(
          "positions", Type.map(Type.STRING), Map.of(), "Read positions: offsets and cursors.");

  private final FileAccess files;
  private final Path file;
  private final CheckpointFile own;
  private final boolean readOnly;
  private final InstantSource clock;
  private final Map<String, String> written = new TreeMap<>(); // as in Promtail's file
  private final Map<String, Long> promtails = new HashMap<>(); // offsets that it saved itself
  private final CheckpointIndex remembered = new CheckpointIndex();
  private final List<Supplier<List<Checkpoint>>> live = new CopyOnWriteArrayList<>();
  private final AtomicLong changes = new AtomicLong();
  private String besideNow; // the hash of what Promtail's file holds, as far as is known
  private long savedChanges = -1; // of which the files hold the last
  private long checkedAt; // when everything was last checked, milliseconds since 1970

  /**
   * Reads both files; missing ones are empty.
   *
   * @param ignoreInvalid whether a file that is not of the format counts as empty
   * @param readOnly whether nothing is ever written
   * @throws IOException if one cannot be read, or has another format
   */
  public Positions(
      FileAccess files, Path file, boolean ignoreInvalid, boolean readOnly, InstantSource clock)
      throws IOException {
    this.files = files;
    this.file = file.toAbsolutePath();
    this.readOnly = readOnly;
    this.clock = clock;
    this.own = new CheckpointFile(files, this.file.resolveSibling(file.getFileName() + ".tethys"));
    String inForce = "";
    if (files.exists(this.file)) {
      byte[] content = files.read(this.file);
      inForce = CheckpointFile.hash(content);
      String text = new String(content, StandardCharsets.UTF_8);
      try {
        YamlDocument d = YamlDocument.parse(file.toString(), null, text);
        YamlObject o = SECTION.type(x -> x).read(d.root());
        written.putAll(o.get(POSITIONS));
      } catch (ConfigException e) {
        if (!ignoreInvalid) {
          throw new IOException(
              "invalid yaml positions file ["
                  + file
                  + "]: "
                  + e.getMessage()
                  + "; delete it to read every file from its start, or set"
                  + " positions.ignore_invalid_yaml",
              e);
        }
        LOG.log(
            Level.WARNING, "positions file {0} is invalid and ignored: {1}", file, e.getMessage());
      }
    }
    long opened = clock.millis();
    CheckpointFile.Saved before = own.read();
    for (Checkpoint c : before.checkpoints()) {
      remembered.add(c.seenAt(opened), true);
    }
    besideNow = inForce;
    // After a crash between the two files Promtail's may be older than the other one.
    boolean isOurs = before.siblings().contains(inForce);
    written.forEach(
        (path, v) -> {
          if (v.matches("[0-9]{1,18}") && !(isOurs && !remembered.of(path).isEmpty())) {
            promtails.put(path, Long.valueOf(v));
          }
        });
    for (Checkpoint c : remembered.all()) {
      if (c.listed()) {
        promtails.remove(c.path(), c.compressed() ? c.lines() : c.offset());
      }
    }
  }

  /** Registers a supplier of checkpoints of files being read. */
  void add(Supplier<List<Checkpoint>> checkpoints) {
    live.add(checkpoints);
    changed();
  }

  /** Removes an ended reader and keeps its checkpoints for its successor. */
  void remove(Supplier<List<Checkpoint>> checkpoints) {
    if (live.remove(checkpoints)) {
      List<Checkpoint> left = checkpoints.get();
      synchronized (this) {
        left.forEach(c -> remembered.add(c.seenAt(clock.millis()), true));
      }
      changed();
    }
  }

  /** Checkpoints of files at a path that has no reader now. */
  synchronized List<Checkpoint> at(FileId.Inode place) {
    return remembered.at(place);
  }

  /** Checkpoints of files of a path without a reader now. */
  synchronized List<Checkpoint> of(String path) {
    return remembered.of(path);
  }

  /** Checkpoints of files without a reader that the file may be a copy of. */
  synchronized List<Checkpoint> related(Path file) {
    return remembered.related(file).stream()
        .filter(c -> RotatedVersions.isRelated(Path.of(c.path()), file))
        .toList();
  }

  /** Whether nothing is known of any file that a job of this name has read. */
  synchronized boolean isNew(String job) {
    return promtails.isEmpty()
        && remembered.all().stream().noneMatch(c -> c.source().startsWith(job + "/"));
  }

  /**
   * Whether the reader of the file ended, in this process or an earlier one, before the file was
   * completely read.
   */
  synchronized boolean isLeft(Checkpoint c) {
    return remembered.isLeft(c);
  }

  /** Removes a checkpoint that matches a file. */
  synchronized void claim(Checkpoint c) {
    remembered.remove(c);
    changed();
  }

  /** Keeps a checkpoint of a file that its reader is done with. */
  synchronized void remember(Checkpoint c) {
    remembered.add(c.listed(false).seenAt(clock.millis()), false);
    changed();
  }

  /**
   * Position of a path that Promtail saved itself before this process started; null if there is
   * none, or if Tethys had saved it.
   */
  @Nullable Long takeOver(String path) {
    return promtails.get(path);
  }

  /** Entry for a path in Promtail's file; "" for none. */
  synchronized String text(String path) {
    return written.getOrDefault(path, "");
  }

  @Override
  public synchronized String cursor(String name) {
    return written.getOrDefault(CURSOR + name, "");
  }

  @Override
  public synchronized void putCursor(String name, String cursor) {
    written.put(CURSOR + name, cursor);
    changed();
  }

  /** There are unsaved changes. Does not wait. */
  void changed() {
    changes.incrementAndGet();
  }

  /**
   * Writes both files, if anything is new. A failure is logged, and repaired by the next time. With
   * many idle files nothing is cheap: they are not even checked.
   */
  public void save() {
    long change = changes.get(); // changes during the check are for the next time
    long millis = clock.millis();
    synchronized (this) {
      if (change == savedChanges
          && Math.abs(millis - checkedAt) < CHECK_INTERVAL.toMillis()
          && (readOnly || Files.exists(file))) {
        return;
      }
      savedChanges = -1;
    }
    List<Checkpoint> now = new ArrayList<>();
    live.forEach(s -> now.addAll(s.get()));
    if (save(now)) {
      synchronized (this) {
        savedChanges = change;
        checkedAt = millis;
      }
    }
  }

  /** Last written content of the files, so that unchanged content is not written again. */
  private record Saved(
      List<Checkpoint> live, List<Checkpoint> remembered, Map<String, String> written) {}

  private @Nullable Saved saved;

  /** Whether the files hold it, or are not to. */
  private synchronized boolean save(List<Checkpoint> now) {
    expire();
    Map<String, String> offsets = new TreeMap<>();
    for (Checkpoint c : now) {
      if (!c.listed()) {
        continue;
      }
      String v = String.valueOf(c.compressed() ? c.lines() : c.offset());
      offsets.merge(c.path(), v, (a, b) -> Long.parseLong(a) <= Long.parseLong(b) ? a : b);
    }
    written
        .keySet()
        .removeIf(
            k ->
                !k.startsWith(CURSOR)
                    && !k.startsWith(OLD_CURSOR)
                    && !offsets.containsKey(k)
                    // What this wrote of a file that is elsewhere now is not true of another.
                    && (!promtails.containsKey(k)
                        || Files.notExists(Path.of(k), LinkOption.NOFOLLOW_LINKS)));
    written.putAll(offsets);
    if (readOnly || isSaved(now)) {
      return true;
    }
    List<Checkpoint> all = new ArrayList<>(now);
    all.addAll(remembered.all());
    try {
      Path folder = file.getParent();
      if (folder != null) {
        files.createDirectories(folder);
      }
      byte[] yaml = yaml().getBytes(StandardCharsets.UTF_8);
      String next = CheckpointFile.hash(yaml);
      // Our own file first: if only it is written, it identifies the state of the other.
      own.write(new LinkedHashSet<>(List.of(besideNow, next)), all);
      files.replace(file, yaml);
      besideNow = next;
      saved = new Saved(now, List.copyOf(remembered.all()), new TreeMap<>(written));
      return true;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "positions cannot be saved in {0}: {1}", file, IoFailures.describe(e));
      return false;
    }
  }

  private boolean isSaved(List<Checkpoint> now) {
    Saved last = saved;
    return last != null
        && last.live.equals(now)
        && last.remembered.equals(List.copyOf(remembered.all()))
        && last.written.equals(written)
        && Files.exists(file);
  }

  private void expire() {
    long oldest = clock.millis() - KEEP.toMillis();
    List<Checkpoint> all = new ArrayList<>(remembered.all());
    all.sort(Comparator.comparingLong(Checkpoint::seen).reversed());
    for (int i = 0; i < all.size(); i++) {
      if (i >= MAX_REMEMBERED || all.get(i).seen() < oldest) {
        remembered.remove(all.get(i));
      }
    }
  }

  private String yaml() {
    StringBuilder sb = new StringBuilder("positions:");
    if (written.isEmpty()) {
      return sb.append(" {}\n").toString();
    }
    sb.append('\n');
    written.forEach(
        (k, v) -> sb.append("  ").append(key(k)).append(": ").append(quoted(v)).append('\n'));
    return sb.toString();
  }

  private static String key(String s) {
    boolean plain = s.matches("[A-Za-z0-9/_][A-Za-z0-9/_.@+=-]*");
    return plain ? s : quoted(s);
  }

  private static String quoted(String s) {
    StringBuilder sb = new StringBuilder("\"");
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        sb.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7f) {
        sb.append(String.format("\\x%02x", (int) c));
      } else {
        sb.append(c);
      }
    }
    return sb.append('"').toString();
  }

  /** Checkpoints of files that are not being read, indexed by location and by path. */
  private static final class CheckpointIndex {
    private final Map<FileId.Inode, Set<Checkpoint>> byPlace = new HashMap<>();
    private final Map<String, Set<Checkpoint>> byPath = new HashMap<>();
    private final CopyCandidates<Checkpoint> byName = new CopyCandidates<>();
    private final Set<Checkpoint> left = new HashSet<>(); // of readers that have ended

    boolean isLeft(Checkpoint c) {
      return left.contains(c);
    }

    Set<Checkpoint> related(Path file) {
      return byName.of(file);
    }

    void add(Checkpoint c, boolean isLeft) {
      if (isLeft) {
        left.add(c);
      }
      byName.add(Path.of(c.path()), c);
      byPlace.computeIfAbsent(c.id().place(), k -> new LinkedHashSet<>()).add(c);
      byPath.computeIfAbsent(c.path(), k -> new LinkedHashSet<>()).add(c);
    }

    void remove(Checkpoint c) {
      left.remove(c);
      byName.remove(Path.of(c.path()), c);
      take(byPlace, c.id().place(), c);
      take(byPath, c.path(), c);
    }

    private static <K> void take(Map<K, Set<Checkpoint>> from, K key, Checkpoint c) {
      Set<Checkpoint> s = from.get(key);
      if (s != null && s.remove(c) && s.isEmpty()) {
        from.remove(key);
      }
    }

    List<Checkpoint> at(FileId.Inode place) {
      return List.copyOf(byPlace.getOrDefault(place, Set.of()));
    }

    List<Checkpoint> of(String path) {
      return List.copyOf(byPath.getOrDefault(path, Set.of()));
    }

    List<Checkpoint> all() {
      return byPath.values().stream().flatMap(Set::stream).toList();
    }
  }
}
