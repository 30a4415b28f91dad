package dev.tethys.pipeline.processor.control;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.sampling.Sampler;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Quota of a control that runs. Thread-safe. */
final class QuotaControl {
  private static final System.Logger LOG = JulLogger.of(QuotaControl.class.getName());
  private static final int MAX_VALUE = 256;

  private final String id;
  private final QuotaRule rule;
  private final QuotaMeter meter;
  private final Sampler sampler;

  QuotaControl(String id, QuotaRule rule, Scheduler clock) {
    this.id = id;
    this.rule = rule;
    this.meter = new QuotaMeter(rule, clock::millis);
    this.sampler =
        Sampler.proportional(rule.sampleShare(), () -> ThreadLocalRandom.current().nextLong());
  }

  List<QuotaMeter.Use> uses(int most) {
    return meter.top(most);
  }

  void share(QuotaShare s) {
    meter.share(s);
  }

  boolean takeDue() {
    return meter.takeDue();
  }

  long period() {
    return meter.period();
  }

  Use begin(double bytesPerItem) {
    return new Use(bytesPerItem);
  }

  /** Returns the attribute value of a resource. */
  private String value(ResourceGroup<?> r) {
    if (rule.by().isEmpty()) {
      return QuotaMeter.NONE;
    }
    Object v = r.resource().attributes().get(rule.by());
    String text = v == null ? QuotaMeter.NONE : ValueText.of(v);
    return text.length() <= MAX_VALUE ? text : text.substring(0, MAX_VALUE);
  }

  /** Use by one batch; not thread-safe. */
  final class Use {
    private final double bytesPerItem;
    private final Map<String, QuotaRule.Step> steps = new HashMap<>();
    private final Map<String, Long> items = new HashMap<>();
    private @Nullable ResourceGroup<?> last;
    private String lastValue = QuotaMeter.NONE;

    private Use(double bytesPerItem) {
      this.bytesPerItem = bytesPerItem;
    }

    private String of(ResourceGroup<?> r) {
      if (r != last) {
        last = r;
        lastValue = value(r);
      }
      return lastValue;
    }

    /** Whether a value of the batch is over its limit. */
    boolean mayExceed(Telemetry<?> tree) {
      boolean any = false;
      for (ResourceGroup<?> r : tree.resources()) {
        any |= step(r) == QuotaRule.Step.OVERFLOW;
      }
      return any;
    }

    QuotaRule.Step step(ResourceGroup<?> r) {
      return steps.computeIfAbsent(of(r), meter::step);
    }

    /** Whether sampling keeps an item; it keeps all items of metrics. */
    boolean samples(Signal signal, Cursor at) {
      return switch (signal) {
        case TRACES -> sampler.keep(at.span());
        case LOGS -> sampler.keep(at.log());
        default -> true;
      };
    }

    /** Whether sampling would keep an item; the item is not changed. */
    boolean wouldKeep() {
      return ThreadLocalRandom.current().nextDouble() < rule.sampleShare();
    }

    void add(ResourceGroup<?> r, int n) {
      items.merge(of(r), (long) n, Long::sum);
    }

    /** Counts the passed items and logs a newly reached step. */
    void end() {
      items.forEach(
          (value, n) -> {
            QuotaRule.Step before = steps.getOrDefault(value, QuotaRule.Step.OK);
            QuotaRule.Step after = meter.add(value, n, Math.round(n * bytesPerItem));
            if (after.compareTo(before) > 0) {
              LOG.log(
                  Level.WARNING,
                  "Quota step reached control={0} value=\"{1}\" step={2}",
                  id,
                  value,
                  after.word());
            }
          });
    }
  }
}
