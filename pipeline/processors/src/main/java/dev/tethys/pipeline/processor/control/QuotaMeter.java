package dev.tethys.pipeline.processor.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Use of a quota in the current period, by value of its attribute. At most {@link #MAX_VALUES}
 * values are tracked separately; further ones share the amount of {@link #OTHER}. The limit of a
 * value is this process's share, and its step follows the use of the fleet. Thread-safe.
 */
final class QuotaMeter {
  static final int MAX_VALUES = 1000;

  /** Fraction of the limit at which no larger share is requested. */
  private static final double USED_UP = 0.98;

  /** Value that represents all further values. */
  static final String OTHER = "(other)";

  /** Value of resources without the attribute. */
  static final String NONE = "";

  /**
   * Usage of one value.
   *
   * @param used amount in the unit of the quota
   * @param share share of the limit available to this process
   */
  record Use(String value, double used, double share, QuotaRule.Step step) {}

  private final QuotaRule rule;
  private final LongSupplier millis;

  @GuardedBy("this")
  private long period = Long.MIN_VALUE;

  @GuardedBy("this")
  private final Map<String, Double> used = new HashMap<>();

  @GuardedBy("this")
  private double initial;

  @GuardedBy("this")
  private long shared = Long.MIN_VALUE; // period of the parts

  @GuardedBy("this")
  private Map<String, QuotaShare.Part> parts = Map.of();

  private volatile boolean due;

  QuotaMeter(QuotaRule rule, LongSupplier millis) {
    this.rule = rule;
    this.millis = millis;
    this.initial = rule.initialShare(rule.agents());
  }

  /** Receives the share of this process, which is then reported. */
  synchronized void share(QuotaShare s) {
    initial = s.initial();
    shared = s.period();
    parts = s.parts();
    due = true;
  }

  /** Whether a report is due; called once for each. */
  boolean takeDue() {
    boolean now = due;
    due = false;
    return now;
  }

  @GuardedBy("this")
  private QuotaShare.@Nullable Part part(String key) {
    return shared == period ? parts.get(key) : null;
  }

  @GuardedBy("this")
  private double allowance(String key) {
    QuotaShare.Part p = part(key);
    return Math.min(rule.limit(), p == null ? initial : p.allowance());
  }

  @GuardedBy("this")
  private QuotaRule.Step step(String key, double u) {
    QuotaShare.Part p = part(key);
    double fleet = p == null ? u : p.others() + u;
    if (u < allowance(key)) {
      return rule.step(fleet);
    }
    due |= fleet < rule.limit() * USED_UP; // the fleet may have more for this value
    return QuotaRule.Step.OVERFLOW;
  }

  @GuardedBy("this")
  private String begin(String value) {
    long now = rule.periodAt(millis.getAsLong());
    if (now != period) {
      period = now;
      used.clear();
    }
    return used.containsKey(value) || used.size() < MAX_VALUES ? value : OTHER;
  }

  /** Returns the step that applies to the next items of a value. */
  synchronized QuotaRule.Step step(String value) {
    String key = begin(value);
    return step(key, used.getOrDefault(key, 0.0));
  }

  /** Adds passed items; returns the resulting step. */
  synchronized QuotaRule.Step add(String value, long items, long bytes) {
    String key = begin(value);
    double u = used.merge(key, rule.amount(items, bytes), Double::sum);
    QuotaShare.Part p = part(key);
    due |= u >= (p == null ? initial / 2 : p.reportAt());
    return step(key, u);
  }

  /** Returns the number of the current period. */
  synchronized long period() {
    begin(NONE);
    return period;
  }

  /** Values with the largest use, the largest first. */
  synchronized List<Use> top(int most) {
    begin(NONE);
    List<Use> all = new ArrayList<>();
    used.forEach((v, u) -> all.add(new Use(v, u, allowance(v), step(v, u))));
    if (shared == period) { // an unused share is reported too, so it can be reassigned
      for (String v : parts.keySet()) {
        if (!used.containsKey(v)) {
          all.add(new Use(v, 0, allowance(v), step(v, 0)));
        }
      }
    }
    all.sort(Comparator.comparingDouble(Use::used).reversed().thenComparing(Use::value));
    return List.copyOf(all.subList(0, Math.min(most, all.size())));
  }
}
