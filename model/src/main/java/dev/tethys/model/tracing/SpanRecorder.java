package dev.tethys.model.tracing;

import dev.tethys.model.telemetry.Span;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts traces and decides which are recorded: those that the sender records, and a fraction of
 * those that start here. The fraction is selected by trace id, so that several programs select the
 * same traces.
 *
 * <p>Off until {@link #recordTo} is called; until then it returns only {@link ActiveSpan#NONE} and
 * allocates nothing. Thread-safe.
 */
public final class SpanRecorder {
  /** Never records. */
  public static final SpanRecorder OFF = new SpanRecorder();

  /**
   * Receiver of ended spans.
   *
   * @param below a trace that starts here is recorded when half of its id's last eight bytes is
   *     less; {@link Long#MAX_VALUE} for every trace
   * @param sink must not block
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
