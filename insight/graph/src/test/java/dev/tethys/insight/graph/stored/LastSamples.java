package dev.tethys.insight.graph.stored;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.Appender;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Appender that keeps the samples of each series. */
final class LastSamples implements Appender {
  final Map<Labels, List<Double>> values = new LinkedHashMap<>();
  final Map<Labels, Exemplar> exemplars = new HashMap<>();
  private final List<Labels> series = new ArrayList<>();

  /** Last value of a series; null if there is none. */
  @Nullable Double last(String name, String... labels) {
    List<Double> v = values.get(Labels.of(labels).toBuilder().set("__name__", name).build());
    return v == null ? null : v.getLast();
  }

  @Override
  public long series(Labels labels) {
    int at = series.indexOf(labels);
    if (at >= 0) {
      return at + 1;
    }
    series.add(labels);
    return series.size();
  }

  @Override
  public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
    return series(decoder.decode(buf, offset, length));
  }

  @Override
  public Labels labels(long s) {
    return series.get((int) s - 1);
  }

  @Override
  public Outcome append(long s, long startTimestamp, long timestamp, double value) {
    values.computeIfAbsent(labels(s), k -> new ArrayList<>()).add(value);
    return Outcome.OK;
  }

  @Override
  public Outcome append(long s, long startTimestamp, long timestamp, Histogram histogram) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Outcome append(long s, Exemplar exemplar) {
    exemplars.put(labels(s), exemplar);
    return Outcome.OK;
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {}

  @Override
  public void commit() {}

  @Override
  public void close() {}
}
