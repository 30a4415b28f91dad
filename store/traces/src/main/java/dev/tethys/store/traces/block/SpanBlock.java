package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.DamageException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Open block, see {@link BlockSection}; columns are decoded at their first use. Methods throw
 * {@link DamageException} if what they read is damaged. Safe for one thread.
 */
public final class SpanBlock extends SpanChunk {
  private static final int OWNERS = 3;

  private final SectionReader sections;
  private final PartGroups groups;
  private final int rows;
  private final int traces;
  private final int events;
  private final int links;
  private int @Nullable [] traceStarts;
  private long @Nullable [] start;
  private long @Nullable [] duration;
  private long @Nullable [] traceHigh;
  private long @Nullable [] traceLow;
  private long @Nullable [] spanId;
  private long @Nullable [] parentId;
  private int @Nullable [] scope;
  private int @Nullable [] kind;
  private int @Nullable [] status;
  private @Nullable ShapeList shapes;
  private int @Nullable [] eventStarts;
  private int @Nullable [] linkStarts;

  /**
   * @param groups scopes and resources of the part
   */
  public SpanBlock(MemorySegment block, PartGroups groups) {
    this.groups = groups;
    sections = new SectionReader(block);
    ByteSource in = sections.source(BlockSection.HEADER);
    rows = in.count(Integer.MAX_VALUE / 16);
    traces = in.count(rows);
    events = in.count(Integer.MAX_VALUE / 16);
    links = in.count(Integer.MAX_VALUE / 16);
  }

  /** Gives memory of the file's sections back; columns that were decoded stay. */
  public void release() {
    sections.release();
  }

  @Override
  public int rows() {
    return rows;
  }

  private long[] numbers(int section, int n) {
    return n == 0 ? new long[0] : ColumnReader.numbers(sections.source(section), n);
  }

  private int[] ints(int section, int n) {
    return n == 0 ? new int[0] : ColumnReader.ints(sections.source(section), n);
  }

  private Piece strings(int section, int n) {
    if (n == 0) {
      return new Piece(
          SpanColumn.STRING, 0, null, null, new long[0], new TextTable(new byte[0], new int[1]));
    }
    ColumnReader.Strings s = ColumnReader.strings(sections.source(section), n);
    return new Piece(SpanColumn.STRING, n, null, null, s.codes(), s.texts());
  }

  private static long bigEndian(byte[] b, int at) {
    return Long.reverseBytes((long) ByteSink.LONG.get(b, at));
  }

  private byte[] raw(int section, long length) {
    if (sections.length(section) != length) {
      throw new DamageException(
          "section " + section + " has " + sections.length(section) + " bytes, not " + length);
    }
    return sections.get(section);
  }

  /** First row of each trace and the end of the last. */
  private int[] traceStarts() {
    int[] known = traceStarts;
    if (known == null) {
      int[] counts = ints(BlockSection.TRACE_ROWS, traces);
      known = new int[traces + 1];
      for (int t = 0; t < traces; t++) {
        if (counts[t] < 1 || counts[t] > rows - known[t]) {
          throw new DamageException("trace " + t + " has " + counts[t] + " rows");
        }
        known[t + 1] = known[t] + counts[t];
      }
      if (known[traces] != rows) {
        throw new DamageException("traces have " + known[traces] + " rows of " + rows);
      }
      traceStarts = known;
    }
    return known;
  }

  @Override
  public long[] start() {
    long[] known = start;
    if (known == null) {
      int[] of = traceStarts();
      long[] firsts = numbers(BlockSection.TRACE_STARTS, traces);
      long[] deltas = numbers(BlockSection.STARTS, rows - traces);
      known = new long[rows];
      long first = 0;
      int at = 0;
      for (int t = 0; t < traces; t++) {
        first += firsts[t];
        long time = first;
        known[of[t]] = time;
        for (int r = of[t] + 1; r < of[t + 1]; r++) {
          time += deltas[at++];
          known[r] = time;
        }
      }
      start = known;
    }
    return known;
  }

  @Override
  long[] duration() {
    long[] known = duration;
    if (known == null) {
      known = numbers(BlockSection.ENDS, rows);
      for (int r = 0; r < rows; r++) {
        known[r] = Math.max(0, known[r]);
      }
      duration = known;
    }
    return known;
  }

  @Override
  long[] traceHigh() {
    long[] known = traceHigh;
    if (known == null) {
      known = traceIds(0);
      traceHigh = known;
    }
    return known;
  }

