package dev.tethys.collect.logs.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Positions left by an earlier process, or by a job that a reload ended, for the files of a target.
 * They apply to the current file of a path, and to earlier files of that path. Files may be renamed
 * and compressed by other processes during the search, so a checkpoint is removed only once its
 * file is open. Guarded by the job.
 */
final class SavedPositions {
  private static final System.Logger LOG = JulLogger.of(SavedPositions.class.getName());

  /** Number of attempts to find a file that vanished before it was opened. */
  private static final int ATTEMPTS = 5;

  private final TargetFiles files;
  private final Positions positions;

  SavedPositions(TargetFiles files) {
    this.files = files;
    this.positions = files.job.positions;
  }

  /**
   * Finds the position at which an earlier process stopped reading a file, and any unread rest of
   * its predecessor.
   *
   * @return the file to read first
   */
  @Nullable TailedFile resume(TailedFile f, FileStat stat, @Nullable Long promtails) {
    String path = f.path.toString();
    List<Checkpoint> candidates = new ArrayList<>(positions.at(stat.id().place()));
    candidates.removeIf(c -> !c.id().mayBe(stat.id()));
    List<Checkpoint> ofPath = positions.of(path).stream().filter(positions::isLeft).toList();
    // Devices are renumbered when a machine boots; a file that replaced another as a whole is
    // recognized by its content, if there is enough of it.
    ofPath.stream()
        .filter(c -> !candidates.contains(c))
        .filter(
            c ->
                c.id().on(stat.id().device()).mayBe(stat.id()) || c.headLength() == Checkpoint.HEAD)
        .forEach(candidates::add);
    // A file whose labels changed since continues, too.
    candidates.sort(
        (a, b) ->
            Boolean.compare(!a.source().equals(files.source), !b.source().equals(files.source)));
    if ((ofPath.isEmpty() && candidates.isEmpty() && promtails == null)
        || (!f.isOpen() && !files.job.open(f))) {
      return null;
    }
    try {
      for (Checkpoint c : candidates) {
        if (f.holds(c)) {
          Long moved = c.path().equals(path) && c.listed() ? promtails : null;
          f.resume(c);
          if (moved != null && !c.compressed() && moved <= stat.size()) {
            f.startAt(moved);
          }
          claim(c);
          return remainder(f, stat, ofPath, true);
        }
      }
      if (!ofPath.isEmpty()) {
        return remainder(f, stat, ofPath, false);
      }
      if (promtails != null) {
        if (f.isCompressed()) {
          files.job.skipLines(f, promtails);
        } else if (promtails <= stat.size()) {
          f.startAt(promtails);
        }
      }
    } catch (IOException e) {
      f.fail(e);
    }
    return null;
  }

  /**
   * Another target has read this file further: the older checkpoints of this target are outdated.
   */
  void isReadOn(TailedFile f) {
    positions.at(f.id().place()).stream().filter(c -> c.id().mayBe(f.id())).forEach(this::claim);
  }

  private void claim(Checkpoint c) {
    if (c.source().equals(files.source)) {
      positions.claim(c);
    }
  }

  /**
   * File that may have content not read by an earlier process.
   *
   * @param from read position; null if none of it was read
   */
  private record Piece(RotatedVersions.SiblingFile found, @Nullable Checkpoint from) {
    /**
     * In the order of writing: a copy is created before its source is truncated and rewritten, and
     * compressing preserves the time.
     */
    static final Comparator<Piece> AGE =
        Comparator.comparingLong((Piece p) -> p.found.stat().modified())
            .thenComparing(p -> p.from == null)
            .thenComparingLong(p -> p.found.stat().id().createdAt());
  }

