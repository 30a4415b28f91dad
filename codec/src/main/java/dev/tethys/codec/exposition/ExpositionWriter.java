package dev.tethys.codec.exposition;

import dev.tethys.model.exposition.MetricFamily;
import java.io.OutputStream;

/**
 * Writes metric families in one format. For one thread. Errors of the stream come as {@link
 * java.io.UncheckedIOException}.
 */
public interface ExpositionWriter {
  /** Writes a family; one without metrics is left out. */
  void write(MetricFamily family);

  /** Ends the exposition and flushes the stream, which stays open. */
  void finish();

  /** A writer of a format; OpenMetrics shows {@code _created} where start times are known. */
  static ExpositionWriter of(ExpositionFormat.Negotiated format, OutputStream out) {
    return of(format, out, true);
  }

  /**
   * A writer of a format.
   *
   * @param created whether OpenMetrics shows {@code _created}
   */
  static ExpositionWriter of(
      ExpositionFormat.Negotiated format, OutputStream out, boolean created) {
    return switch (format.format()) {
      case TEXT_0_0_4, TEXT_1_0_0 -> new TextWriter(out, format.escaping(), false, false);
      case OPEN_METRICS_0_0_1, OPEN_METRICS_1_0_0 ->
          new TextWriter(out, format.escaping(), true, created);
      case PROTOBUF -> new ProtobufWriter(out, format.escaping());
    };
  }
}