  @Override
  long[] traceLow() {
    long[] known = traceLow;
    if (known == null) {
      known = traceIds(8);
      traceLow = known;
    }
    return known;
  }

  /** Looks ids up by trace; rows are read only if there is one. */
  @Override
  long[] ofTraces(TraceIds ids) {
    byte[] b = raw(BlockSection.TRACE_IDS, traces * 16L);
    long[] out = new long[rows + 63 >>> 6];
    for (int t = 0; t < traces; t++) {
      if (ids.contains(bigEndian(b, t * 16), bigEndian(b, t * 16 + 8))) {
        int[] of = traceStarts();
        for (int r = of[t]; r < of[t + 1]; r++) {
          out[r >>> 6] |= 1L << r;
        }
      }
    }
    return out;
  }

  private long[] traceIds(int offset) {
    byte[] b = raw(BlockSection.TRACE_IDS, traces * 16L);
    int[] of = traceStarts();
    long[] out = new long[rows];
    for (int t = 0; t < traces; t++) {
      Arrays.fill(out, of[t], of[t + 1], bigEndian(b, t * 16 + offset));
    }
    return out;
  }

  @Override
  long[] spanId() {
    long[] known = spanId;
    if (known == null) {
      byte[] b = raw(BlockSection.SPAN_IDS, rows * 8L);
      known = new long[rows];
      for (int r = 0; r < rows; r++) {
        known[r] = bigEndian(b, r * 8);
      }
      spanId = known;
    }
    return known;
  }

  @Override
  long[] parentId() {
    long[] known = parentId;
    if (known == null) {
      known = references(BlockSection.PARENTS, BlockSection.PARENT_IDS, rows, null);
      parentId = known;
    }
    return known;
  }

  private long[] references(int section, int idSection, int n, int @Nullable [] rowOf) {
    long[] out = numbers(section, n);
    byte[] ids = sections.get(idSection);
    int length = sections.length(idSection);
    long[] spans = spanId();
    int at = 0;
    for (int i = 0; i < n; i++) {
      if (out[i] == 1) {
        if (at + 8 > length) {
          throw new DamageException("ids of spans outside of the block end early");
        }
        out[i] = bigEndian(ids, at);
        at += 8;
      } else if (out[i] != 0) {
        long z = out[i] - 2;
        long row = (rowOf == null ? i : rowOf[i]) + ((z >>> 1) ^ -(z & 1));
        if (row < 0 || row >= rows) {
          throw new DamageException("reference to row " + row + " of " + rows);
        }
        out[i] = spans[(int) row];
      }
    }
    return out;
  }

  @Override
  SpanBatch groups() {
    return groups.batch();
  }

  @Override
  TextTable groupTexts() {
    return groups.texts();
  }

  @Override
  int[] scope() {
    int[] known = scope;
    if (known == null) {
      known = ColumnReader.codes(sections.source(BlockSection.SCOPES), rows, groups().scopes.rows);
      scope = known;
    }
    return known;
  }

  @Override
  int[] kind() {
    int[] known = kind;
    if (known == null) {
      known = ints(BlockSection.KINDS, rows);
      kind = known;
    }
    return known;
  }

  @Override
  int[] status() {
    int[] known = status;
    if (known == null) {
      known = ints(BlockSection.STATUS, rows);
      status = known;
    }
    return known;
  }

  @Override
  Piece name() {
    return strings(BlockSection.NAMES, rows);
  }

  @Override
  Piece message() {
    return strings(BlockSection.MESSAGES, rows);
  }

  @Override
  Piece traceState() {
    return strings(BlockSection.STATES, rows);
  }

  private int[] starts(int section, int total) {
    int[] counts = ints(section, rows);
    int[] out = new int[rows + 1];
    for (int r = 0; r < rows; r++) {
      if (counts[r] < 0 || counts[r] > total - out[r]) {
        throw new DamageException("row " + r + " has " + counts[r] + " events or links");
      }
      out[r + 1] = out[r] + counts[r];
    }
    if (out[rows] != total) {
      throw new DamageException("rows have " + out[rows] + " events or links of " + total);
    }
    return out;
  }

  @Override
  int[] eventStarts() {
    int[] known = eventStarts;
    if (known == null) {
      known = starts(BlockSection.EVENT_COUNTS, events);
      eventStarts = known;
    }
    return known;
  }

  @Override
  Piece eventName() {
    return strings(BlockSection.EVENT_NAMES, events);
  }

