package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Columns of a block, decoded at their first use unless they were kept. Not changed by their
 * readers. Safe not thread-safe.
 */
final class BlockSource {
  private static final int OBJECT = 64; // bytes around the values of a column

  /** Keys of columns that are computed from others. */
  enum Derived {
    HEADER,
    SHAPES,
    TRACE_STARTS,
    ROW_TRACES,
    TRACE_HIGH,
    TRACE_LOW,
    START,
    DURATION,
    SPAN_ID,
    PARENT_ROW,
    PARENT_ID,
    EVENT_STARTS,
    LINK_STARTS,
    AMBIGUOUS,
    USED_SCOPES,
    SUMMARIES
  }

  private final MemorySegment block;
  private final DecodedColumns kept;
  private final Map<Object, Object> own = new HashMap<>();
  private @Nullable SectionReader reader;
  private final @Nullable BlockDamage damage;
  final int rows;
  final int traces;
  final int events;
  final int links;

  /**
   * @param damaged whether sections that are damaged read as empty ones
   */
  BlockSource(MemorySegment block, DecodedColumns kept, boolean damaged) {
    this.block = block;
    this.kept = kept;
    kept.use();
    damage = damaged ? new BlockDamage(sections()) : null;
    int[] header = intsOf(Derived.HEADER, this::header);
    rows = header[0];
    traces = header[1];
    events = damage != null && damage.hasNoEvents() ? 0 : header[2];
    links = damage != null && damage.hasNoLinks() ? 0 : header[3];
  }

  private boolean isAbsent(int section) {
    return damage != null && damage.isAbsent(section);
  }

  /** Missing fields of a damaged block; empty for others. */
  String missing() {
    if (damage == null) {
      return "";
    }
    var unused = shapes();
    return damage.text();
  }

  private int[] header() {
    ByteSource in = sections().source(BlockSection.HEADER);
    int n = in.count(Integer.MAX_VALUE / 16);
    return new int[] {
      n, in.count(n), in.count(Integer.MAX_VALUE / 16), in.count(Integer.MAX_VALUE / 16)
    };
  }

  private SectionReader sections() {
    SectionReader r = reader;
    if (r == null) {
      r = new SectionReader(block);
      reader = r;
    }
    return r;
  }

  /** Releases the memory of the file's sections; decoded columns stay. */
  void release() {
    if (reader != null) {
      reader.release();
    }
  }

  private @Nullable Object known(Object key) {
    Object v = own.get(key);
    if (v == null) {
      v = kept.get(key);
      if (v != null) {
        own.put(key, v);
      }
    }
    return v;
  }

  private void keep(Object key, Object value, long size) {
    own.put(key, value);
    kept.put(key, value, size + OBJECT);
  }

  /** Column by a key. */
  long[] longsOf(Object key, Supplier<long[]> decode) {
    long[] v = (long[]) known(key);
    if (v == null) {
      v = decode.get();
      keep(key, v, 8L * v.length);
    }
    return v;
  }

  /** Column by a key. */
  int[] intsOf(Object key, Supplier<int[]> decode) {
    int[] v = (int[]) known(key);
    if (v == null) {
      v = decode.get();
      keep(key, v, 4L * v.length);
    }
    return v;
  }

  /** Pieces by a key. */
  @SuppressWarnings("unchecked") // only pieces have this key
  List<Piece> piecesOf(Object key, Supplier<List<Piece>> decode) {
    List<Piece> v = (List<Piece>) known(key);
    if (v == null) {
      v = List.copyOf(decode.get());
      long size = 0;
      for (Piece p : v) {
        size += OBJECT + p.bytes();
      }
      keep(key, v, size);
    }
    return v;
  }

  /** Summaries of all traces; null if they were not kept. */
  @Nullable TraceSummaries keptSummaries() {
    return (TraceSummaries) known(Derived.SUMMARIES);
  }

  void keepSummaries(TraceSummaries all) {
    keep(Derived.SUMMARIES, all, (long) all.size() * TraceSummaries.BYTES_A_TRACE);
  }

  /** Shapes of attributes. */
  BlockShapes shapes() {
    BlockShapes v = (BlockShapes) known(Derived.SHAPES);
    if (v == null) {
      v = readShapes();
    }
    return v;
  }

