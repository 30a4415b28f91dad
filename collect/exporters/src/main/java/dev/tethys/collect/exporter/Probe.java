package dev.tethys.collect.exporter;

import dev.tethys.web.Params;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A question to an exporter.
 *
 * @param params those of the URL: {@code target}, {@code module} …
 * @param scrapeTimeout how long who asks waits, as the header {@link #TIMEOUT_HEADER} says; null
 *     when that is not known
 */
public record Probe(Params params, @Nullable Duration scrapeTimeout) {
  /** In which a scraper tells its patience, in seconds. */
  public static final String TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds";

  /** The longest that any probe takes. */
  public static final Duration LONGEST = Duration.ofMinutes(2);

  /**
   * A question as it came over HTTP.
   *
   * @param timeout the value of the header, null or {@code ""} when there is none
   * @throws ProbeException 400 when it is not a number of seconds
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
          "Failed to parse timeout from Prometheus header: " + TIMEOUT_HEADER + " is no number");
    }
    if (seconds <= 0) {
      return new Probe(params, null);
    }
    return new Probe(params, Duration.ofMillis((long) Math.min(seconds * 1e3, LONGEST.toMillis())));
  }

  /** A parameter that may be absent, {@code ""} then. */
  public String param(String name) {
    return params.first(name, "");
  }

  /**
   * A parameter that must be there, once.
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
   * How long looking may take.
   *
   * @param offset what is left for the way of the answer
   * @param otherwise the time where who asks does not say how long he waits
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
