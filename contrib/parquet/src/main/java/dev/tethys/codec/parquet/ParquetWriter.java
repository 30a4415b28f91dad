package dev.tethys.codec.parquet;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.thrift.ThriftWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a file: columns are declared, then rows are added column by column, and {@link #endRow} is
 * called for each row. Row groups are split by size, pages by rows, each compressed; the footer has
 * the bounds of each column in each row group, so that readers can skip row groups. Not
 * thread-safe.
 */
public final class ParquetWriter {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int PAGE_ENTRIES = 20_000;

  private static final int PLAIN = 0;
  private static final int RLE = 3;
  private static final int RLE_DICTIONARY = 8;
  private static final int DATA_PAGE = 0;
  private static final int DICTIONARY_PAGE = 2;
  private static final int REQUIRED = 0;
  private static final int OPTIONAL = 1;
  private static final int REPEATED = 2;

  /** Logical type of a column, in addition to its physical type. */
  private enum Meaning {
    NONE,
    TEXT,
    MILLIS,
    NANOS
  }

  /** Top-level element of the schema. */
  sealed interface Field permits Leaf, MapColumn {}

  private record Leaf(ParquetColumn column, Meaning meaning) implements Field {}

  private record Chunk(
      ParquetColumn column,
      long offset,
      long dictionaryOffset,
      long dataOffset,
      long plainBytes,
      long bytes,
      int values,
      int nulls,
      ParquetColumn.@Nullable Bounds bounds) {}

  private record RowGroup(List<Chunk> chunks, long rows) {}

  private final Compression compression;
  private final int level;
  private final long rowGroupBytes;
  private final String madeBy;
  private final List<Field> fields = new ArrayList<>();
  private final List<ParquetColumn> columns = new ArrayList<>();
  private final List<RowGroup> groups = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private long rows;
  private long rowsOfGroup;

  /**
   * @param compression none, snappy, gzip or zstd
   * @param rowGroupBytes approximate size of a row group before compression
   * @param madeBy name of the writer recorded in the file
   */
  public ParquetWriter(Compression compression, int level, long rowGroupBytes, String madeBy) {
    codec(compression);
    this.compression = compression;
    this.level = level;
    this.rowGroupBytes = rowGroupBytes;
    this.madeBy = madeBy;
    out.writeBytes(MAGIC);
  }

  private static int codec(Compression c) {
    return switch (c) {
      case NONE -> 0;
      case SNAPPY -> 1;
      case GZIP -> 2;
      case ZSTD -> 6;
      case ZLIB, DEFLATE, SNAPPY_FRAMED, LZ4 ->
          throw new IllegalArgumentException("Parquet has no compression " + c.word());
    };
  }

  private <C extends ParquetColumn> C declared(C column, Meaning meaning) {
    fields.add(new Leaf(column, meaning));
    columns.add(column);
    return column;
  }

  /** Times in Unix milliseconds. */
  public LongColumn millis(String name, boolean optional) {
    return declared(new LongColumn(name, optional), Meaning.MILLIS);
  }

  /** Times in Unix nanoseconds. */
  public LongColumn nanos(String name, boolean optional) {
    return declared(new LongColumn(name, optional), Meaning.NANOS);
  }

  public LongColumn integer(String name, boolean optional) {
    return declared(new LongColumn(name, optional), Meaning.NONE);
  }

  public DoubleColumn number(String name, boolean optional) {
    return declared(new DoubleColumn(name, optional), Meaning.NONE);
  }

  /**
   * Text.
   *
   * @param shared whether rows mostly have the same few strings
   */
  public TextColumn text(String name, boolean optional, boolean shared) {
    return declared(new TextColumn(List.of(name), optional, false, shared), Meaning.TEXT);
  }

  /** Maps of text to text. */
  public MapColumn map(String name) {
    MapColumn m = new MapColumn(name);
    fields.add(m);
    columns.add(m.keys);
    columns.add(m.values);
    return m;
  }

  /** Each column has got its value. */
  public void endRow() {
    rows++;
    rowsOfGroup++;
    // Sizes are checked occasionally: they are sums over columns.
    if (rowsOfGroup % 1024 == 0
        && columns.stream().mapToLong(ParquetColumn::size).sum() >= rowGroupBytes) {
      endGroup();
    }
  }

  private void endGroup() {
    if (rowsOfGroup == 0) {
      return;
    }
    List<Chunk> chunks = new ArrayList<>();
    for (ParquetColumn c : columns) {
      chunks.add(chunk(c));
      c.clear();
    }
    groups.add(new RowGroup(chunks, rowsOfGroup));
    rowsOfGroup = 0;
  }

  private Chunk chunk(ParquetColumn c) {
    long offset = out.size();
    long plain = 0;
    long dictionaryOffset = -1;
    byte[] dictionary = c.dictionary();
    if (dictionary != null) {
      dictionaryOffset = offset;
      plain += page(DICTIONARY_PAGE, dictionary, c.dictionarySize(), PLAIN);
    }
    long dataOffset = out.size();
    int value = 0;
    int from = 0;
    while (from < c.entries()) {
      int to = c.pageEnd(from, PAGE_ENTRIES);
      int end = value + c.valuesIn(from, to);
      ByteArrayOutputStream page = new ByteArrayOutputStream();
      c.levels(from, to, page);
      c.write(value, end, page);
      plain +=
          page(
              DATA_PAGE,
              page.toByteArray(),
              to - from,
              dictionary == null ? PLAIN : RLE_DICTIONARY);
      from = to;
      value = end;
    }
    return new Chunk(
        c,
        offset,
        dictionaryOffset,
        dataOffset,
        plain,
        out.size() - offset,
        c.entries(),
        c.entries() - c.values(),
        c.bounds());
  }

  /** Writes a page; returns its uncompressed size. */
  private long page(int type, byte[] content, int values, int encoding) {
    byte[] body =
        compression == Compression.NONE
            ? content
            : compression.compress(content, 0, content.length, level);
    ThriftWriter h = new ThriftWriter();
    h.i32(1, type).i32(2, content.length).i32(3, body.length);
    if (type == DICTIONARY_PAGE) {
      h.beginStruct(7).i32(1, values).i32(2, encoding).bool(3, false).endStruct();
    } else {
      h.beginStruct(5).i32(1, values).i32(2, encoding).i32(3, RLE).i32(4, RLE).endStruct();
    }
    byte[] header = h.endStruct().toByteArray();
    out.writeBytes(header);
    out.writeBytes(body);
    return (long) header.length + content.length;
  }

  /** The whole file; the writer is done. */
  public byte[] finish() {
    endGroup();
    ThriftWriter w = new ThriftWriter();
    w.i32(1, 2);
    schema(w);
    w.i64(3, rows);
    w.list(4, groups.size(), ThriftWriter.STRUCT);
    for (int i = 0; i < groups.size(); i++) {
      group(w, groups.get(i), i);
    }
    w.string(6, madeBy);
    w.list(7, columns.size(), ThriftWriter.STRUCT);
    for (int i = 0; i < columns.size(); i++) {
      w.beginElement().beginStruct(1).endStruct().endStruct(); // ordered as their type says
    }
    byte[] footer = w.endStruct().toByteArray();
    out.writeBytes(footer);
    ParquetColumn.int32(footer.length, out);
    out.writeBytes(MAGIC);
    return out.toByteArray();
  }

  private void schema(ThriftWriter w) {
    int elements = 1;
    for (Field f : fields) {
      elements += f instanceof MapColumn ? 4 : 1;
    }
    w.list(2, elements, ThriftWriter.STRUCT);
    w.beginElement().string(4, "schema").i32(5, fields.size()).endStruct();
    for (Field f : fields) {
      switch (f) {
        case MapColumn m -> {
          w.beginElement().i32(3, REQUIRED).string(4, m.name).i32(5, 1).i32(6, 1);
          w.beginStruct(10).beginStruct(2).endStruct().endStruct().endStruct();
          w.beginElement().i32(3, REPEATED).string(4, "key_value").i32(5, 2).endStruct();
          leaf(w, m.keys, Meaning.TEXT);
          leaf(w, m.values, Meaning.TEXT);
        }
        case Leaf x -> leaf(w, x.column, x.meaning);
      }
    }
  }

  private static void leaf(ThriftWriter w, ParquetColumn c, Meaning meaning) {
    w.beginElement().i32(1, c.type()).i32(3, c.isOptional() ? OPTIONAL : REQUIRED);
    w.string(4, c.path.getLast());
    switch (meaning) {
      case NONE -> {}
      case TEXT -> w.i32(6, 0).beginStruct(10).beginStruct(1).endStruct().endStruct();
      case MILLIS -> time(w.i32(6, 9), 1);
      case NANOS -> time(w, 3); // an older reader has no word for it and sees an integer
    }
    w.endStruct();
  }

  private static void time(ThriftWriter w, int unit) {
    w.beginStruct(10).beginStruct(8).bool(1, true);
    w.beginStruct(2).beginStruct(unit).endStruct().endStruct();
    w.endStruct().endStruct();
  }

  private void group(ThriftWriter w, RowGroup g, int ordinal) {
    w.beginElement();
    w.list(1, g.chunks.size(), ThriftWriter.STRUCT);
    for (Chunk c : g.chunks) {
      chunk(w, c);
    }
    w.i64(2, g.chunks.stream().mapToLong(Chunk::plainBytes).sum()).i64(3, g.rows);
    w.i64(5, g.chunks.getFirst().offset);
    w.i64(6, g.chunks.stream().mapToLong(Chunk::bytes).sum());
    if (ordinal <= Short.MAX_VALUE) {
      w.i16(7, ordinal);
    }
    w.endStruct();
  }

  private void chunk(ThriftWriter w, Chunk c) {
    boolean dictionary = c.dictionaryOffset >= 0;
    w.beginElement().i64(2, c.offset).beginStruct(3);
    w.i32(1, c.column.type());
    w.list(2, dictionary ? 3 : 2, ThriftWriter.I32).i32(RLE).i32(PLAIN);
    if (dictionary) {
      w.i32(RLE_DICTIONARY);
    }
    w.list(3, c.column.path.size(), ThriftWriter.BINARY);
    c.column.path.forEach(p -> w.binary(p.getBytes(StandardCharsets.UTF_8)));
    w.i32(4, codec(compression)).i64(5, c.values);
    w.i64(6, c.plainBytes).i64(7, c.bytes).i64(9, c.dataOffset);
    if (dictionary) {
      w.i64(11, c.dictionaryOffset);
    }
    w.beginStruct(12).i64(3, c.nulls);
    if (c.bounds != null) {
      w.binary(5, c.bounds.greatest()).binary(6, c.bounds.least());
    }
    w.endStruct().endStruct().endStruct();
  }
}
