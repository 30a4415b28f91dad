package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/** A log record. */
public final class LogRecord extends TracedMessage implements Item<LogRecord> {
  private long timeUnixNano;
  private long observedTimeUnixNano;
  private int severityNumber;
  private String severityText = "";
  private String eventName = "";
  private @Nullable Object body;
  private int flags;

  /** When it happened, in nanoseconds since 1970; 0 if not known. */
  public long timeUnixNano() {
    return timeUnixNano;
  }

  public void setTimeUnixNano(long timeUnixNano) {
    this.timeUnixNano = timeUnixNano;
  }

  /** When it was collected, in nanoseconds since 1970; 0 if not known. */
  public long observedTimeUnixNano() {
    return observedTimeUnixNano;
  }

  public void setObservedTimeUnixNano(long observedTimeUnixNano) {
    this.observedTimeUnixNano = observedTimeUnixNano;
  }

  /** From 1 (TRACE) to 24 (FATAL4); 0 if absent. */
  public int severityNumber() {
    return severityNumber;
  }

  public void setSeverityNumber(int severityNumber) {
    this.severityNumber = severityNumber;
  }

  public String severityText() {
    return severityText;
  }

  public void setSeverityText(String severityText) {
    this.severityText = severityText;
  }

  public String eventName() {
    return eventName;
  }

  public void setEventName(String eventName) {
    this.eventName = eventName;
  }

  /** The body, of a type listed in {@link AnyValue}. */
  public @Nullable Object body() {
    if (body instanceof Utf8 u) {
      body = u.toString();
    }
    return body;
  }

  /** Returns the body like {@link #body()}, but text that was not read yet is {@link Utf8}. */
  public @Nullable Object rawBody() {
    return body;
  }

  public void setBody(@Nullable Object body) {
    this.body = AnyValue.checked(body);
  }

  /** The W3C trace flags in the low 8 bits. */
  public int flags() {
    return flags;
  }

  public void setFlags(int flags) {
    this.flags = flags;
  }

  @Override
  public int itemCount() {
    return 1;
  }

  /** A deep copy. */
  @Override
  public LogRecord copy() {
    LogRecord c = new LogRecord();
    c.copyTraced(this);
    c.timeUnixNano = timeUnixNano;
    c.observedTimeUnixNano = observedTimeUnixNano;
    c.severityNumber = severityNumber;
    c.severityText = severityText;
    c.eventName = eventName;
    c.body = AnyValue.copy(body);
    c.flags = flags;
    return c;
  }
}