  /**
   * Reads the unread rest of the files that previously had the name, in the order in which they
   * were written.
   *
   * @param ofPath known checkpoints of the path
   * @param continued whether the file itself was known then, so that all previous files were known,
   *     too
   * @return the last of them, to be read before the file
   */
  private @Nullable TailedFile remainder(
      TailedFile f, FileStat stat, List<Checkpoint> ofPath, boolean continued) throws IOException {
    Map<FileId, Piece> pieces = new HashMap<>(); // a place may be another file's by the next look
    List<Checkpoint> answered = new ArrayList<>();
    List<RotatedVersions.SiblingFile> anew = new ArrayList<>();
    FileStat oldest = null;
    for (Checkpoint c : ofPath) {
      if (!isOfThisTarget(c) || (f.holds(c) && c.id().mayBe(f.id()))) {
        continue;
      }
      RotatedVersions.SiblingFile same = RotatedVersions.of(f.searchFolders(), c.id());
      boolean inPlace = same != null && holds(same, c);
      RotatedVersions.SiblingFile s =
          inPlace ? same : RotatedVersions.holding(f.searchFolders(), c, f.id(), files.job.options);
      if (same != null && !inPlace && !same.stat().id().mayBe(f.id())) {
        anew.add(same); // it was truncated before it was renamed
      }
      if (s == null) {
        // Unlisted ones were read to their end, or preceded a listed one.
        if (c.listed() && !continued) {
          oldest = older(oldest, lost(f, c));
        }
        continue;
      }
      answered.add(c);
      if (s.stat().id().mayBe(f.id()) || files.reads(s.stat().id())) {
        continue;
      }
      pieces.merge(
          s.stat().id(),
          new Piece(s, c),
          (x, y) -> x.from != null && y.from != null && x.from.offset() > y.from.offset() ? x : y);
      oldest = older(oldest, inPlace ? s.stat() : s.stat().asCopy());
    }
    for (RotatedVersions.SiblingFile s : anew) {
      if (!files.reads(s.stat().id())) {
        pieces.putIfAbsent(s.stat().id(), new Piece(s, known(s)));
      }
    }
    if (oldest != null && !continued) {
      for (RotatedVersions.SiblingFile s : files.missed(f.searchFolders(), oldest, stat.id())) {
        pieces.putIfAbsent(s.stat().id(), new Piece(s, null));
      }
    }
    TailedFile last = null;
    for (Piece p : pieces.values().stream().sorted(Piece.AGE).toList()) {
      if (p.from == null) {
        last = files.since(f.path, p.found, last);
        continue;
      }
      TailedFile old = before(f, p.found, p.from);
      if (old == null) {
        // It was renamed or compressed since it was found; the next process looks for it, too.
        answered.remove(p.from);
      } else {
        files.follow(old, last);
        last = old;
      }
    }
    answered.forEach(positions::claim);
    return last;
  }

  /** Whether it belongs to this target, or to a former one with other labels. */
  private boolean isOfThisTarget(Checkpoint c) {
    return c.source().equals(files.source) || files.job.isOrphan(c.source());
  }

  private static FileStat older(@Nullable FileStat a, FileStat b) {
    return a == null || b.modified() < a.modified() ? b : a;
  }

  /**
   * Logs a missing file.
   *
   * @return the last status of the file, by which its successors are found
   */
  private FileStat lost(TailedFile f, Checkpoint c) {
    files.job.metrics.generations.with("lost").inc();
    LOG.log(
        Level.WARNING,
        "{0} is not the same file as in the last run; data written to the other after its"
            + " byte {1} is not found",
        f.path,
        String.valueOf(c.offset()));
    long createdAt = c.id().createdAt();
    return new FileStat(
        c.id(), c.offset(), createdAt == FileId.UNKNOWN_BIRTH ? Long.MAX_VALUE : createdAt, true);
  }

  /** Returns the position up to which a file was read under any name; null if it was not read. */
  private @Nullable Checkpoint known(RotatedVersions.SiblingFile s) {
    return positions.at(s.stat().id().place()).stream()
        .filter(c -> c.source().equals(files.source) && c.headLength() > 0 && holds(s, c))
        .max(Comparator.comparingLong(Checkpoint::offset))
        .orElse(null);
  }

  private boolean holds(RotatedVersions.SiblingFile found, Checkpoint c) {
    try (FileContent content = RotatedVersions.open(found, files.job.anyCompression())) {
      return content.holds(c);
    } catch (IOException e) {
      return false;
    }
  }

  private @Nullable TailedFile before(
      TailedFile f, RotatedVersions.SiblingFile found, Checkpoint c) {
    RotatedVersions.SiblingFile s = found;
    for (int i = 0; s != null && i < ATTEMPTS; i++) {
      if (files.reads(s.stat().id())) {
        return null;
      }
      TailedFile old =
          new TailedFile(files.target, files.source, f.name, s.path(), s.stat(), files.from(c));
      try {
        old.open(files.job.anyCompression());
        if (old.holds(c)) {
          old.resume(c);
          files.job.opened(old);
          files.recovered(old);
          return old;
        }
        old.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} has vanished since it was found: {1}", s.path(), e.toString());
      }
      s = RotatedVersions.of(f.searchFolders(), c.id());
      if (s == null || !holds(s, c)) {
        s = RotatedVersions.holding(f.searchFolders(), c, f.id(), files.job.options);
      }
    }
    // Of the oldest, which is deleted meanwhile, everything was read most of the time.
    LOG.log(
        found.stat().size() > c.offset() ? Level.WARNING : Level.DEBUG,
        "{0}: the part that an earlier process had not read, from byte {1} on, was found and has vanished; it is"
            + " looked for at the next start",
        f.path,
        String.valueOf(c.offset()));
    return null;
  }
}
