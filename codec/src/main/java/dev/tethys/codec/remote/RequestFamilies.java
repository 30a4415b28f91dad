package dev.tethys.codec.remote;

import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricFamilies.Family;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of the current series while a {@link WriteRequestReader} reads a remote write 1.0
 * request. It comes from the entry before the series, else from the source's known metadata, else
 * from an entry after it. So requests of sources with different types can be joined as bytes, each
 * after its own metadata. Not thread-safe.
 */
public final class RequestFamilies {
  private static final Family NONE = new Family("", new MetricMetadata(MetricType.UNKNOWN, "", ""));

  private final MetricFamilies source;
  private final Map<String, MetricMetadata> before = new HashMap<>();
  private final Map<String, MetricMetadata> all = new HashMap<>();
  private final Map<String, Family> found = new HashMap<>(); // by name of series; NONE for none

  /**
   * @param source metadata of the request's source known from elsewhere; null if none
   */
  public RequestFamilies(@Nullable MetricFamilies source) {
    this.source = source == null ? MetricFamilies.NONE : source;
  }

  /** Adds an entry from any position in the request. */
  void add(String family, MetricMetadata metadata) {
    all.put(family, metadata);
    found.clear();
  }

  /** Receives an entry that applies to all following series. */
  void precede(String family, MetricMetadata metadata) {
    MetricMetadata old = before.put(family, metadata);
    if (!metadata.equals(old)) {
      found.clear();
    }
  }

  /** Family of the series at the reader's position; null if nothing is known. */
  public @Nullable Family of(String series) {
    Family f = found.get(series);
    if (f == null) {
      f = MetricFamilies.find(series, this::known);
      found.put(series, f == null ? NONE : f);
    }
    return f == NONE ? null : f;
  }

  private @Nullable MetricMetadata known(String family) {
    MetricMetadata m = before.get(family);
    if (m == null) {
      m = source.get(family);
    }
    return m == null ? all.get(family) : m;
  }
}
