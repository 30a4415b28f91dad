package dev.tethys.pipeline.receiver.log;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.operators.Entry;
import dev.tethys.pipeline.operators.OperatorChain;
import dev.tethys.pipeline.operators.OperatorConfig;
import dev.tethys.pipeline.operators.TextTemplate;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Common settings of log receivers.
 *
 * @param attributes record attributes
 * @param resource resource attributes
 * @param storage store of positions; null if none
 */
record LogSettings(
    Map<String, TextTemplate> attributes,
    Map<String, TextTemplate> resource,
    List<OperatorConfig> operators,
    @Nullable Reference storage,
    Retry retry) {
  /**
   * Retry rules.
   *
   * @param most maximum duration of retries; zero for no limit
   */
  record Retry(Duration first, Duration last, Duration most) {}

  /** The keys. */
  static final class Keys {
    private static final Section RETRY =
        new Section(
            "retry_on_failure",
            "Retries of rejected batches; the receiver reads nothing else meanwhile.");
    private static final Key<Boolean> ENABLED =
        RETRY.key("enabled", Type.BOOL, false, "No effect: a refused batch is always retried.");
    private static final Key<Duration> FIRST =
        RETRY.key(
            "initial_interval",
            GoDurations.TYPE,
            Duration.ofSeconds(1),
            "Initial pause between attempts.");
    private static final Key<Duration> LAST =
        RETRY.key(
            "max_interval",
            GoDurations.TYPE,
            Duration.ofSeconds(30),
            "Maximum pause between attempts.");
    private static final Key<Duration> MOST =
        RETRY.key(
            "max_elapsed_time",
            GoDurations.TYPE,
            Duration.ZERO,
            "Time after which a batch is dropped and counted, if enabled is true; "
                + "0 for no limit.");
    private static final Type<Retry> RETRY_TYPE = RETRY.type(Keys::retry);
    private static final Retry DEFAULT_RETRY =
        new Retry(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ZERO);

    private final Key<Map<String, TextTemplate>> attributes;
    private final Key<Map<String, TextTemplate>> resource;
    private final Key<List<OperatorConfig>> operators;
    private final @Nullable Key<Reference> storage;
    private final Key<Retry> retry;

    Keys(Section s, boolean positions) {
      attributes =
          s.key(
              "attributes",
              Type.map(TextTemplate.TYPE),
              Map.of(),
              "Attributes added to all records.");
      resource =
          s.key(
              "resource",
              Type.map(TextTemplate.TYPE),
              Map.of(),
              "Attributes added to the resource.");
      operators =
          s.key(
              "operators",
              OperatorConfig.LIST,
              List.of(),
              "Operators applied to each record, in order.");
      if (positions) {
        storage =
            s.optional("storage", Reference.TYPE, "Storage extension that keeps read positions.");
      } else {
        storage = null;
        s.notBuilt("storage", "The receiver has no read positions.");
      }
      retry = s.key("retry_on_failure", RETRY_TYPE, DEFAULT_RETRY, "Retries of refused batches.");
    }

    private static Retry retry(YamlObject o) {
      return new Retry(
          positive(o.get(FIRST), Duration.ofSeconds(1)),
          positive(o.get(LAST), Duration.ofSeconds(30)),
          o.get(ENABLED) ? o.get(MOST) : Duration.ZERO);
    }

    private static Duration positive(Duration d, Duration otherwise) {
      return d.isPositive() ? d : otherwise;
    }

    /** Reads them; the receiver's built-in operators come first. */
    LogSettings read(YamlObject o, OperatorConfig... first) {
      List<OperatorConfig> all = new ArrayList<>(List.of(first));
      all.addAll(o.get(operators));
      OperatorChain.check(all);
      return new LogSettings(
          o.get(attributes),
          o.get(resource),
          List.copyOf(all),
          storage == null ? null : o.find(storage),
          o.get(retry));
    }
  }

  /** Adds the common attributes to an entry. */
  void label(Entry e) throws ExpressionException {
    for (Map.Entry<String, TextTemplate> a : attributes.entrySet()) {
      e.record().attributes().put(a.getKey(), a.getValue().of(e));
    }
    for (Map.Entry<String, TextTemplate> a : resource.entrySet()) {
      e.resource().put(a.getKey(), a.getValue().of(e));
    }
  }
}
