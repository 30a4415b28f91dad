package dev.tethys.collect.database;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.exposition.MetricFamily;
import java.util.List;

/**
 * Scrapes a single server. An unreachable server is not an error: the families report it.
 * Thread-safe.
 */
public interface DatabaseScrape {
  /**
   * Queries the server.
   *
   * @param deadline time limit; later results are omitted, and the families report an error
   */
  List<MetricFamily> scrape(Deadline deadline);
}
