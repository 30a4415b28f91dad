package dev.tethys.codec.exposition;

import dev.tethys.model.exposition.MetricFamily;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes metric families in one format. Not thread-safe. Errors of the stream are thrown as {@link
 * java.io.UncheckedIOException}.
 */
public interface ExpositionWriter {
  /** Writes a family; one without metrics is omitted. */
  void write(MetricFamily family);

  /**
   * Writes a histogram or summary whose series are known one by one: in text one header, then the
   * lines of all parts; in other formats each part as its own family.
   *
   * @param family the family without metrics
   * @param parts plain numbers under the names of the family's series, such as {@code x_bucket}
   */
  default void write(MetricFamily family, List<MetricFamily> parts) {
    parts.forEach(this::write);
  }

  /** Ends the exposition and flushes the stream, which stays open. */
  void finish();

  /** A writer of a format; OpenMetrics shows {@code _created} if start times are known. */
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
