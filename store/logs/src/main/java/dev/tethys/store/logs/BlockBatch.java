package dev.tethys.store.logs;

import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.logs.block.LogBlock;
import dev.tethys.store.logs.block.MetadataColumns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of a block, with their bodies if needed. */
final class BlockBatch implements LogRowBatch {
  private static final int ROWS = 1024;
  private static final int BYTES = 1 << 20;

  private final LogBlock block;
  private final int[] selected;
  private final Map<String, Integer> names;
  private final Map<String, MetadataColumns.Coded> coded = new HashMap<>();
  private final boolean bodies;
  private final boolean lengths;
  private final @Nullable LogBodyParts parts;
  private final int[] rows = new int[ROWS];
  private final int[] ends = new int[ROWS];
  private final int[] ranges = new int[ROWS];
  private final ByteSink text = new ByteSink(1 << 12);
  private final ByteSink value = new ByteSink(256);
  private int size;

  BlockBatch(BlockScan scan, LogNeeds needs) {
    block = scan.block();
    selected = scan.segment().selected();
    names = scan.names();
    bodies = needs.bodies();
    lengths = needs.lengths();
    parts = needs.parts();
  }

  /**
   * Adds rows of a template until the batch is full.
   *
   * @return index of the first row that was not added
   */
  int add(int template, int[] of, int from, int to) {
    int end = from + Math.min(to - from, ROWS - size);
    if (!bodies) {
      System.arraycopy(of, from, rows, size, end - from);
      size += end - from;
      return end;
    }
    int i = from;
    while (i < end && text.size < BYTES) {
      rows[size] = of[i];
      if (parts == null) {
        block.appendBody(template, of[i], text);
      } else {
        ranges[size] = block.appendParts(template, of[i], parts, end - from, text);
      }
      ends[size++] = text.size;
      i++;
    }
    return i;
  }

  boolean isFull() {
    return size == ROWS || text.size >= BYTES;
  }

  void clear() {
    size = 0;
    text.clear();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long time(int row) {
    return block.times()[rows[row]];
  }

  @Override
  public void times(long[] into) {
    long[] times = block.times();
    for (int i = 0; i < size; i++) {
      into[i] = times[rows[i]];
    }
  }

  @Override
  public int stream(int row) {
    return selected[block.streamIndexes()[rows[row]]];
  }

  @Override
  public void streams(int[] into) {
    int[] streams = block.streamIndexes();
    for (int i = 0; i < size; i++) {
      into[i] = selected[streams[rows[i]]];
    }
  }

  private int start(int row) {
    return row == 0 ? 0 : ends[row - 1];
  }

  @Override
  public int bodyLength(int row) {
    if (!bodies && !lengths) {
      throw new IllegalStateException("the scan needs no lengths");
    }
    return bodies && parts == null ? ends[row] - start(row) : block.bodyLengths()[rows[row]];
  }

  @Override
  public void body(int row, CopyBuffer into) {
    if (!bodies) {
      throw new IllegalStateException("the scan needs no bodies");
    }
    into.add(text.buf, start(row), ends[row] - start(row));
  }

  @Override
  public int ranges(int row) {
    return parts == null ? -1 : ranges[row];
  }

  @Override
  public boolean metadata(int row, String name, CopyBuffer into) {
    Integer n = names.get(name);
    return n != null && copy(n, row, into);
  }

  private boolean copy(int name, int row, CopyBuffer into) {
    if (!block.appendMetadata(name, rows[row], value.clear())) {
      return false;
    }
    into.add(value.buf, 0, value.size);
    return true;
  }

  private MetadataColumns.@Nullable Coded coded(String name) {
    MetadataColumns.Coded known = coded.get(name);
    Integer n = known == null ? names.get(name) : null;
    if (n == null) {
      return known;
    }
    MetadataColumns.Coded found = block.coded(n);
    if (found != null) {
      coded.put(name, found);
    }
    return found;
  }

  @Override
  public int codedValues(String name) {
    if (!names.containsKey(name)) {
      return 0;
    }
    MetadataColumns.Coded c = coded(name);
    return c == null ? -1 : c.values().length;
  }

  @Override
  public void codes(String name, int[] into) {
    MetadataColumns.Coded c = coded(name);
    if (c == null) {
      if (names.containsKey(name)) {
        throw new IllegalStateException("the values of " + name + " have no numbers");
      }
      Arrays.fill(into, 0, size, -1);
      return;
    }
    short[] codes = c.codes();
    for (int i = 0; i < size; i++) {
      into[i] = codes[rows[i]];
    }
  }

  @Override
  public void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer) {
    List<Map.Entry<String, Integer>> sorted = sortedNames();
    for (Map.Entry<String, Integer> e : sorted) {
      int from = into.size;
      if (copy(e.getValue(), row, into)) {
        consumer.accept(e.getKey(), from, into.size - from);
      }
    }
  }

  private @Nullable List<Map.Entry<String, Integer>> namesByText;

  private List<Map.Entry<String, Integer>> sortedNames() {
    List<Map.Entry<String, Integer>> known = namesByText;
    if (known == null) {
      known = new ArrayList<>(names.entrySet());
      known.sort(Comparator.comparing(Map.Entry::getKey));
      namesByText = known;
    }
    return known;
  }
}
