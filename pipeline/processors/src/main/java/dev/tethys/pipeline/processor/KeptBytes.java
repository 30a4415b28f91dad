package dev.tethys.pipeline.processor;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Estimates the memory of series that a processor keeps. Senders choose their strings. */
public final class KeptBytes {
  private static final int EXEMPLAR_BYTES = 128;

  private long characters;
  private long values;

  /** Adds the size of a text; null adds nothing. */
  public KeptBytes text(@Nullable String text) {
    characters += text == null ? 0 : text.length();
    return this;
  }

  /** Adds attributes with all that is in them. */
  public KeptBytes attributes(Attributes a) {
    for (int i = 0; i < a.size(); i++) {
      characters += a.key(i).length();
      value(a.value(i));
    }
    return this;
  }

  private void value(@Nullable Object v) {
    values++;
    switch (v) {
      case String s -> characters += s.length();
      case byte[] b -> characters += b.length;
      case ArrayValue a -> {
        for (int i = 0; i < a.size(); i++) {
          value(a.get(i));
        }
      }
      case Attributes m -> attributes(m);
      case null, default -> {}
    }
  }

  /** Returns the size of a series with all additions. */
  public long bytes() {
    return SeriesMemory.seriesBytes(characters) + SeriesMemory.LABEL_BYTES * values;
  }

  /** Returns the bytes of a stream without its point. */
  static long of(StreamKey key) {
    return new KeptBytes()
        .attributes(key.resource())
        .text(key.scope())
        .text(key.version())
        .attributes(key.scopeAttributes())
        .text(key.name())
        .text(key.unit())
        .attributes(key.attributes())
        .bytes();
  }

  /** Returns the bytes of a point's buckets and exemplars. */
  public static long of(DataPoint p) {
    return switch (p) {
      case HistogramDataPoint h ->
          8L * (h.bucketCounts().length + h.explicitBounds().length) + exemplars(h.exemplars());
      case ExponentialHistogramDataPoint e ->
          8L * (e.positiveCounts().length + e.negativeCounts().length) + exemplars(e.exemplars());
      case NumberDataPoint n -> exemplars(n.exemplars());
      default -> 0;
    };
  }

  private static long exemplars(List<Exemplar> all) {
    long bytes = 0;
    for (Exemplar e : all) {
      bytes += EXEMPLAR_BYTES + new KeptBytes().attributes(e.attributes()).bytes();
    }
    return bytes;
  }

  /** Returns the bytes of a stream with its point. */
  public static long of(StreamKey key, DataPoint p) {
    return of(key) + SeriesMemory.LABEL_BYTES * p.attributes().size() + of(p);
  }
}
