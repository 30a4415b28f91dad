package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Lets only so many entries pass a second, of all or of each value of a label. */
final class LimitStage implements Stage {
  static final String REASON = "ratelimit_drop_stage";

  /** The least number of label values that are told apart. */
  static final int MIN_DISTINCT = 10_000;

  private static final Section KEYS =
      new Section("limit", "Lets only so many entries pass a second.");
  private static final Key<Double> RATE = KEYS.required("rate", Type.FLOAT, "Entries a second.");
  private static final Key<Long> BURST =
      KEYS.required("burst", Type.INT, "Entries that may pass at once.");
  private static final Key<Boolean> DROP =
      KEYS.key("drop", Type.BOOL, false, "Drop what is too much; else its source waits.");
  private static final Key<String> BY_LABEL =
      KEYS.key(
          "by_label_name", Type.STRING, "", "Label each value of which has a limit of its own.");
  private static final Key<Long> MAX_DISTINCT =
      KEYS.key(
          "max_distinct_labels",
          Type.INT,
          (long) MIN_DISTINCT,
          "How many values are told apart; at least 10000.");

  private final boolean drop;
  private final RateLimiter all;
  private final Registry.Counter dropped;

  private LimitStage(boolean drop, RateLimiter all, Registry.Counter dropped) {
    this.drop = drop;
    this.all = all;
    this.dropped = dropped;
  }

  static Stage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    double rate = o.get(RATE);
    long burst = o.get(BURST);
    if (!(rate > 0) || burst <= 0) {
      throw o.error("limit stage needs a rate and a burst above 0");
    }
    String label = o.get(BY_LABEL);
    if (!label.isEmpty() && !o.get(DROP)) {
      throw o.error(BY_LABEL, "limit stage with by_label_name needs drop: true");
    }
    Registry.Counter dropped = context.metrics().dropped(REASON);
    return label.isEmpty()
        ? new LimitStage(o.get(DROP), new RateLimiter(rate, burst, context.clock()), dropped)
        : new ByLabel(
            label,
            rate,
            burst,
            (int) Math.min(1_000_000, Math.max(MIN_DISTINCT, o.get(MAX_DISTINCT))),
            context);
  }

  @Override
  public void process(StageEntry e, Next next) {
    if (!drop) {
      all.take();
    } else if (!all.tryTake()) {
      dropped.inc();
      e.entry.settle();
      return;
    }
    next.accept(e);
  }

  /** A limit for each value of a label. Values that were not seen for long are forgotten. */
  static final class ByLabel implements Stage {
    private final String label;
    private final double rate;
    private final long burst;
    private final int maxDistinct;
    private final StageContext context;
    private final Registry.Counter dropped;
    private final Set<String> counted = new HashSet<>();
    private Map<String, RateLimiter> recent = new HashMap<>();
    private Map<String, RateLimiter> older = Map.of();

    ByLabel(String label, double rate, long burst, int maxDistinct, StageContext context) {
      this.label = label;
      this.rate = rate;
      this.burst = burst;
      this.maxDistinct = maxDistinct;
      this.context = context;
      this.dropped = context.metrics().dropped(REASON);
    }

    private synchronized boolean passes(String value) {
      RateLimiter limiter = recent.get(value);
      if (limiter == null) {
        limiter = older.get(value);
        if (recent.size() >= maxDistinct) {
          older = recent;
          recent = new HashMap<>();
          counted.forEach(v -> context.metrics().droppedByLabel().remove(label, v));
          counted.clear();
        }
        if (limiter == null) {
          limiter = new RateLimiter(rate, burst, context.clock());
        }
        recent.put(value, limiter);
      }
      if (limiter.tryTake()) {
        return true;
      }
      counted.add(value);
      context.metrics().droppedByLabel().with(label, value).inc();
      return false;
    }

    @Override
    public void process(StageEntry e, Next next) {
      String value = e.labels().getOrNull(label);
      if (value == null || passes(value)) {
        next.accept(e);
      } else {
        dropped.inc();
        e.entry.settle();
      }
    }
  }
}
