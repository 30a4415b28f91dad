package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.events.PartWriter;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.logs.block.LogBlockWriter;
import dev.tethys.store.logs.block.LogRows;
import dev.tethys.store.logs.block.TimeSort;
import dev.tethys.store.logs.block.WordList;
import dev.tethys.store.logs.block.Words;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the rows of a head into parts, one for each day. Rows of a part are sorted by stream and
 * time and cut into blocks of neighbouring streams. Not thread-safe.
 */
final class LogPartBuilder {
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final int MAX_DAYS = 16; // older rows share one part
  private static final int BLOCK_ROWS = 1 << 14;
  // The encoding of a block takes several times its size.
  private static final long BLOCK_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 64, 1L << 20, 16L << 20);
  private static final int MAX_WORDS = 1 << 20;
  private static final int LEVEL = 1;

  /** Memory for the encoding of parts, reused by successive builders. */
  static final class Workspace implements AutoCloseable {
    private final Words words = new Words(MAX_WORDS);
    private final LogBlockWriter blocks = new LogBlockWriter(words, LEVEL);
    private final LogRows rows = new LogRows();
    private final ByteSink block = new ByteSink(1 << 20);
    private final ByteSink filter = new ByteSink(1 << 10);

    /** Frees native memory. */
    @Override
    public void close() {
      blocks.close();
    }
  }

  private final Workspace workspace;
  private final LogHead.Snapshot head;
  private final List<byte[]> names = new ArrayList<>();
  private final int[] chunkStarts; // number of the first row of each chunk
  private final int rows;
  private long[] times = {};
  private int[] ranks = {}; // streams in the order of their labels
  private int lastChunk;

  LogPartBuilder(LogHead.Snapshot head, Workspace workspace) {
    this.head = head;
    this.workspace = workspace;
    head.names().forEach(n -> names.add(n.getBytes(StandardCharsets.UTF_8)));
    chunkStarts = new int[head.chunks().size() + 1];
    for (int i = 0; i < head.chunks().size(); i++) {
      chunkStarts[i + 1] = Math.addExact(chunkStarts[i], head.chunks().get(i).rows());
    }
    rows = chunkStarts[chunkStarts.length - 1];
  }

  /** Writes all parts. */
  void write(PartSink sink) throws IOException {
    if (rows == 0) {
      return;
    }
    rank();
    long[] days = days();
    int[][] byDay = new int[days.length + 1][];
    int[] counts = new int[days.length + 1];
    int[] places = places(days);
    for (int place : places) {
      counts[place]++;
    }
    for (int d = 0; d < counts.length; d++) {
      byDay[d] = new int[counts[d]];
    }
    Arrays.fill(counts, 0);
    for (int r = 0; r < rows; r++) {
      int d = places[r];
      byDay[d][counts[d]++] = r;
    }
    for (int d = 0; d < byDay.length; d++) {
      if (byDay[d].length > 0) {
        int[] of = sorted(byDay[d]);
        long partition = d < days.length ? days[d] : PartEntry.MIXED;
        sink.part(partition, w -> writePart(of, w));
      }
    }
  }

  private static long day(long time) {
    return Math.floorDiv(time, DAY_NANOS);
  }

  /** Returns the newest days, ascending. */
  private long[] days() {
    long[] newest = new long[MAX_DAYS];
    int count = 0;
    long last = 0;
    for (int r = 0; r < rows; r++) {
      long day = r > 0 && isOfDay(last, times[r]) ? last : day(times[r]);
      if (r > 0 && day == last) {
        continue; // as most are
      }
      last = day;
      int at = Arrays.binarySearch(newest, 0, count, day);
      if (at >= 0) {
        continue;
      }
      at = -at - 1;
      if (count < MAX_DAYS) {
        System.arraycopy(newest, at, newest, at + 1, count - at);
        newest[at] = day;
        count++;
      } else if (at > 0) {
        System.arraycopy(newest, 1, newest, 0, at - 1);
        newest[at - 1] = day;
      }
    }
    return Arrays.copyOf(newest, count);
  }

  private static boolean isOfDay(long day, long time) {
    long since = time - day * DAY_NANOS;
    return since >= 0 && since < DAY_NANOS;
  }

  /** Returns the index in the days of each row; the number of days for rows of other days. */
  private int[] places(long[] days) {
    int[] out = new int[rows];
    int last = 0;
    for (int r = 0; r < rows; r++) {
      if (last == days.length || !isOfDay(days[last], times[r])) {
        int d = Arrays.binarySearch(days, day(times[r]));
        last = d < 0 ? days.length : d;
      }
      out[r] = last;
    }
    return out;
  }

  /** Numbers the streams in the order of their labels. */
  private void rank() {
    times = new long[rows];
    int[] streams = new int[rows];
    for (int c = 0; c < head.chunks().size(); c++) {
      LogHead.Chunk chunk = head.chunks().get(c);
      System.arraycopy(chunk.times(), 0, times, chunkStarts[c], chunk.rows());
      System.arraycopy(chunk.streams(), 0, streams, chunkStarts[c], chunk.rows());
    }
    int[] rankOf = new int[1];
    List<Integer> order = new ArrayList<>();
    for (int stream : streams) {
      if (stream >= rankOf.length) {
        rankOf = Arrays.copyOf(rankOf, Math.max(stream + 1, rankOf.length * 2));
      }
      if (rankOf[stream] == 0) {
        rankOf[stream] = 1;
        order.add(stream);
      }
    }
    order.sort(
        (a, b) -> Arrays.compareUnsigned(labels(a).canonicalBytes(), labels(b).canonicalBytes()));
    byRank = order.stream().mapToInt(Integer::intValue).toArray();
    for (int i = 0; i < byRank.length; i++) {
      rankOf[byRank[i]] = i;
    }
    ranks = streams;
    for (int r = 0; r < rows; r++) {
      ranks[r] = rankOf[streams[r]];
    }
  }

  private int[] byRank = {};

  private Labels labels(int stream) {
    return head.streams().labels(stream);
  }

  /** Rows by stream, then time; equal times keep their order. */
  private int[] sorted(int[] of) {
    int[] starts = new int[byRank.length + 1];
    for (int r : of) {
      starts[ranks[r] + 1]++;
    }
    for (int i = 0; i < byRank.length; i++) {
      starts[i + 1] += starts[i];
    }
    int[] next = starts.clone();
    int[] out = new int[of.length];
    for (int r : of) {
      out[next[ranks[r]]++] = r;
    }
    for (int i = 0; i < byRank.length; i++) {
      TimeSort.sort(times, out, starts[i], starts[i + 1], true);
    }
    return out;
  }

  private void writePart(int[] of, PartWriter to) throws IOException {
    int[] ordinals = new int[byRank.length]; // number in the part of each rank
    Arrays.fill(ordinals, -1);
    ByteSink streams = new ByteSink(1 << 12);
    int count = 0;
    for (int r : of) {
      if (ordinals[ranks[r]] < 0) {
        ordinals[ranks[r]] = count++;
      }
    }
    streams.uvarint(count);
    for (int i = 0; i < byRank.length; i++) {
      if (ordinals[i] >= 0) {
        streams.putSized(labels(byRank[i]).canonicalBytes());
      }
    }
    Words words = workspace.words;
    words.clear();
    ByteSink totals = new ByteSink(1 << 12);
    LogRows scratch = workspace.rows;
    for (int from = 0; from < of.length; ) {
      int end = blockEnd(of, from);
      scratch.clear().reserve(end - from, size(of, from, end));
      long bytes = 0;
      long first = Long.MAX_VALUE;
      long last = Long.MIN_VALUE;
      for (int i = from; i < end; i++) {
        bytes += copy(of[i], ordinals[ranks[of[i]]], scratch);
        first = Math.min(first, times[of[i]]);
        last = Math.max(last, times[of[i]]);
      }
      writeTotals(scratch, first, totals);
      ByteSink block = workspace.block.clear();
      ByteSink filter = workspace.filter.clear();
      workspace.blocks.write(scratch, names, block, filter);
      to.block(block, filter, end - from, bytes, first, last);
      from = end;
    }
    to.section(LogSections.STREAMS, streams);
    to.section(LogSections.TOTALS, totals);
    ByteSink lengths = new ByteSink(1 << 12);
    ByteSink text = new ByteSink(1 << 12);
    WordList.write(words, lengths, text);
    to.section(LogSections.WORD_LENGTHS, lengths);
    to.section(LogSections.WORD_TEXT, text);
  }

  /** Returns the end of the block that starts at a row: it ends between streams if that is near. */
  private int blockEnd(int[] of, int from) {
    long bytes = 0;
    int boundary = -1;
    int max = Math.min(of.length, from + BLOCK_ROWS);
    int i = from;
    for (; i < max; i++) {
      if (i > from && ranks[of[i]] != ranks[of[i - 1]]) {
        boundary = i;
      }
      bytes += length(of[i]);
      if (bytes > BLOCK_BYTES && i > from) {
        return i;
      }
    }
    return i == of.length || boundary - from < BLOCK_ROWS / 2 ? i : boundary;
  }

  private int chunk(int row) {
    int last = lastChunk; // rows that follow each other are mostly in one chunk
    if (row >= chunkStarts[last] && row < chunkStarts[last + 1]) {
      return last;
    }
    int c = Arrays.binarySearch(chunkStarts, row);
    if (c < 0) {
      c = -c - 2;
    } else {
      while (chunkStarts[c + 1] == row) {
        c++;
      }
    }
    lastChunk = c;
    return c;
  }

  private int length(int row) {
    int c = chunk(row);
    return head.chunks().get(c).lengths()[row - chunkStarts[c]];
  }

  /** Bytes of the bodies and metadata values of rows. */
  private int size(int[] of, int from, int end) {
    long size = 0;
    for (int i = from; i < end; i++) {
      int at = chunk(of[i]);
      LogHead.Chunk c = head.chunks().get(at);
      int r = of[i] - chunkStarts[at];
      size += c.lengths()[r];
      for (int p = c.pairStarts()[r]; p < c.pairStarts()[r + 1]; p++) {
        size += c.valueLengths()[p];
      }
    }
    return Math.toIntExact(size);
  }

  private int copy(int row, int ordinal, LogRows to) {
    int at = chunk(row);
    LogHead.Chunk c = head.chunks().get(at);
    int r = row - chunkStarts[at];
    to.add(c.times()[r], ordinal, c.bytes(), c.starts()[r], c.lengths()[r]);
    for (int p = c.pairStarts()[r]; p < c.pairStarts()[r + 1]; p++) {
      to.metadata(c.pairNames()[p], c.bytes(), c.valueStarts()[p], c.valueLengths()[p]);
    }
    return c.lengths()[r];
  }

  /** Writes the totals of a block, whose rows are sorted by stream. */
  private static void writeTotals(LogRows rows, long blockFirst, ByteSink out) {
    int streams = 0;
    for (int i = 0; i < rows.count; i++) {
      streams += i == 0 || rows.streams[i] != rows.streams[i - 1] ? 1 : 0;
    }
    out.uvarint(streams);
    int before = 0;
    for (int i = 0; i < rows.count; ) {
      int stream = rows.streams[i];
      long bytes = 0;
      long first = Long.MAX_VALUE;
      long last = Long.MIN_VALUE;
      int from = i;
      for (; i < rows.count && rows.streams[i] == stream; i++) {
        bytes += rows.lengths[i];
        first = Math.min(first, rows.times[i]);
        last = Math.max(last, rows.times[i]);
      }
      out.uvarint(stream - before);
      before = stream;
      out.uvarint(i - from);
      out.uvarint(bytes);
      out.uvarint(first - blockFirst);
      out.uvarint(last - first);
    }
  }
}