  @Override
  long[] eventTime() {
    long[] out = numbers(BlockSection.EVENT_TIMES, events);
    int[] of = eventStarts();
    long[] starts = start();
    for (int r = 0; r < rows; r++) {
      for (int e = of[r]; e < of[r + 1]; e++) {
        out[e] += starts[r];
      }
    }
    return out;
  }

  @Override
  int[] linkStarts() {
    int[] known = linkStarts;
    if (known == null) {
      known = starts(BlockSection.LINK_COUNTS, links);
      linkStarts = known;
    }
    return known;
  }

  @Override
  long[] linkTraceHigh() {
    return linkTraces(0, traceHigh());
  }

  @Override
  long[] linkTraceLow() {
    return linkTraces(8, traceLow());
  }

  private long[] linkTraces(int offset, long[] own) {
    long[] out = numbers(BlockSection.LINK_TRACES, links);
    byte[] ids = sections.get(BlockSection.LINK_TRACE_IDS);
    int length = sections.length(BlockSection.LINK_TRACE_IDS);
    int[] of = linkStarts();
    int at = 0;
    for (int r = 0; r < rows; r++) {
      for (int l = of[r]; l < of[r + 1]; l++) {
        if (out[l] == 0) {
          out[l] = own[r];
        } else if (at + 16 <= length) {
          out[l] = bigEndian(ids, at + offset);
          at += 16;
        } else {
          throw new DamageException("trace ids of links end early");
        }
      }
    }
    return out;
  }

  @Override
  long[] linkSpanId() {
    int[] of = linkStarts();
    int[] rowOf = new int[links];
    for (int r = 0; r < rows; r++) {
      Arrays.fill(rowOf, of[r], of[r + 1], r);
    }
    return references(BlockSection.LINK_SPANS, BlockSection.LINK_SPAN_IDS, links, rowOf);
  }

  // ---- attributes

  /** Shapes of a block: elements of all shapes of an owner, one after the other. */
  private static final class ShapeList {
    String[] keys = {};
    byte[] types = {}; // of columns
    int[] counts = {};
    final int[][] starts = new int[OWNERS][]; // first element of each shape
    final int[][] elementKeys = new int[OWNERS][];
    final int[][] elementColumns = new int[OWNERS][];
    final int[] @Nullable [] rowShapes = new int[OWNERS][];
  }

  private ShapeList shapes() {
    ShapeList known = shapes;
    if (known != null) {
      return known;
    }
    byte[] list = ColumnReader.packed(sections.source(BlockSection.SHAPE_LIST));
    ByteSource in = new ByteSource(list);
    ShapeList out = new ShapeList();
    out.keys = new String[in.count()];
    for (int i = 0; i < out.keys.length; i++) {
      out.keys[i] = new String(in.sized(), StandardCharsets.UTF_8);
    }
    out.types = new byte[in.count()];
    out.counts = new int[out.types.length];
    for (int c = 0; c < out.types.length; c++) {
      out.types[c] = (byte) in.getByte();
      out.counts[c] = in.count(Integer.MAX_VALUE / 16);
    }
    for (int o = 0; o < OWNERS; o++) {
      int n = in.count();
      int[] starts = new int[n + 1];
      int[] keys = new int[16];
      int[] columns = new int[16];
      for (int s = 0; s < n; s++) {
        int length = in.count();
        starts[s + 1] = starts[s] + length;
        if (starts[s + 1] > keys.length) {
          keys = Arrays.copyOf(keys, Math.max(starts[s + 1], keys.length * 2));
          columns = Arrays.copyOf(columns, keys.length);
        }
        for (int e = starts[s]; e < starts[s + 1]; e++) {
          keys[e] = in.count(out.keys.length - 1L);
          columns[e] = in.count(out.types.length - 1L);
        }
      }
      out.starts[o] = starts;
      out.elementKeys[o] = keys;
      out.elementColumns[o] = columns;
    }
    shapes = out;
    return out;
  }

  private int rowsOf(int owner) {
    return owner == 0 ? rows : owner == 1 ? events : links;
  }

  private int[] rowShapes(ShapeList list, int owner) {
    int[] known = list.rowShapes[owner];
    if (known == null) {
      int section =
          owner == 0
              ? BlockSection.SHAPES
              : owner == 1 ? BlockSection.EVENT_SHAPES : BlockSection.LINK_SHAPES;
      int n = rowsOf(owner);
      known =
          n == 0
              ? new int[0]
              : ColumnReader.codes(sections.source(section), n, list.starts[owner].length - 1);
      list.rowShapes[owner] = known;
    }
    return known;
  }

