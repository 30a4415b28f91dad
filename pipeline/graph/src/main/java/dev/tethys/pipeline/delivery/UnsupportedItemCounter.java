package dev.tethys.pipeline.delivery;

import dev.tethys.model.exposition.Registry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Counts unsupported data that is not an item, so that it is not lost silently: exemplars, metadata
 * of families, single rows of histograms.
 */
public final class UnsupportedItemCounter {
  /** Kind of counted item. */
  public enum What {
    EXEMPLARS,
    METADATA,
    HISTOGRAM_ROWS
  }

  private final Map<What, Registry.Counter> counters = new EnumMap<>(What.class);

  /**
   * @param exporter the component, as in {@code influxdb/far}
   */
  public UnsupportedItemCounter(Registry registry, String exporter) {
    Registry.Vector<Registry.Counter> v =
        registry.counters(
            "tethys_exporter_left_out_total",
            "Parts of items that the destination cannot store.",
            "exporter",
            "what");
    for (What w : What.values()) {
      counters.put(w, v.with(exporter, w.name().toLowerCase(Locale.ROOT)));
    }
  }

  /** Counts an item. */
  public void add(What w) {
    add(w, 1);
  }

  /** Adds to a count. */
  public void add(What w, int n) {
    Objects.requireNonNull(counters.get(w)).add(n);
  }
}
