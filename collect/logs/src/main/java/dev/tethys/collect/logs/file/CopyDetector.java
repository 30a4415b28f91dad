package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Detects whether a new file is a copy of a known file, whose content was read, or will be read,
 * under the other name. A file that may still be being copied is skipped for a while. Guarded by
 * the job.
 */
final class CopyDetector {
  /** Milliseconds without changes before a possible copy is read. */
  static final long SETTLE = 2000;

  /** Maximum time in milliseconds that a possible copy is left unread. */
  static final long SETTLE_MOST = 60_000;

  /** Minimum size of a copy: smaller logs may start with the same text by chance. In bytes. */
  static final int SMALLEST_COPY = 256;

  private final FileJob job;
  private final Map<FileId.Inode, Unsettled> unsettled = new HashMap<>();

  /** File that may be an unfinished copy. */
  private record Unsettled(long since, long changed, long size) {}

  /** Identified origin of an unknown file. */
  sealed interface Origin {
    /** Nothing is known about it. */
    record New() implements Origin {}

    /** Not identifiable yet. */
    record Later() implements Origin {}

    /** Everything before an offset was read from another file. */
    record ReadBefore(long offset) implements Origin {}
  }

  CopyDetector(FileJob job) {
    this.job = job;
  }

  /** Removes all deferred files except these. */
  void retain(Collection<FileId.Inode> waiting) {
    unsettled.keySet().retainAll(waiting);
  }

  /** A file is left alone no longer. */
  void settled(FileId id) {
    unsettled.remove(id.place());
  }

  /**
   * Whether an unknown file is a copy of a known one.
   *
   * @param names names of the files that are read
   * @param options options for reading it
   */
  Origin origin(Path path, FileStat stat, CopyCandidates<TailedFile> names, FileOptions options) {
    List<TailedFile> related =
        names.of(path).stream().filter(f -> RotatedVersions.isRelated(f.path, path)).toList();
    List<Checkpoint> gone =
        job.positions.related(path).stream()
            .filter(c -> c.headLength() > 0 && !c.id().mayBe(stat.id()))
            .toList();
    if (related.isEmpty() && gone.isEmpty()) {
      return new Origin.New();
    }
    try (FileContent content = RotatedVersions.open(SearchFolders.of(path), stat.id(), options)) {
      for (Checkpoint c : gone) {
        if (content.holds(c)) {
          return new Origin.ReadBefore(c.offset());
        }
      }
      for (TailedFile f : related) {
        for (Checkpoint c : f.past.ends()) {
          if (content.holds(c)) {
            return new Origin.ReadBefore(c.offset());
          }
        }
      }
      for (TailedFile f : related) {
        Origin o = copy(content, stat, f);
        if (!(o instanceof Origin.New)) {
          return o;
        }
      }
    } catch (IOException e) {
      return new Origin.New();
    }
    return new Origin.New();
  }

  /** Whether a file is a complete or partial copy of another. */
  private Origin copy(FileContent content, FileStat stat, TailedFile f) throws IOException {
    Checkpoint last = f.last();
    boolean whole = last.headLength() > 0 && content.holds(last);
    long size = content instanceof FileContent.Plain ? stat.size() : last.offset();
    try (FileContent other = FileContent.open(f.path, job.options)) {
      if (whole && !other.holds(last)) {
        job.wake(f); // it was truncated, which is found when it is read
        return later(stat) ? new Origin.Later() : new Origin.New();
      }
      if (!isPrefix(content, other, size, 0)) {
        return new Origin.New();
      }
      boolean patient = later(stat);
      Unsettled u = unsettled.get(stat.id().place());
      if (u == null || job.now() - u.changed < SETTLE) {
        return new Origin.Later();
      }
      if (size < SMALLEST_COPY || !isPrefix(content, other, size, size - Checkpoint.TAIL)) {
        return new Origin.New();
      }
      if (size <= f.offset()) {
        return new Origin.ReadBefore(size);
      }
      return patient ? new Origin.Later() : new Origin.New();
    } catch (NoSuchFileException e) {
      // It was compressed and then deleted; its unread rest is still read from the compressed file.
      return !whole
          ? new Origin.New()
          : f.offset() >= f.size() || !later(stat)
              ? new Origin.ReadBefore(last.offset())
              : new Origin.Later();
    }
  }

  /** Whether bytes from a position on, up to the size of the one, are the same in the other. */
  private static boolean isPrefix(FileContent one, FileContent other, long size, long from)
      throws IOException {
    long at = Math.max(0, from);
    byte[] a = new byte[(int) Math.min(Checkpoint.HEAD, size - at)];
    byte[] b = new byte[a.length];
    return one.readFully(at, a) == a.length
        && other.readFully(at, b) == b.length
        && Arrays.equals(a, b);
  }

  /** Skips a file for now; returns false if it was skipped for long enough. */
  private boolean later(FileStat stat) {
    long now = job.now();
    Unsettled u = unsettled.get(stat.id().place());
    if (u == null || u.size != stat.size()) {
      u = new Unsettled(u == null ? now : u.since, now, stat.size());
      unsettled.put(stat.id().place(), u);
    }
    return now - u.since < SETTLE_MOST;
  }
}
