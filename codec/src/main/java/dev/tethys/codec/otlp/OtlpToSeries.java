package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns OTLP metrics into a remote write 1.0 request, by Prometheus's rules ({@link OtlpOptions}).
 * Start timestamps have no place in it. Reusable; not for several threads concurrently.
 */
public final class OtlpToSeries {
  private final OtlpMetricsReader reader;
  private final WriteRequestWriter out = new WriteRequestWriter();
  private final Map<String, MetricMetadata> families = new LinkedHashMap<>();

  public OtlpToSeries(OtlpOptions options) {
    reader = new OtlpMetricsReader(options);
  }

  /**
   * Converts an ExportMetricsServiceRequest; {@link #body} then gives the result.
   *
   * @return data points taken and refused, and why
   * @throws CodecException if it is malformed
   */
  public OtlpResult convert(byte[] request, int offset, int length) {
    out.clear();
    families.clear();
    OtlpResult result = reader.read(request, offset, length, new Sink());
    families.forEach(out::metadata);
    return result;
  }

  /** The request, not compressed; valid until the next conversion. */
  public WriteRequestWriter body() {
    return out;
  }

  private final class Sink implements OtlpSink {
    @Override
    public @Nullable String sample(
        Labels labels, long start, long time, double value, List<Exemplar> exemplars) {
      out.beginSeries(labels).sample(time, value);
      return end(exemplars);
    }

    @Override
    public @Nullable String histogram(
        Labels labels, long start, long time, Histogram histogram, List<Exemplar> exemplars) {
      out.beginSeries(labels).histogram(time, histogram);
      return end(exemplars);
    }

    private @Nullable String end(List<Exemplar> exemplars) {
      exemplars.forEach(out::exemplar);
      out.endSeries();
      return null;
    }

    @Override
    public void metadata(String family, MetricMetadata metadata) {
      families.put(family, metadata);
    }
  }
}
