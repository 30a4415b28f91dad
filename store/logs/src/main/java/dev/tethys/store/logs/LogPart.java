package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.store.events.ColumnCache;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.LogBlock;
import dev.tethys.store.logs.block.WordList;
import java.lang.foreign.MemorySegment;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Open part of logs; its stream index and words are read at their first use. Thread-safe. */
final class LogPart {
  private static final byte SOUND = 1;
  private static final byte DAMAGED = 2;

  private final PartFile file;
  private final DecodedColumns[] columns; // of each block
  private @Nullable Streams streams;
  private @Nullable WordList words;
  private byte[] filterStates = {}; // by block: 0 until it is read
  private final Map<Integer, SoftReference<ReadableRows>> readable = new HashMap<>(); // by block

  LogPart(PartFile file, ColumnCache cache) {
    this.file = file;
    columns = new DecodedColumns[file.blocks()];
    Arrays.setAll(columns, i -> cache.columns());
  }

  PartFile file() {
    return file;
  }

  /**
   * Stream index of a part.
   *
   * @param registry registry of the numbers
   * @param numbers stream numbers of the registry by number in the part
   * @param blocks first total of each block
   * @param stream number in the part of each total
   */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  record Streams(
      StreamRegistry registry,
      int[] numbers,
      int[] blocks,
      int[] stream,
      long[] rows,
      long[] bytes,
      long[] firsts,
      long[] lasts) {}

  /**
   * Returns the stream index with the numbers of a registry.
   *
   * @throws CorruptionException if it is damaged
   */
  @SuppressWarnings("ReferenceEquality") // a tenant has another registry after parts expired
  synchronized Streams streams(StreamRegistry registry) {
    Streams s = streams;
    if (s == null || s.registry != registry) {
      s = readStreams(registry);
      streams = s;
    }
    return s;
  }

  private Streams readStreams(StreamRegistry registry) {
    ByteSource in = file.section(LogSections.STREAMS);
    int[] numbers = new int[in.count()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = registry.intern(Labels.ofCanonicalBytes(in.sized()));
    }
    ByteSource t = file.section(LogSections.TOTALS);
    int[] blocks = new int[file.blocks() + 1];
    int from = t.pos;
    int n = 0;
    for (int b = 0; b < file.blocks(); b++) {
      int streamsOfBlock = t.count();
      t.skipNumbers(streamsOfBlock * 5);
      n += streamsOfBlock;
      blocks[b + 1] = n;
    }
    t.pos = from;
    Streams s =
        new Streams(
            registry,
            numbers,
            blocks,
            new int[n],
            new long[n],
            new long[n],
            new long[n],
            new long[n]);
    for (int b = 0; b < file.blocks(); b++) {
      t.count();
      long stream = 0;
      for (int i = blocks[b]; i < blocks[b + 1]; i++) {
        stream += t.uvarint();
        if (stream < 0 || stream >= numbers.length) {
          throw new CorruptionException(
              file.path() + ": totals refer to a stream that is not listed");
        }
        s.stream[i] = (int) stream;
        s.rows[i] = t.uvarint();
        s.bytes[i] = t.uvarint();
        s.firsts[i] = file.first(b) + t.uvarint();
        s.lasts[i] = s.firsts[i] + t.uvarint();
      }
    }
    return s;
  }

  synchronized WordList words() {
    WordList w = words;
    if (w == null) {
      w =
          WordList.read(
              file.section(LogSections.WORD_LENGTHS), file.section(LogSections.WORD_TEXT));
      words = w;
    }
    return w;
  }

  /** Returns the filter of a block; empty if it has none or if it is damaged. */
  MemorySegment filter(int block) {
    MemorySegment f = file.filter(block);
    synchronized (this) {
      if (filterStates.length == 0) {
        filterStates = new byte[file.blocks()];
      }
      if (filterStates[block] == 0) {
        filterStates[block] = file.isFilterSound(block) ? SOUND : DAMAGED;
      }
      return filterStates[block] == SOUND ? f : f.asSlice(0, 0);
    }
  }

  /** Readable rows of a damaged block, kept while there is memory for them. */
  ReadableRows readable(int block) {
    synchronized (readable) {
      SoftReference<ReadableRows> known = readable.get(block);
      ReadableRows rows = known == null ? null : known.get();
      if (rows == null) {
        rows = ReadableRows.of(() -> blockOnce(block), file.rows(block));
        readable.put(block, new SoftReference<>(rows));
      }
      return rows;
    }
  }

  /** Opens a block for a single thread that executes a query. */
  LogBlock block(int block) {
    return open(block, columns[block]);
  }

  /** Opens a block for a single thread that reads all of it once. */
  LogBlock blockOnce(int block) {
    return open(block, DecodedColumns.none());
  }

  private LogBlock open(int block, DecodedColumns kept) {
    try {
      return LogBlock.open(file.block(block), words(), kept);
    } catch (CorruptionException e) {
      throw file.damaged(block, e);
    }
  }
}
