package dev.tethys.store.archive.prometheus;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the index of a block, version 2. The format is that of {@link IndexFile}, with the
 * sections below. The old label indexes are empty, because no current version of Prometheus reads
 * them.
 *
 * <pre>
 * postings: for each label, all series first: 4 bytes length, 4 bytes count, count * 4 bytes offset
 *   of the series / 16, 4 bytes CRC
 * postings table: 4 bytes length, 4 bytes count, count * { 2, name, value, uvarint offset of the
 *   postings }, 4 bytes CRC; texts are uvarint length, bytes
 * </pre>
 */
final class IndexWriter {
  private static final int MAGIC = 0xBAAAD700;

  private final BigEndianFile f;

  // Symbols by their text as ISO 8859-1, which compares as the bytes do.
  private final Map<String, Integer> symbols = new HashMap<>();
  private final TreeMap<String, TreeMap<String, IntList>> postings = new TreeMap<>();

  IndexWriter(BigEndianFile f) {
    this.f = f;
  }

  private static final class IntList {
    int[] a = new int[2];
    int n;

    void add(int v) {
      if (n == a.length) {
        a = Arrays.copyOf(a, n * 2);
      }
      a[n++] = v;
    }
  }

  private record Text(String name, String value) {}

  private static String text(byte[] b, int offset, int length) {
    return new String(b, offset, length, StandardCharsets.ISO_8859_1);
  }

  private static List<Text> texts(Labels labels) {
    List<Text> out = new ArrayList<>();
    labels.forEachBytes((b, no, nl, vo, vl) -> out.add(new Text(text(b, no, nl), text(b, vo, vl))));
    return out;
  }

  void write(List<BlockExport.Entry> series) throws IOException {
    f.int32(MAGIC);
    f.u8(2);
    long symbolsAt = f.position();
    symbols(series);
    f.align(16);
    long seriesAt = f.position();
    IntList all = new IntList();
    for (BlockExport.Entry e : series) {
      series(e, all);
    }
    long labelIndexes = f.position();
    emptyTable();
    List<Long> offsets = new ArrayList<>();
    f.align(4);
    long postingsAt = f.position();
    offsets.add(postings(all));
    for (TreeMap<String, IntList> values : postings.values()) {
      for (IntList list : values.values()) {
        offsets.add(postings(list));
      }
    }
    long labelTable = f.position();
    emptyTable();
    long table = f.position();
    table(offsets);
    f.beginCrc();
    f.int64(symbolsAt);
    f.int64(seriesAt);
    f.int64(labelIndexes);
    f.int64(labelTable);
    f.int64(postingsAt);
    f.int64(table);
    f.endCrc();
  }

  private void symbols(List<BlockExport.Entry> series) throws IOException {
    symbols.put("", 0);
    for (BlockExport.Entry e : series) {
      for (Text t : texts(e.labels())) {
        symbols.put(t.name, 0);
        symbols.put(t.value, 0);
      }
    }
    String[] sorted = symbols.keySet().toArray(new String[0]);
    Arrays.sort(sorted);
    long length = 4;
    for (int i = 0; i < sorted.length; i++) {
      symbols.put(sorted[i], i);
      length += uvarintSize(sorted[i].length()) + sorted[i].length();
    }
    f.int32(size(length));
    f.beginCrc();
    f.int32(sorted.length);
    for (String s : sorted) {
      text(s);
    }
    f.endCrc();
  }

  /** Sections tell their length in 4 bytes. */
  private static int size(long length) throws IOException {
    if (length > 0xffffffffL) {
      throw new IOException(
          "a block of Prometheus cannot hold so many labels: export shorter time ranges");
    }
    return (int) length;
  }

  private static int uvarintSize(long v) {
    return (Math.max(1, 64 - Long.numberOfLeadingZeros(v)) + 6) / 7;
  }

  private void text(String s) throws IOException {
    byte[] b = s.getBytes(StandardCharsets.ISO_8859_1);
    f.uvarint(b.length);
    f.bytes(b, 0, b.length);
  }

  private int symbol(String s) {
    Integer n = symbols.get(s);
    if (n == null) {
      throw new IllegalStateException("no symbol for " + s);
    }
    return n;
  }

  private void series(BlockExport.Entry e, IntList all) throws IOException {
    f.align(16);
    long number = f.position() / 16;
    if (number > 0xffffffffL) {
      throw new IOException(
          "a block of Prometheus cannot hold so many series: export shorter time ranges");
    }
    int ref = (int) number;
    all.add(ref);
    List<Text> texts = texts(e.labels());
    long length = uvarintSize(texts.size());
    for (Text t : texts) {
      length += uvarintSize(symbol(t.name)) + uvarintSize(symbol(t.value));
      postings
          .computeIfAbsent(t.name, k -> new TreeMap<>())
          .computeIfAbsent(t.value, k -> new IntList())
          .add(ref);
    }
    long[] c = e.chunks();
    length += uvarintSize(c.length / 3);
    for (int i = 0; i < c.length; i += 3) {
      length += uvarintSize(minOf(c, i)) + uvarintSize(c[i + 1] - c[i]) + uvarintSize(refOf(c, i));
    }
    f.uvarint(length);
    f.beginCrc();
    f.uvarint(texts.size());
    for (Text t : texts) {
      f.uvarint(symbol(t.name));
      f.uvarint(symbol(t.value));
    }
    f.uvarint(c.length / 3);
    for (int i = 0; i < c.length; i += 3) {
      f.uvarint(minOf(c, i));
      f.uvarint(c[i + 1] - c[i]);
      f.uvarint(refOf(c, i));
    }
    f.endCrc();
  }

  private static long zigzag(long v) {
    return v << 1 ^ v >> 63;
  }

  /** Stored form of a start: the first with its sign, others relative to the previous chunk. */
  private static long minOf(long[] c, int i) {
    return i == 0 ? zigzag(c[0]) : c[i] - c[i - 2];
  }

  private static long refOf(long[] c, int i) {
    return i == 0 ? c[2] : zigzag(c[i + 2] - c[i - 1]);
  }

  private long postings(IntList list) throws IOException {
    f.align(4);
    long at = f.position();
    f.int32(size(4 + 4L * list.n));
    f.beginCrc();
    f.int32(list.n);
    for (int i = 0; i < list.n; i++) {
      f.int32(list.a[i]);
    }
    f.endCrc();
    return at;
  }

  private void emptyTable() throws IOException {
    f.int32(4);
    f.beginCrc();
    f.int32(0);
    f.endCrc();
  }

  private void table(List<Long> offsets) throws IOException {
    long length = 4 + 3L + uvarintSize(offsets.getFirst());
    int at = 1;
    for (Map.Entry<String, TreeMap<String, IntList>> n : postings.entrySet()) {
      long name = uvarintSize(n.getKey().length()) + n.getKey().length();
      for (String v : n.getValue().keySet()) {
        length += 1 + name + uvarintSize(v.length()) + v.length() + uvarintSize(offsets.get(at++));
      }
    }
    f.int32(size(length));
    f.beginCrc();
    f.int32(offsets.size());
    entry("", "", offsets.getFirst());
    at = 1;
    for (Map.Entry<String, TreeMap<String, IntList>> n : postings.entrySet()) {
      for (String v : n.getValue().keySet()) {
        entry(n.getKey(), v, offsets.get(at++));
      }
    }
    f.endCrc();
  }

  private void entry(String name, String value, long offset) throws IOException {
    f.uvarint(2);
    text(name);
    text(value);
    f.uvarint(offset);
  }
}
