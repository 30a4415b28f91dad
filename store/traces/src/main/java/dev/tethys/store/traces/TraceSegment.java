package dev.tethys.store.traces;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRelation;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.traces.block.BatchChunk;
import dev.tethys.store.traces.block.ChunkScan;
import dev.tethys.store.traces.block.RelationScan;
import dev.tethys.store.traces.block.SpanBlock;
import dev.tethys.store.traces.block.SpanChunk;
import dev.tethys.store.traces.block.SpanCopier;
import java.util.Collection;
import java.util.SortedSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Chunk of a head or block of a part as a segment of a selection. */
abstract class TraceSegment implements SpanSegment {
  private final long from;
  private final long to;

  TraceSegment(long from, long to) {
    this.from = from;
    this.to = to;
  }

  /** Reads from the chunk. */
  interface Read {
    void from(SpanChunk chunk, long @Nullable [] hidden);
  }

  /**
   * Passes the chunk on for one use, with the rows that deletions hide; for a damaged block, again
   * without unreadable data.
   */
  abstract void open(Read read);

  /** Returns the missing data of the segment as far as it is known; null if nothing is missing. */
  @Nullable String missing() {
    return null;
  }

  /** Returns false if no row fits. */
  abstract boolean mayFit(SpanFilter filter);

  /** Returns false if there is no span of a trace. */
  abstract boolean mayHold(long high, long low);

  /** True if every span starts in the selected range. */
  final boolean isWhole() {
    return firstTime() >= from && lastTime() < to;
  }

  final long[] visible(ChunkScan scan, long @Nullable [] hidden) {
    long[] mask = isWhole() ? scan.inRange(Long.MIN_VALUE, Long.MAX_VALUE) : scan.inRange(from, to);
    for (int i = 0; hidden != null && i < mask.length; i++) {
      mask[i] &= ~hidden[i];
    }
    return mask;
  }

  @Override
  public void scan(SpanFilter filter, SpanNeeds needs, Consumer<SpanRows> consumer) {
    Cancellation.check();
    if (!mayFit(filter)) {
      return;
    }
    boolean[] passed = {false};
    open(
        (chunk, hidden) -> {
          if (passed[0]) {
            return; // opened again after damage
          }
          ChunkScan scan = new ChunkScan(chunk);
          scan.rows(
              scan.select(filter, visible(scan, hidden)),
              needs,
              rows -> {
                passed[0] = true;
                consumer.accept(rows);
              });
        });
  }

  /** Adds distinct values of a field until there are enough. */
  void values(SpanField field, SpanFilter filter, Collection<SpanValue> out, int limit) {
    Cancellation.check();
    if (!mayFit(filter)) {
      return;
    }
    open(
        (chunk, hidden) -> {
          ChunkScan scan = new ChunkScan(chunk);
          scan.values(field, scan.select(filter, visible(scan, hidden)), out, limit);
        });
  }

  /** Adds the keys of attributes. */
  void keys(SortedSet<SpanField> out) {
    Cancellation.check();
    open((chunk, hidden) -> chunk.keys(out));
  }

  /** Adds the spans of a trace. */
  void trace(long high, long low, SpanBatch out, SpanCopier.Groups groups) {
    Cancellation.check();
    if (mayHold(high, low)) {
      open((chunk, hidden) -> chunk.copyTrace(high, low, from, to, hidden, out, groups));
    }
  }

  /** Spans of a head, which no deletion hides. */
  static final class OfHead extends TraceSegment {
    private final TraceHead.Chunk chunk;

    OfHead(TraceHead.Chunk chunk, long from, long to) {
      super(from, to);
      this.chunk = chunk;
    }

    @Override
    void open(Read read) {
      read.from(new BatchChunk(chunk.spansOf()), null);
    }

    @Override
    boolean mayFit(SpanFilter filter) {
      return true;
    }

    @Override
    boolean mayHold(long high, long low) {
      return true;
    }

    @Override
    public long firstTime() {
      return chunk.first();
    }

    @Override
    public long lastTime() {
      return chunk.last();
    }

    @Override
    public long rows() {
      return chunk.spans();
    }
  }

  /** Spans of a block. */
  static final class OfBlock extends TraceSegment {
    /** Number of traces from which summaries of a whole block are computed, for later queries. */
    private static final int MANY_TRACES = 64;

    private final TracePart part;
    private final int block;
    private final HiddenSpans hidden;

    OfBlock(TracePart part, int block, HiddenSpans hidden, long from, long to) {
      super(from, to);
      this.part = part;
      this.block = block;
      this.hidden = hidden;
    }

    /** Reads from the block. */
    private interface BlockRead {
      void from(SpanBlock block, long @Nullable [] hidden);
    }

    @Override
    void open(Read read) {
      withBlock(read::from);
    }

    private void withBlock(BlockRead read) {
      if (!part.file().isDamaged(block)) {
        try {
          read(part.block(block), read);
          return;
        } catch (CorruptionException e) {
          var unused = part.file().damaged(block, e);
        }
      }
      try {
        read(part.readable(block), read);
      } catch (CorruptionException e) {
        var unused = part.file().damaged(block, e);
        if (missing() == null) {
          part.file().setMissing(block, "spans are missing: " + e.getMessage());
        }
      }
    }

    private void read(SpanBlock b, BlockRead read) {
      try {
        read.from(b, hidden.mask(b));
      } finally {
        b.release();
      }
    }

    @Override
    @Nullable String missing() {
      return part.file().missing(block);
    }

    @Override
    public void related(SpanRelation relation, SpanRelation.Consumer consumer) {
      Cancellation.check();
      boolean mayLower = mayFit(relation.lower());
      boolean mayUpper = mayFit(relation.upper());
      if (!mayLower && !mayUpper) {
        return;
      }
      withBlock(
          (b, mask) -> {
            ChunkScan scan = new ChunkScan(b);
            long[] visible = visible(scan, mask);
            long[] none = new long[visible.length];
            long[] lower = mayLower ? scan.select(relation.lower(), visible) : none;
            long[] upper = mayUpper ? scan.select(relation.upper(), visible) : none;
            new RelationScan(b, lower, upper, relation.anyDepth()).pass(consumer);
          });
    }

    @Override
    public TraceSummaries summaries(TraceIds ids) {
      Cancellation.check();
      SpanFilter wanted = new SpanFilter.OfTraces(ids);
      TraceSummaries[] out = {new TraceSummaries()};
      if (mayFit(wanted)) {
        withBlock(
            (b, mask) -> {
              out[0] = new TraceSummaries();
              boolean compute = ids.size() >= MANY_TRACES;
              TraceSummaries all = isWhole() && mask == null ? b.summaries(compute) : null;
              if (all != null) {
                out[0] = all;
                return;
              }
              ChunkScan scan = new ChunkScan(b);
              long[] rows = scan.select(wanted, visible(scan, mask));
              scan.rows(rows, TraceSummaries.NEEDS, out[0]::add);
            });
      }
      return out[0];
    }

    @Override
    boolean mayFit(SpanFilter filter) {
      return BlockPruning.mayFit(part, block, filter);
    }

    @Override
    boolean mayHold(long high, long low) {
      return part.mayHold(block, high, low);
    }

    @Override
    public long firstTime() {
      return part.file().first(block);
    }

    @Override
    public long lastTime() {
      return part.file().last(block);
    }

    @Override
    public long rows() {
      return part.file().rows(block);
    }
  }
}
