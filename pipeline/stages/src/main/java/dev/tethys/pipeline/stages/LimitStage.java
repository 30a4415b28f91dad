package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Limits entries or bytes of lines per second, in total or per value of a label. */
final class LimitStage implements Stage {
  static final String REASON = "ratelimit_drop_stage";

  /** The least number of label values that have their own limit. */
  static final int MIN_DISTINCT = 10_000;

  private static final Section KEYS =
      new Section("limit", "Limits the number of entries or bytes per second.");
  private static final Key<Double> RATE =
      KEYS.key("rate", Type.FLOAT, 0.0, "Maximum number of entries per second.");
  private static final Key<Long> BURST =
      KEYS.key("burst", Type.INT, 0L, "Maximum burst of entries.");
  private static final Key<Long> BYTE_RATE =
      KEYS.key("byte_rate", Sizes.TYPE, 0L, "Maximum size of lines per second, in bytes.");
  private static final Key<Long> BYTE_BURST =
      KEYS.key(
          "byte_burst",
          Sizes.TYPE,
          0L,
          "Maximum burst in bytes; defaults to the bytes of one " + "second.");
  private static final Key<Boolean> DROP =
      KEYS.key(
          "drop",
          Type.BOOL,
          false,
          "If true, entries above the limit are dropped; otherwise the source " + "waits.");
  private static final Key<String> BY_LABEL =
      KEYS.key("by_label_name", Type.STRING, "", "Label whose values are limited separately.");
  private static final Key<Long> MAX_DISTINCT =
      KEYS.key(
          "max_distinct_labels",
          Type.INT,
          (long) MIN_DISTINCT,
          "Maximum number of tracked values; at least 10000.");

  private final boolean drop;
  private final EntryLimiter all;
  private final Registry.Counter dropped;

  private LimitStage(boolean drop, EntryLimiter all, Registry.Counter dropped) {
    this.drop = drop;
    this.all = all;
    this.dropped = dropped;
  }

  static Stage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    Rates rates = Rates.read(o);
    String label = o.get(BY_LABEL);
    if (!label.isEmpty() && !o.get(DROP)) {
      throw o.error(BY_LABEL, "limit stage with by_label_name needs drop: true");
    }
    Registry.Counter dropped = context.metrics().dropped(REASON);
    return label.isEmpty()
        ? new LimitStage(o.get(DROP), rates.limiter(context.clock()), dropped)
        : new ByLabel(
            label,
            rates,
            (int) Math.min(1_000_000, Math.max(MIN_DISTINCT, o.get(MAX_DISTINCT))),
            context);
  }

  /** Configured limits; at least one is set. */
  private record Rates(EntryLimiter.@Nullable Rate entries, EntryLimiter.@Nullable Rate bytes) {
    static Rates read(YamlObject o) {
      boolean byBytes = o.get(BYTE_RATE) > 0;
      if (o.has(BYTE_BURST) && !byBytes) {
        throw o.error(BYTE_BURST, "limit stage with byte_burst needs a byte_rate above 0");
      }
      boolean byEntries = o.has(RATE) || o.has(BURST) || !byBytes;
      if (byEntries && (!(o.get(RATE) > 0) || o.get(BURST) <= 0)) {
        throw o.error("limit stage needs a rate and a burst above 0, or a byte_rate");
      }
      long byteBurst = o.get(BYTE_BURST) > 0 ? o.get(BYTE_BURST) : o.get(BYTE_RATE);
      return new Rates(
          byEntries ? new EntryLimiter.Rate(o.get(RATE), o.get(BURST)) : null,
          byBytes ? new EntryLimiter.Rate(o.get(BYTE_RATE), byteBurst) : null);
    }

    EntryLimiter limiter(StageClock clock) {
      return new EntryLimiter(entries, bytes, clock);
    }
  }

  @Override
  public void process(StageEntry e, Next next) {
    if (!drop) {
      all.await(e.entry);
    } else if (!all.allows(e.entry)) {
      dropped.inc();
      e.entry.settle();
      return;
    }
    next.accept(e);
  }

  /** A limit for each value of a label. Values that have not been seen for long are dropped. */
  static final class ByLabel implements Stage {
    private final String label;
    private final Rates rates;
    private final int maxDistinct;
    private final StageContext context;
    private final Registry.Counter dropped;
    private final Set<String> counted = new HashSet<>();
    private Map<String, EntryLimiter> recent = new HashMap<>();
    private Map<String, EntryLimiter> older = Map.of();

    ByLabel(String label, Rates rates, int maxDistinct, StageContext context) {
      this.label = label;
      this.rates = rates;
      this.maxDistinct = maxDistinct;
      this.context = context;
      this.dropped = context.metrics().dropped(REASON);
    }

    private synchronized boolean passes(String value, LogEntry e) {
      EntryLimiter limiter = recent.get(value);
      if (limiter == null) {
        limiter = older.get(value);
        if (recent.size() >= maxDistinct) {
          older = recent;
          recent = new HashMap<>();
          counted.forEach(v -> context.metrics().droppedByLabel().remove(label, v));
          counted.clear();
        }
        if (limiter == null) {
          limiter = rates.limiter(context.clock());
        }
        recent.put(value, limiter);
      }
      if (limiter.allows(e)) {
        return true;
      }
      counted.add(value);
      context.metrics().droppedByLabel().with(label, value).inc();
      return false;
    }

    @Override
    public void process(StageEntry e, Next next) {
      String value = e.labels().getOrNull(label);
      if (value == null || passes(value, e.entry)) {
        next.accept(e);
      } else {
        dropped.inc();
        e.entry.settle();
      }
    }
  }
}
