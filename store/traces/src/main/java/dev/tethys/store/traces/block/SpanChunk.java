package dev.tethys.store.traces.block;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.ValueBytes;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Spans of a head or of a block as columns, each read at its first use. Safe not thread-safe. */
public abstract class SpanChunk {
  /** Kind of message that attributes belong to. */
  enum Owner {
    SPAN,
    EVENT,
    LINK
  }

  private final Map<SpanField, List<Piece>> fields = new HashMap<>();
  private int @Nullable [] eventRows;
  private int @Nullable [] linkRows;

  /** Returns the number of spans. */
  public abstract int rows();

  /** Returns start times in Unix nanoseconds. */
  public abstract long[] start();

  /** Returns durations in nanoseconds; 0 if the end is before the start. */
  abstract long[] duration();

  abstract long[] traceHigh();

  abstract long[] traceLow();

  /** Mask of the rows of some traces. */
  long[] ofTraces(TraceIds ids) {
    long[] high = traceHigh();
    long[] low = traceLow();
    long[] out = new long[rows() + 63 >>> 6];
    boolean isOne = false;
    for (int r = 0; r < rows(); r++) {
      if (r == 0 || low[r] != low[r - 1] || high[r] != high[r - 1]) {
        isOne = ids.contains(high[r], low[r]);
      }
      out[r >>> 6] |= isOne ? 1L << r : 0;
    }
    return out;
  }

  /**
   * Sets the trace ids of rows.
   *
   * @param rows rows, of which those from {@code from} are read
   */
  void traceIds(int[] rows, int from, int n, long[] high, long[] low) {
    long[] h = traceHigh();
    long[] l = traceLow();
    for (int i = 0; i < n; i++) {
      high[i] = h[rows[from + i]];
      low[i] = l[rows[from + i]];
    }
  }

  abstract long[] spanId();

  abstract long[] parentId();

  /** Mask of the rows without a parent. */
  long[] roots() {
    long[] parents = parentId();
    long[] out = new long[rows() + 63 >>> 6];
    for (int r = 0; r < rows(); r++) {
      out[r >>> 6] |= parents[r] == 0 ? 1L << r : 0;
    }
    return out;
  }

  /** Scopes and resources. */
  abstract SpanBatch groups();

  /** Returns the index of the scope of each span. */
  abstract int[] scope();

  abstract int[] kind();

  abstract int[] status();

  abstract Piece name();

  abstract Piece message();

  abstract Piece traceState();

  /** Returns the first event of each span and the end of the last. */
  abstract int[] eventStarts();

  /** Returns the names, one for each event; rows are events. */
  abstract Piece eventName();

  /** Returns event times in Unix nanoseconds. */
  abstract long[] eventTime();

  /** Returns the first link of each span and the end of the last. */
  abstract int[] linkStarts();

  abstract long[] linkTraceHigh();

  abstract long[] linkTraceLow();

  abstract long[] linkSpanId();

  /** Returns the first values of a key, by type; rows are those of the owner. */
  abstract List<Piece> attributes(Owner owner, String key);

  /** Adds the attribute keys. */
  public abstract void keys(SortedSet<SpanField> to);

  /** Adds the scope and resource keys of the scopes that occur. */
  final void groupKeys(SortedSet<SpanField> to) {
    SpanBatch g = groups();
    long[] scopes = usedScopes();
    boolean[] ofScopes = new boolean[g.shapes.count()];
    boolean[] ofResources = new boolean[ofScopes.length];
    for (int s = 0; s < g.scopes.rows; s++) {
      if ((scopes[s >>> 6] >>> s & 1) != 0) {
        ofScopes[g.scopes.shapes[s]] = true;
        ofResources[g.resources.shapes[g.scopeResource[s]]] = true;
      }
    }
    for (int shape = 0; shape < ofScopes.length; shape++) {
      if (ofScopes[shape]) {
        shapeKeys(g, shape, SpanField.Scope.SCOPE_ATTRIBUTE, to);
      }
      if (ofResources[shape]) {
        shapeKeys(g, shape, SpanField.Scope.RESOURCE_ATTRIBUTE, to);
      }
    }
  }

  /** Mask of the scopes that rows have. */
  long[] usedScopes() {
    long[] out = new long[groups().scopes.rows + 63 >>> 6];
    int[] scope = scope();
    for (int r = 0; r < rows(); r++) {
      out[scope[r] >>> 6] |= 1L << scope[r];
    }
    return out;
  }

  static void shapeKeys(SpanBatch b, int shape, SpanField.Scope of, SortedSet<SpanField> to) {
    for (int e = b.shapes.start(shape); e < b.shapes.end(shape); e++) {
      to.add(new SpanField(of, b.texts.get(b.shapes.elements()[e] >>> 3)));
    }
  }

