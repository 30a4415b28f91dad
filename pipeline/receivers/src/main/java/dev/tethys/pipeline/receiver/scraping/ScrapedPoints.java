package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;

/** Counters of scraped and failed points of a receiver. */
public final class ScrapedPoints {
  private final String receiver;
  private final Vector<Counter> scraped;
  private final Vector<Counter> errored;

  /**
   * @param receiver receiver ID from the configuration
   */
  public ScrapedPoints(Registry registry, String receiver) {
    this.receiver = receiver;
    this.scraped =
        registry.counters(
            "otelcol_scraper_scraped_metric_points_total",
            "Metric points that scrapers made.",
            "receiver",
            "scraper");
    this.errored =
        registry.counters(
            "otelcol_scraper_errored_metric_points_total",
            "Metrics that scrapers could not make.",
            "receiver",
            "scraper");
  }

  /** Counts a collection. */
  public void add(String scraper, long made, long missing) {
    scraped.with(receiver, scraper).add(made);
    errored.with(receiver, scraper).add(missing);
  }
}
