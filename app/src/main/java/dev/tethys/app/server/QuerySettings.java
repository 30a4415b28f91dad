package dev.tethys.app.server;

import dev.tethys.config.Durations;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.EngineResources;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** Query settings from flags and features: language, limits, cache. */
record QuerySettings(FlagSet flags, Set<Features> features) {
  /** Concurrent rule queries that are always allowed, regardless of other queries. */
  private static final int RULE_PLACES = 4;

  /** Divisor of the query memory: the share reserved for rules is 1/4. */
  private static final int RULE_SHARE = 4;

  private boolean on(Features f) {
    return features.contains(f);
  }

  /** Returns the language. */
  ParserOptions parser() {
    return new ParserOptions(
        on(Features.EXPERIMENTAL_FUNCTIONS),
        on(Features.EXTENDED_RANGE_SELECTORS),
        on(Features.BINOP_FILL_MODIFIERS));
  }

  /**
   * Returns the engine.
   *
   * @param subqueryStep default step of subqueries
   * @throws UsageException if a flag is invalid
   */
  EngineOptions engine(Supplier<Duration> subqueryStep) {
    // Regardless of the limits, half of the heap is kept for other uses.
    long heap = Runtime.getRuntime().maxMemory() / 2;
    long all = flags.bytes("query.max-memory-bytes");
    long maxBytes = all > 0 ? Math.min(all, heap) : 0;
    return EngineOptions.builder()
        .lookbackMillis(flags.millis("query.lookback-delta"))
        .timeoutMillis(flags.millis("query.timeout"))
        .maxSamples(flags.integer("query.max-samples"))
        .maxConcurrent((int) flags.integer("query.max-concurrency"))
        .maxQueued((int) flags.integer("query.max-queued"))
        .maxBytes(maxBytes)
        .maxBytesPerQuery(flags.bytes("query.max-memory-bytes-per-query"))
        .ruleConcurrent((int) Math.max(RULE_PLACES, flags.integer("rules.max-concurrent-evals")))
        .ruleBytes(
            flags.isGiven("query.max-memory-bytes-rules")
                ? flags.bytes("query.max-memory-bytes-rules")
                : maxBytes / RULE_SHARE)
        .cacheBytes(Math.min(flags.bytes("query.cache-max-bytes"), heap / 4))
        .parser(parser())
        .delayedNameRemoval(on(Features.DELAYED_NAME_REMOVAL))
        .typeAndUnitLabels(on(Features.TYPE_AND_UNIT_LABELS))
        .startTimestamps(on(Features.USE_START_TIMESTAMPS))
        .perStepStatistics(on(Features.PER_STEP_STATS))
        .maxSourceResolution(maxSourceResolution())
        .subqueryStep(range -> subqueryStep.get().toMillis())
        .build();
  }

  /** Returns the engine resources, within the limits set by flags. */
  EngineResources resources(MemoryBudget budget, QueryPlaces places, EngineOptions options) {
    EngineResources r = EngineResources.of(budget, places, options);
    if (options.maxBytes() > 0) {
      r.queries()
          .setMax(options.maxBytes() - Math.min(options.ruleBytes(), options.maxBytes() / 2));
      r.rules().setMax(options.maxBytes());
    }
    return r;
  }

  private long maxSourceResolution() {
    String text = flags.get("query.max-source-resolution");
    if (text.equals("auto")) {
      return QueryOptions.AUTO;
    }
    try {
      return Durations.parse(text).toMillis();
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "tethys server: --query.max-source-resolution="
              + text
              + ": expected auto, 0s or a duration");
    }
  }
}
