package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.store.events.SectionWriter;
import dev.tethys.store.files.ByteSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes blocks, see {@link BlockSection}. Not thread-safe. */
public final class SpanBlockWriter implements AutoCloseable {
  private static final int MAX_COLUMNS = 512; // of one key; keys with few values share columns
  private static final int OWNERS = 3;
  private static final int TYPES = 6;

  private final SectionWriter sections;
  private final ColumnWriter columns;
  private final ByteSink out = new ByteSink(1 << 14);
  private long[] numbers = new long[1 << 14];

  /**
   * @param level zstd compression level
   */
  public SpanBlockWriter(int level) {
    sections = new SectionWriter(level);
    columns = new ColumnWriter(level);
  }

  /**
   * Appends a block.
   *
   * @param b spans whose rows of a trace follow one another; scopes are those of the part
   */
  public void write(SpanBatch b, ByteSink to) {
    int n = b.spans;
    numbers = room(numbers, Math.max(n, Math.max(b.events, b.links)));
    sections.begin();
    int[] traces = traces(b); // first row of each trace and the end of the last
    out.clear();
    out.uvarint(n);
    out.uvarint(traces.length - 1L);
    out.uvarint(b.events);
    out.uvarint(b.links);
    store(BlockSection.HEADER);
    ids(b, traces);
    times(b, traces);
    numbers(BlockSection.KINDS, b.kind, n);
    numbers(BlockSection.STATUS, b.status, n);
    numbers(BlockSection.SCOPES, b.scope, n);
    strings(BlockSection.NAMES, b.name, n, b);
    strings(BlockSection.MESSAGES, b.message, n, b);
    strings(BlockSection.STATES, b.traceState, n, b);
    strings(BlockSection.RESTS, b.rest, n, b);
    counts(BlockSection.EVENT_COUNTS, b.eventStarts, n);
    counts(BlockSection.LINK_COUNTS, b.linkStarts, n);
    for (int r = 0; r < n; r++) {
      for (int e = b.eventStarts[r]; e < b.eventStarts[r + 1]; e++) {
        numbers[e] = b.eventTime[e] - b.start[r];
      }
    }
    numbers(BlockSection.EVENT_TIMES, numbers, b.events);
    strings(BlockSection.EVENT_NAMES, b.eventName, b.events, b);
    strings(BlockSection.EVENT_RESTS, b.eventRest, b.events, b);
    links(b, traces);
    attributes(b);
    sections.end(to);
  }

  private static long[] room(long[] a, int n) {
    return a.length < n ? new long[Math.max(n, a.length * 2)] : a;
  }

  private void store(int section) {
    sections.addStored(section, out);
    out.clear();
  }

  private void numbers(int section, int[] values, int n) {
    if (n > 0) {
      columns.numbers(values, n, out);
      store(section);
    }
  }

  private void numbers(int section, long[] values, int n) {
    if (n > 0) {
      columns.numbers(values, n, out);
      store(section);
    }
  }

  private void strings(int section, int[] codes, int n, SpanBatch b) {
    if (n > 0) {
      for (int i = 0; i < n; i++) {
        numbers[i] = codes[i];
      }
      columns.strings(numbers, n, b.texts, out);
      store(section);
    }
  }

  private void counts(int section, int[] starts, int n) {
    for (int i = 0; i < n; i++) {
      numbers[i] = starts[i + 1] - starts[i];
    }
    numbers(section, numbers, n);
  }

  private static int[] traces(SpanBatch b) {
    int[] starts = new int[16];
    int n = 0;
    for (int r = 0; r < b.spans; r++) {
      if (r == 0 || b.traceLow[r] != b.traceLow[r - 1] || b.traceHigh[r] != b.traceHigh[r - 1]) {
        if (n + 1 == starts.length) {
          starts = Arrays.copyOf(starts, n * 2 + 2);
        }
        starts[n++] = r;
      }
    }
    starts[n] = b.spans;
    return Arrays.copyOf(starts, n + 1);
  }

  private void bigEndian(long id) {
    out.putLong(Long.reverseBytes(id));
  }

