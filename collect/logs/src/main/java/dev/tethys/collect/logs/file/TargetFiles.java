package dev.tethys.collect.logs.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files of one target as of the last scan: the file at each path, and the state of files that are
 * no longer at their path.
 *
 * <p>Invariants: a file is read once, regardless of its names. {@link #byPath} holds the files that
 * the target lists, {@link #leaving} those that it no longer lists and that are not yet read and
 * delivered to their end; each is in exactly one of them. A file that replaced another is not read
 * before the other was read to its end. When the target is removed, a last scan moves all its files
 * to {@link #leaving}, each to be read up to its size at that time. Guarded by the job.
 */
final class TargetFiles {
  private static final System.Logger LOG = JulLogger.of(TargetFiles.class.getName());

  final FileTarget target;
  final FileJob job;
  final String source;
  final Map<Path, TailedFile> byPath = new TreeMap<>();
  final Map<Path, TailedFile> byRealPath = new HashMap<>(); // where a path is not the real one
  final Set<TailedFile> leaving = new LinkedHashSet<>();
  private final Map<FileId.Inode, TailedFile> byPlace = new HashMap<>();
  private final CopyDetector copies;
  private final SavedPositions earlier;
  private final boolean passesOver;
  private boolean full;
  private boolean scanned; // at least once
  private boolean scanning;
  private volatile boolean retiring; // the target is wanted no more
  private boolean retired; // and was checked a last time
  private @Nullable CopyCandidates<TailedFile> names; // made when a look finds an unknown file

  /**
   * Files of a target that was not scanned yet.
   *
   * @param passesOver whether the content of files found by the first scan is skipped
   */
  TargetFiles(FileTarget target, FileJob job, boolean passesOver) {
    this.passesOver = passesOver;
    this.copies = new CopyDetector(job);
    this.target = target;
    this.job = job;
    this.source = job.name + "/" + Long.toHexString(target.labels().hash64());
    this.earlier = new SavedPositions(this);
  }

  /**
   * Scans for files.
   *
   * @param folders receives the folders in which more may appear
   * @return whether to scan again soon
   */
  boolean scan(Set<Path> folders) {
    Set<Path> found = new LinkedHashSet<>();
    target
        .path()
        .walk(
            new Glob.Visitor() {
              @Override
              public void folder(Path folder) {
                folders.add(folder);
              }

              @Override
              public void file(Path file) {
                if (target.exclude() == null || !target.exclude().matches(file)) {
                  found.add(file);
                }
              }
            });
    byPath.values().forEach(f -> f.listed = false);
    Set<FileId.Inode> waiting = new HashSet<>();
    scanning = true;
    for (Path path : job.options.rules().selection().apply(found)) {
      try {
        FileStat stat = FileStat.of(path);
        if (stat.regular()) {
          found(path, stat, waiting);
        }
      } catch (IOException e) {
        // deleted in the meantime, or not readable
      }
    }
    scanned = true;
    scanning = false;
    names = null;
    copies.retain(waiting);
    for (TailedFile f : List.copyOf(byPath.values())) {
      if (!f.listed) {
        leave(f);
      }
    }
    byRealPath.keySet().forEach(p -> folders.add(parent(p)));
    // A link that leads nowhere for a moment is watched in the folder it led to.
    leaving.stream().filter(f -> !f.real.equals(f.path)).forEach(f -> folders.add(parent(f.real)));
    return !waiting.isEmpty();
  }

  private static Path parent(Path p) {
    Path parent = p.getParent();
    return parent == null ? p : parent;
  }

  private void found(Path path, FileStat stat, Set<FileId.Inode> waiting) {
    TailedFile there = byPath.get(path);
    if (there != null && there.id().mayBe(stat.id())) {
      there.listed = true;
      boolean changed = there.updateStat(stat);
      if (changed || (there.offset() != stat.size() && !there.isCompressed())) {
        job.wake(there);
      }
      job.metrics.fileBytes.with(there.name).set((double) stat.size());
      return;
    }
    TailedFile known = byPlace.get(stat.id().place());
    if (known != null && known.id().mayBe(stat.id())) {
      renamed(known, path, stat);
      return;
    }
    if (retiring && job.isWanted(path)) {
      return; // another target reads it
    }
    if (job.options.decompression() != null
        && !job.options.decompressionDelay().isZero()
        && job.now() - stat.modified() / 1_000_000 < job.options.decompressionDelay().toMillis()) {
      waiting.add(stat.id().place());
      return;
    }
    // A replacement is not a copy.
    boolean replaces =
        RotatedVersions.isUnnumbered(path)
            && (there != null || leaving.stream().anyMatch(f -> f.name.equals(path.toString())));
    CopyDetector.Origin origin =
        replaces ? new CopyDetector.Origin.New() : copies.origin(path, stat, names(), job.options);
    if (origin instanceof CopyDetector.Origin.Later) {
      waiting.add(stat.id().place());
      return;
    }
    appeared(path, stat, there, origin);
  }

  private void renamed(TailedFile f, Path path, FileStat stat) {
    if (!f.path.equals(path)) {
      try {
        if (!leaving.contains(f) && FileStat.of(f.path).id().mayBe(f.id())) {
          return; // a second name: it is read under the first
        }
      } catch (IOException e) {
        // it no longer exists
      }
      job.metrics.generations.with("renamed").inc();
      byPath.remove(f.path, f);
      f.path = path;
      named(f);
    }
    job.positions.changed();
    TailedFile before = byPath.put(path, f);
    if (before != null && before != f) {
      leaving(before);
    }
    leaving.remove(f);
    f.listed = true;
    f.retired = false;
    f.replaced = false;
    f.ended = false;
    f.updateStat(stat);
    real(f);
    job.wake(f);
  }

  private void appeared(
      Path path, FileStat stat, @Nullable TailedFile there, CopyDetector.Origin origin) {
    if (job.files() >= FileTailing.MAX_FILES) {
      if (!full) {
        full = true;
        LOG.log(
            Level.WARNING,
            "{0}: files beyond the first {1} are not read",
            target.path(),
            FileTailing.MAX_FILES);
      }
      return;
    }
    copies.settled(stat.id());
    TailedFile old = job.takeOver(stat.id());
    // Later it would be another file.
    Long promtails = scanned ? null : job.positions.takeOver(path.toString());
    TailedFile f =
        old == null
            ? new TailedFile(target, source, path.toString(), path, stat, start(path, stat))
            : old.successor(target, source, path, stat);
    real(f);
    TailedFile last = lastUnder(path);
    TailedFile before = there;
    if (there != null) {
      leave(there);
      before = between(f, there.stat(), there);
    }
    if (job.mayOpen() || there != null) {
      job.open(f);
    }
    if (old != null) {
      earlier.isReadOn(f);
      before = before == null ? old.before : before;
    } else if (origin instanceof CopyDetector.Origin.ReadBefore k) {
      startAt(f, k.offset());
    } else if (there == null && last != null) {
      // At the last scan no file had the name; others may have had it since.
      before = between(f, last.stat(), last);
    } else if (there == null) {
      boolean known =
          promtails != null
              || !job.positions.at(stat.id().place()).isEmpty()
              || !job.positions.of(path.toString()).isEmpty();
      before = earlier.resume(f, stat, promtails);
      if (!known && !scanned && passesOver) {
        startAtEnd(f, stat);
      }
    }
    follow(f, before);
    add(f);
    job.metrics.fileBytes.with(f.name).set((double) stat.size());
    LOG.log(Level.DEBUG, "reading {0} from {1}", path, f.offset());
    job.wake(f);
  }

  /**
   * Returns the file that previously had a name, unless it has been read and delivered to its end.
   */
  private @Nullable TailedFile lastUnder(Path path) {
    TailedFile last = null;
    for (TailedFile f : leaving) {
      if (f.name.equals(path.toString())) {
        last = f; // those that left last are behind the others
      }
    }
    return last;
  }

  private void add(TailedFile f) {
    job.positions.changed();
    named(f);
    byPath.put(f.path, f);
    byPlace.put(f.id().place(), f);
    job.metrics.filesActive.add(1);
  }

  /** Changes of a file are reported for the folder in which it really is. */
  private void real(TailedFile f) {
    byRealPath.values().remove(f);
    f.real = SearchFolders.of(f.path).real();
    if (!f.real.equals(f.path)) {
      byRealPath.put(f.real, f);
    }
  }

  private Progress start(Path path, FileStat stat) {
    Checkpoint c = Checkpoint.start(source, path.toString(), stat.id(), false, job.now());
    return from(c);
  }

  /** Returns the delivery progress that corresponds to a checkpoint. */
  Progress from(Checkpoint c) {
    return new Progress(c, job.positions::changed);
  }

  private void leave(TailedFile f) {
    byPath.remove(f.path, f);
    leaving(f);
  }

  private void leaving(TailedFile f) {
    job.positions.changed();
    named(f);
    f.replaced = true;
    f.ended = false;
    byRealPath.values().remove(f);
    leaving.add(f);
    job.wake(f);
  }

  /** The target was removed; its files are to be checked a last time, and then retired. */
  TargetFiles startRetiring() {
    retiring = true;
    return this;
  }

  boolean isGoing() {
    return retiring;
  }

  /** Reads files up to their size at the last scan. */
  void retire() {
    retired = true;
    for (TailedFile f : List.copyOf(byPath.values())) {
      byPath.remove(f.path, f);
      if (f.isDone()) {
        removeFromIndexes(f);
        job.drop(f);
        continue;
      }
      job.positions.changed();
      byRealPath.values().remove(f);
      f.retired = true;
      f.until = f.isCompressed() ? Long.MAX_VALUE : f.size();
      f.ended = false;
      leaving.add(f);
      job.wake(f);
    }
  }

  /** The target is configured again. */
  TargetFiles returns() {
    retiring = false;
    retired = false;
    for (TailedFile f : leaving) {
      if (f.retired) {
        // Until a scan finds that it is still there.
        f.retired = false;
        f.replaced = true;
        f.ended = false;
      }
    }
    return this;
  }

  boolean isRetired() {
    return retired;
  }

  /** Whether the target was removed and all its files are read. */
  boolean isOver() {
    return retired && leaving.isEmpty();
  }

  /** Stops reading a file; returns null if the target does not have it. */
  @Nullable TailedFile stopReading(FileId id) {
    TailedFile f = byPlace.get(id.place());
    if (f == null || !f.id().mayBe(id)) {
      return null;
    }
    byPath.remove(f.path, f);
    leaving.remove(f);
    removeFromIndexes(f);
    job.drop(f);
    return f;
  }

  private void removeFromIndexes(TailedFile f) {
    byPlace.remove(f.id().place(), f);
    byRealPath.values().remove(f);
  }

  /** Delays reading a file until another has been read. */
  void follow(TailedFile f, @Nullable TailedFile before) {
    f.before = before;
    if (before != null) {
      before.followed = true;
      job.wake(before);
    }
  }

  /** Removes a file that was read and delivered to its end. */
  void forget(TailedFile f) {
    f.deliveredCopies().forEach(job.positions::remember);
    leaving.remove(f);
    byPlace.remove(f.id().place(), f);
    job.positions.remember(f.delivered().named(f.name));
    job.metrics.filesActive.add(-1);
    if (byPath.values().stream().noneMatch(o -> o.name.equals(f.name))) {
      job.metrics.remove(f.name);
    }
  }

  private void startAtEnd(TailedFile f, FileStat stat) {
    if (f.isOpen() || job.open(f)) {
      try {
        if (f.isCompressed()) {
          job.skipLines(f, Long.MAX_VALUE);
        } else {
          f.startAt(stat.size());
        }
      } catch (IOException e) {
        f.fail(e);
      }
    }
  }

  private void startAt(TailedFile f, long offset) {
    if (f.isOpen() || job.open(f)) {
      try {
        f.startAt(offset);
      } catch (IOException e) {
        f.fail(e);
      }
    }
  }

  /**
   * Reads files that had the name too briefly to be noticed.
   *
   * @param older file that is known to have been there before
   * @return the last one to read before the younger
   */
  private @Nullable TailedFile between(
      TailedFile younger, FileStat older, @Nullable TailedFile first) {
    TailedFile last = first;
    for (RotatedVersions.SiblingFile s : missed(younger.searchFolders(), older, younger.id())) {
      last = since(younger.path, s, last);
    }
    return last;
  }

  /** Reads a file from its start as a file that previously had the name. */
  @Nullable TailedFile since(
      Path path, RotatedVersions.SiblingFile s, @Nullable TailedFile before) {
    TailedFile f =
        new TailedFile(
            target, source, path.toString(), s.path(), s.stat(), start(s.path(), s.stat()));
    if (!job.openAny(f)) {
      return before;
    }
    follow(f, before);
    recovered(f);
    return f;
  }

  /**
   * Handles a file that had a name of this target and has been read to its end, under any current
   * name.
   */
  void recovered(TailedFile f) {
    byPlace.put(f.id().place(), f);
    job.metrics.filesActive.add(1);
    job.metrics.generations.with("recovered").inc();
    leaving(f);
  }

  /** Whether the file of an id is read. */
  boolean reads(FileId id) {
    TailedFile f = byPlace.get(id.place());
    return f != null && f.id().mayBe(id);
  }

  /** Returns unread files that were this file, or are copies of it, newer than an older one. */
  List<RotatedVersions.SiblingFile> missed(SearchFolders file, FileStat older, FileId itself) {
    List<RotatedVersions.SiblingFile> out = new ArrayList<>();
    for (RotatedVersions.SiblingFile s : RotatedVersions.since(file, older, itself, this::reads)) {
      if (job.positions.at(s.stat().id().place()).stream()
              .noneMatch(c -> c.id().mayBe(s.stat().id()))
          // Compressed or not, as it would be read.
          && copies.origin(s.path(), s.stat(), names(), job.anyCompression())
              instanceof CopyDetector.Origin.New) {
        out.add(s);
      }
    }
    return out;
  }

  /** Copy candidates among the files being read, by name; during a scan the scan has its own. */
  private CopyCandidates<TailedFile> names() {
    CopyCandidates<TailedFile> n = names;
    if (n == null) {
      n = new CopyCandidates<>();
      for (TailedFile f : byPath.values()) {
        n.add(f.path, f);
      }
      for (TailedFile f : leaving) {
        n.add(f.path, f);
      }
      names = scanning ? n : null;
    }
    return n;
  }

  private void named(TailedFile f) {
    CopyCandidates<TailedFile> n = names;
    if (n != null) {
      n.add(f.path, f);
    }
  }

  /** Reports the delivered position of each file. */
  void checkpoints(List<Checkpoint> out) {
    Stream.concat(byPath.values().stream(), leaving.stream())
        .forEach(f -> f.deliveredCopies().forEach(job.positions::remember));
    byPath.values().forEach(f -> out.add(f.delivered().listed(true)));
    // They are looked up by the name under which they were read, regardless of their current one.
    leaving.forEach(f -> out.add(f.delivered().named(f.name)));
  }

  int files() {
    return byPath.size() + leaving.size();
  }
}
