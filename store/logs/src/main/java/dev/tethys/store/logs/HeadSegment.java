package dev.tethys.store.logs;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.store.logs.block.LogBlockWriter;
import dev.tethys.store.logs.block.LogRows;
import dev.tethys.store.logs.block.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Rows in memory as a segment of a selection: a chunk of a head, or the readable rows of a block.
 */
final class HeadSegment implements LogSegment {
  private static final int BATCH = 4096;

  private LogHead.Chunk chunk;
  private final List<String> names;
  private final Runnable released;
  private int[] selected; // index in the selection of each row's stream, or -1
  private long first = Long.MAX_VALUE;
  private long last = Long.MIN_VALUE;
  private long rows;
  private long bytes;

  /**
   * @param streams maps a stream of the head to its index in the selection, or -1
   * @param to exclusive
   * @param visible true for rows that no deletion hides
   * @param released called when the segment is no longer read
   */
  HeadSegment(
      LogHead.Chunk chunk,
      List<String> names,
      IntUnaryOperator streams,
      long from,
      long to,
      IntPredicate visible,
      Runnable released) {
    this.chunk = chunk;
    this.released = released;
    this.names = names;
    selected = new int[chunk.rows()];
    for (int r = 0; r < selected.length; r++) {
      long time = chunk.times()[r];
      selected[r] =
          time >= from && time < to && visible.test(r)
              ? streams.applyAsInt(chunk.streams()[r])
              : -1;
      if (selected[r] >= 0) {
        first = Math.min(first, time);
        last = Math.max(last, time);
        rows++;
        bytes += chunk.lengths()[r];
      }
    }
  }

  @Override
  public void release() {
    if (chunk != LogHead.Chunk.EMPTY) {
      chunk = LogHead.Chunk.EMPTY;
      selected = new int[0];
      released.run();
    }
  }

  @Override
  public long firstTime() {
    return first;
  }

  @Override
  public long lastTime() {
    return last;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public List<StreamTotal> totals() {
    int max = -1;
    for (int s : selected) {
      max = Math.max(max, s);
    }
    long[] totals = new long[(max + 1) * 4];
    for (int r = 0; r < selected.length; r++) {
      int at = selected[r] * 4;
      if (at >= 0) {
        long time = chunk.times()[r];
        boolean isFirst = totals[at] == 0;
        totals[at]++;
        totals[at + 1] += chunk.lengths()[r];
        totals[at + 2] = isFirst ? time : Math.min(totals[at + 2], time);
        totals[at + 3] = isFirst ? time : Math.max(totals[at + 3], time);
      }
    }
    List<StreamTotal> out = new ArrayList<>();
    for (int s = 0; s <= max; s++) {
      if (totals[s * 4] > 0) {
        out.add(
            new StreamTotal(
                s, totals[s * 4], totals[s * 4 + 1], totals[s * 4 + 2], totals[s * 4 + 3]));
      }
    }
    return out;
  }

  private boolean fits(int r, LogFilter filter) {
    return selected[r] >= 0
        && (filter.metadata().isEmpty() || RowFilter.metadata(filter.metadata(), names, chunk, r))
        && (filter.lines().isEmpty()
            || RowFilter.line(
                filter.lines(),
                chunk.bytes(),
                chunk.starts()[r],
                chunk.starts()[r] + chunk.lengths()[r]));
  }

  @Override
  public void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer) {
    Batch batch = new Batch();
    for (int r = 0; r < selected.length; r++) {
      if ((r & 1023) == 0) {
        Cancellation.check();
      }
      if (fits(r, filter)) {
        batch.rows[batch.size++] = r;
        if (batch.size == BATCH) {
          if (!consumer.accept(batch)) {
            return;
          }
          batch.size = 0;
        }
      }
    }
    if (batch.size > 0) {
      consumer.accept(batch);
    }
  }

  @Override
  public void patterns(LogFilter filter, long step, PatternConsumer counts) {
    LogRows fitting = new LogRows().clear();
    int[] rowOf = new int[selected.length];
    for (int r = 0; r < selected.length; r++) {
      if ((r & 1023) == 0) {
        Cancellation.check();
      }
      if (fits(r, filter)) {
        rowOf[fitting.count] = r;
        fitting.add(chunk.times()[r], 0, chunk.bytes(), chunk.starts()[r], chunk.lengths()[r]);
      }
    }
    if (fitting.count == 0) {
      return;
    }
    try (LogBlockWriter w = new LogBlockWriter(new Words(), 1)) {
      String[] patterns = w.patterns(fitting);
      for (int i = 0; i < patterns.length; i++) {
        int r = rowOf[i];
        long bucket = Math.floorDiv(chunk.times()[r], step) * step;
        counts.accept(patterns[i], selected[r], bucket, 1);
      }
    }
  }

  /** Rows by their number in the chunk. */
  private final class Batch implements LogRowBatch {
    final int[] rows = new int[Math.min(BATCH, selected.length)];
    int size;

    @Override
    public int size() {
      return size;
    }

    @Override
    public long time(int row) {
      return chunk.times()[rows[row]];
    }

    @Override
    public int stream(int row) {
      return selected[rows[row]];
    }

    @Override
    public int bodyLength(int row) {
      return chunk.lengths()[rows[row]];
    }

    @Override
    public void body(int row, CopyBuffer into) {
      into.add(chunk.bytes(), chunk.starts()[rows[row]], chunk.lengths()[rows[row]]);
    }

    @Override
    public boolean metadata(int row, String name, CopyBuffer into) {
      int p = RowFilter.pair(name, names, chunk, rows[row]);
      if (p < 0) {
        return false;
      }
      into.add(chunk.bytes(), chunk.valueStarts()[p], chunk.valueLengths()[p]);
      return true;
    }

    @Override
    public void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer) {
      int r = rows[row];
      int from = chunk.pairStarts()[r];
      List<Integer> pairs = new ArrayList<>();
      for (int p = from; p < chunk.pairStarts()[r + 1]; p++) {
        pairs.add(p);
      }
      pairs.sort(Comparator.comparing(p -> names.get(chunk.pairNames()[p])));
      for (int p : pairs) {
        int length = chunk.valueLengths()[p];
        into.add(chunk.bytes(), chunk.valueStarts()[p], length);
        consumer.accept(names.get(chunk.pairNames()[p]), into.size - length, length);
      }
    }
  }
}
