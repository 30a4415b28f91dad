package dev.tethys.store.logs;

import dev.tethys.store.events.EventHead;
import dev.tethys.store.logs.block.LogRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of a tenant in memory, in the order of their arrival, cut into chunks.
 *
 * <p>Invariant: rows are only added, so the arrays of a chunk are unchanged up to the count that a
 * snapshot has seen, in the arrays themselves or in copies of them.
 */
final class LogHead implements EventHead<LogHead.Snapshot> {
  private static final int CHUNK_ROWS = 1 << 15;
  private static final int CHUNK_BYTES =
      (int) Math.clamp(Runtime.getRuntime().maxMemory() / 128, 1 << 20, 8 << 20);
  private static final int FIRST_CHUNK_BYTES = 1 << 20; // small heads stay small
  private static final int CHUNK_CAPACITY = CHUNK_BYTES + (64 << 10); // metadata of the last row
  private static final int ROW_BYTES = 28; // arrays of a row
  private static final int PAIR_BYTES = 12;

  private final StreamRegistry streams;
  private final ChunkPool pool;
  private final List<LogRows> chunks = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> nameNumbers = new HashMap<>();
  private long bytes;
  private long rows;

  LogHead(StreamRegistry streams, ChunkPool pool) {
    this.streams = streams;
    this.pool = pool;
  }

  /** Releases the memory; neither the head nor a snapshot of it is read any longer. */
  void recycle() {
    chunks.forEach(pool::release);
    chunks.clear();
  }

  StreamRegistry streams() {
    return streams;
  }

  /** Returns the number of a name of structured metadata in this head. */
  int name(String name) {
    Integer known = nameNumbers.get(name);
    if (known != null) {
      return known;
    }
    names.add(name);
    nameNumbers.put(name, names.size() - 1);
    bytes += name.length() + 64L;
    return names.size() - 1;
  }

  /** Adds a row; its metadata follows by {@link #metadata}. */
  void add(long time, int stream, byte[] body, int offset, int length) {
    LogRows c = chunks.isEmpty() ? null : chunks.getLast();
    if (c == null
        || c.count >= CHUNK_ROWS
        || c.bytes.size > 0
            && c.bytes.size + (long) length
                > (chunks.size() == 1 ? FIRST_CHUNK_BYTES : CHUNK_BYTES)) {
      LogRows recycled = c == null ? null : pool.take();
      c = c == null ? new LogRows() : recycled == null ? LogRows.like(c) : recycled;
      chunks.add(c.clear());
    }
    if (c.bytes.size > CHUNK_BYTES / 4) { // doubled, up to half of the memory would be unused
      c.reserve(0, CHUNK_CAPACITY - c.bytes.size);
    }
    c.add(time, stream, body, offset, length);
    bytes += length + ROW_BYTES;
    rows++;
  }

  /** Adds a pair to the last row. */
  void metadata(int name, byte[] value, int offset, int length) {
    chunks.getLast().metadata(name, value, offset, length);
    bytes += length + PAIR_BYTES;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public void truncate(long to) {
    while (rows > to) {
      LogRows last = chunks.getLast();
      int kept = (int) Math.max(0, to - (rows - last.count));
      LogRows copy = kept > 0 ? last.copy(kept) : null; // snapshots share the arrays
      for (int r = kept; r < last.count; r++) {
        bytes -= last.lengths[r] + ROW_BYTES;
      }
      for (int p = last.metaStarts[kept]; p < last.metaCount; p++) {
        bytes -= last.metaValueLengths[p] + PAIR_BYTES;
      }
      rows -= last.count - kept;
      chunks.removeLast();
      if (copy != null) {
        chunks.add(copy);
      }
    }
  }

  @Override
  public Snapshot snapshot() {
    List<Chunk> out = new ArrayList<>(chunks.size());
    for (LogRows c : chunks) {
      out.add(Chunk.of(c));
    }
    return new Snapshot(streams, List.copyOf(names), out);
  }

  /** Rows of a head at one moment. */
  record Snapshot(StreamRegistry streams, List<String> names, List<Chunk> chunks) {}

  /** Arrays of {@link LogRows} with a number of rows that does not change. */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  record Chunk(
      int rows,
      long[] times,
      int[] streams,
      int[] starts,
      int[] lengths,
      int[] pairStarts,
      int[] pairNames,
      int[] valueStarts,
      int[] valueLengths,
      byte[] bytes) {
    /** Chunk without rows. */
    static final Chunk EMPTY = of(new LogRows().clear());

    static Chunk of(LogRows c) {
      return new Chunk(
          c.count,
          c.times,
          c.streams,
          c.starts,
          c.lengths,
          c.metaStarts,
          c.metaNames,
          c.metaValueStarts,
          c.metaValueLengths,
          c.bytes.buf);
    }
  }
}
