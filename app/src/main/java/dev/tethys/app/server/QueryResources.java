package dev.tethys.app.server;

import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.model.guard.QueryThreads;

/**
 * Memory and threads of the queries of one language.
 *
 * @param memory share of the process's budget
 * @param ofRules share of queries of rules
 * @param threads on which the queries of clients compute
 */
record QueryResources(MemoryShare memory, MemoryShare ofRules, QueryThreads threads) {
  /**
   * Resources for a language.
   *
   * @param name plural of the queried data, for refusals and names of threads
   */
  static QueryResources of(MemoryBudget budget, MemoryUse use, QueryPlaces places, String name) {
    return new QueryResources(
        budget.share(use), budget.share(MemoryUse.RULES), new QueryThreads(name, places.add()));
  }
}
