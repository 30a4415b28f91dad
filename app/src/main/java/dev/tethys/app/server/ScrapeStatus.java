package dev.tethys.app.server;

import dev.tethys.api.prometheus.TargetsView;
import dev.tethys.collect.scrape.FamilyMetadata;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.Target;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.relabel.RelabelRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Status of scraping for the API. */
final class ScrapeStatus implements TargetsView {
  private final Supplier<List<ScrapeManager.Pool>> pools;
  private final Configuration configuration;

  /**
   * @param pools jobs of all signals
   */
  ScrapeStatus(Supplier<List<ScrapeManager.Pool>> pools, Configuration configuration) {
    this.pools = pools;
    this.configuration = configuration;
  }

  private List<ScrapeManager.Pool> all() {
    return pools.get().stream().sorted(Comparator.comparing(ScrapeManager.Pool::job)).toList();
  }

  @Override
  public List<String> pools() {
    return all().stream().map(ScrapeManager.Pool::job).toList();
  }

  @Override
  public List<Active> active() {
    List<Active> out = new ArrayList<>();
    for (ScrapeManager.Pool p : all()) {
      for (Target t : p.active()) {
        Target.Report r = t.report();
        String error = r.lastError();
        out.add(
            new Active(
                p.job(),
                t.discoveredLabels(),
                t.labels(),
                t.url(),
                switch (r.health()) {
                  case UP -> Health.UP;
                  case DOWN -> Health.DOWN;
                  case UNKNOWN -> Health.UNKNOWN;
                },
                error == null ? "" : error,
                r.lastScrape(),
                r.lastScrapeDuration().toNanos() / 1e9,
                t.scrapeInterval(),
                t.scrapeTimeout(),
                () -> families(t)));
      }
    }
    return out;
  }

  private static Map<String, MetricMetadata> families(Target t) {
    Map<String, MetricMetadata> out = new HashMap<>();
    for (FamilyMetadata f : t.metadata()) {
      out.put(f.family(), f.metadata());
    }
    return out;
  }

  @Override
  public List<Dropped> dropped() {
    List<Dropped> out = new ArrayList<>();
    for (ScrapeManager.Pool p : all()) {
      p.dropped().forEach(t -> out.add(new Dropped(p.job(), t.discoveredLabels())));
    }
    return out;
  }

  @Override
  public Map<String, Integer> droppedCounts() {
    Map<String, Integer> out = new TreeMap<>();
    all().forEach(p -> out.put(p.job(), p.droppedCount()));
    return out;
  }

  private Optional<ScrapeConfig> job(String pool) {
    return configuration.current().jobs().stream()
        .filter(c -> c.jobName().equals(pool))
        .findFirst();
  }

  @Override
  public @Nullable String poolConfiguration(String pool) {
    return job(pool).map(c -> YamlWriter.writeRedacted(c.tree())).orElse(null);
  }

  @Override
  public @Nullable List<RelabelRule> relabelRules(String pool) {
    return job(pool).map(c -> c.relabeling().rules()).orElse(null);
  }
}
