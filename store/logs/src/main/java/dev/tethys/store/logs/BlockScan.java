package dev.tethys.store.logs;

import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogMention;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.LineVerdicts;
import dev.tethys.store.logs.block.LogBlock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One skip a block. Rows are first selected by stream, time and metadata, in loops over whole
 * columns; line conditions and deletions are then tested on the rows that are left.
 */
final class BlockScan {
  private static final int FIRST_GROUP = 256; // rows whose bodies are read together, by time
  private static final int LAST_GROUP = 1024;
  private static final int COLUMN_ROWS = 1024; // whose columns are tested together

  private final LogBlock block;
  private final PartSegment segment;
  private final LogFilter filter;
  private final LineVerdicts lines;
  // rows that fit the conditions on metadata and are of use; null for all
  private @Nullable BitSet columns;
  private final Map<String, Integer> names = new HashMap<>();
  private boolean allStreams; // or columns holds rows of the selected ones only
  private final boolean allTimes;
  private final boolean plain; // no conditions on lines and no deletions
  private final ByteSink body = new ByteSink(1 << 10);
  private final ByteSink value = new ByteSink(256);

  BlockScan(PartSegment segment, LogBlock block, LogFilter filter) {
    this.segment = segment;
    this.block = block;
    this.filter = filter;
    List<byte[]> all = block.metadataNames();
    for (int i = 0; i < all.size(); i++) {
      names.put(new String(all.get(i), StandardCharsets.UTF_8), i);
    }
    allStreams = segment.hasAllStreams();
    allTimes = segment.isWhole();
    if (block.streams().size() != segment.selected().length) {
      throw new CorruptionException("block has other streams than the index of its part");
    }
    BitSet fitting = null;
    for (Matcher m : filter.metadata()) {
      BitSet of = block.rowsMatching(names.getOrDefault(m.name(), -1), m);
      if (fitting == null) {
        fitting = of;
      } else {
        fitting.and(of);
      }
    }
    columns = fitting;
    boolean none = fitting != null && fitting.isEmpty();
    List<LogFilter.Line> conditions = none ? List.of() : filter.lines();
    if (!conditions.isEmpty()) {
      columns = selectedRows();
      allStreams = true;
    }
    lines = new LineVerdicts(block, conditions, columns);
    plain = filter.lines().isEmpty() && segment.hidden().isEmpty();
  }

  /** Rows whose stream and metadata fit; null for all. */
  private @Nullable BitSet selectedRows() {
    if (allStreams) {
      return columns;
    }
    int[] selected = segment.selected();
    int[] streams = block.streamIndexes();
    BitSet out = new BitSet(streams.length);
    for (int r = 0; r < streams.length; r++) {
      if (selected[streams[r]] >= 0) {
        out.set(r);
      }
    }
    if (columns != null) {
      out.and(columns);
    }
    return out;
  }

  LogBlock block() {
    return block;
  }

  PartSegment segment() {
    return segment;
  }

  Map<String, Integer> names() {
    return names;
  }

  /** True if all rows of the selected streams and of the time range fit. */
  boolean isUnfiltered() {
    return plain && columns == null;
  }

  /** Returns the maximum number of rows that {@link #select} finds in one template. */
  int maxRows() {
    int max = 0;
    for (int t = 0; t < block.templateCount(); t++) {
      max = Math.max(max, block.firstRow(t + 1) - block.firstRow(t));
    }
    return max;
  }

  /**
   * Finds the rows of a template that fit, ascending.
   *
   * @return their number
   */
  int select(int template, int[] into) {
    if (lines.excludes(template)) {
      return 0;
    }
    int n = selectByColumns(block.firstRow(template), block.firstRow(template + 1), into);
    if (plain) {
      return n;
    }
    int remaining = 0;
    for (int i = 0; i < n; i++) {
      if ((i & 1023) == 1023) {
        Cancellation.check();
      }
      if (fits(template, into[i])) {
        into[remaining++] = into[i];
      }
    }
    return remaining;
  }

  /** Finds the rows whose stream, time and metadata fit. */
  private int selectByColumns(int first, int end, int[] into) {
    int n = 0;
    BitSet of = columns;
    if (of == null) {
      for (int r = first; r < end; r++) {
        into[n++] = r;
      }
    } else {
      for (int r = of.nextSetBit(first); r >= 0 && r < end; r = of.nextSetBit(r + 1)) {
        into[n++] = r;
      }
    }
    return ofTimes(ofStreams(n, into), into);
  }

  private int ofStreams(int n, int[] rows) {
    if (allStreams) {
      return n;
    }
    int[] selected = segment.selected();
    int[] streams = block.streamIndexes();
    int remaining = 0;
    for (int i = 0; i < n; i++) {
      if (selected[streams[rows[i]]] >= 0) {
        rows[remaining++] = rows[i];
      }
    }
    return remaining;
  }

  private int ofTimes(int n, int[] rows) {
    if (allTimes) {
      return n;
    }
    long[] times = block.times();
    long from = segment.from();
    long to = segment.to();
    int remaining = 0;
    for (int i = 0; i < n; i++) {
      long time = times[rows[i]];
      if (time >= from && time < to) {
        rows[remaining++] = rows[i];
      }
    }
    return remaining;
  }

