package dev.tethys.model;

import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Type, help and unit of the metric families of one source. Immutable, so that all batches of a
 * source, and all sources that expose the same metadata, share one instance by reference.
 */
public final class MetricFamilies {
  /** Empty set of families. */
  public static final MetricFamilies NONE = new MetricFamilies(Map.of());

  /** Suffixes of series names within a family; if one ends with another, the longer comes first. */
  private static final List<String> SUFFIXES =
      List.of("_bucket", "_created", "_gcount", "_count", "_gsum", "_sum", "_total", "_info");

  private final Map<String, MetricMetadata> families;
  private final int hash;

  private MetricFamilies(Map<String, MetricMetadata> families) {
    this.families = families;
    this.hash = families.hashCode();
  }

  /**
   * Metric family of a series.
   *
   * @param name the family's name: that of the series, without the suffix of its part
   */
  public record Family(String name, MetricMetadata metadata) {}

  /** Copies metadata by family name. */
  public static MetricFamilies of(Map<String, MetricMetadata> families) {
    return families.isEmpty() ? NONE : new MetricFamilies(Map.copyOf(families));
  }

  /**
   * Finds the family of a series: the one of the same name, else the one whose type has parts with
   * the suffix of the series.
   *
   * @param known metadata by family name; null for unknown families
   */
  public static @Nullable Family find(
      String series, Function<String, @Nullable MetricMetadata> known) {
    MetricMetadata exact = known.apply(series);
    if (exact != null) {
      return new Family(series, exact);
    }
    for (String suffix : SUFFIXES) {
      if (series.length() > suffix.length() && series.endsWith(suffix)) {
        String base = series.substring(0, series.length() - suffix.length());
        MetricMetadata m = known.apply(base);
        if (m != null && hasPart(m.type(), suffix)) {
          return new Family(base, m);
        }
      }
    }
    return null;
  }

  /** Whether families of a type have series whose names end with a suffix. */
  private static boolean hasPart(MetricType type, String suffix) {
    return switch (type) {
      case COUNTER -> suffix.equals("_total") || suffix.equals("_created");
      case HISTOGRAM ->
          suffix.equals("_bucket")
              || suffix.equals("_count")
              || suffix.equals("_sum")
              || suffix.equals("_created");
      case GAUGEHISTOGRAM ->
          suffix.equals("_bucket")
              || suffix.equals("_count")
              || suffix.equals("_sum")
              || suffix.equals("_gcount")
              || suffix.equals("_gsum");
      case SUMMARY -> suffix.equals("_count") || suffix.equals("_sum") || suffix.equals("_created");
      case INFO -> suffix.equals("_info");
      default -> false;
    };
  }

  /** Metadata of a family by its own name; null if unknown. */
  public @Nullable MetricMetadata get(String family) {
    return families.get(family);
  }

  /** Family of a series; null if unknown. */
  public @Nullable Family of(String series) {
    return find(series, families::get);
  }

  /** Returns the number of families. */
  public int size() {
    return families.size();
  }

  /** Visits all families in no order. */
  public void forEach(BiConsumer<String, MetricMetadata> to) {
    families.forEach(to);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o == this
        || o instanceof MetricFamilies f && hash == f.hash && families.equals(f.families);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return families.toString();
  }
}
