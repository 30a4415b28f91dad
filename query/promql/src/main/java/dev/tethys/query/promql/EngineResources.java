package dev.tethys.query.promql;

import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryPlaces;

/**
 * Resources shared by an engine with other components of the process.
 *
 * @param queries memory of queries of people and programs
 * @param rules memory of queries of rules
 * @param cache memory of cached results
 * @param places permits for long-running queries
 */
public record EngineResources(
    MemoryShare queries, MemoryShare rules, MemoryShare cache, QueryPlaces.Language places) {
  /** Releases the compute slot while a query waits for its store. */
  private static final int MIN_PLACES = 2;

  /** Creates the resources of a process. */
  public static EngineResources of(MemoryBudget budget, QueryPlaces places, EngineOptions options) {
    return new EngineResources(
        budget.share(MemoryUse.METRIC_QUERIES),
        budget.share(MemoryUse.RULES),
        budget.share(MemoryUse.CACHES),
        places.add(Math.max(MIN_PLACES, options.threads())));
  }

  /** Resources of an engine that shares them with no other, by the limits of its options. */
  static EngineResources alone(EngineOptions options) {
    long total = options.maxBytes() > 0 ? options.maxBytes() : Long.MAX_VALUE / 2;
    long ofRules = Math.min(options.ruleBytes(), options.maxBytes() / 2);
    MemoryBudget budget =
        new MemoryBudget(
            total,
            use ->
                switch (use) {
                  case METRIC_QUERIES -> new MemoryBudget.Size(total - ofRules, total - ofRules);
                  case RULES -> new MemoryBudget.Size(ofRules, total);
                  case CACHES -> new MemoryBudget.Size(0, options.cacheBytes());
                  default -> MemoryBudget.Size.NONE;
                },
            () -> true);
    return of(budget, new QueryPlaces(Math.max(MIN_PLACES, options.threads()) - 1), options);
  }
}
