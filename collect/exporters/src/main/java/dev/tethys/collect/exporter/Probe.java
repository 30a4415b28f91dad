package dev.tethys.collect.exporter;

import dev.tethys.web.Params;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request to an exporter.
 *
 * @param params parameters of the URL: {@code target}, {@code module} …
 * @param scrapeTimeout timeout of the client, from the header {@link #TIMEOUT_HEADER}; null if
 *     unknown
 */
public record Probe(Params params, @Nullable Duration scrapeTimeout) {
  /** Header with the scraper's timeout in seconds. */
  public static final String TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds";

  /** Maximum duration of a probe. */
  public static final Duration LONGEST = Duration.ofMinutes(2);

  /**
   * Request received over HTTP.
   *
   * @param timeout the value of the header, null or {@code ""} if there is none
   * @throws ProbeException 400 if it is not a number of seconds
   */
  public static Probe of(Params params, @Nullable String timeout) {
    if (timeout == null || timeout.isEmpty()) {
      return new Probe(params, null);
    }
    double seconds;
    try {
      seconds = Double.parseDouble(timeout);
    } catch (NumberFormatException e) {
      seconds = Double.NaN;
    }
    if (Double.isNaN(seconds)) {
      throw new ProbeException(
          400,
          "Failed to parse timeout from Prometheus header: " + TIMEOUT_HEADER + " is not a number");
    }
    if (seconds <= 0) {
      return new Probe(params, null);
    }
    return new Probe(params, Duration.ofMillis((long) Math.min(seconds * 1e3, LONGEST.toMillis())));
  }

  /** Returns a parameter, or {@code ""} if it is absent. */
  public String param(String name) {
    return params.first(name, "");
  }

  /**
   * Returns a required parameter, which must occur exactly once.
   *
   * @throws ProbeException 400 otherwise
   */
  public String required(String name) {
    if (params.all(name).size() > 1) {
      throw new ProbeException(400, "'" + name + "' parameter must only be specified once");
    }
    String v = param(name);
    if (v.isEmpty()) {
      throw new ProbeException(400, "'" + name + "' parameter must be specified");
    }
    return v;
  }

  /**
   * Time limit of the probe.
   *
   * @param offset time reserved for the response to arrive
   * @param otherwise time limit if the client sends no timeout
   */
  public Duration limit(Duration offset, Duration otherwise) {
    Duration t = scrapeTimeout;
    if (t == null) {
      return otherwise;
    }
    Duration remaining = t.minus(offset);
    return remaining.isNegative() || remaining.isZero() ? t : remaining;
  }
}
