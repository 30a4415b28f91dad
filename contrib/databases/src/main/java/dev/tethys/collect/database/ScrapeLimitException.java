package dev.tethys.collect.database;

/** A server has more to show than one scrape may. */
public final class ScrapeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * With what there is too much of, and what to do.
   *
   * @param message shown to the client that scrapes
   */
  public ScrapeLimitException(String message) {
    super(message);
  }
}
