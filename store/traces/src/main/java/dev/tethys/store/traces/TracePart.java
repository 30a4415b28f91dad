package dev.tethys.store.traces;

import dev.tethys.store.events.ColumnCache;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.traces.block.PartGroups;
import dev.tethys.store.traces.block.SpanBlock;
import dev.tethys.store.traces.block.SpanFrame;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Open part of spans; its footer is read at its first use. Thread-safe. */
final class TracePart {
  private final PartFile file;
  private final DecodedColumns[] columns; // of each block
  private @Nullable PartGroups groups;
  private TraceFilter @Nullable [] filters;

  TracePart(PartFile file, ColumnCache cache) {
    this.file = file;
    columns = new DecodedColumns[file.blocks()];
    Arrays.setAll(columns, i -> cache.columns());
  }

  PartFile file() {
    return file;
  }

  /** Resources and scopes. */
  synchronized PartGroups groups() {
    PartGroups known = groups;
    if (known == null) {
      known = new PartGroups(SpanFrame.read(file.section(TraceSections.GROUPS)));
      groups = known;
    }
    return known;
  }

  private synchronized TraceFilter[] filters() {
    TraceFilter[] known = filters;
    if (known == null) {
      ByteSource in = file.section(TraceSections.FILTERS);
      known = new TraceFilter[file.blocks()];
      for (int i = 0; i < known.length; i++) {
        known[i] = TraceFilter.read(in);
      }
      filters = known;
    }
    return known;
  }

  /** Returns false if a block has no span of a trace, as far as filters are readable. */
  boolean mayHold(int block, long high, long low) {
    try {
      return filters()[block].mayContain(high, low);
    } catch (CorruptionException e) {
      return true;
    }
  }

  /** Opens a block for a single thread that executes a query. */
  SpanBlock block(int block) {
    return open(block, columns[block]);
  }

  /** Opens a block for a single thread that reads all of it once. */
  SpanBlock blockOnce(int block) {
    return open(block, DecodedColumns.none());
  }

  /**
   * Opens a damaged block and records the missing data.
   *
   * @throws CorruptionException if no span is readable
   */
  SpanBlock readable(int block) {
    try {
      SpanBlock b = SpanBlock.readable(file.block(block), groups());
      file.setMissing(block, file.rows(block) + " spans lack " + b.missing());
      return b;
    } catch (CorruptionException e) {
      file.setMissing(block, file.rows(block) + " spans are missing");
      throw file.damaged(block, e);
    }
  }

  private SpanBlock open(int block, DecodedColumns kept) {
    try {
      return new SpanBlock(file.block(block), groups(), kept);
    } catch (CorruptionException e) {
      throw file.damaged(block, e);
    }
  }
}
