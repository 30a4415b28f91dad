package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Manifest in force and its parts.
 *
 * <p>Invariants: {@code live} holds the parts of {@code manifest}; both are guarded by the lock of
 * the engine. One thread at a time commits, the one that holds the engine's {@code maintenance}
 * lock. Ids of parts are never used again, since after an error the manifest on disk may list them.
 */
final class PartTable<P> {
  private final FileAccess files;
  private final Path directory;
  private final Path tenants;
  private final ReentrantLock lock;
  private final Function<PartFile, P> opener;
  private final TreeMap<Long, LivePart<P>> live = new TreeMap<>();
  private Manifest manifest;
  private long nextPart; // for the committing thread

  PartTable(FileAccess files, Path directory, ReentrantLock lock, Function<PartFile, P> opener)
      throws IOException {
    this.files = files;
    this.directory = directory;
    this.tenants = directory.resolve("tenants");
    this.lock = lock;
    this.opener = opener;
    files.createDirectories(tenants);
    files.syncDirectory(directory);
    Manifest found = Manifest.read(files, directory);
    if (found == null) {
      PartFolders.requireNoParts(files, tenants);
      manifest = Manifest.EMPTY;
      manifest.write(files, directory); // from now on parts without a manifest are an error
    } else {
      manifest = found;
      PartFolders.deleteOrphans(files, tenants, found);
    }
    nextPart = manifest.nextPart();
    for (PartEntry e : manifest.parts()) {
      live.put(e.id(), livePart(e));
    }
  }

  private LivePart<P> livePart(PartEntry e) {
    return new LivePart<>(files, PartSink.path(tenants, e.tenant(), e.id()), e, opener);
  }

  Manifest manifest() {
    lock.lock();
    try {
      return manifest;
    } finally {
      lock.unlock();
    }
  }

  /** Parts of a tenant that overlap a time range, retained for the caller. */
  List<LivePart<P>> retain(String tenant, long from, long to) {
    lock.lock();
    try {
      List<LivePart<P>> out = new ArrayList<>();
      for (LivePart<P> p : live.values()) {
        if (p.entry().tenant().equals(tenant) && p.entry().overlaps(from, to)) {
          p.retain();
          out.add(p);
        }
      }
      return out;
    } finally {
      lock.unlock();
    }
  }

  /** Returns a part of the manifest, retained for the caller, or null if there is none. */
  @Nullable LivePart<P> retain(long id) {
    lock.lock();
    try {
      LivePart<P> p = live.get(id);
      if (p != null) {
        p.retain();
      }
      return p;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of parts that were found not to be readable. */
  int unreadable() {
    List<LivePart<P>> all;
    lock.lock();
    try {
      all = List.copyOf(live.values());
    } finally {
      lock.unlock();
    }
    return (int) all.stream().filter(p -> p.damage() != null).count();
  }

  /** Returns the sink for new parts of a tenant. */
  PartSink sink(String tenant, long generation) {
    return new PartSink(files, tenants, () -> nextPart++, tenant, generation);
  }

  /** Deletes files that no manifest was written for. */
  void discard(PartSink sink) {
    PartFolders.deleteQuietly(files, sink.paths());
  }

  /** Activates other parts and deletions. */
  void commit(List<PartEntry> parts, List<DeletionMark> deletions) throws IOException {
    Manifest m = manifest();
    commit(parts, deletions, m.walSegment(), m.headGeneration(), () -> {});
  }

  /**
   * Writes a manifest and puts it in force. After an exception the manifest on disk may be the new
   * one: files that it lists must be kept.
   *
   * @param also runs under the lock with the change
   */
  void commit(
      List<PartEntry> parts,
      List<DeletionMark> deletions,
      long walSegment,
      long headGeneration,
      Runnable also)
      throws IOException {
    Manifest next =
        new Manifest(
            manifest().number() + 1,
            walSegment,
            nextPart,
            headGeneration,
            List.copyOf(parts),
            List.copyOf(deletions));
    next.write(files, directory);
    List<LivePart<P>> removed = new ArrayList<>();
    lock.lock();
    try {
      manifest = next;
      TreeMap<Long, LivePart<P>> gone = new TreeMap<>(live);
      for (PartEntry e : parts) {
        gone.remove(e.id());
        live.computeIfAbsent(e.id(), id -> livePart(e));
      }
      removed.addAll(gone.values());
      live.keySet().removeAll(gone.keySet());
      also.run();
    } finally {
      lock.unlock();
    }
    removed.forEach(LivePart::remove);
  }

  /** Ends the use of all parts. */
  void close() {
    lock.lock();
    try {
      live.values().forEach(LivePart::release);
      live.clear();
    } finally {
      lock.unlock();
    }
  }
}
