package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ScrapeProtocol;
import dev.tethys.config.Durations;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often a target is scraped, for how long, and what it is asked with: what nearly all targets
 * of a job have in common.
 *
 * @param intervalText as Go writes it
 * @param tolerance within which a scrape carries the time at which it was due
 * @param headers of each request
 * @param error of labels that say neither; then the job's times are taken
 */
record ScrapePace(
    Duration interval,
    String intervalText,
    Duration tolerance,
    Duration timeout,
    Map<String, String> headers,
    @Nullable String error) {
  /** A scrape this much after its tick, and not more than 1% of the interval, is on time. */
  private static final Duration TOLERANCE = Duration.ofMillis(2);

  /** The paces of one job, so that its targets share them. For one thread. */
  static final class Shared {
    /** Labels may say anything; what is beyond is made for each target. */
    private static final int MOST = 100;

    private record Times(String interval, String timeout) {}

    private final ScrapeConfig config;
    private final ScrapeOptions options;
    private final Map<Times, ScrapePace> known = new HashMap<>();

    Shared(ScrapeConfig config, ScrapeOptions options) {
      this.config = config;
      this.options = options;
    }

    /** The pace of a target. */
    ScrapePace of(Labels all) {
      Times t =
          new Times(all.get(TargetLabels.SCRAPE_INTERVAL), all.get(TargetLabels.SCRAPE_TIMEOUT));
      ScrapePace there = known.get(t);
      if (there != null) {
        return there;
      }
      ScrapePace made = made(t);
      if (known.size() < MOST) {
        known.put(t, made);
      }
      return made;
    }

    private ScrapePace made(Times times) {
      Duration i = config.common().interval();
      Duration t = config.common().timeout();
      String error = null;
      try {
        i = Durations.parse(times.interval);
        t = Durations.parse(times.timeout);
      } catch (IllegalArgumentException e) {
        error = e.getMessage();
      }
      Duration hundredth = i.dividedBy(100);
      return new ScrapePace(
          i,
          GoDurationText.of(i.toNanos()),
          hundredth.compareTo(TOLERANCE) < 0 ? hundredth : TOLERANCE,
          t,
          headers(t),
          error);
    }

    private Map<String, String> headers(Duration timeout) {
      Map<String, String> h = new LinkedHashMap<>();
      h.put(
          "Accept",
          ScrapeProtocol.acceptHeader(
              config
                  .common()
                  .effectiveProtocols(options.startTimestamps() || options.zeroAtStart()),
              config.common().escaping()));
      h.put("Accept-Encoding", config.enableCompression() ? "gzip" : "identity");
      h.put("User-Agent", options.userAgent());
      h.put("X-Prometheus-Scrape-Timeout-Seconds", GoFloat.f(timeout.toMillis() / 1e3));
      return Map.copyOf(h);
    }
  }
}
