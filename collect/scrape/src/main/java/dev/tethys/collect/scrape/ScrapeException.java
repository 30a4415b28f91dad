package dev.tethys.collect.scrape;

/** Failure of a scrape; the API shows the message as the target's last error. */
final class ScrapeException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean bodyTooLarge;

  ScrapeException(String message) {
    this(message, false);
  }

  ScrapeException(String message, boolean bodyTooLarge) {
    super(message);
    this.bodyTooLarge = bodyTooLarge;
  }

  /** Whether the body was larger than allowed, which {@code scrape_body_size_bytes} reports. */
  boolean bodyTooLarge() {
    return bodyTooLarge;
  }
}
