package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ParserOptions;
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
 * Interval, timeout, request headers and parser options that nearly all targets of a job share.
 *
 * @param asked values of requested target labels
 * @param intervalText interval in Go's notation
 * @param tolerance deviation within which a scrape gets its scheduled time
 * @param headers headers of each request
 * @param error error of invalid labels; the job's times apply then
 */
record ScrapeTiming(
    RequestedPace asked,
    Duration interval,
    String intervalText,
    Duration tolerance,
    Duration timeout,
    Map<String, String> headers,
    ParserOptions parsing,
    @Nullable String error) {

  /** Scrape options from the labels of a target, as written. */
  record RequestedPace(
      String interval,
      String timeout,
      boolean scrapeNative,
      boolean convertClassic,
      boolean keepClassic) {}

  /** The paces of one job, so that its targets share them. Not thread-safe. */
  static final class Shared {
    /**
     * Limit of the cache: labels may have any value; further combinations are created for each
     * target.
     */
    private static final int MOST = 100;

    private final ScrapeConfig config;
    private final ScrapeOptions options;
    private final Map<RequestedPace, ScrapeTiming> known = new HashMap<>();

    Shared(ScrapeConfig config, ScrapeOptions options) {
      this.config = config;
      this.options = options;
    }

    /**
     * Scrape timing of a target with these labels, including labels that start with two
     * underscores.
     */
    ScrapeTiming of(Labels all) {
      ScrapeDefaults.Histograms h = config.common().histograms();
      RequestedPace t =
          new RequestedPace(
              all.get(TargetLabels.SCRAPE_INTERVAL),
              all.get(TargetLabels.SCRAPE_TIMEOUT),
              TargetLabels.override(all, TargetLabels.SCRAPE_NATIVE, h.scrapeNative()),
              TargetLabels.override(all, TargetLabels.CONVERT_CLASSIC, h.convertClassic()),
              TargetLabels.override(all, TargetLabels.ALWAYS_CLASSIC, h.keepClassic()));
      ScrapeTiming there = known.get(t);
      if (there != null) {
        return there;
      }
      ScrapeTiming made = made(t);
      if (known.size() < MOST) {
        known.put(t, made);
      }
      return made;
    }

    private ScrapeTiming made(RequestedPace asked) {
      Duration i = config.common().interval();
      Duration t = config.common().timeout();
      String error = null;
      try {
        i = Durations.parse(asked.interval);
        t = Durations.parse(asked.timeout);
      } catch (IllegalArgumentException e) {
        error = e.getMessage();
      }
      Duration hundredth = i.dividedBy(100);
      return new ScrapeTiming(
          asked,
          i,
          GoDurationText.of(i.toNanos()),
          hundredth.compareTo(options.tolerance()) < 0 ? hundredth : options.tolerance(),
          t,
          headers(t),
          new ParserOptions(
              options.readsStarts(),
              asked.scrapeNative,
              asked.convertClassic,
              asked.keepClassic,
              options.typeAndUnitLabels()),
          error);
    }

    private Map<String, String> headers(Duration timeout) {
      Map<String, String> h = new LinkedHashMap<>();
      h.put(
          "Accept",
          ScrapeProtocol.acceptHeader(
              config.common().effectiveProtocols(options.readsStarts()),
              config.common().escaping()));
      h.put("Accept-Encoding", config.enableCompression() ? "gzip" : "identity");
      h.put("User-Agent", options.userAgent());
      h.put("X-Prometheus-Scrape-Timeout-Seconds", GoFloat.f(timeout.toMillis() / 1e3));
      return Map.copyOf(h);
    }
  }
}
