package dev.tethys.model.tracing;

import dev.tethys.model.telemetry.Span;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Begins traces, and decides which are recorded: those whose sender records them, and a fraction of
 * those that begin here, chosen by their id, so that several programs choose the same.
 *
 * <p>Off until {@link #recordTo} is called; then {@link ActiveSpan#NONE} is all it gives, and
 * nothing is made. Safe for any number of threads.
 */
public final class SpanRecorder {
  /** Never records. */
  public static final SpanRecorder OFF = new SpanRecorder();

  /**
   * Where ended spans go.
   *
   * @param below a trace that begins here is recorded when half of its id's last eight bytes is
   *     less; {@link Long#MAX_VALUE} for every trace
   * @param sink must not wait
   */
  record Recording(long below, Consumer<Span> sink) {
    boolean isRecorded(long traceIdLow) {
      return below == Long.MAX_VALUE || traceIdLow >>> 1 < below;
    }
  }

  private volatile @Nullable Recording recording;

  /**
   * Records from now on.
   *
   * @param fraction of the traces that begin here, 0 to 1
   * @param sink is told of each span when it has ended, must not wait, and must not change it
   */
  public void recordTo(double fraction, Consumer<Span> sink) {
    if (this == OFF) {
      throw new IllegalStateException("this one is shared, and never records");
    }
    long below = fraction >= 1 ? Long.MAX_VALUE : fraction > 0 ? (long) (fraction * 0x1p63) : 0;
    recording = new Recording(below, sink);
  }

  /** Records nothing from now on; spans that have begun still go where they were to go. */
  public void off() {
    recording = null;
  }

  /** Whether anything is recorded. */
  public boolean isOn() {
    return recording != null;
  }

  /** Begins a trace, or the part of one that somebody elsewhere began. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind, @Nullable TraceContext parent) {
    Recording r = recording;
    return r == null ? ActiveSpan.NONE : ActiveSpan.root(r, name, kind, parent, Instant.now());
  }

  /** Begins a trace. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind) {
    return begin(name, kind, (TraceContext) null);
  }

  /** Begins a trace at a moment that has passed. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind, Instant at) {
    Recording r = recording;
    return r == null ? ActiveSpan.NONE : ActiveSpan.root(r, name, kind, null, at);
  }
}
