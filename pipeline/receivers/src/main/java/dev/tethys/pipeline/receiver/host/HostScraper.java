package dev.tethys.pipeline.receiver.host;

import java.io.IOException;

/**
 * Scraper of one group of host metrics. Used by one thread; keeps the state needed for the next
 * scrape.
 */
interface HostScraper {
  /**
   * Adds the metrics.
   *
   * @throws IOException if nothing can be read; partial failures are recorded in the scrape instead
   */
  void scrape(HostScrape s) throws IOException;

  /** Returns the number of metrics missing if it fails. */
  int metrics();
}
