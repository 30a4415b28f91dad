package dev.tethys.store.metrics;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockMeta;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.BlockWriter;
import dev.tethys.store.metrics.internal.block.Ulid;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bulk import of old samples: samples ordered by series are written to blocks directly, bypassing
 * the head and its log. Not thread-safe.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A block has a temporary name until it is complete and durable: a process killed at any
 *       moment leaves the finished blocks, and temporary files that the next opening removes.
 *   <li>No imported block reaches beyond {@link #floor}. Newer samples are appended to the head as
 *       usual: otherwise recovery would mistake samples of the log for samples of the block and
 *       drop them.
 * </ul>
 */
public final class BlockImport implements AutoCloseable {
  /** Samples given to the head between two commits. */
  private static final int COMMIT_SAMPLES = 20_000;

  private final FileAccess files;
  private final Path folder;
  private final Blocks blocks;
  private final MaintenanceScheduler upkeep;
  private final InstantSource clock;
  private final MetricsDatabase database;
  private final long floor;
  private @Nullable Appender appender;
  private int uncommitted;
  private long appended;
  private long refused;

  BlockImport(
      MetricsDatabase database,
      FileAccess files,
      Path folder,
      Blocks blocks,
      MaintenanceScheduler upkeep,
      InstantSource clock,
      long floor) {
    this.database = database;
    this.files = files;
    this.folder = folder;
    this.blocks = blocks;
    this.upkeep = upkeep;
    this.clock = clock;
    this.floor = floor;
  }

  /** Samples from this time on go to the head; {@link Long#MAX_VALUE} when nothing is in it. */
  public long floor() {
    return floor;
  }

  /** Samples written to the head so far. */
  public long appended() {
    return appended;
  }

  /**
   * Returns the number of samples rejected by the head, because another value exists at their time
   * or they are too old.
   */
  public long refused() {
    return refused;
  }

  /** Whether existing blocks were created from all of these level 1 blocks. */
  public boolean contains(Collection<String> sources) {
    Set<String> all = new HashSet<>();
    for (BlockReader b : blocks.list()) {
      all.add(b.meta().id());
      all.addAll(b.meta().sources());
    }
    return !sources.isEmpty() && all.containsAll(sources);
  }

  /**
   * Starts a block.
   *
   * @param ulid the name it should have; null, or one that is taken, for a new one
   * @param minTime first millisecond of its range, inclusive
   * @param maxTime end of its range, exclusive
   * @param sources level 1 blocks from which it was created, empty for itself
   * @throws StorageException UNAVAILABLE if the disk fails the write
   */
  public Draft begin(
      @Nullable String ulid, long minTime, long maxTime, List<String> sources, int level) {
    String id = ulid;
    // Under its temporary name something may stand that is still to be removed.
    if (id == null
        || !Ulid.is(id)
        || files.exists(folder.resolve(id))
        || files.exists(folder.resolve(id + Blocks.CREATING))) {
      id = Ulid.next(clock.millis());
    }
    boolean late = false;
    for (BlockReader b : blocks.list()) {
      // Of two samples with the same time, the existing one is kept.
      late |= !b.meta().late() && b.overlaps(minTime, maxTime - 1);
    }
    BlockMeta meta =
        BlockMeta.draft(id, minTime, Math.min(maxTime, floor), level, late, sources, List.of());
    try {
      return new Draft(meta);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private StorageException unavailable(IOException e) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "cannot write a block in " + folder + ": " + e.getMessage(),
        e);
  }

  /** Block under construction. Closed before it is finished, it leaves nothing. */
  public final class Draft implements AutoCloseable {
    private final BlockMeta meta;
    private final Path temporary;
    private final BlockWriter writer;
    private final SampleBuffer part = new SampleBuffer();
    private long newest = Long.MIN_VALUE;
    private boolean done;

    private Draft(BlockMeta meta) throws IOException {
      this.meta = meta;
      this.temporary = folder.resolve(meta.id() + Blocks.CREATING);
      this.writer = new BlockWriter(files, temporary);
    }

    /** Returns the block name. */
    public String ulid() {
      return meta.id();
    }

    /**
     * Adds a series; labels ascend from call to call, times within a call and inside the range.
     *
     * @return number of leading samples that are in the block; the head has the others
     * @throws StorageException UNAVAILABLE if the disk fails the write
     */
    public int add(Labels labels, SampleBuffer samples) {
      int n = samples.size;
      while (n > 0 && samples.timestamps[n - 1] >= floor) {
        n--;
      }
      try {
        if (n > 0) {
          newest = Math.max(newest, samples.timestamps[n - 1]);
        }
        if (n == samples.size) {
          writer.add(labels, samples);
          return n;
        }
        if (n > 0) {
          part.clear();
          for (int i = 0; i < n; i++) {
            part.add(samples, i);
          }
          writer.add(labels, part);
        }
      } catch (IOException e) {
        throw unavailable(e);
      }
      for (int i = n; i < samples.size; i++) {
        append(labels, samples, i);
      }
      return n;
    }

    /**
     * Makes the block durable and part of the store.
     *
     * @return contents of the block; null if nothing was added
     * @throws StorageException UNAVAILABLE if the disk fails the write
     */
    public @Nullable BlockInfo finish() {
      return finish(b -> {});
    }

    /**
     * Variant with a check of the block on disk before it becomes part of the store.
     *
     * @param check throws what keeps the block out; it is then removed
     */
    public @Nullable BlockInfo finish(Consumer<StoredBlock> check) {
      commit();
      try {
        if (writer.isEmpty()) {
          return null;
        }
        BlockMeta whole = ended();
        writer.finish(whole);
        writer.close();
        try (StoredBlock b = StoredBlock.open(files, temporary)) {
          check.accept(b);
        }
        return BlockInfo.of(upkeep.publishBlock(whole.maxTime(), this::named));
      } catch (IOException e) {
        throw unavailable(e);
      }
    }

    private BlockReader named() throws IOException {
      BlockReader made = blocks.name(temporary, meta.id());
      done = true;
      return made;
    }

    /** A range that is not over yet ends with its samples: the store continues after them. */
    private BlockMeta ended() {
      return meta.maxTime() <= clock.millis()
          ? meta
          : BlockMeta.draft(
              meta.id(),
              meta.minTime(),
              Math.min(meta.maxTime(), newest + 1),
              meta.level(),
              meta.late(),
              meta.sources(),
              meta.parents());
    }

    @Override
    public void close() {
      try {
        writer.close();
        if (!done) {
          files.delete(temporary);
        }
      } catch (IOException e) {
        throw unavailable(e);
      }
    }
  }

  private void append(Labels labels, SampleBuffer samples, int i) {
    Appender a = appender;
    if (a == null) {
      a = database.appender();
      appender = a;
    }
    long series = a.series(labels);
    long start = samples.startTimestamps == null ? 0 : samples.startTimestamps[i];
    Histogram h = samples.histograms == null ? null : samples.histograms[i];
    Appender.Outcome o =
        h == null
            ? a.append(series, start, samples.timestamps[i], samples.values[i])
            : a.append(series, start, samples.timestamps[i], h);
    if (o == Appender.Outcome.OK) {
      appended++;
    } else {
      refused++;
    }
    if (++uncommitted >= COMMIT_SAMPLES) {
      commit();
    }
  }

  /** Commits the samples that were appended to the head. */
  private void commit() {
    Appender a = appender;
    if (a != null) {
      a.commit();
      a.close();
      appender = null;
      uncommitted = 0;
    }
  }

  @Override
  public void close() {
    commit();
  }
}