  /** The complete set of values of a field; null if unknown without rows. */
  @Nullable List<TextTable> allStrings(SpanField field) {
    return null;
  }

  /** Adds the spans of a trace to a batch. */
  public abstract void copyTrace(
      long high,
      long low,
      long from,
      long to,
      long @Nullable [] hidden,
      SpanBatch target,
      SpanCopier.Groups groups);

  // ---- fields

  /** Values of a field for all rows. */
  final List<Piece> field(SpanField f) {
    List<Piece> known = fields.get(f);
    if (known == null) {
      known = read(f);
      fields.put(f, known);
    }
    return known;
  }

  /** Values of a field, with the values of arrays in their place. */
  List<Piece> read(SpanField f) {
    return expandArrays(decode(f));
  }

  private List<Piece> decode(SpanField f) {
    return switch (f.scope()) {
      case SPAN_ATTRIBUTE -> attributes(Owner.SPAN, f.name());
      case RESOURCE_ATTRIBUTE -> ofGroups(f.name(), true);
      case SCOPE_ATTRIBUTE -> ofGroups(f.name(), false);
      case ANY_ATTRIBUTE -> any(f.name());
      case EVENT_ATTRIBUTE -> ofRows(attributes(Owner.EVENT, f.name()), eventRows());
      case LINK_ATTRIBUTE -> ofRows(attributes(Owner.LINK, f.name()), linkRows());
      case NAME -> List.of(name());
      case STATUS -> List.of(numbers(status()));
      case STATUS_MESSAGE -> List.of(present(message()));
      case KIND -> List.of(numbers(kind()));
      case DURATION -> List.of(numbers(duration(), null));
      case START -> List.of(numbers(start(), null));
      case TRACE_ID -> List.of(ids(traceHigh(), traceLow(), rows(), null, false));
      case SPAN_ID -> List.of(ids(null, spanId(), rows(), null, false));
      case PARENT_ID -> List.of(ids(null, parentId(), rows(), null, true));
      case TRACE_STATE -> List.of(present(traceState()));
      case EVENT_NAME -> ofRows(List.of(eventName()), eventRows());
      case EVENT_TIME -> List.of(eventTimes());
      case LINK_TRACE_ID ->
          List.of(ids(linkTraceHigh(), linkTraceLow(), linkRows().length, linkRows(), false));
      case LINK_SPAN_ID -> List.of(ids(null, linkSpanId(), linkRows().length, linkRows(), false));
      case SCOPE_NAME -> List.of(ofScopes(groups().scopeName));
      case SCOPE_VERSION -> List.of(ofScopes(groups().scopeVersion));
    };
  }

  private int[] eventRows() {
    int[] known = eventRows;
    if (known == null) {
      known = rowsOf(eventStarts(), rows());
      eventRows = known;
    }
    return known;
  }

  private int[] linkRows() {
    int[] known = linkRows;
    if (known == null) {
      known = rowsOf(linkStarts(), rows());
      linkRows = known;
    }
    return known;
  }

  private static int[] rowsOf(int[] starts, int rows) {
    int[] out = new int[starts[rows]];
    for (int r = 0; r < rows; r++) {
      for (int i = starts[r]; i < starts[r + 1]; i++) {
        out[i] = r;
      }
    }
    return out;
  }

  /** Pieces of events or links as pieces of spans. */
  private static List<Piece> ofRows(List<Piece> of, int[] rows) {
    List<Piece> out = new ArrayList<>();
    for (Piece p : of) {
      int[] places = new int[p.count()];
      int[] spans = new int[p.count()];
      for (int i = 0; i < p.count(); i++) {
        places[i] = p.row(i);
        spans[i] = rows[places[i]];
      }
      out.add(p.at(spans, places));
    }
    return out;
  }

  private Piece numbers(int[] values) {
    long[] bits = new long[rows()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = values[i];
    }
    return numbers(bits, null);
  }

  private Piece numbers(long[] bits, int @Nullable [] rows) {
    int n = rows == null ? rows() : rows.length;
    return new Piece(SpanColumn.INT, n, rows, rows == null ? null : identity(n), bits, null);
  }

