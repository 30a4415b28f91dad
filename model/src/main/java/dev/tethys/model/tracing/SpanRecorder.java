package dev.tethys.model.tracing;

import dev.tethys.model.telemetry.Span;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts traces and decides which are recorded: traces recorded by the sender, and a fraction of
 * traces that start here. The fraction is selected by trace id, so that several programs select the
 * same traces.
 *
 * <p>Off until {@link #recordTo} is called; until then it returns only {@link ActiveSpan#NONE} and
 * allocates nothing. Thread-safe.
 */
public final class SpanRecorder {
  /** Never records. */
  public static final SpanRecorder OFF = new SpanRecorder();

  /**
   * Active recording: its sampling and the receiver of finished spans.
   *
   * @param sink must not block
   */
  record Recording(SpanSampling sampling, Consumer<Span> sink) {}

  private volatile @Nullable Recording recording;

  /**
   * Starts recording.
   *
   * @param fraction fraction of locally started traces to record, 0 to 1
   * @param sink receives each span after its end; must not block, and must not change the span
   */
  public void recordTo(double fraction, Consumer<Span> sink) {
    recordTo(SpanSampling.parentBased(fraction), sink);
  }

  /**
   * Starts recording.
   *
   * @param sink receives each span after its end; must not block
   */
  public void recordTo(SpanSampling sampling, Consumer<Span> sink) {
    if (this == OFF) {
      throw new IllegalStateException("this span is shared and never records");
    }
    recording = new Recording(sampling, sink);
  }

  /** Stops recording. Spans that have started are still passed to their sink. */
  public void off() {
    recording = null;
  }

  /** Whether anything is recorded. */
  public boolean isOn() {
    return recording != null;
  }

  /** Starts a trace, or continues one of another process. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind, @Nullable TraceContext parent) {
    Recording r = recording;
    return r == null ? ActiveSpan.NONE : ActiveSpan.root(r, name, kind, parent, Instant.now());
  }

  /** Starts a trace. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind) {
    return begin(name, kind, (TraceContext) null);
  }

  /** Starts a trace at a time in the past. */
  public ActiveSpan begin(String name, ActiveSpan.Kind kind, Instant at) {
    Recording r = recording;
    return r == null ? ActiveSpan.NONE : ActiveSpan.root(r, name, kind, null, at);
  }
}
