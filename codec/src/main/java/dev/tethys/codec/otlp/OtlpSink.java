package dev.tethys.codec.otlp;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Receiver of the translated OTLP metrics; times in Unix milliseconds, start 0 if unknown. */
public interface OtlpSink {
  /** Accepts a float with its exemplars; returns the reason for a rejection, or null. */
  @Nullable String sample(
      Labels labels, long start, long time, double value, List<Exemplar> exemplars);

  /** A native histogram; as above. */
  @Nullable String histogram(
      Labels labels, long start, long time, Histogram histogram, List<Exemplar> exemplars);

  /** Accepts the metadata of a metric family; called once for each metric. */
  void metadata(String family, MetricMetadata metadata);
}
