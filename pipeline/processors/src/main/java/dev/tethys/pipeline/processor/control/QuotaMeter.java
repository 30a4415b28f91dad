package dev.tethys.pipeline.processor.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Use of a quota in the present period, by value of its attribute. At most {@link #MAX_VALUES}
 * values are kept apart; further ones share the amount of {@link #OTHER}. Safe for any number of
 * threads.
 */
final class QuotaMeter {
  static final int MAX_VALUES = 1000;

  /** Value of further values. */
  static final String OTHER = "(other)";

  /** Value of resources without the attribute. */
  static final String NONE = "";

  /**
   * Use of one value.
   *
   * @param used amount in the unit of the quota
   */
  record Use(String value, double used, QuotaRule.Step step) {}

  private final QuotaRule rule;
  private final LongSupplier millis;
  private long period = Long.MIN_VALUE; // guarded by this
  private final Map<String, Double> used = new HashMap<>(); // guarded by this

  QuotaMeter(QuotaRule rule, LongSupplier millis) {
    this.rule = rule;
    this.millis = millis;
  }

  private String begin(String value) {
    long now = Math.floorDiv(millis.getAsLong(), rule.period().toMillis());
    if (now != period) {
      period = now;
      used.clear();
    }
    return used.containsKey(value) || used.size() < MAX_VALUES ? value : OTHER;
  }

  /** Step that holds for the next items of a value. */
  synchronized QuotaRule.Step step(String value) {
    String key = begin(value);
    return rule.step(used.getOrDefault(key, 0.0));
  }

  /** Adds what passed; the step after it. */
  synchronized QuotaRule.Step add(String value, long items, long bytes) {
    String key = begin(value);
    return rule.step(used.merge(key, rule.amount(items, bytes), Double::sum));
  }

  /** Values with the largest use, the largest first. */
  synchronized List<Use> top(int most) {
    begin(NONE);
    List<Use> all = new ArrayList<>();
    used.forEach((v, u) -> all.add(new Use(v, u, rule.step(u))));
    all.sort(Comparator.comparingDouble(Use::used).reversed().thenComparing(Use::value));
    return List.copyOf(all.subList(0, Math.min(most, all.size())));
  }
}
