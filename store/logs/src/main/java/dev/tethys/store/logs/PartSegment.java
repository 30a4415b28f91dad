package dev.tethys.store.logs;

import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.BlockCounts;
import dev.tethys.store.logs.block.BlockQuery;
import dev.tethys.store.logs.block.LogBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Block of a part as a segment of a selection. */
final class PartSegment implements LogSegment {
  private final LogPart part;
  private final int block;
  private final int[] selected; // index in the selection of each stream of the block, or -1
  private final long from;
  private final long to;
  private final List<HiddenRows> hidden;
  private final LogPart.Streams streams;
  private final AtomicLong checkable;

  /**
   * @param to exclusive
   * @param hidden rows that are deleted
   * @param checkable bytes of blocks that may still be checked for counts
   */
  PartSegment(
      LogPart part,
      LogPart.Streams streams,
      int block,
      int[] selected,
      long from,
      long to,
      List<HiddenRows> hidden,
      AtomicLong checkable) {
    this.part = part;
    this.streams = streams;
    this.block = block;
    this.selected = selected;
    this.from = from;
    this.to = to;
    this.hidden = hidden;
    this.checkable = checkable;
  }

  /**
   * Rows of a block that a deletion hides.
   *
   * @param streams true for each stream of the block that the deletion selects
   * @param to exclusive
   */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  record HiddenRows(boolean[] streams, LogFilter filter, long from, long to) {}

  /** Returns the index in the selection of each stream of the block, or -1. */
  int[] selected() {
    return selected;
  }

  boolean hasAllStreams() {
    for (int s : selected) {
      if (s < 0) {
        return false;
      }
    }
    return true;
  }

  long from() {
    return from;
  }

  /** Returns the end of the time range, exclusive. */
  long to() {
    return to;
  }

  List<HiddenRows> hidden() {
    return hidden;
  }

  /** True if the time range holds all rows of the block. */
  boolean isWhole() {
    return from <= part.file().first(block) && to > part.file().last(block);
  }

  @Override
  public long firstTime() {
    return Math.max(from, part.file().first(block));
  }

  @Override
  public long lastTime() {
    return Math.min(to - 1, part.file().last(block));
  }

  @Override
  public long rows() {
    return part.file().isDamaged(block) ? readable().rows() : sum(streams.rows());
  }

  @Override
  public long bytes() {
    return part.file().isDamaged(block) ? readable().bytes() : sum(streams.bytes());
  }

  private long sum(long[] of) {
    int at = streams.blocks()[block];
    long sum = 0;
    for (int i = 0; i < selected.length; i++) {
      sum += selected[i] >= 0 ? of[at + i] : 0;
    }
    return sum;
  }

  /** Returns false if rows must be read: the index also counts unreadable ones. */
  private boolean isCountable() {
    int unchecked = part.file().unchecked(block);
    return unchecked > 0 && checkable.addAndGet(-unchecked) < 0 || part.file().isSound(block);
  }

  /** Returns the readable rows of a damaged block. */
  private HeadSegment readable() {
    ReadableRows r = part.readable(block);
    return new HeadSegment(
        r.rows(), r.names(), s -> selected[s], from, to, row -> isVisible(r, row), () -> {});
  }

  private boolean isVisible(ReadableRows r, int row) {
    LogHead.Chunk c = r.rows();
    long time = c.times()[row];
    int start = c.starts()[row];
    for (HiddenRows h : hidden) {
      if (h.streams()[c.streams()[row]]
          && time >= h.from()
          && time < h.to()
          && RowFilter.metadata(h.filter().metadata(), r.names(), c, row)
          && RowFilter.line(h.filter().lines(), c.bytes(), start, start + c.lengths()[row])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public List<StreamTotal> totals() {
    if (!hidden.isEmpty() || !isCountable()) {
      return List.of();
    }
    int at = streams.blocks()[block];
    List<StreamTotal> out = new ArrayList<>();
    for (int i = 0; i < selected.length; i++) {
      if (selected[i] < 0) {
        continue;
      }
      long first = streams.firsts()[at + i];
      long last = streams.lasts()[at + i];
      if (last < from || first >= to) {
        continue;
      }
      if (first < from || last >= to) {
        return List.of();
      }
      out.add(
          new StreamTotal(
              selected[i], streams.rows()[at + i], streams.bytes()[at + i], first, last));
    }
    return out;
  }

  @Override
  public @Nullable LogCounts counts(List<String> metadata) {
    if (!hidden.isEmpty() || !isCountable()) {
      return null;
    }
    LogBlock b = null;
    try {
      b = part.block(block);
      BlockCounts c = b.counts();
      return c == null ? null : BlockGroups.counts(c, b.metadataNames(), selected, metadata);
    } catch (CorruptionException e) {
      return null; // rows are read instead, as far as they can be
    } finally {
      if (b != null) {
        b.release();
      }
    }
  }

  /** True if the block's filter excludes all rows. */
  private boolean isExcluded(LogFilter filter) {
    BlockQuery q = new BlockQuery(filter);
    return !q.isEmpty() && q.excludes(part.filter(block));
  }

  @Override
  public void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer) {
    read(filter, s -> s.run(needs, consumer), s -> s.scan(filter, needs, consumer));
  }

  @Override
  public void scanEnd(
      LogFilter filter,
      LogNeeds needs,
      boolean forward,
      LongSupplier bound,
      LogRowConsumer consumer) {
    read(
        filter,
        s -> s.runFromEnd(needs, forward, bound, consumer),
        s -> s.scanEnd(filter, needs, forward, bound, consumer));
  }

  @Override
  public void patterns(LogFilter filter, long step, PatternConsumer counts) {
    read(
        filter,
        s -> new BlockPatterns(s).run(null, step, counts),
        s -> s.patterns(filter, step, counts));
  }

  @Override
  public boolean patternKeys(PatternKeyConsumer counts) {
    if (!hidden.isEmpty() || !part.file().isSound(block)) {
      return false;
    }
    read(LogFilter.NONE, s -> new BlockPatterns(s).countKeys(counts), s -> {});
    return true;
  }

  @Override
  public void patternsOf(PatternKeys keys, long step, PatternConsumer counts) {
    read(
        LogFilter.NONE,
        s -> new BlockPatterns(s).run(keys, step, counts),
        s -> s.patterns(LogFilter.NONE, step, counts));
  }

  /**
   * Reads the block.
   *
   * @param readable reads the readable rows if the block is damaged
   */
  private void read(LogFilter filter, Consumer<BlockScan> reader, Consumer<HeadSegment> readable) {
    if (isExcluded(filter)) {
      return;
    }
    if (!part.file().isSound(block)) {
      ReadableRows r = part.readable(block);
      // Conditions on values that are not readable cannot be decided.
      if (filter.metadata().stream().noneMatch(m -> r.missingNames().contains(m.name()))) {
        readable.accept(readable());
      }
      if (r.missing().isEmpty()) {
        return;
      }
      throw new StorageException(
          Reason.CORRUPT, part.file().path() + ": block " + block + ": " + r.missing());
    }
    LogBlock b = null;
    try {
      b = part.block(block);
      reader.accept(new BlockScan(this, b, filter));
    } catch (CorruptionException e) {
      CorruptionException named = part.file().damaged(block, e);
      throw new StorageException(Reason.CORRUPT, String.valueOf(named.getMessage()), e);
    } finally {
      if (b != null) {
        b.release();
      }
    }
  }
}
