package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A span. */
public final class Span extends TracedMessage implements Item<Span> {
  private long parentSpanId;
  private String traceState = "";
  private int flags;
  private String name = "";
  private int kind;
  private long startTimeUnixNano;
  private long endTimeUnixNano;
  private @Nullable ArrayList<SpanEvent> events;
  private int droppedEventsCount;
  private @Nullable ArrayList<SpanLink> links;
  private int droppedLinksCount;
  private int statusCode;
  private String statusMessage = "";

  /** The span id of the parent; 0 for a root. */
  public long parentSpanId() {
    return parentSpanId;
  }

  public void setParentSpanId(long parentSpanId) {
    this.parentSpanId = parentSpanId;
  }

  public String traceState() {
    return traceState;
  }

  public void setTraceState(String traceState) {
    this.traceState = traceState;
  }

  /** W3C trace flags in the low 8 bits; bits 8 and 9 record whether the parent is remote. */
  public int flags() {
    return flags;
  }

  public void setFlags(int flags) {
    this.flags = flags;
  }

  public String name() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }

  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  public int kind() {
    return kind;
  }

  public void setKind(int kind) {
    this.kind = kind;
  }

  /** In nanoseconds since 1970. */
  public long startTimeUnixNano() {
    return startTimeUnixNano;
  }

  public void setStartTimeUnixNano(long startTimeUnixNano) {
    this.startTimeUnixNano = startTimeUnixNano;
  }

  /** In nanoseconds since 1970. */
  public long endTimeUnixNano() {
    return endTimeUnixNano;
  }

  public void setEndTimeUnixNano(long endTimeUnixNano) {
    this.endTimeUnixNano = endTimeUnixNano;
  }

  /** The events, which may be changed in place. */
  public List<SpanEvent> events() {
    if (events == null) {
      events = new ArrayList<>(4);
    }
    return events;
  }

  /** Whether {@link #events()} has any; makes no list. */
  public boolean hasEvents() {
    return events != null && !events.isEmpty();
  }

  public int droppedEventsCount() {
    return droppedEventsCount;
  }

  public void setDroppedEventsCount(int droppedEventsCount) {
    this.droppedEventsCount = droppedEventsCount;
  }

  /** The links, which may be changed in place. */
  public List<SpanLink> links() {
    if (links == null) {
      links = new ArrayList<>(4);
    }
    return links;
  }

  /** Whether {@link #links()} has any; makes no list. */
  public boolean hasLinks() {
    return links != null && !links.isEmpty();
  }

  public int droppedLinksCount() {
    return droppedLinksCount;
  }

  public void setDroppedLinksCount(int droppedLinksCount) {
    this.droppedLinksCount = droppedLinksCount;
  }

  /** 0 unset, 1 ok, 2 error. */
  public int statusCode() {
    return statusCode;
  }

  public void setStatusCode(int statusCode) {
    this.statusCode = statusCode;
  }

  public String statusMessage() {
    return statusMessage;
  }

  public void setStatusMessage(String statusMessage) {
    this.statusMessage = statusMessage;
  }

  @Override
  public int itemCount() {
    return 1;
  }

  /** A deep copy. */
  @Override
  public Span copy() {
    Span c = new Span();
    c.copyTraced(this);
    c.parentSpanId = parentSpanId;
    c.traceState = traceState;
    c.flags = flags;
    c.name = name;
    c.kind = kind;
    c.startTimeUnixNano = startTimeUnixNano;
    c.endTimeUnixNano = endTimeUnixNano;
    if (events != null) {
      for (SpanEvent e : events) {
        c.events().add(e.copy());
      }
    }
    c.droppedEventsCount = droppedEventsCount;
    if (links != null) {
      for (SpanLink e : links) {
        c.links().add(e.copy());
      }
    }
    c.droppedLinksCount = droppedLinksCount;
    c.statusCode = statusCode;
    c.statusMessage = statusMessage;
    return c;
  }
}
