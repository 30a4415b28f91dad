package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what OTLP metrics were translated to; times in Unix milliseconds, start 0 when unknown. */
public interface OtlpSink {
  /** A float with its exemplars; says what is wrong when it is not taken, null when it is. */
  @Nullable String sample(
      Labels labels, long start, long time, double value, List<Exemplar> exemplars);

  /** A native histogram; as above. */
  @Nullable String histogram(
      Labels labels, long start, long time, Histogram histogram, List<Exemplar> exemplars);

  /** What is known about a metric family; once a metric. */
  void metadata(String family, MetricMetadata metadata);
}