  /** True if a row whose columns fit also fits by its body, and is not deleted. */
  private boolean fits(int template, int row) {
    if (lines.excludes(template, row)) {
      return false;
    }
    if (lines.needsBody(template, row)) {
      block.appendBody(template, row, body.clear());
      if (!lines.fits(body.buf, 0, body.size)) {
        return false;
      }
    }
    return segment.hidden().isEmpty() || !isHidden(template, row);
  }

  private boolean isHidden(int template, int row) {
    for (PartSegment.HiddenRows h : segment.hidden()) {
      long time = block.times()[row];
      if (h.streams()[block.streamIndexes()[row]]
          && time >= h.from()
          && time < h.to()
          && metadataFits(h.filter().metadata(), row)) {
        block.appendBody(template, row, body.clear());
        if (RowFilter.line(h.filter().lines(), body.buf, 0, body.size)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean metadataFits(List<Matcher> matchers, int row) {
    for (Matcher m : matchers) {
      Integer name = names.get(m.name());
      value.clear();
      if (name != null) {
        block.appendMetadata(name, row, value);
      }
      if (!m.matches(value.buf, 0, value.size)) {
        return false;
      }
    }
    return true;
  }

  /** Leaves out rows that are of no use, if that is known before bodies are read. */
  private void leaveOut(LogNeeds needs) {
    columns = selectedRows();
    allStreams = true;
    LogMention mention = needs.mention();
    if (mention == null || names.containsKey(mention.metadata())) {
      return;
    }
    BitSet of = block.rowsMentioning(mention, columns);
    if (of != null && columns != null) {
      of.and(columns);
    }
    columns = of == null ? columns : of;
  }

  /** First template from one on with rows whose columns may fit; the number of them at the end. */
  int nextTemplate(int template) {
    BitSet of = columns;
    int end = block.templateCount();
    int next = of == null || template >= end ? -1 : of.nextSetBit(block.firstRow(template));
    if (of == null) {
      return template;
    }
    if (next < 0) {
      return end;
    }
    int t = template;
    while (block.firstRow(t + 1) <= next) {
      t++;
    }
    return t;
  }

  /** Passes on the rows that fit, in the order of the block. */
  void run(LogNeeds needs, LogRowConsumer consumer) {
    BlockBatch batch = new BlockBatch(this, needs);
    if (plain && !needs.bodies()) {
      runColumns(batch, consumer);
      return;
    }
    leaveOut(needs);
    int[] rows = new int[maxRows()];
    int templates = block.templateCount();
    int tried = 0;
    for (int t = nextTemplate(0); t < templates; t = nextTemplate(t + 1)) {
      if ((++tried & 63) == 0) {
        Cancellation.check();
      }
      int n = select(t, rows);
      for (int i = 0; i < n; ) {
        i = batch.add(t, rows, i, n);
        if (batch.isFull()) {
          Cancellation.check();
          if (!consumer.accept(batch)) {
            return;
          }
          batch.clear();
        }
      }
    }
    if (batch.size() > 0) {
      consumer.accept(batch);
    }
  }

  /** Scans by columns only, for blocks whose templates have only a few rows each. */
  private void runColumns(BlockBatch batch, LogRowConsumer consumer) {
    int[] rows = new int[COLUMN_ROWS];
    int all = block.rows();
    for (int from = 0; from < all; from += COLUMN_ROWS) {
      Cancellation.check();
      int n = selectByColumns(from, Math.min(from + COLUMN_ROWS, all), rows);
      for (int i = 0; i < n; ) {
        i = batch.add(0, rows, i, n);
        if (batch.isFull()) {
          if (!consumer.accept(batch)) {
            return;
          }
          batch.clear();
        }
      }
    }
    if (batch.size() > 0) {
      consumer.accept(batch);
    }
  }

  /**
   * Passes on the rows that fit, in groups from one end of the time range to the other; within a
   * group rows have the order of the block, so that columns are opened once.
   */
  void runFromEnd(LogNeeds needs, boolean forward, LongSupplier bound, LogRowConsumer consumer) {
    TimeOrder order = new TimeOrder(block.times(), candidates(), forward);
    BlockBatch batch = new BlockBatch(this, needs);
    int[] group = new int[LAST_GROUP];
    int[] one = new int[1];
    for (int size = FIRST_GROUP; ; size = Math.min(2 * size, LAST_GROUP)) {
      Cancellation.check();
      int n = order.next(group, size, bound.getAsLong());
      if (n == 0) {
        break;
      }
      for (int i = 0; i < n; i++) {
        one[0] = group[i];
        int template = block.template(group[i]);
        if (!plain && !fits(template, group[i])) {
          continue;
        }
        batch.add(template, one, 0, 1);
        if (batch.isFull()) {
          if (!consumer.accept(batch)) {
            return;
          }
          batch.clear();
        }
      }
      if (batch.size() > 0) {
        if (!consumer.accept(batch)) {
          return;
        }
        batch.clear();
      }
    }
  }

  /** Rows that may fit, ascending. */
  private int[] candidates() {
    int[] out = new int[block.rows()];
    int[] rows = new int[maxRows()];
    int n = 0;
    for (int t = 0; t < block.templateCount(); t++) {
      if (lines.excludes(t)) {
        continue;
      }
      int found = selectByColumns(block.firstRow(t), block.firstRow(t + 1), rows);
      for (int i = 0; i < found; i++) {
        if (filter.lines().isEmpty() || !lines.excludes(t, rows[i])) {
          out[n++] = rows[i];
        }
      }
    }
    return Arrays.copyOf(out, n);
  }
}
