package dev.tethys.app.server;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.client.HttpClientFactory;
import java.nio.file.Path;

/**
 * Services of the process that its signals share.
 *
 * @param folder root data folder
 * @param hasFile true if the server has a configuration file
 */
record SignalServices(
    FlagSet flags,
    Path folder,
    boolean hasFile,
    HttpClientFactory clients,
    MemoryBudget memory,
    QueryPlaces places,
    Registry registry) {
  /**
   * Creates the query memory and threads for one language.
   *
   * @param name plural of the queried data, for refusals and names of threads
   */
  QueryResources queries(MemoryUse use, String name) {
    return new QueryResources(
        memory.share(use), memory.share(MemoryUse.RULES), new QueryThreads(name, places.add()));
  }
}