  private void ids(SpanBatch b, int[] traces) {
    int count = traces.length - 1;
    for (int t = 0; t < count; t++) {
      bigEndian(b.traceHigh[traces[t]]);
      bigEndian(b.traceLow[traces[t]]);
      numbers[t] = traces[t + 1] - traces[t];
    }
    store(BlockSection.TRACE_IDS);
    numbers(BlockSection.TRACE_ROWS, numbers, count);
    for (int r = 0; r < b.spans; r++) {
      bigEndian(b.spanId[r]);
    }
    store(BlockSection.SPAN_IDS);
    SpanIndex index = new SpanIndex();
    for (int t = 0; t < count; t++) {
      index.fill(b.spanId, traces[t], traces[t + 1]);
      for (int r = traces[t]; r < traces[t + 1]; r++) {
        numbers[r] = reference(b.parentId[r], r, index);
      }
    }
    store(BlockSection.PARENT_IDS);
    numbers(BlockSection.PARENTS, numbers, b.spans);
  }

  /** Number of a span; its id is appended if it has no row. */
  private long reference(long id, int row, SpanIndex index) {
    if (id == 0) {
      return 0;
    }
    int found = index.row(id);
    if (found < 0) {
      bigEndian(id);
      return 1;
    }
    return 2 + ByteSink.zigzag(found - row);
  }

  private void times(SpanBatch b, int[] traces) {
    int count = traces.length - 1;
    long before = 0;
    for (int t = 0; t < count; t++) {
      numbers[t] = b.start[traces[t]] - before;
      before = b.start[traces[t]];
    }
    numbers(BlockSection.TRACE_STARTS, numbers, count);
    int at = 0;
    for (int t = 0; t < count; t++) {
      for (int r = traces[t] + 1; r < traces[t + 1]; r++) {
        numbers[at++] = b.start[r] - b.start[r - 1];
      }
    }
    numbers(BlockSection.STARTS, numbers, at);
    for (int r = 0; r < b.spans; r++) {
      numbers[r] = b.end[r] - b.start[r];
    }
    numbers(BlockSection.ENDS, numbers, b.spans);
  }

  private void links(SpanBatch b, int[] traces) {
    if (b.links == 0) {
      return;
    }
    for (int r = 0; r < b.spans; r++) {
      for (int l = b.linkStarts[r]; l < b.linkStarts[r + 1]; l++) {
        boolean same = b.linkTraceLow[l] == b.traceLow[r] && b.linkTraceHigh[l] == b.traceHigh[r];
        numbers[l] = same ? 0 : 1;
        if (!same) {
          bigEndian(b.linkTraceHigh[l]);
          bigEndian(b.linkTraceLow[l]);
        }
      }
    }
    store(BlockSection.LINK_TRACE_IDS);
    numbers(BlockSection.LINK_TRACES, numbers, b.links);
    SpanIndex index = new SpanIndex();
    for (int t = 0; t + 1 < traces.length; t++) {
      if (b.linkStarts[traces[t]] == b.linkStarts[traces[t + 1]]) {
        continue;
      }
      index.fill(b.spanId, traces[t], traces[t + 1]);
      for (int r = traces[t]; r < traces[t + 1]; r++) {
        for (int l = b.linkStarts[r]; l < b.linkStarts[r + 1]; l++) {
          numbers[l] = reference(b.linkSpanId[l], r, index);
        }
      }
    }
    store(BlockSection.LINK_SPAN_IDS);
    numbers(BlockSection.LINK_SPANS, numbers, b.links);
    strings(BlockSection.LINK_STATES, b.linkState, b.links, b);
    strings(BlockSection.LINK_RESTS, b.linkRest, b.links, b);
  }

  // ---- attributes

  /** Columns of a block: of a key, a type and an owner, or of a type. */
  private static final class Layout {
    final Map<Long, Integer> column = new HashMap<>(); // by owner, key, type
    final List<Integer> types = new ArrayList<>();
    int[] counts = {};
  }

