package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.traces.block.BlockSource.Derived;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Open block, see {@link BlockSection}; columns are decoded on first use. Methods throw {@link
 * CorruptionException} if data is damaged. Not thread-safe.
 */
public final class SpanBlock extends SpanChunk {
  /** Parent index of a root span. */
  static final int ROOT = -1;

  /** Parent that is not in the block. */
  static final int OUTSIDE = -2;

  private final BlockSource source;
  private final BlockAttributes attributes;
  private final PartGroups groups;
  private final int rows;
  private final int traces;
  private final int events;
  private final int links;

  /**
   * @param groups scopes and resources of the part
   * @param kept columns that were decoded before
   * @throws CorruptionException if the header is damaged; the methods throw it if the data they
   *     need is damaged
   */
  public SpanBlock(MemorySegment block, PartGroups groups, DecodedColumns kept) {
    this(block, groups, kept, false);
  }

  /**
   * Opens a damaged block: fields in damaged sections are empty, attributes, events and links in
   * them absent.
   *
   * @throws CorruptionException if no span is readable
   */
  public static SpanBlock readable(MemorySegment block, PartGroups groups) {
    return new SpanBlock(block, groups, DecodedColumns.none(), true);
  }

  private SpanBlock(MemorySegment block, PartGroups groups, DecodedColumns kept, boolean damaged) {
    this.groups = groups;
    source = new BlockSource(block, kept, damaged);
    attributes = new BlockAttributes(source);
    rows = source.rows;
    traces = source.traces;
    events = source.events;
    links = source.links;
  }

  /** Fields that all spans of a damaged block lack; empty for others. */
  public String missing() {
    return source.missing();
  }

  /** Releases the memory of the file's sections; decoded columns stay. */
  public void release() {
    source.release();
  }

  @Override
  public int rows() {
    return rows;
  }

  /** Returns the first row of each trace and the end of the last. */
  int[] traceStarts() {
    return source.intsOf(Derived.TRACE_STARTS, this::decodeTraceStarts);
  }

  private int[] decodeTraceStarts() {
    int[] counts = source.decodeInts(BlockSection.TRACE_ROWS, traces);
    int[] out = new int[traces + 1];
    for (int t = 0; t < traces; t++) {
      if (counts[t] < 1 || counts[t] > rows - out[t]) {
        throw new CorruptionException("trace " + t + " has " + counts[t] + " rows");
      }
      out[t + 1] = out[t] + counts[t];
    }
    if (out[traces] != rows) {
      throw new CorruptionException("traces have " + out[traces] + " rows of " + rows);
    }
    return out;
  }

  /** Returns the number of the trace of each row. */
  int[] rowTraces() {
    return source.intsOf(
        Derived.ROW_TRACES,
        () -> {
          int[] of = traceStarts();
          int[] out = new int[rows];
          for (int t = 0; t < traces; t++) {
            Arrays.fill(out, of[t], of[t + 1], t);
          }
          return out;
        });
  }

  @Override
  public long[] start() {
    return source.longsOf(Derived.START, this::decodeStart);
  }

  private long[] decodeStart() {
    int[] of = traceStarts();
    long[] firsts = source.decodeNumbers(BlockSection.TRACE_STARTS, traces);
    long[] deltas = source.decodeNumbers(BlockSection.STARTS, rows - traces);
    long[] out = new long[rows];
    long first = 0;
    int at = 0;
    for (int t = 0; t < traces; t++) {
      first += firsts[t];
      long time = first;
      out[of[t]] = time;
      for (int r = of[t] + 1; r < of[t + 1]; r++) {
        time += deltas[at++];
        out[r] = time;
      }
    }
    return out;
  }

  @Override
  long[] duration() {
    return source.longsOf(
        Derived.DURATION,
        () -> {
          long[] out = source.decodeNumbers(BlockSection.ENDS, rows);
          for (int r = 0; r < rows; r++) {
            out[r] = Math.max(0, out[r]);
          }
          return out;
        });
  }

