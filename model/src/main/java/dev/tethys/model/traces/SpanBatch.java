package dev.tethys.model.traces;

import dev.tethys.model.telemetry.TracesData;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Spans in columns, in any order. Keeps all that OTLP carries: {@link #data} returns the spans as
 * they were sent, grouped by resource and scope. Meant for reuse; not safe for several threads that
 * change it, safe for several that read columns.
 *
 * <p>Strings are codes of {@link #texts}: results by code, such as those of a lookup of labels, are
 * computed once per batch. Attributes are in {@link AttributeRows}; {@link #attribute} finds those
 * of one key. A span has a scope, and the scope has a resource.
 */
public final class SpanBatch {
  /** String table of the batch. */
  public final Texts texts = new Texts();

  /** Shapes of the attributes of spans, events, links, resources and scopes. */
  public final AttributeShapes shapes = new AttributeShapes();

  /** Number of spans. */
  public int spans;

  /** First 8 bytes of the trace ids, big-endian. */
  public long[] traceHigh = new long[16];

  /** Last 8 bytes of the trace ids, big-endian. */
  public long[] traceLow = new long[16];

  public long[] spanId = new long[16];

  /** Span id of the parent, 0 for a root. */
  public long[] parentId = new long[16];

  /** Unix nanoseconds. */
  public long[] start = new long[16];

  /** Unix nanoseconds; may be before the start. */
  public long[] end = new long[16];

  /** Name codes. */
  public int[] name = new int[16];

  /** Span kind as in OTLP. */
  public int[] kind = new int[16];

  /** Status as in OTLP: 0 unset, 1 ok, 2 error. */
  public int[] status = new int[16];

  /** Status message codes. */
  public int[] message = new int[16];

  /** Code of the W3C trace state. */
  public int[] traceState = new int[16];

  /** Code of the bytes of {@link SpanRest}. */
  public int[] rest = new int[16];

  /** Scope indexes. */
  public int[] scope = new int[16];

  /** First event of each span; its events end where those of the next span begin. */
  public int[] eventStarts = new int[17];

  /** First link of each span; its links end where those of the next span begin. */
  public int[] linkStarts = new int[17];

  /** Span attributes. */
  public final AttributeRows attributes = new AttributeRows();

  /** Number of events of all spans. */
  public int events;

  /** Unix nanoseconds. */
  public long[] eventTime = new long[16];

  /** Event name codes. */
  public int[] eventName = new int[16];

  /** Code of the bytes of {@link SpanRest}. */
  public int[] eventRest = new int[16];

  /** Event attributes. */
  public final AttributeRows eventAttributes = new AttributeRows();

  /** Number of links of all spans. */
  public int links;

  public long[] linkTraceHigh = new long[4];
  public long[] linkTraceLow = new long[4];
  public long[] linkSpanId = new long[4];

  /** Code of the W3C trace state of a link. */
  public int[] linkState = new int[4];

  /** Code of the bytes of {@link SpanRest}. */
  public int[] linkRest = new int[4];

  /** Link attributes. */
  public final AttributeRows linkAttributes = new AttributeRows();

  /** Attributes of the resources; a row is a resource. */
  public final AttributeRows resources = new AttributeRows();

  /** Code of the bytes of {@link SpanRest}. */
  public int[] resourceRest = new int[4];

  /** Attributes of the scopes; a row is a scope. */
  public final AttributeRows scopes = new AttributeRows();

  /** Resource index of each scope. */
  public int[] scopeResource = new int[4];

  /** Scope name codes. */
  public int[] scopeName = new int[4];

  /** Scope version codes. */
  public int[] scopeVersion = new int[4];

  /** Code of the bytes of {@link SpanRest}. */
  public int[] scopeRest = new int[4];

  public SpanBatch() {}

  /** Creates a batch from a span tree. */
  public static SpanBatch of(TracesData data) {
    SpanBatch b = new SpanBatch();
    SpanTrees.add(data, b);
    return b;
  }

  /** The spans as a tree. */
  public TracesData data() {
    return SpanTrees.tree(this);
  }

  /** Removes all. */
  public SpanBatch clear() {
    texts.clear();
    shapes.clear();
    spans = 0;
    events = 0;
    links = 0;
    eventStarts[0] = 0;
    linkStarts[0] = 0;
    attributes.clear();
    eventAttributes.clear();
    linkAttributes.clear();
    resources.clear();
    scopes.clear();
    return this;
  }

  // ---- reading

  /** Duration of a span, 0 if the end is before the start. */
  public long duration(int span) {
    return Math.max(0, end[span] - start[span]);
  }

  /** Code of {@code service.name} of a resource if it is a string; 0, the empty string, if not. */
  public int service(int resource) {
    int key = texts.find("service.name");
    int at = key < 0 ? -1 : shapes.indexOf(resources.shapes[resource], key);
    return at >= 0 && typeAt(resources.shapes[resource], at) == SpanColumn.STRING
        ? (int) resources.values[resources.starts[resource] + at]
        : 0;
  }

  /** Returns the resource index of a span. */
  public int resource(int span) {
    return scopeResource[scope[span]];
  }

  private int typeAt(int shape, int place) {
    return shapes.elements()[shapes.start(shape) + place] & 7;
  }

  /** Access to the attributes of a key in rows of this batch, such as {@link #attributes}. */
  public Lookup attribute(AttributeRows rows, String key) {
    return new Lookup(rows, texts.find(key));
  }

  /** First attribute of a key, found once a shape. Of no use when the batch has changed. */
  public final class Lookup {
    private final AttributeRows rows;
    private final int[] places; // by shape
    private final byte[] types;

    private Lookup(AttributeRows rows, int key) {
      this.rows = rows;
      places = new int[shapes.count()];
      types = new byte[shapes.count()];
      for (int s = 0; s < places.length; s++) {
        places[s] = key < 0 ? -1 : shapes.indexOf(s, key);
        types[s] = places[s] < 0 ? SpanColumn.ABSENT : (byte) typeAt(s, places[s]);
      }
    }

    /**
     * Returns the value type of a row as in {@link SpanColumn}; {@link SpanColumn#ABSENT} if none.
     */
    public byte type(int row) {
      return types[rows.shapes[row]];
    }

    /** Value of a row that has one, as in {@link AttributeRows#values}. */
    public long bits(int row) {
      return rows.values[rows.starts[row] + places[rows.shapes[row]]];
    }

    /** Value as text as TraceQL prints it; null if there is none or if it is not scalar. */
    public @Nullable String text(int row) {
      return switch (type(row)) {
        case SpanColumn.STRING -> texts.get((int) bits(row));
        case SpanColumn.INT -> Long.toString(bits(row));
        case SpanColumn.DOUBLE -> Double.toString(Double.longBitsToDouble(bits(row)));
        case SpanColumn.BOOL -> Boolean.toString(bits(row) != 0);
        default -> null;
      };
    }
  }

  // ---- writing

  /** Reserves space for a span after the last; {@link #endSpan} adds it. */
  public void ensureSpan() {
    int n = spans;
    if (n < start.length) {
      return;
    }
    int to = Math.multiplyExact(n, 2);
    traceHigh = Arrays.copyOf(traceHigh, to);
    traceLow = Arrays.copyOf(traceLow, to);
    spanId = Arrays.copyOf(spanId, to);
    parentId = Arrays.copyOf(parentId, to);
    start = Arrays.copyOf(start, to);
    end = Arrays.copyOf(end, to);
    name = Arrays.copyOf(name, to);
    kind = Arrays.copyOf(kind, to);
    status = Arrays.copyOf(status, to);
    message = Arrays.copyOf(message, to);
    traceState = Arrays.copyOf(traceState, to);
    rest = Arrays.copyOf(rest, to);
    scope = Arrays.copyOf(scope, to);
    eventStarts = Arrays.copyOf(eventStarts, to + 1);
    linkStarts = Arrays.copyOf(linkStarts, to + 1);
  }

  /** Adds the span whose columns, attributes, events and links were stored after the last span. */
  public void endSpan() {
    attributes.end(shapes);
    addSpan();
  }

  /** Adds a span like {@link #endSpan}, if its row of {@link #attributes} is already ended. */
  public void addSpan() {
    spans++;
    eventStarts[spans] = events;
    linkStarts[spans] = links;
  }

  /** Adds an event to the span that {@link #endSpan} will add, with its attributes. */
  public void endEvent(long time, int nameCode, int restCode) {
    eventAttributes.end(shapes);
    addEvent(time, nameCode, restCode);
  }

  /**
   * Adds an event like {@link #endEvent}, if its row of {@link #eventAttributes} is already ended.
   */
  public void addEvent(long time, int nameCode, int restCode) {
    if (events == eventTime.length) {
      int to = events * 2;
      eventTime = Arrays.copyOf(eventTime, to);
      eventName = Arrays.copyOf(eventName, to);
      eventRest = Arrays.copyOf(eventRest, to);
    }
    eventTime[events] = time;
    eventName[events] = nameCode;
    eventRest[events] = restCode;
    events++;
  }

  /** Adds a link to the span that {@link #endSpan} will add, with its attributes. */
  public void endLink(long high, long low, long span, int stateCode, int restCode) {
    linkAttributes.end(shapes);
    addLink(high, low, span, stateCode, restCode);
  }

  /** Adds a link like {@link #endLink}, if its row of {@link #linkAttributes} is already ended. */
  public void addLink(long high, long low, long span, int stateCode, int restCode) {
    if (links == linkSpanId.length) {
      int to = links * 2;
      linkTraceHigh = Arrays.copyOf(linkTraceHigh, to);
      linkTraceLow = Arrays.copyOf(linkTraceLow, to);
      linkSpanId = Arrays.copyOf(linkSpanId, to);
      linkState = Arrays.copyOf(linkState, to);
      linkRest = Arrays.copyOf(linkRest, to);
    }
    linkTraceHigh[links] = high;
    linkTraceLow[links] = low;
    linkSpanId[links] = span;
    linkState[links] = stateCode;
    linkRest[links] = restCode;
    links++;
  }

  /**
   * Adds a resource with the attributes that were added to {@link #resources} and returns its
   * number.
   */
  public int endResource(int restCode) {
    resources.end(shapes);
    return addResource(restCode);
  }

  /**
   * Adds a resource like {@link #endResource}, if its row of {@link #resources} is already ended.
   */
  public int addResource(int restCode) {
    int n = resources.rows - 1;
    if (n == resourceRest.length) {
      resourceRest = Arrays.copyOf(resourceRest, n * 2);
    }
    resourceRest[n] = restCode;
    return n;
  }

  /** Adds a scope with the attributes that were added to {@link #scopes} and returns its number. */
  public int endScope(int resource, int nameCode, int versionCode, int restCode) {
    scopes.end(shapes);
    return addScope(resource, nameCode, versionCode, restCode);
  }

  /** Adds a scope like {@link #endScope}, if its row of {@link #scopes} is already ended. */
  public int addScope(int resource, int nameCode, int versionCode, int restCode) {
    int n = scopes.rows - 1;
    if (n == scopeResource.length) {
      int to = n * 2;
      scopeResource = Arrays.copyOf(scopeResource, to);
      scopeName = Arrays.copyOf(scopeName, to);
      scopeVersion = Arrays.copyOf(scopeVersion, to);
      scopeRest = Arrays.copyOf(scopeRest, to);
    }
    scopeResource[n] = resource;
    scopeName[n] = nameCode;
    scopeVersion[n] = versionCode;
    scopeRest[n] = restCode;
    return n;
  }
}