  private void attributes(SpanBatch b) {
    AttributeRows[] owners = {b.attributes, b.eventAttributes, b.linkAttributes};
    Layout layout = layout(b, owners);
    ByteSink list = new ByteSink(1 << 10);
    Map<Integer, Integer> keys = new HashMap<>(); // place by code
    ByteSink keyTexts = new ByteSink(1 << 10);
    ByteSink shapes = new ByteSink(1 << 10);
    int[][] columnOf = new int[OWNERS][]; // by element of a shape
    for (int o = 0; o < OWNERS; o++) {
      columnOf[o] = new int[b.shapes.end(b.shapes.count() - 1)];
      int[] places = new int[b.shapes.count()]; // place in the block + 1
      int count = 0;
      ByteSink one = new ByteSink(256);
      for (int r = 0; r < owners[o].rows; r++) {
        int shape = owners[o].shapes[r];
        if (places[shape] == 0) {
          places[shape] = ++count;
          one.uvarint(b.shapes.length(shape));
          for (int e = b.shapes.start(shape); e < b.shapes.end(shape); e++) {
            int element = b.shapes.elements()[e];
            Integer key = keys.get(element >>> 3);
            if (key == null) {
              key = keys.size();
              keys.put(element >>> 3, key);
              int code = element >>> 3;
              keyTexts.uvarint(b.texts.length(code));
              keyTexts.put(b.texts.bytes(), b.texts.start(code), b.texts.length(code));
            }
            columnOf[o][e] = layout.column.getOrDefault(columnKey(o, element), element & 7);
            one.uvarint(key);
            one.uvarint(columnOf[o][e]);
          }
        }
        numbers[r] = places[shape] - 1L;
      }
      int section =
          o == 0
              ? BlockSection.SHAPES
              : o == 1 ? BlockSection.EVENT_SHAPES : BlockSection.LINK_SHAPES;
      numbers(section, numbers, owners[o].rows);
      shapes.uvarint(count);
      shapes.put(one.buf, 0, one.size);
    }
    list.uvarint(keys.size());
    list.put(keyTexts.buf, 0, keyTexts.size);
    long[][] values = new long[layout.types.size()][];
    int[] counts = new int[values.length];
    for (int c = 0; c < values.length; c++) {
      values[c] = new long[layout.counts[c]];
    }
    for (int o = 0; o < OWNERS; o++) {
      AttributeRows rows = owners[o];
      int at = 0;
      for (int r = 0; r < rows.rows; r++) {
        int shape = rows.shapes[r];
        for (int e = b.shapes.start(shape); e < b.shapes.end(shape); e++) {
          int c = columnOf[o][e];
          values[c][counts[c]++] = rows.values[at++];
        }
      }
    }
    list.uvarint(values.length);
    for (int c = 0; c < values.length; c++) {
      list.putByte(layout.types.get(c));
      list.uvarint(counts[c]);
    }
    list.put(shapes.buf, 0, shapes.size);
    columns.packed(list.buf, list.size, out);
    store(BlockSection.SHAPE_LIST);
    for (int c = 0; c < values.length; c++) {
      if (counts[c] > 0) {
        switch ((int) layout.types.get(c)) {
          case SpanColumn.INT, SpanColumn.BOOL -> columns.numbers(values[c], counts[c], out);
          case SpanColumn.DOUBLE -> columns.reals(values[c], counts[c], out);
          default -> columns.strings(values[c], counts[c], b.texts, out);
        }
        store(BlockSection.COLUMN + c);
      }
    }
  }

  private static long columnKey(int owner, int element) {
    return (long) owner << 32 | element;
  }

  /** Assigns columns: the first are shared ones, one for each type, with the number of the type. */
  private Layout layout(SpanBatch b, AttributeRows[] owners) {
    Map<Long, Integer> counts = new HashMap<>();
    for (int o = 0; o < OWNERS; o++) {
      int[] rows = new int[b.shapes.count()];
      for (int r = 0; r < owners[o].rows; r++) {
        rows[owners[o].shapes[r]]++;
      }
      for (int s = 0; s < rows.length; s++) {
        for (int e = b.shapes.start(s); rows[s] > 0 && e < b.shapes.end(s); e++) {
          counts.merge(columnKey(o, b.shapes.elements()[e]), rows[s], Integer::sum);
        }
      }
    }
    List<Map.Entry<Long, Integer>> byCount = new ArrayList<>(counts.entrySet());
    byCount.sort(
        Map.Entry.<Long, Integer>comparingByValue()
            .reversed()
            .thenComparing(Map.Entry.comparingByKey()));
    Layout out = new Layout();
    for (int type = 0; type < TYPES; type++) {
      out.types.add(type);
    }
    int[] sizes = new int[TYPES + Math.min(MAX_COLUMNS, byCount.size())];
    for (int i = 0; i < byCount.size(); i++) {
      Map.Entry<Long, Integer> e = byCount.get(i);
      int type = (int) (e.getKey() & 7);
      if (i < MAX_COLUMNS) {
        int c = out.types.size();
        out.types.add(type);
        out.column.put(e.getKey(), c);
        sizes[c] = e.getValue();
      } else {
        sizes[type] += e.getValue();
      }
    }
    out.counts = sizes;
    return out;
  }

  @Override
  public void close() {
    sections.close();
    columns.close();
  }
}
