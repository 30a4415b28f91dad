package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.Span;
import java.util.Arrays;
import java.util.List;

/** The first few spans of an interval, as exemplars of a series. */
final class Exemplars {
  /** Both halves of the trace id and the span id, in turn. */
  private long[] ids = {};

  private double[] values = {};
  private int size;

  /** Adds a span with a trace id if there is space. */
  void add(Span span, double value, int most) {
    if (size >= most || (span.traceIdHigh() | span.traceIdLow()) == 0) {
      return;
    }
    if (size == values.length) {
      int room = Math.min(most, Math.max(2, 2 * size));
      values = Arrays.copyOf(values, room);
      ids = Arrays.copyOf(ids, 3 * room);
    }
    ids[3 * size] = span.traceIdHigh();
    ids[3 * size + 1] = span.traceIdLow();
    ids[3 * size + 2] = span.spanId();
    values[size++] = value;
  }

  /** Moves them to a point. */
  void moveTo(List<Exemplar> point, long nanos) {
    for (int i = 0; i < size; i++) {
      Exemplar e = new Exemplar();
      e.setTraceId(ids[3 * i], ids[3 * i + 1]);
      e.setSpanId(ids[3 * i + 2]);
      e.setDouble(values[i]);
      e.setTimeUnixNano(nanos);
      point.add(e);
    }
    size = 0;
  }
}