  /** Values of a column. */
  private record Values(long[] bits, @Nullable TextTable texts) {}

  private Values column(ShapeList list, int c) {
    ByteSource in = sections.source(BlockSection.COLUMN + c);
    return switch (list.types[c]) {
      case SpanColumn.INT, SpanColumn.BOOL ->
          new Values(ColumnReader.numbers(in, list.counts[c]), null);
      case SpanColumn.DOUBLE -> new Values(ColumnReader.reals(in, list.counts[c]), null);
      case SpanColumn.STRING, SpanColumn.OTHER -> {
        ColumnReader.Strings s = ColumnReader.strings(in, list.counts[c]);
        yield new Values(s.codes(), s.texts());
      }
      default -> throw new DamageException("column " + c + " has type " + list.types[c]);
    };
  }

  @Override
  List<Piece> attributes(Owner owner, String key) {
    ShapeList list = shapes();
    int code = Arrays.asList(list.keys).indexOf(key);
    List<Piece> out = new ArrayList<>();
    if (code < 0) {
      return out;
    }
    int o = owner.ordinal();
    int[] starts = list.starts[o];
    int n = starts.length - 1;
    int[] columnOf = new int[n]; // of the first element with the key, or -1
    int[] place = new int[n]; // elements of the same column before it
    boolean[] wanted = new boolean[list.types.length];
    for (int s = 0; s < n; s++) {
      columnOf[s] = -1;
      for (int e = starts[s]; e < starts[s + 1] && columnOf[s] < 0; e++) {
        if (list.elementKeys[o][e] == code) {
          columnOf[s] = list.elementColumns[o][e];
          for (int before = starts[s]; before < e; before++) {
            place[s] += list.elementColumns[o][before] == columnOf[s] ? 1 : 0;
          }
          wanted[columnOf[s]] = true;
        }
      }
    }
    for (int c = 0; c < wanted.length; c++) {
      if (wanted[c]) {
        out.add(piece(list, o, c, columnOf, place));
      }
    }
    return out;
  }

  @Override
  @Nullable List<TextTable> allStrings(SpanField field) {
    if (field.scope() == SpanField.Scope.NAME) {
      return List.of(ColumnReader.dictionary(sections.source(BlockSection.NAMES), rows));
    }
    if (field.scope() != SpanField.Scope.SPAN_ATTRIBUTE) {
      return null;
    }
    ShapeList list = shapes();
    int key = Arrays.asList(list.keys).indexOf(field.name());
    int[] starts = list.starts[0];
    boolean[] of = new boolean[list.types.length]; // columns of the key
    boolean[] others = new boolean[list.types.length];
    for (int s = 0; s + 1 < starts.length; s++) {
      boolean first = true;
      for (int e = starts[s]; e < starts[s + 1]; e++) {
        boolean isKey = list.elementKeys[0][e] == key;
        (isKey && first ? of : others)[list.elementColumns[0][e]] = true;
        first &= !isKey;
      }
    }
    List<TextTable> out = new ArrayList<>();
    for (int c = 0; c < of.length; c++) {
      if (of[c] && (others[c] || c < BlockSection.SHARED || list.types[c] != SpanColumn.STRING)) {
        return null;
      }
      if (of[c]) {
        ByteSource in = sections.source(BlockSection.COLUMN + c);
        out.add(ColumnReader.dictionary(in, list.counts[c]));
      }
    }
    return out;
  }

