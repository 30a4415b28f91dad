package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of metric families for requests: families of live sources by reference, and recently
 * received ones as bytes. Holds at most {@link #MAX_FAMILIES}; the least recently received of these
 * is evicted. Guarded by {@code this}.
 */
final class FamilyTable {
  static final int MAX_FAMILIES = 50_000;

  @GuardedBy("this")
  private final Set<MetricFamilies> sources = Collections.newSetFromMap(new WeakHashMap<>());

  @GuardedBy("this")
  private final LinkedHashMap<String, MetricMetadata> families = BoundedMap.byUse(MAX_FAMILIES);

  synchronized void put(String family, MetricMetadata m) {
    families.put(family, m);
  }

  /** Adds the families of a source for as long as it is referenced. */
  synchronized void add(MetricFamilies source) {
    sources.add(source);
  }

  /** Returns the metadata of the family to which a series received as bytes belongs. */
  synchronized @Nullable MetricMetadata of(String series) {
    Map<String, MetricMetadata> known = families;
    MetricFamilies.Family f = MetricFamilies.find(series, known::get);
    return f == null ? null : f.metadata();
  }

  synchronized List<Map.Entry<String, MetricMetadata>> all() {
    Map<String, MetricMetadata> all = new LinkedHashMap<>(families);
    for (MetricFamilies s : sources) {
      s.forEach(
          (family, m) -> {
            if (all.size() < MAX_FAMILIES) {
              all.put(family, m);
            }
          });
    }
    return List.copyOf(all.entrySet());
  }
}
