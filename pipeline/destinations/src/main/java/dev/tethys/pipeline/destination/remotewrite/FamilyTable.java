package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was last said about metric families, for the metadata of requests. No more than {@link
 * #MAX_FAMILIES}: the one told of longest ago makes room. Guarded by {@code this}.
 */
final class FamilyTable {
  static final int MAX_FAMILIES = 50_000;

  private static final String[] SUFFIXES = {
    "_total", "_bucket", "_sum", "_count", "_created", "_info"
  };

  private final LinkedHashMap<String, MetricMetadata> families =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, MetricMetadata> eldest) {
          return size() > MAX_FAMILIES;
        }
      };

  synchronized void put(String family, MetricMetadata m) {
    families.put(family, m);
  }

  /** What is known about the family of a series. */
  synchronized @Nullable MetricMetadata of(Labels series) {
    String name = series.metricName();
    MetricMetadata m = families.get(name);
    if (m != null) {
      return m;
    }
    for (String s : SUFFIXES) {
      if (name.endsWith(s)) {
        return families.get(name.substring(0, name.length() - s.length()));
      }
    }
    return null;
  }

  synchronized List<Map.Entry<String, MetricMetadata>> all() {
    List<Map.Entry<String, MetricMetadata>> out = new ArrayList<>(families.size());
    families.forEach((k, v) -> out.add(Map.entry(k, v)));
    return out;
  }
}