  private Piece piece(ShapeList list, int owner, int c, int[] columnOf, int[] place) {
    int[] starts = list.starts[owner];
    int[] width = new int[columnOf.length]; // values of a row of the shape in the column
    boolean isSimple = true;
    for (int s = 0; s < width.length; s++) {
      for (int e = starts[s]; e < starts[s + 1]; e++) {
        width[s] += list.elementColumns[owner][e] == c ? 1 : 0;
      }
      isSimple &= width[s] == (columnOf[s] == c ? 1 : 0);
    }
    int[] shape = rowShapes(list, owner);
    int n = list.counts[c];
    // a shared column holds the values of spans, then of events, then of links
    int at = 0;
    for (int o = 0; o < owner; o++) {
      int[] other = new int[list.starts[o].length - 1];
      for (int s = 0; s < other.length; s++) {
        for (int e = list.starts[o][s]; e < list.starts[o][s + 1]; e++) {
          other[s] += list.elementColumns[o][e] == c ? 1 : 0;
        }
      }
      for (int s : rowShapes(list, o)) {
        at += other[s];
      }
    }
    isSimple &= at == 0;
    int[] rows = new int[n];
    int count = 0;
    int[] index = new int[n];
    for (int r = 0; r < shape.length; r++) {
      int s = shape[r];
      if (width[s] == 0) {
        continue;
      }
      if (at + width[s] > n) {
        throw new DamageException("column " + c + " has fewer values than rows refer to");
      }
      if (columnOf[s] == c) {
        rows[count] = r;
        index[count++] = at + place[s];
      }
      at += width[s];
    }
    Values v = column(list, c);
    long[] bits = v.bits;
    if (!isSimple) {
      bits = new long[count];
      for (int i = 0; i < count; i++) {
        bits[i] = v.bits[index[i]];
      }
    }
    int[] of = count == shape.length ? null : Arrays.copyOf(rows, count);
    return new Piece(list.types[c], count, of, null, bits, v.texts);
  }

  @Override
  public void keys(SortedSet<SpanField> to) {
    ShapeList list = shapes();
    SpanField.Scope[] scopes = {
      SpanField.Scope.SPAN_ATTRIBUTE,
      SpanField.Scope.EVENT_ATTRIBUTE,
      SpanField.Scope.LINK_ATTRIBUTE
    };
    for (int o = 0; o < OWNERS; o++) {
      int end = list.starts[o][list.starts[o].length - 1];
      boolean[] seen = new boolean[list.keys.length];
      for (int e = 0; e < end; e++) {
        if (!seen[list.elementKeys[o][e]]) {
          seen[list.elementKeys[o][e]] = true;
          to.add(new SpanField(scopes[o], list.keys[list.elementKeys[o][e]]));
        }
      }
    }
    groupKeys(to);
  }

  // ---- rows as a batch

  @Override
  public void copyTrace(
      long high,
      long low,
      long from,
      long to,
      long @Nullable [] hidden,
      SpanBatch target,
      SpanCopier.Groups of) {
    byte[] ids = raw(BlockSection.TRACE_IDS, traces * 16L);
    for (int t = 0; t < traces; t++) {
      if (bigEndian(ids, t * 16 + 8) != low || bigEndian(ids, t * 16) != high) {
        continue;
      }
      int[] starts = traceStarts();
      SpanBatch rowsOf = new BlockRows(this, starts[t], starts[t + 1]).batch();
      SpanCopier copier = new SpanCopier(rowsOf, target, of);
      for (int r = starts[t]; r < starts[t + 1]; r++) {
        boolean visible = hidden == null || (hidden[r >>> 6] >>> r & 1) == 0;
        if (visible && start()[r] >= from && start()[r] < to) {
          copier.copy(r);
        }
      }
    }
  }

  /** All rows, with the scopes and resources of the part. */
  public SpanBatch batch() {
    return new BlockRows(this, 0, rows).batch();
  }

  // for BlockRows

  int[] shapesOf(int owner) {
    return rowShapes(shapes(), owner);
  }

  int shapeCount(int owner) {
    return shapes().starts[owner].length - 1;
  }

  int shapeStart(int owner, int shape) {
    return shapes().starts[owner][shape];
  }

  int elementColumn(int owner, int element) {
    return shapes().elementColumns[owner][element];
  }

  String elementKey(int owner, int element) {
    return shapes().keys[shapes().elementKeys[owner][element]];
  }

  int columns() {
    return shapes().types.length;
  }

  byte columnType(int c) {
    return shapes().types[c];
  }

  long[] end() {
    long[] out = numbers(BlockSection.ENDS, rows);
    long[] starts = start();
    for (int r = 0; r < rows; r++) {
      out[r] += starts[r];
    }
    return out;
  }

  Piece text(int section, int n) {
    return strings(section, n);
  }

  int events() {
    return events;
  }

  int links() {
    return links;
  }

  /** Values of a column; strings are null if it has none. */
  Piece columnValues(int c) {
    ShapeList list = shapes();
    if (list.counts[c] == 0) {
      return new Piece(list.types[c], 0, null, null, new long[0], null);
    }
    Values v = column(list, c);
    return new Piece(list.types[c], list.counts[c], null, null, v.bits, v.texts);
  }
}
