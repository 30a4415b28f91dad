package dev.tethys.collect.database;

/** A server has more to show than one scrape may. */
public final class ScrapeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Reports an exceeded limit.
   *
   * @param message exceeded limit and remedy, shown to the scraping client
   */
  public ScrapeLimitException(String message) {
    super(message);
  }
}