  private static int[] identity(int n) {
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      out[i] = i;
    }
    return out;
  }

  /** Piece without empty strings. */
  private static Piece present(Piece p) {
    TextTable texts = p.texts();
    if (texts == null) {
      return p;
    }
    int n = 0;
    int[] rows = new int[p.count()];
    long[] bits = new long[p.count()];
    for (int i = 0; i < p.count(); i++) {
      if (texts.length((int) p.bits()[i]) > 0) {
        rows[n] = p.row(i);
        bits[n++] = p.bits()[i];
      }
    }
    return new Piece(p.type(), n, java.util.Arrays.copyOf(rows, n), null, bits, texts);
  }

  private Piece eventTimes() {
    int[] rows = eventRows();
    long[] time = eventTime();
    long[] start = start();
    long[] bits = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      bits[i] = time[i] - start[rows[i]];
    }
    return numbers(bits, rows);
  }

  /** Ids as strings of hexadecimal digits. */
  private static Piece ids(
      long @Nullable [] high, long[] low, int n, int @Nullable [] rowsOf, boolean skipZero) {
    int each = high == null ? 16 : 32;
    byte[] bytes = new byte[Math.multiplyExact(n, each)];
    int[] starts = new int[n + 1];
    int[] rows = new int[n];
    long[] bits = new long[n];
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (skipZero && low[i] == 0) {
        continue;
      }
      int at = starts[count];
      if (high != null) {
        hex(high[i], bytes, at);
        at += 16;
      }
      hex(low[i], bytes, at);
      rows[count] = rowsOf == null ? i : rowsOf[i];
      bits[count] = count;
      count++;
      starts[count] = at + 16;
    }
    return new Piece(
        SpanColumn.STRING,
        count,
        java.util.Arrays.copyOf(rows, count),
        rowsOf == null ? null : identity(count),
        bits,
        new TextTable(bytes, java.util.Arrays.copyOf(starts, count + 1)));
  }

  private static void hex(long v, byte[] to, int at) {
    for (int i = 0; i < 16; i++) {
      int digit = (int) (v >>> 60 - 4 * i) & 15;
      to[at + i] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
  }

  private Piece ofScopes(int[] codes) {
    int[] scope = scope();
    long[] bits = new long[rows()];
    for (int r = 0; r < bits.length; r++) {
      bits[r] = codes[scope[r]];
    }
    return present(new Piece(SpanColumn.STRING, bits.length, null, null, bits, groupTexts()));
  }

  /** Strings of {@link #groups}. */
  abstract TextTable groupTexts();

  /** Attributes of resources or scopes, spread over the rows. */
  private List<Piece> ofGroups(String key, boolean resources) {
    SpanBatch g = groups();
    int code = g.texts.find(key);
    return code < 0 ? List.of() : ofGroups(code, resources, scope(), rows());
  }

  /** Values of a field of resources or scopes, with scopes as rows; null for other fields. */
  final @Nullable List<Piece> groupField(SpanField f) {
    boolean resources = f.scope() == SpanField.Scope.RESOURCE_ATTRIBUTE;
    if (!resources && f.scope() != SpanField.Scope.SCOPE_ATTRIBUTE) {
      return null;
    }
    int code = groups().texts.find(f.name());
    int n = groups().scopes.rows;
    return code < 0 ? List.of() : expandArrays(ofGroups(code, resources, identity(n), n));
  }

  private List<Piece> ofGroups(int code, boolean resources, int[] scope, int n) {
    SpanBatch g = groups();
    AttributeRows of = resources ? g.resources : g.scopes;
    byte[] types = new byte[g.scopes.rows];
    long[] values = new long[types.length];
    int seen = 0;
    for (int s = 0; s < types.length; s++) {
      int row = resources ? g.scopeResource[s] : s;
      int place = g.shapes.indexOf(of.shapes[row], code);
      if (place >= 0) {
        types[s] = (byte) (g.shapes.elements()[g.shapes.start(of.shapes[row]) + place] & 7);
        values[s] = of.values[of.starts[row] + place];
        seen |= 1 << types[s];
      } else {
        seen |= 1;
      }
    }
    List<Piece> out = new ArrayList<>();
    for (byte type = SpanColumn.STRING; type <= SpanColumn.OTHER; type++) {
      if ((seen & 1 << type) == 0) {
        continue;
      }
      TextTable texts = type == SpanColumn.STRING || type == SpanColumn.OTHER ? groupTexts() : null;
      if (seen == 1 << type) {
        long[] bits = new long[n];
        for (int r = 0; r < n; r++) {
          bits[r] = values[scope[r]];
        }
        out.add(new Piece(type, n, null, null, bits, texts));
        continue;
      }
      int[] rows = new int[n];
      long[] bits = new long[n];
      int count = 0;
      for (int r = 0; r < n; r++) {
        if (types[scope[r]] == type) {
          rows[count] = r;
          bits[count++] = values[scope[r]];
        }
      }
      out.add(new Piece(type, count, java.util.Arrays.copyOf(rows, count), null, bits, texts));
    }
    return out;
  }

  private List<Piece> any(String key) {
    List<Piece> own = attributes(Owner.SPAN, key);
    List<Piece> out = new ArrayList<>(own);
    List<Piece> resource = ofGroups(key, true);
    if (own.isEmpty()) {
      return resource;
    }
    if (!resource.isEmpty()) {
      long[] has = new long[rows() + 63 >>> 6];
      for (Piece p : own) {
        for (int i = 0; i < p.count(); i++) {
          int r = p.row(i);
          has[r >>> 6] |= 1L << r;
        }
      }
      for (Piece p : resource) {
        out.add(p.where(has, false));
      }
    }
    return out;
  }

  /** Replaces arrays by their values and removes empty values. */
  private static List<Piece> expandArrays(List<Piece> pieces) {
    boolean any = false;
    for (Piece p : pieces) {
      any |= p.type() == SpanColumn.OTHER;
    }
    return any ? new Arrays(pieces).expand() : pieces;
  }

  /** Values of arrays in pieces by type. */
  private static final class Arrays {
    private static final int TYPES = 6;

    private final List<Piece> pieces;
    private final int[][] rows = new int[TYPES][16];
    private final int[][] orders = new int[TYPES][16];
    private final long[][] bits = new long[TYPES][16];
    private final int[] counts = new int[TYPES];
    private final ByteSink text = new ByteSink();
    private int[] textStarts = new int[16];
    private int texts;

    Arrays(List<Piece> pieces) {
      this.pieces = pieces;
    }

    List<Piece> expand() {
      // the order of a value: place of its piece's value, then place in its array
      List<long[]> entries = new ArrayList<>(); // place, piece, index
      for (int p = 0; p < pieces.size(); p++) {
        Piece piece = pieces.get(p);
        int[] order = piece.order();
        for (int i = 0; i < piece.count(); i++) {
          entries.add(new long[] {order == null ? piece.row(i) : order[i], p, i});
        }
      }
      entries.sort((a, b) -> Long.compare(a[0], b[0]));
      int place = 0;
      for (long[] e : entries) {
        Piece p = pieces.get((int) e[1]);
        int i = (int) e[2];
        TextTable t = p.texts();
        int row = p.row(i);
        if (p.type() == SpanColumn.STRING && t != null) {
          addText(row, place++, t.bytes, t.starts[(int) p.bits()[i]], t.length((int) p.bits()[i]));
        } else if (p.type() != SpanColumn.OTHER || t == null) {
          add(p.type(), row, place++, p.bits()[i]);
        } else {
          Object v = decode(t, (int) p.bits()[i]);
          if (v instanceof ArrayValue a) {
            for (int k = 0; k < a.size(); k++) {
              place += value(a.get(k), row, place);
            }
          } else {
            place += value(v, row, place);
          }
        }
      }
      List<Piece> out = new ArrayList<>();
      TextTable table =
          new TextTable(text.toArray(), java.util.Arrays.copyOf(textStarts, texts + 1));
      for (byte type = 1; type < TYPES; type++) {
        if (counts[type] > 0) {
          out.add(
              new Piece(
                  type,
                  counts[type],
                  rows[type],
                  orders[type],
                  bits[type],
                  type == SpanColumn.STRING ? table : null));
        }
      }
      return out;
    }

    private int value(@Nullable Object v, int row, int place) {
      switch (v) {
        case null -> {
          return 0;
        }
        case String s -> {
          byte[] b = s.getBytes(java.nio.charset.StandardCharsets.UTF_8);
          addText(row, place, b, 0, b.length);
        }
        case Long n -> add(SpanColumn.INT, row, place, n);
        case Double d -> add(SpanColumn.DOUBLE, row, place, Double.doubleToRawLongBits(d));
        case Boolean b -> add(SpanColumn.BOOL, row, place, b ? 1 : 0);
        default -> add(SpanColumn.OTHER, row, place, 0);
      }
      return 1;
    }

    private void addText(int row, int place, byte[] b, int offset, int length) {
      text.put(b, offset, length);
      if (texts + 1 == textStarts.length) {
        textStarts = java.util.Arrays.copyOf(textStarts, textStarts.length * 2);
      }
      add(SpanColumn.STRING, row, place, texts++);
      textStarts[texts] = text.size;
    }

    private void add(byte type, int row, int place, long value) {
      int n = counts[type];
      if (n == bits[type].length) {
        rows[type] = java.util.Arrays.copyOf(rows[type], n * 2);
        orders[type] = java.util.Arrays.copyOf(orders[type], n * 2);
        bits[type] = java.util.Arrays.copyOf(bits[type], n * 2);
      }
      rows[type][n] = row;
      orders[type][n] = place;
      bits[type][n] = value;
      counts[type]++;
    }
  }

  private static @Nullable Object decode(TextTable t, int code) {
    try {
      return ValueBytes.decode(t.bytes, t.starts[code], t.length(code));
    } catch (IllegalArgumentException e) {
      throw new CorruptionException(String.valueOf(e.getMessage()));
    }
  }
}
