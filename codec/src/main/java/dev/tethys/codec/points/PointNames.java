package dev.tethys.codec.points;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.model.LabelNames;

/**
 * Translates names of other systems to metric and label names.
 *
 * @see EscapingScheme
 */
public enum PointNames {
  /** A character beyond letters, digits and underscores becomes an underscore. */
  UNDERSCORES,
  /** Names stay unchanged. */
  UTF8;

  /** The name of a metric; "" stays so. */
  public String metric(String name) {
    return this == UTF8 ? name : EscapingScheme.UNDERSCORES.escape(name);
  }

  /** The name of a label; "" stays so. */
  public String label(String name) {
    if (this == UTF8 || name.isEmpty() || LabelNames.isLegacyLabelName(name)) {
      return name;
    }
    return EscapingScheme.UNDERSCORES.escapeLabel(name);
  }
}
