package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection.Groups;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations on the labels of series during a query. */
final class SeriesLabels {
  static final String TYPE = "__type__";
  static final String UNIT = "__unit__";
  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);
  private static final byte[][] METADATA =
      Labels.sortedNames(List.of(Labels.METRIC_NAME, TYPE, UNIT));

  private SeriesLabels() {}

  /** Returns the labels without name, type and unit, which a computed series no longer has. */
  static Labels withoutMetadata(Labels l) {
    return l.filter(METADATA, false);
  }

  /**
   * Returns the metric name common to all series, if they have neither types nor units: without it
   * they are as different as with it. Null if that is not so, or the store does not tell.
   */
  static @Nullable String onlyName(RangeSource.Series series) {
    Groups g = series.groups(METADATA, true);
    if (g == null || g.size() != 1) {
      return null;
    }
    Labels l = g.labels().getFirst();
    return l.size() == 1 && !l.metricName().isEmpty() ? l.metricName() : null;
  }

  /** Whether what {@link #withoutMetadata} removes is among some names. */
  static boolean namesMetadata(byte[][] sortedNames) {
    for (byte[] name : METADATA) {
      if (Arrays.binarySearch(sortedNames, name, Arrays::compareUnsigned) >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the result labels of an operator that drops the metric name, either now or at the end
   * of the query.
   */
  static Labels dropped(Execution x, Labels l) {
    return x.features().delayedNameRemoval() ? l : withoutMetadata(l);
  }

  /**
   * Whether labels changed only by dropping the same metric name as a neighbor's, or did not
   * change. If this holds for all series, distinct label sets stay distinct.
   */
  static boolean onlyNameDropped(Labels before, Labels after, Labels neighbour) {
    long mine = before.find(NAME);
    long its = neighbour.find(NAME);
    int removed = before.canonicalBytes().length - after.canonicalBytes().length;
    if (mine < 0 || its < 0) {
      return mine == its && removed == 0;
    }
    int from = (int) (mine >>> 32);
    int itsFrom = (int) (its >>> 32);
    int length = (int) mine;
    int pair = 1 + NAME.length + (length < 0x80 ? 1 : length < 0x4000 ? 2 : 3) + length;
    return removed == pair
        && Arrays.equals(
            before.canonicalBytes(),
            from,
            from + length,
            neighbour.canonicalBytes(),
            itsFrom,
            itsFrom + (int) its);
  }
}