  private BlockShapes readShapes() {
    if (isAbsent(BlockSection.SHAPE_LIST)) {
      return BlockShapes.empty();
    }
    byte[] list = ColumnReader.packed(sections().source(BlockSection.SHAPE_LIST));
    BlockShapes v = BlockShapes.read(new ByteSource(list));
    if (damage != null) {
      BitSet columns = new BitSet();
      for (int c = 0; c < v.types.length; c++) {
        try {
          var unused = column(v, c);
        } catch (CorruptionException e) {
          columns.set(c);
        }
      }
      v = damage.readable(v, columns);
    }
    keep(Derived.SHAPES, v, list.length * 4L);
    return v;
  }

  /** Shape of each row of spans, events or links. */
  int[] rowShapes(int owner) {
    int section =
        owner == 0
            ? BlockSection.SHAPES
            : owner == 1 ? BlockSection.EVENT_SHAPES : BlockSection.LINK_SHAPES;
    int n = owner == 0 ? rows : owner == 1 ? events : links;
    return intsOf(
        section,
        () ->
            n == 0 || damage != null && owner >= damage.owners()
                ? new int[n]
                : ColumnReader.codes(sections().source(section), n, shapes().count(owner)));
  }

  /** Numbers, which are not retained. */
  long[] decodeNumbers(int section, int n) {
    return n == 0 || isAbsent(section)
        ? new long[n]
        : ColumnReader.numbers(sections().source(section), n);
  }

  /** Numbers, which are not retained. */
  int[] decodeInts(int section, int n) {
    return n == 0 || isAbsent(section)
        ? new int[n]
        : ColumnReader.ints(sections().source(section), n);
  }

  /** Numbers that must be below a bound. */
  int[] codes(int section, int n, int max) {
    return intsOf(section, () -> ColumnReader.codes(sections().source(section), n, max));
  }

  /** Strings of a section, which are not kept. */
  Piece strings(int section, int n) {
    if (n == 0 || isAbsent(section)) {
      return new Piece(SpanColumn.STRING, n, null, null, new long[n], noTexts(n));
    }
    ColumnReader.Strings s = ColumnReader.strings(sections().source(section), n);
    return new Piece(SpanColumn.STRING, n, null, null, s.codes(), s.texts());
  }

  /** Strings of a section without those of rows; some may be there twice. */
  TextTable dictionary(int section, int n) {
    return isAbsent(section) ? noTexts(n) : ColumnReader.dictionary(sections().source(section), n);
  }

  /** The empty string, if there are rows. */
  private static TextTable noTexts(int n) {
    return new TextTable(new byte[0], new int[n == 0 ? 1 : 2]);
  }

  /** Values of a column of attributes, without rows. */
  Piece column(int c) {
    return column(shapes(), c);
  }

  private Piece column(BlockShapes list, int c) {
    int n = list.counts[c];
    if (n == 0) {
      return new Piece(list.types[c], 0, null, null, new long[0], null);
    }
    ByteSource in = sections().source(BlockSection.COLUMN + c);
    return switch (list.types[c]) {
      case SpanColumn.INT, SpanColumn.BOOL ->
          new Piece(list.types[c], n, null, null, ColumnReader.numbers(in, n), null);
      case SpanColumn.DOUBLE ->
          new Piece(list.types[c], n, null, null, ColumnReader.reals(in, n), null);
      case SpanColumn.STRING, SpanColumn.OTHER -> {
        ColumnReader.Strings s = ColumnReader.strings(in, n);
        yield new Piece(list.types[c], n, null, null, s.codes(), s.texts());
      }
      default -> throw new CorruptionException("column " + c + " has type " + list.types[c]);
    };
  }

  /** Bytes of a section and any bytes after them. */
  byte[] bytes(int section) {
    return isAbsent(section) ? new byte[length(section) + ByteSink.SLACK] : sections().get(section);
  }

  int length(int section) {
    return sections().length(section);
  }

  /** Bytes of a section of a known length, and any bytes after them. */
  byte[] raw(int section, long length) {
    if (length(section) != length) {
      throw new CorruptionException(
          "section " + section + " has " + length(section) + " bytes, not " + length);
    }
    return bytes(section);
  }

  static long bigEndian(byte[] b, int at) {
    return Long.reverseBytes((long) ByteSink.LONG.get(b, at));
  }
}
