package dev.tethys.pipeline.receiver.host;

import java.io.IOException;

/**
 * Scraper of one group of host metrics. Used by one thread; keeps what it needs for the next look.
 */
interface HostScraper {
  /**
   * Adds what there is.
   *
   * @throws IOException when there is nothing to add because a file cannot be read; a partial
   *     failure is added to the scrape instead
   */
  void scrape(HostScrape s) throws IOException;

  /** How many metrics are missing when it fails. */
  int metrics();
}
