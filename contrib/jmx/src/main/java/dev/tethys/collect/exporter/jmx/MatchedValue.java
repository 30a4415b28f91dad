package dev.tethys.collect.exporter.jmx;

import dev.tethys.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * Result of a rule for a value.
 *
 * @param name family name without a type suffix
 * @param matched the text that the rule's pattern was matched against
 * @param value set by the rule; null for the attribute's value
 */
record MatchedValue(
    String name,
    String matched,
    JmxRule.Kind type,
    String help,
    Labels labels,
    @Nullable Double value,
    double factor) {
  /** Returns a copy with the given value. */
  MatchedValue with(double v) {
    return new MatchedValue(name, matched, type, help, labels, v, factor);
  }
}
