package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.List;

/** What happens to labels on their way through a query. */
final class SeriesLabels {
  static final String TYPE = "__type__";
  static final String UNIT = "__unit__";
  private static final byte[][] METADATA =
      Labels.sortedNames(List.of(Labels.METRIC_NAME, TYPE, UNIT));

  private SeriesLabels() {}

  /** Without name, type and unit, which a computed series no longer has. */
  static Labels withoutMetadata(Labels l) {
    return l.filter(METADATA, false);
  }

  /** The labels of a result whose operator drops the name: at once, or at the end of the query. */
  static Labels dropped(Execution x, Labels l) {
    return x.features().delayedNameRemoval() ? l : withoutMetadata(l);
  }
}