  /** Returns the first or last halves of the ids of traces. */
  private long[] traceIds(boolean low) {
    return source.longsOf(
        low ? Derived.TRACE_LOW : Derived.TRACE_HIGH,
        () -> {
          byte[] b = source.raw(BlockSection.TRACE_IDS, traces * 16L);
          long[] out = new long[traces];
          for (int t = 0; t < traces; t++) {
            out[t] = BlockSource.bigEndian(b, t * 16 + (low ? 8 : 0));
          }
          return out;
        });
  }

  /** Returns the first halves of the ids by number of the trace. */
  long[] idsHigh() {
    return traceIds(false);
  }

  /** Returns the last halves of the ids by number of the trace. */
  long[] idsLow() {
    return traceIds(true);
  }

  @Override
  long[] traceHigh() {
    return ofRows(idsHigh());
  }

  @Override
  long[] traceLow() {
    return ofRows(idsLow());
  }

  private long[] ofRows(long[] ids) {
    int[] of = traceStarts();
    long[] out = new long[rows];
    for (int t = 0; t < traces; t++) {
      Arrays.fill(out, of[t], of[t + 1], ids[t]);
    }
    return out;
  }

  @Override
  void traceIds(int[] selected, int from, int n, long[] high, long[] low) {
    int[] trace = rowTraces();
    long[] h = idsHigh();
    long[] l = idsLow();
    int first = selected[from];
    if (selected[from + n - 1] - first == n - 1) { // rows that follow one another
      int[] of = traceStarts();
      for (int t = trace[first], i = 0; i < n; t++) {
        int end = Math.min(n, of[t + 1] - first);
        Arrays.fill(high, i, end, h[t]);
        Arrays.fill(low, i, end, l[t]);
        i = end;
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      int t = trace[selected[from + i]];
      high[i] = h[t];
      low[i] = l[t];
    }
  }

  /** Tests ids by trace; rows are read only if there is one. */
  @Override
  long[] ofTraces(TraceIds ids) {
    long[] high = idsHigh();
    long[] low = idsLow();
    long[] out = new long[rows + 63 >>> 6];
    for (int t = 0; t < traces; t++) {
      if (ids.contains(high[t], low[t])) {
        int[] of = traceStarts();
        for (int r = of[t]; r < of[t + 1]; r++) {
          out[r >>> 6] |= 1L << r;
        }
      }
    }
    return out;
  }

  @Override
  long[] spanId() {
    return source.longsOf(
        Derived.SPAN_ID,
        () -> {
          byte[] b = source.raw(BlockSection.SPAN_IDS, rows * 8L);
          long[] out = new long[rows];
          for (int r = 0; r < rows; r++) {
            out[r] = BlockSource.bigEndian(b, r * 8);
          }
          return out;
        });
  }

  /** Returns the row of the parent of each row, {@link #ROOT} or {@link #OUTSIDE}. */
  int[] parentRow() {
    return source.intsOf(
        Derived.PARENT_ROW,
        () -> {
          long[] numbers = source.decodeNumbers(BlockSection.PARENTS, rows);
          int[] out = new int[rows];
          for (int r = 0; r < rows; r++) {
            out[r] = referred(numbers[r], r);
          }
          return out;
        });
  }

  /** Returns the row referenced by a number of {@link BlockSection}. */
  private int referred(long number, int row) {
    if (number == 0) {
      return ROOT;
    }
    if (number == 1) {
      return OUTSIDE;
    }
    long z = number - 2;
    long to = row + ((z >>> 1) ^ -(z & 1));
    if (to < 0 || to >= rows) {
      throw new CorruptionException("reference to row " + to + " of " + rows);
    }
    return (int) to;
  }

  @Override
  long[] parentId() {
    return source.longsOf(
        Derived.PARENT_ID, () -> references(parentRow(), BlockSection.PARENT_IDS));
  }

  private long[] references(int[] to, int idSection) {
    long[] out = new long[to.length];
    byte[] ids = source.bytes(idSection);
    int length = source.length(idSection);
    long[] spans = spanId();
    int at = 0;
    for (int i = 0; i < out.length; i++) {
      if (to[i] >= 0) {
        out[i] = spans[to[i]];
      } else if (to[i] == OUTSIDE) {
        if (at + 8 > length) {
          throw new CorruptionException("ids of spans outside of the block end early");
        }
        out[i] = BlockSource.bigEndian(ids, at);
        at += 8;
      }
    }
    return out;
  }

  @Override
  long[] roots() {
    int[] parents = parentRow();
    long[] out = new long[rows + 63 >>> 6];
    for (int w = 0; w < out.length; w++) {
      long bits = 0;
      int end = Math.min(64, rows - (w << 6));
      for (int i = 0; i < end; i++) {
        bits |= parents[(w << 6) + i] == ROOT ? 1L << i : 0;
      }
      out[w] = bits;
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
    return source.codes(BlockSection.SCOPES, rows, groups().scopes.rows);
  }

  @Override
  long[] usedScopes() {
    return source.longsOf(Derived.USED_SCOPES, super::usedScopes);
  }

  @Override
  int[] kind() {
    return source.decodeInts(BlockSection.KINDS, rows);
  }

  @Override
  int[] status() {
    return source.decodeInts(BlockSection.STATUS, rows);
  }

  @Override
  Piece name() {
    return source.strings(BlockSection.NAMES, rows);
  }

  @Override
  Piece message() {
    return source.strings(BlockSection.MESSAGES, rows);
  }

  @Override
  Piece traceState() {
    return source.strings(BlockSection.STATES, rows);
  }

  private int[] starts(Derived key, int section, int total) {
    return source.intsOf(
        key,
        () -> {
          int[] counts = source.decodeInts(section, rows);
          int[] out = new int[rows + 1];
          for (int r = 0; r < rows; r++) {
            if (counts[r] < 0 || counts[r] > total - out[r]) {
              throw new CorruptionException("row " + r + " has " + counts[r] + " events or links");
            }
            out[r + 1] = out[r] + counts[r];
          }
          if (out[rows] != total) {
            throw new CorruptionException(
                "rows have " + out[rows] + " events or links of " + total);
          }
          return out;
        });
  }

  @Override
  int[] eventStarts() {
    return starts(Derived.EVENT_STARTS, BlockSection.EVENT_COUNTS, events);
  }

  @Override
  Piece eventName() {
    return source.strings(BlockSection.EVENT_NAMES, events);
  }

  @Override
  long[] eventTime() {
    long[] out = source.decodeNumbers(BlockSection.EVENT_TIMES, events);
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
    return starts(Derived.LINK_STARTS, BlockSection.LINK_COUNTS, links);
  }

  @Override
  long[] linkTraceHigh() {
    return linkTraces(false);
  }

  @Override
  long[] linkTraceLow() {
    return linkTraces(true);
  }

  private long[] linkTraces(boolean low) {
    long[] out = source.decodeNumbers(BlockSection.LINK_TRACES, links);
    if (links == 0) {
      return out;
    }
    int offset = low ? 8 : 0;
    long[] own = low ? traceLow() : traceHigh();
    byte[] ids = source.bytes(BlockSection.LINK_TRACE_IDS);
    int length = source.length(BlockSection.LINK_TRACE_IDS);
    int[] of = linkStarts();
    int at = 0;
    for (int r = 0; r < rows; r++) {
      for (int l = of[r]; l < of[r + 1]; l++) {
        if (out[l] == 0) {
          out[l] = own[r];
        } else if (at + 16 <= length) {
          out[l] = BlockSource.bigEndian(ids, at + offset);
          at += 16;
        } else {
          throw new CorruptionException("trace ids of links end early");
        }
      }
    }
    return out;
  }

  @Override
  long[] linkSpanId() {
    int[] of = linkStarts();
    long[] numbers = source.decodeNumbers(BlockSection.LINK_SPANS, links);
    int[] to = new int[links];
    for (int r = 0; r < rows; r++) {
      for (int l = of[r]; l < of[r + 1]; l++) {
        to[l] = referred(numbers[l], r);
      }
    }
    return references(to, BlockSection.LINK_SPAN_IDS);
  }

  @Override
  List<Piece> attributes(Owner owner, String key) {
    return attributes.pieces(owner.ordinal(), key);
  }

  @Override
  @Nullable List<TextTable> allStrings(SpanField field) {
    return switch (field.scope()) {
      case NAME -> List.of(source.dictionary(BlockSection.NAMES, rows));
      case SPAN_ATTRIBUTE -> attributes.allStrings(field.name());
      default -> null;
    };
  }

  @Override
  public void keys(SortedSet<SpanField> to) {
    attributes.keys(to);
    groupKeys(to);
  }

  /** Values of a field, kept unless each row has a different string. */
  @Override
  List<Piece> read(SpanField f) {
    return switch (f.scope()) {
      case TRACE_ID, SPAN_ID, PARENT_ID, LINK_TRACE_ID, LINK_SPAN_ID -> super.read(f);
      case START, DURATION -> super.read(f); // its column is kept
      default -> source.piecesOf(f, () -> super.read(f));
    };
  }

  /** Mask of the traces in which spans have the same id; the block refers to the first of them. */
  long[] ambiguous() {
    return source.longsOf(
        Derived.AMBIGUOUS,
        () -> {
          int[] of = traceStarts();
          long[] spans = spanId();
          long[] out = new long[traces + 63 >>> 6];
          for (int t = 0; t < traces; t++) {
            if (of[t + 1] - of[t] > 1 && hasEqual(Arrays.copyOfRange(spans, of[t], of[t + 1]))) {
              out[t >>> 6] |= 1L << t;
            }
          }
          return out;
        });
  }

  private static boolean hasEqual(long[] ids) {
    Arrays.sort(ids);
    for (int i = 1; i < ids.length; i++) {
      if (ids[i] == ids[i - 1]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Summaries of all traces, which are kept.
   *
   * @param compute false to return null unless they were kept before
   */
  public @Nullable TraceSummaries summaries(boolean compute) {
    TraceSummaries known = source.keptSummaries();
    if (known != null || !compute) {
      return known;
    }
    TraceSummaries out = new TraceSummaries();
    new ChunkScan(this).rows(BatchChunk.all(rows), TraceSummaries.NEEDS, out::add);
    source.keepSummaries(out);
    return out;
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
    byte[] ids = source.raw(BlockSection.TRACE_IDS, traces * 16L);
    for (int t = 0; t < traces; t++) {
      if (BlockSource.bigEndian(ids, t * 16 + 8) != low
          || BlockSource.bigEndian(ids, t * 16) != high) {
        continue;
      }
      int[] starts = traceStarts();
      SpanBatch rowsOf = new BlockRows(this, starts[t], starts[t + 1]).batch();
      SpanCopier copier = new SpanCopier(rowsOf, target, of);
      for (int r = starts[t]; r < starts[t + 1]; r++) {
        boolean visible = hidden == null || (hidden[r >>> 6] >>> r & 1) == 0;
        if (visible && rowsOf.start[r] >= from && rowsOf.start[r] < to) {
          copier.copy(r);
        }
      }
    }
  }

  /** Batch of all rows, with the scopes and resources of the part. */
  public SpanBatch batch() {
    return new BlockRows(this, 0, rows).batch();
  }

  // for BlockRows

  int[] shapesOf(int owner) {
    return source.rowShapes(owner);
  }

  BlockShapes shapes() {
    return source.shapes();
  }

  long[] end() {
    long[] out = source.decodeNumbers(BlockSection.ENDS, rows);
    long[] starts = start();
    for (int r = 0; r < rows; r++) {
      out[r] += starts[r];
    }
    return out;
  }

  Piece text(int section, int n) {
    return source.strings(section, n);
  }

  int events() {
    return events;
  }

  int links() {
    return links;
  }

  /** Values of a column; strings are null if it has none. */
  Piece columnValues(int c) {
    return source.column(c);
  }
}
