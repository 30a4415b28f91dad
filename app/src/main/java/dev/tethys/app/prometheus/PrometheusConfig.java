package dev.tethys.app.prometheus;

import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.config.ConfigException;
import dev.tethys.config.ConfigReference;
import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A {@code prometheus.yml} that was found to be right.
 *
 * @param files every file that was read for it, the main one first
 * @param notices what a reader of the log should know: keys that mean nothing here
 */
public record PrometheusConfig(
    GlobalConfig global,
    StorageConfig storage,
    OtlpConfig otlp,
    List<ScrapeConfig> scrapeConfigs,
    List<Path> files,
    List<String> notices) {
  private static final Type<YamlNode> JOB = Type.of("scrape_config", null, n -> n);
  private static final Section RUNTIME = new Section("runtime", "Tuning of the Go runtime.");
  private static final Key<Long> GOGC =
      RUNTIME.key("gogc", Type.INT, 75L, "Go's garbage collector; noticed, without effect here.");

  private static final Section SECTION =
      new Section("prometheus.yml", "The configuration of the server.");
  private static final Key<YamlNode> GLOBAL =
      SECTION.optional("global", Type.ANY, "Defaults for everything else.");
  private static final Key<YamlObject> RUNTIME_KEY =
      SECTION.optional("runtime", RUNTIME.type(o -> o), "Tuning of the Go runtime.");
  private static final Key<List<String>> SCRAPE_CONFIG_FILES =
      SECTION.key(
          "scrape_config_files",
          Type.list(Type.PATH),
          List.of(),
          "Files that hold further scrape_configs; the last part may be a pattern.");
  private static final Key<List<YamlNode>> SCRAPE_CONFIGS =
      SECTION.key("scrape_configs", Type.list(JOB), List.of(), "The jobs.");
  private static final Key<StorageConfig> STORAGE =
      SECTION.key("storage", StorageConfig.TYPE, StorageConfig.DEFAULT, "What is kept.");
  private static final Key<YamlNode> OTLP =
      SECTION.optional("otlp", Type.ANY, "How OTLP metrics become series.");

  static {
    SECTION
        .notBuilt("rule_files", "Recording and alerting rules.")
        .notBuilt("alerting", "Alertmanagers.")
        .notBuilt("remote_write", "Where samples are sent.")
        .notBuilt("remote_read", "Where samples are read from.")
        .notBuilt("tracing", "Where traces of this server are sent.");
  }

  private static final Section SCRAPE_FILE =
      new Section("scrape_config_file", "A file that holds jobs.");
  private static final Key<List<YamlNode>> FILE_SCRAPE_CONFIGS =
      SCRAPE_FILE.key("scrape_configs", Type.list(JOB), List.of(), "The jobs.");

  /**
   * Reads a file and the files it names.
   *
   * @throws ConfigException with the position of what is wrong, or of what is not built yet
   * @throws IOException when a file cannot be read
   */
  public static PrometheusConfig read(Path file) throws IOException {
    return read(YamlDocument.read(file), file, System::getenv);
  }

  /** Reads text, such as the embedded defaults. */
  public static PrometheusConfig parse(String name, String text) throws IOException {
    return read(YamlDocument.parse(name, null, text), null, System::getenv);
  }

  static PrometheusConfig read(
      YamlDocument document, @Nullable Path file, UnaryOperator<@Nullable String> environment)
      throws IOException {
    YamlObject o = document.root().object(SECTION);
    List<Path> files = new ArrayList<>();
    if (file != null) {
      files.add(file);
    }
    List<String> notices = new ArrayList<>();
    YamlNode globalNode = o.at(GLOBAL);
    GlobalConfig global =
        globalNode == null || globalNode.isNull()
            ? GlobalConfig.DEFAULT
            : GlobalConfig.type(environment).read(globalNode);
    YamlObject runtime = o.find(RUNTIME_KEY);
    if (runtime != null && runtime.has(GOGC)) {
      runtime.get(GOGC);
      notices.add(
          runtime.node().where()
              + ": runtime.gogc tunes Go's garbage collector and means nothing here");
    }
    Jobs jobs = new Jobs(global.scrape());
    for (YamlNode n : o.get(SCRAPE_CONFIGS)) {
      jobs.add(n);
    }
    List<YamlDocument> further = new ArrayList<>();
    YamlNode patterns = o.at(SCRAPE_CONFIG_FILES);
    if (patterns != null) {
      for (YamlNode pattern : patterns.items()) {
        pattern.parse(FilePattern::of);
        for (Path p : FilePattern.of(pattern.asPath()).files()) {
          YamlDocument d = YamlDocument.read(p);
          further.add(d);
          files.add(p);
          for (YamlNode n : d.root().object(SCRAPE_FILE).get(FILE_SCRAPE_CONFIGS)) {
            jobs.add(n);
          }
        }
      }
    }
    StorageConfig storage = o.get(STORAGE);
    YamlNode otlpNode = o.at(OTLP);
    OtlpConfig otlp =
        otlpNode == null || otlpNode.isNull()
            ? OtlpConfig.DEFAULT
            : OtlpConfig.read(otlpNode, global.scrape().names());
    document.refuseNotBuilt();
    for (YamlDocument d : further) {
      d.refuseNotBuilt();
    }
    return new PrometheusConfig(
        global, storage, otlp, List.copyOf(jobs.configs), List.copyOf(files), notices);
  }

  private static final class Jobs {
    private final ScrapeDefaults defaults;
    private final List<ScrapeConfig> configs = new ArrayList<>();
    private final Map<String, String> seen = new HashMap<>();

    Jobs(ScrapeDefaults defaults) {
      this.defaults = defaults;
    }

    void add(YamlNode n) {
      ScrapeConfig c = ScrapeConfig.read(n, defaults);
      String first = seen.putIfAbsent(c.jobName(), n.where());
      if (first != null) {
        throw n.error(
            "found multiple scrape configs with job name \""
                + c.jobName()
                + "\"; the first stands at "
                + first);
      }
      configs.add(c);
    }
  }

  /** The reference of all keys as Markdown, made from what they are read with. */
  public static String reference() {
    return ConfigReference.markdown(
        "prometheus.yml",
        SECTION,
        GlobalConfig.section(),
        ScrapeConfig.SECTION,
        StorageConfig.section(),
        OtlpConfig.section(),
        SCRAPE_FILE);
  }

  /** The configuration in force as YAML: defaults filled in, secrets masked. */
  public String toYaml() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("global", global.tree());
    m.put("scrape_configs", scrapeConfigs.stream().map(ScrapeConfig::tree).toList());
    m.put("storage", storage.tree());
    m.put("otlp", otlp.tree());
    return YamlWriter.write(m);
  }
}
