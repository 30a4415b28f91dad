package dev.tethys.model.traces;

import dev.tethys.model.telemetry.TracesData;

/** Spans of one request, in the form in which the store takes them. */
public final class SpanBatch {
  private final TracesData data;

  private SpanBatch(TracesData data) {
    this.data = data;
  }

  /** Batch of the spans of a tree, which must not change afterwards. */
  public static SpanBatch of(TracesData data) {
    return new SpanBatch(data);
  }

  /** The spans as a tree. */
  public TracesData data() {
    return data;
  }
}
