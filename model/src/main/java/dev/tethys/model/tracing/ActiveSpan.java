package dev.tethys.model.tracing;

import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.tracing.SpanRecorder.Recording;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Started span. {@link #current} is the span of the calling thread; code starts a child of it
 * without a reference to the recorder.
 *
 * <p>Ends once, by {@link #close}; later changes are ignored. Not safe for several threads, but
 * children may start and end on other threads.
 */
public final class ActiveSpan implements AutoCloseable {
  /** Span that is not recorded. It is its own child. */
  public static final ActiveSpan NONE = new ActiveSpan();

  /** Maximum number of attributes and of events; further ones are dropped. */
  static final int MAX_ATTRIBUTES = 128;

  private static final ScopedValue<ActiveSpan> CURRENT = ScopedValue.newInstance();

  /** OTLP's kinds of spans. */
  public enum Kind {
    INTERNAL(1),
    SERVER(2),
    CLIENT(3),
    PRODUCER(4),
    CONSUMER(5);

    private final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  private final @Nullable Recording recording;
  private final @Nullable TraceContext context;

  /** Null if the trace is not recorded, and once the span has ended. */
  private volatile @Nullable Span span;

  private ActiveSpan() {
    recording = null;
    context = null;
    span = null;
  }

  private ActiveSpan(
      Recording recording,
      TraceContext context,
      long parentId,
      boolean remote,
      String name,
      Kind kind,
      Instant at) {
    this.recording = recording;
    this.context = context;
    if (context.sampled()) {
      Span s = new Span();
      s.setTraceId(context.traceIdHigh(), context.traceIdLow());
      s.setSpanId(context.spanId());
      s.setParentSpanId(parentId);
      s.setTraceState(context.state());
      // Bit 8: it is known whether the parent is remote; bit 9: it is.
      s.setFlags(0x101 | (remote ? 0x200 : 0));
      s.setName(name);
      s.setKind(kind.number);
      s.setStartTimeUnixNano(nanos(at));
      span = s;
    }
  }

  static ActiveSpan root(
      Recording recording, String name, Kind kind, @Nullable TraceContext parent, Instant at) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    if (parent != null) {
      TraceContext c =
          new TraceContext(
              parent.traceIdHigh(),
              parent.traceIdLow(),
              id(random),
              recording.sampling().isRecorded(parent, parent.traceIdLow()),
              parent.state());
      return new ActiveSpan(recording, c, parent.spanId(), true, name, kind, at);
    }
    long low = id(random);
    TraceContext c =
        new TraceContext(
            random.nextLong(), low, id(random), recording.sampling().isRecorded(null, low), "");
    return new ActiveSpan(recording, c, 0, false, name, kind, at);
  }

  private static long id(ThreadLocalRandom random) {
    long id;
    do {
      id = random.nextLong();
    } while (id == 0);
    return id;
  }

  static long nanos(Instant at) {
    return at.getEpochSecond() * 1_000_000_000 + at.getNano();
  }

  /** The span of this thread; {@link #NONE} if there is none. */
  public static ActiveSpan current() {
    return CURRENT.isBound() ? CURRENT.get() : NONE;
  }

  /** Starts a child span. */
  public ActiveSpan child(String name) {
    return child(name, Kind.INTERNAL);
  }

  /** Starts a child span. */
  public ActiveSpan child(String name, Kind kind) {
    return recording == null ? NONE : child(name, kind, Instant.now());
  }

  /** Starts a child span at a time in the past. */
  public ActiveSpan child(String name, Kind kind, Instant at) {
    Recording r = recording;
    TraceContext c = context;
    if (r == null || c == null) {
      return NONE;
    }
    TraceContext own =
        new TraceContext(
            c.traceIdHigh(),
            c.traceIdLow(),
            id(ThreadLocalRandom.current()),
            c.sampled(),
            c.state());
    return new ActiveSpan(r, own, c.spanId(), false, name, kind, at);
  }

  /** Computation that may throw a checked exception of its caller. */
  @FunctionalInterface
  public interface TracedAction<T extends @Nullable Object, E extends Exception> {
    /** Runs the work. */
    T run() throws E;
  }

  /** Runs work within this span; does not end the span. */
  public <T extends @Nullable Object, E extends Exception> T during(TracedAction<T, E> work)
      throws E {
    return this == NONE ? work.run() : ScopedValue.where(CURRENT, this).call(work::run);
  }

  /** Runs work outside any span, so that code called by it starts no children. */
  public static <T extends @Nullable Object, E extends Exception> T outside(TracedAction<T, E> work)
      throws E {
    return ScopedValue.where(CURRENT, NONE).call(work::run);
  }

  /** Action that may throw a checked exception of its caller. */
  @FunctionalInterface
  public interface Task<E extends Exception> {
    /** Runs the work. */
    void run() throws E;
  }

  /** Runs work within this span; does not end the span. */
  public <E extends Exception> void perform(Task<E> task) throws E {
    this.<@Nullable Void, E>during(
        () -> {
          task.run();
          return null;
        });
  }

  /** Wraps a task so that it runs within this span on any thread. */
  public Runnable wrap(Runnable task) {
    return this == NONE ? task : () -> ScopedValue.where(CURRENT, this).run(task);
  }

  /** Whether attributes and events are recorded; if not, callers skip computing them. */
  public boolean isRecorded() {
    return span != null;
  }

  /** Context to propagate to other processes; null if tracing is off. */
  public @Nullable TraceContext context() {
    return context;
  }

  /** Sets an attribute: a string, a boolean, a Long or a Double. */
  public ActiveSpan set(String key, Object value) {
    Span s = span;
    if (s != null && s.attributes().size() < MAX_ATTRIBUTES) {
      s.attributes().put(key, value);
    }
    return this;
  }

  /** Sets an attribute. */
  public ActiveSpan set(String key, long value) {
    return span == null ? this : set(key, (Object) value);
  }

  /** Adds an event. */
  public void event(String name) {
    Span s = span;
    if (s == null) {
      return;
    }
    if (s.events().size() >= MAX_ATTRIBUTES) {
      s.setDroppedEventsCount(s.droppedEventsCount() + 1);
      return;
    }
    SpanEvent e = new SpanEvent();
    e.setTimeUnixNano(nanos(Instant.now()));
    e.setName(name);
    s.events().add(e);
  }

  /** Sets the status to error, with a message. */
  public void failed(@Nullable String message) {
    Span s = span;
    if (s != null) {
      s.setStatusCode(2);
      s.setStatusMessage(message == null ? "" : message);
    }
  }

  /** Ends the span. */
  @Override
  public void close() {
    if (span != null) {
      close(Instant.now());
    }
  }

  /** Ends the span at a time in the past. */
  public void close(Instant at) {
    Span s = span;
    Recording r = recording;
    if (s != null && r != null) {
      span = null;
      s.setEndTimeUnixNano(Math.max(s.startTimeUnixNano(), nanos(at)));
      r.sink().accept(s);
    }
  }
}
