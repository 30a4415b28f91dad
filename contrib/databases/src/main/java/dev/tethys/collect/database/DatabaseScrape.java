package dev.tethys.collect.database;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.exposition.MetricFamily;
import java.util.List;

/**
 * Scrape of one server. An unreachable server is not an error: the families report it. Thread-safe.
 */
public interface DatabaseScrape {
  /**
   * Asks the server.
   *
   * @param deadline by when it must have answered; what it has not said by then is omitted, and the
   *     families say that something went wrong
   */
  List<MetricFamily> scrape(Deadline deadline);
}
