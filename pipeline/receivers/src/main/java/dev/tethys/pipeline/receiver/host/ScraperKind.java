package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Scraper available in a configuration.
 *
 * @param type reads its settings and creates its factory
 */
record ScraperKind(String name, String about, Type<Maker> type) {
  /** Creates a scraper; called more than once if requested. */
  @FunctionalInterface
  interface Maker {
    /**
     * @param version version of this program
     */
    HostScraper make(String version);
  }

  /** Work of a simple scraper at each scrape. */
  @FunctionalInterface
  interface ScrapeStep {
    void at(HostScrape s, PointEmitter out) throws IOException;
  }

  private static final String SCOPE =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver"
          + "/internal/scraper/";

  /**
   * Returns the origin of a scraper's batches.
   *
   * @param version version of this program
   */
  static PointEmitter.Origin origin(String scraper, String version) {
    return new PointEmitter.Origin(
        SCOPE + scraper + "scraper", version, "https://opentelemetry.io/schemas/1.9.0");
  }

  /** Creates a kind whose metrics count since boot and have a single resource. */
  static ScraperKind simple(
      String name,
      Section section,
      List<Instrument> instruments,
      Function<YamlObject, java.util.function.Supplier<ScrapeStep>> settings) {
    MetricSettings.Keys metrics = new MetricSettings.Keys(section, instruments);
    return new ScraperKind(
        name,
        section.doc(),
        section.type(
            o -> {
              List<MetricSettings> m = metrics.read(o);
              java.util.function.Supplier<ScrapeStep> step = settings.apply(o);
              return version -> new Simple(new PointEmitter(origin(name, version), m), step.get());
            }));
  }

  private record Simple(PointEmitter out, ScrapeStep step) implements HostScraper {
    @Override
    public void scrape(HostScrape s) throws IOException {
      out.at(s.bootNanos(), s.nanos());
      try {
        step.at(s, out);
        out.emit(new Resource(), s.data());
      } finally {
        out.clear();
      }
    }

    @Override
    public int metrics() {
      return out.enabled();
    }
  }
}
