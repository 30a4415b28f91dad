package dev.tethys.pipeline.receiver.prometheus;

import dev.tethys.collect.scrape.GlobalConfig;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@code prometheus} receiver: under {@code config}, the scraping part of
 * Prometheus's configuration.
 *
 * @param idle keys that are accepted and have no effect in a receiver
 * @param allocator source of further jobs and targets; null if none
 */
record PrometheusSettings(
    GlobalConfig global,
    List<ScrapeConfig> jobs,
    List<String> idle,
    TargetAllocator.@Nullable Settings allocator) {
  private static final Type<YamlNode> JOB =
      Type.of("scrape_config", null, YamlNode::readingAsPrometheus);

  private static final Section CONFIG =
      new Section("config", "Scrape configuration, as in prometheus.yml.");
  private static final Key<GlobalConfig> GLOBAL =
      CONFIG.key(
          "global",
          GlobalConfig.type(System::getenv),
          GlobalConfig.DEFAULT,
          "Defaults of the jobs, and external_labels, which are added to every " + "series.");
  private static final Key<List<YamlNode>> SCRAPE_CONFIGS =
      CONFIG.key("scrape_configs", Type.list(JOB), List.of(), "Scrape jobs.");
  private static final Key<List<String>> SCRAPE_CONFIG_FILES =
      CONFIG.key(
          "scrape_config_files",
          Type.list(Type.PATH),
          List.of(),
          "Files with more scrape_configs; the last path element may be a " + "pattern.");

  static {
    CONFIG
        .notBuilt("rule_files", "A receiver evaluates no rules.")
        .notBuilt("alerting", "A receiver sends no alerts.")
        .notBuilt("remote_write", "Use exporters to forward samples.")
        .notBuilt("remote_read", "A receiver answers no queries.")
        .notBuilt("storage", "A receiver stores nothing.")
        .notBuilt("tracing", "Traces of the process itself.")
        .notBuilt("otlp", "Use the otlp receiver.")
        .notBuilt("runtime", "Tuning of the Go runtime.");
  }

  private static final Section FILE = new Section("scrape_config_file", "File with scrape jobs.");
  private static final Key<List<YamlNode>> FILE_SCRAPE_CONFIGS =
      FILE.key("scrape_configs", Type.list(JOB), List.of(), "Scrape jobs.");

  private static final Section SECTION =
      new Section("prometheus", "Scrapes targets as Prometheus does.");
  private static final Key<PrometheusSettings> CONFIG_KEY =
      SECTION.optional("config", CONFIG.type(PrometheusSettings::config), "Scrape configuration.");
  private static final Key<TargetAllocator.Settings> TARGET_ALLOCATOR =
      SECTION.optional(
          "target_allocator",
          TargetAllocator.Settings.TYPE,
          "Target allocator of the OpenTelemetry operator, which assigns jobs " + "and targets.");

  private static final String START_TIMES =
      "the Collector has the processor metric_start_time instead, which Tethys lacks";
  private static final Key<Boolean> EXTRA =
      SECTION.key(
          "report_extra_scrape_metrics",
          Type.BOOL,
          false,
          "Former way of writing extra_scrape_metrics: true for all jobs.");

  static {
    SECTION
        .notBuilt("api_server", "Prometheus's API over HTTP.")
        .notBuilt("trim_metric_suffixes", "Metric names without type and unit suffixes.")
        .removed("use_start_time_metric", START_TIMES)
        .removed("start_time_metric_regex", START_TIMES);
  }

  static final Type<PrometheusSettings> TYPE = SECTION.type(PrometheusSettings::read);

  private static PrometheusSettings read(YamlObject o) {
    PrometheusSettings c = o.find(CONFIG_KEY);
    TargetAllocator.Settings allocator = o.find(TARGET_ALLOCATOR);
    if (allocator == null && (c == null || c.jobs.isEmpty() && !hasJobKey(o.at(CONFIG_KEY)))) {
      throw o.error(
          "one of scrape_configs, scrape_config_files and target_allocator is required; set "
              + "\"scrape_configs: []\" to scrape nothing");
    }
    boolean extra = o.get(EXTRA);
    GlobalConfig global = c == null ? GlobalConfig.DEFAULT : c.global;
    List<ScrapeConfig> jobs = c == null ? List.of() : c.jobs;
    return new PrometheusSettings(
        extra ? global.withExtraMetrics() : global,
        extra ? jobs.stream().map(ScrapeConfig::withExtraMetrics).toList() : jobs,
        c == null ? List.of() : c.idle,
        allocator);
  }

  /** Whether a key for jobs is present, even if there are none. */
  private static boolean hasJobKey(@Nullable YamlNode config) {
    return config != null
        && Stream.of(SCRAPE_CONFIGS, SCRAPE_CONFIG_FILES)
            .map(k -> config.entries().get(k.name()))
            .anyMatch(e -> e != null && !e.value().isNull());
  }

  private static PrometheusSettings config(YamlObject o) {
    GlobalConfig global = o.get(GLOBAL);
    List<ScrapeConfig> jobs = new ArrayList<>();
    Map<String, String> seen = new HashMap<>();
    for (YamlNode n : o.get(SCRAPE_CONFIGS)) {
      jobs.add(job(n, global.scrape(), seen));
    }
    YamlNode patterns = o.at(SCRAPE_CONFIG_FILES);
    if (patterns != null) {
      for (YamlNode pattern : patterns.items()) {
        pattern.parse(FilePattern::of);
        try {
          for (Path p : FilePattern.of(pattern.asPath()).files()) {
            YamlDocument d = YamlDocument.read(p);
            for (YamlNode n : d.root().object(FILE).get(FILE_SCRAPE_CONFIGS)) {
              jobs.add(job(n, global.scrape(), seen));
            }
            d.refuseNotBuilt();
          }
        } catch (IOException e) {
          throw pattern.error("cannot be read: " + e.getMessage());
        }
      }
    }
    List<String> idle = new ArrayList<>();
    if (!global.evaluationInterval().equals(GlobalConfig.DEFAULT.evaluationInterval())) {
      idle.add("evaluation_interval");
    }
    if (!global.ruleQueryOffset().isZero()) {
      idle.add("rule_query_offset");
    }
    if (!global.queryLogFile().isEmpty()) {
      idle.add("query_log_file");
    }
    return new PrometheusSettings(global, List.copyOf(jobs), List.copyOf(idle), null);
  }

  private static ScrapeConfig job(YamlNode n, ScrapeDefaults defaults, Map<String, String> seen) {
    ScrapeConfig c = ScrapeConfig.read(n, defaults);
    if (c.profiling() != null) {
      throw n.error(
          "job "
              + c.jobName()
              + " has profiling_config, and this receiver gives metrics only; use the receiver"
              + " pprof, or scrape_configs of tethys server");
    }
    String first = seen.putIfAbsent(c.jobName(), n.where());
    if (first != null) {
      throw n.error(
          "found multiple scrape configs with job name \""
              + c.jobName()
              + "\"; the first is at "
              + first);
    }
    return c;
  }
}
