package dev.tethys.api.prometheus;

import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Type and help of stored series from the metadata of active targets. If targets contradict each
 * other, a family has no type. Thread-safe; the metadata is collected again after 10 s.
 */
final class FederatedFamilies {
  static final MetricMetadata UNTYPED = new MetricMetadata(MetricType.UNKNOWN, "", "");

  private static final long MAX_AGE_MILLIS = 10_000;

  private final TargetsView targets;
  private final InstantSource clock;
  private volatile @Nullable MetadataSnapshot last;

  FederatedFamilies(TargetsView targets, InstantSource clock) {
    this.targets = targets;
    this.clock = clock;
  }

  /** Metadata by family at one time. */
  record MetadataSnapshot(long at, MetricFamilies families) {
    /** Returns the family of a series; null if unknown. */
    MetricFamilies.@Nullable Family of(String series) {
      return families.of(series);
    }

    /**
     * Returns the metadata of a series that is a complete family; untyped for parts and unknown
     * series.
     */
    MetricMetadata single(String series) {
      MetricFamilies.Family f = families.of(series);
      if (f == null) {
        return UNTYPED;
      }
      MetricMetadata m = f.metadata();
      return switch (m.type()) {
        case GAUGE, STATESET -> m;
        case COUNTER -> series.endsWith("_created") && !f.name().equals(series) ? UNTYPED : m;
        case INFO -> m;
        case UNKNOWN, HISTOGRAM, GAUGEHISTOGRAM, SUMMARY ->
            f.name().equals(series)
                ? new MetricMetadata(MetricType.UNKNOWN, m.help(), "")
                : UNTYPED;
      };
    }
  }

  MetadataSnapshot known() {
    long now = clock.millis();
    MetadataSnapshot k = last;
    if (k == null || Math.abs(now - k.at) >= MAX_AGE_MILLIS) {
      k = new MetadataSnapshot(now, collect());
      last = k;
    }
    return k;
  }

  private MetricFamilies collect() {
    Map<String, MetricMetadata> all = new HashMap<>();
    Set<String> contradicted = new HashSet<>();
    for (TargetsView.Active t : targets.active()) {
      t.metadata()
          .families()
          .forEach(
              (name, m) -> {
                MetricMetadata before = all.putIfAbsent(name, m);
                if (before != null && before.type() != m.type()) {
                  contradicted.add(name);
                }
              });
    }
    all.keySet().removeAll(contradicted);
    return MetricFamilies.of(all);
  }
}
