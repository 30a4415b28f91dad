package dev.tethys.prometheus;

import dev.tethys.alert.notify.AlertingConfig;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.collect.scrape.GlobalConfig;
import dev.tethys.collect.scrape.ProfilingConfig;
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
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteConfig;
import dev.tethys.prometheus.collect.CollectConfig;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.store.remote.RemoteReadConfig;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.web.tracing.TracingConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A valid {@code prometheus.yml}.
 *
 * @param collect exporters inside this process
 * @param ruleFiles patterns of rule files
 * @param remoteWrite destinations of samples
 * @param remoteRead remote stores that queries read too
 * @param stores databases of other types that queries read too
 * @param files every file that was read, the main one first
 * @param notices messages for the log: keys without effect
 */
public record PrometheusConfig(
    GlobalConfig global,
    StorageConfig storage,
    OtlpConfig otlp,
    List<ScrapeConfig> scrapeConfigs,
    List<CollectConfig> collect,
    List<String> ruleFiles,
    AlertingConfig alerting,
    List<RemoteWriteConfig> remoteWrite,
    List<RemoteReadConfig> remoteRead,
    List<StoreConfig> stores,
    @Nullable TracingConfig tracing,
    LogsConfig logs,
    ProfilesConfig profiles,
    TracesConfig traces,
    List<Path> files,
    List<String> notices) {
  private static final Type<YamlNode> JOB = Type.of("scrape_config", null, n -> n);
  private static final Section RUNTIME = new Section("runtime", "Tuning of the Go runtime.");
  private static final Key<Long> GOGC =
      RUNTIME.key("gogc", Type.INT, 75L, "GOGC of Prometheus; read, without effect.");

  private static final Section SECTION =
      new Section("prometheus.yml", "Configuration of the server.");
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
      SECTION.key("scrape_configs", Type.list(JOB), List.of(), "Scrape jobs.");
  private static final Key<List<YamlNode>> COLLECT =
      SECTION.key(
          "collect",
          CollectConfig.LIST,
          List.of(),
          "Exporters inside this process, without ports. An extension of Tethys.");
  private static final Key<List<String>> RULE_FILES =
      SECTION.key(
          "rule_files",
          Type.list(Type.PATH),
          List.of(),
          "Files that hold rules; the last part may be a pattern.");
  private static final Key<YamlNode> ALERTING =
      SECTION.optional("alerting", Type.ANY, "Alertmanagers and alert relabeling.");
  private static final Key<List<YamlNode>> REMOTE_WRITE =
      SECTION.key("remote_write", RemoteWriteConfig.LIST, List.of(), "Remote write endpoints.");
  private static final Key<List<YamlNode>> REMOTE_READ =
      SECTION.key(
          "remote_read", RemoteReadConfig.LIST, List.of(), "External stores that queries read.");
  private static final Key<List<YamlNode>> STORES =
      SECTION.key(
          "stores",
          StoreConfig.LIST,
          List.of(),
          "Databases of other kinds that queries read. An extension of Tethys.");
  private static final Key<StorageConfig> STORAGE =
      SECTION.key(
          "storage", StorageConfig.TYPE, StorageConfig.DEFAULT, "Storage settings and retention.");
  private static final Key<YamlNode> OTLP =
      SECTION.optional("otlp", Type.ANY, "Settings of the conversion of OTLP metrics to series.");
  private static final Key<TracingConfig> TRACING =
      SECTION.optional("tracing", TracingConfig.OF_PROMETHEUS, "Tracing of this server.");

  private static final Key<LogsConfig> LOGS =
      SECTION.key(
          "logs",
          LogsConfig.TYPE,
          LogsConfig.DEFAULT,
          "Limits of the log store. An extension of Tethys.");

  private static final Key<ProfilesConfig> PROFILES =
      SECTION.key(
          "profiles",
          ProfilesConfig.TYPE,
          ProfilesConfig.DEFAULT,
          "Limits of the profile store. An extension of Tethys.");

  private static final Key<TracesConfig> TRACES =
      SECTION.key(
          "traces",
          TracesConfig.TYPE,
          TracesConfig.DEFAULT,
          "Limits of the trace store and span metrics. An extension of Tethys.");

  private static final Section SCRAPE_FILE =
      new Section("scrape_config_file", "File of scrape jobs.");
  private static final Key<List<YamlNode>> FILE_SCRAPE_CONFIGS =
      SCRAPE_FILE.key("scrape_configs", Type.list(JOB), List.of(), "Scrape jobs.");

  /**
   * Reads a file and the files it names.
   *
   * @throws ConfigException with the position of an error or an unsupported setting
   * @throws IOException if a file cannot be read
   */
  public static PrometheusConfig read(Path file) throws IOException {
    return read(YamlDocument.read(file), file, System::getenv);
  }

  /**
   * Variant without the files that {@code scrape_config_files} names.
   *
   * @throws ConfigException with the position of each mistake
   * @throws IOException if the file cannot be read
   */
  public static PrometheusConfig readAlone(Path file) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return document.readWhole(() -> readOnce(document, file, false, System::getenv));
  }

  /** Reads text, such as the embedded defaults. */
  public static PrometheusConfig parse(String name, String text) throws IOException {
    return read(YamlDocument.parse(name, null, text), null, System::getenv);
  }

  static PrometheusConfig read(
      YamlDocument document, @Nullable Path file, UnaryOperator<@Nullable String> environment)
      throws IOException {
    return document.readWhole(() -> readOnce(document, file, true, environment));
  }

  /**
   * @param withNamed whether files with scrape jobs are read too
   */
  private static PrometheusConfig readOnce(
      YamlDocument document,
      @Nullable Path file,
      boolean withNamed,
      UnaryOperator<@Nullable String> environment)
      throws IOException {
    YamlNode root = document.root();
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
            : globalNode.attempt(
                () -> GlobalConfig.type(environment).read(globalNode), GlobalConfig.DEFAULT);
    root.attempt(
        () -> {
          YamlObject runtime = o.find(RUNTIME_KEY);
          if (runtime != null && runtime.has(GOGC)) {
            runtime.get(GOGC);
            notices.add(
                runtime.node().where()
                    + ": runtime.gogc tunes Go's garbage collector and means nothing here");
          }
        });
    Jobs jobs = new Jobs(global.scrape());
    root.attempt(() -> jobs.addAll(o.get(SCRAPE_CONFIGS)));
    List<YamlDocument> further = new ArrayList<>();
    YamlNode patterns = o.at(SCRAPE_CONFIG_FILES);
    if (patterns != null) {
      for (YamlNode pattern : patterns.items()) {
        if (pattern.isNull()) {
          continue; // names no file
        }
        pattern.parse(FilePattern::of);
        for (Path p : withNamed ? FilePattern.of(pattern.asPath()).files() : List.<Path>of()) {
          YamlDocument d = YamlDocument.read(p).partOf(document);
          further.add(d);
          files.add(p);
          root.attempt(() -> jobs.addAll(d.root().object(SCRAPE_FILE).get(FILE_SCRAPE_CONFIGS)));
        }
      }
    }
    List<CollectConfig> collect = new ArrayList<>();
    root.attempt(
        () -> {
          for (YamlNode n : o.get(COLLECT)) {
            n.attempt(
                () -> {
                  CollectConfig c = CollectConfig.read(n, global.scrape(), ExporterKinds.ALL);
                  jobs.isNew(c.job().jobName(), n);
                  collect.add(c);
                });
          }
        });
    YamlNode otlpNode = o.at(OTLP);
    OtlpConfig otlp =
        otlpNode == null || otlpNode.isNull()
            ? OtlpConfig.DEFAULT
            : otlpNode.attempt(
                () -> OtlpConfig.read(otlpNode, global.scrape().names()), OtlpConfig.DEFAULT);
    YamlNode ruleFiles = o.at(RULE_FILES);
    if (ruleFiles != null) {
      for (YamlNode pattern : ruleFiles.items()) {
        pattern.attempt(() -> checkRuleFile(pattern));
      }
    }
    YamlNode alertingNode = o.at(ALERTING);
    AlertingConfig alerting =
        alertingNode == null || alertingNode.isNull()
            ? AlertingConfig.NONE
            : alertingNode.attempt(
                () -> AlertingConfig.read(alertingNode, global.scrape().names()),
                AlertingConfig.NONE);
    List<RemoteWriteConfig> remoteWrite =
        root.attempt(
            () -> RemoteWriteConfig.readAll(o.get(REMOTE_WRITE), global.scrape().names()),
            List.of());
    List<RemoteReadConfig> remoteRead =
        root.attempt(() -> RemoteReadConfig.readAll(o.get(REMOTE_READ)), List.of());
    List<StoreConfig> stores =
        root.attempt(() -> StoreConfig.readAll(o.get(STORES), ForeignStores.TYPES), List.of());
    StorageConfig storage = o.get(STORAGE);
    TracingConfig tracing = o.find(TRACING);
    LogsConfig logs = o.get(LOGS);
    ProfilesConfig profiles = o.get(PROFILES);
    TracesConfig traces = o.get(TRACES);
    document.refuseNotBuilt();
    for (YamlDocument d : further) {
      d.refuseNotBuilt();
    }
    return new PrometheusConfig(
        global,
        storage,
        otlp,
        List.copyOf(jobs.configs),
        List.copyOf(collect),
        o.get(RULE_FILES),
        alerting,
        remoteWrite,
        remoteRead,
        stores,
        tracing,
        logs,
        profiles,
        traces,
        List.copyOf(files),
        notices);
  }

  /** Checks that only the last part of the path is a pattern. */
  private static void checkRuleFile(YamlNode pattern) {
    String text = pattern.asString();
    int slash = text.lastIndexOf('/');
    if (text.substring(0, slash + 1).indexOf('*') >= 0) {
      throw pattern.error("invalid rule file path \"" + text + "\"");
    }
    pattern.parse(FilePattern::of);
  }

  /**
   * Groups of all current rule files.
   *
   * @throws ConfigException if one of them is invalid
   * @throws IOException if one cannot be read
   */
  public List<GroupSpec> readRules(ParserOptions parser) throws IOException {
    List<GroupSpec> out = new ArrayList<>();
    for (Path f : findRuleFiles()) {
      out.addAll(RuleFile.read(f, global.scrape().names(), parser));
    }
    return out;
  }

  /** Returns the files that currently match the patterns of {@code rule_files}, each once. */
  public List<Path> findRuleFiles() throws IOException {
    Set<Path> out = new LinkedHashSet<>();
    for (String pattern : ruleFiles) {
      out.addAll(findRuleFiles(pattern));
    }
    return List.copyOf(out);
  }

  /** Files that currently match the pattern. */
  public List<Path> findRuleFiles(String pattern) throws IOException {
    return FilePattern.of(pattern).files();
  }

  private static final class Jobs {
    private final ScrapeDefaults defaults;
    private final List<ScrapeConfig> configs = new ArrayList<>();
    private final Map<String, String> seen = new HashMap<>();

    Jobs(ScrapeDefaults defaults) {
      this.defaults = defaults;
    }

    void addAll(List<YamlNode> nodes) {
      for (YamlNode n : nodes) {
        n.attempt(
            () -> {
              ScrapeConfig c = ScrapeConfig.read(n, defaults);
              isNew(c.jobName(), n);
              configs.add(c);
            });
      }
    }

    void isNew(String job, YamlNode n) {
      String first = seen.putIfAbsent(job, n.where());
      if (first != null) {
        throw n.error(
            "found multiple scrape configs with job name \""
                + job
                + "\"; the first is at "
                + first);
      }
    }
  }

  /** Returns the reference of all keys in Markdown, generated from their declarations. */
  public static String reference() {
    return ConfigReference.markdown("prometheus.yml", sections().toArray(Section[]::new));
  }

  /** Sections of the file, of files that it names, and of nested sections with another type. */
  static List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    sections.add(SECTION);
    sections.add(GlobalConfig.section());
    sections.add(ScrapeConfig.SECTION);
    sections.addAll(ProfilingConfig.sections());
    sections.add(CollectConfig.SECTION);
    sections.addAll(AlertingConfig.sections());
    sections.addAll(RemoteWriteConfig.sections());
    sections.addAll(RemoteReadConfig.sections());
    ForeignStores.TYPES.forEach(t -> sections.add(t.section()));
    sections.add(StorageConfig.section());
    sections.add(OtlpConfig.section());
    sections.addAll(TracingConfig.sectionsOfPrometheus());
    sections.addAll(LogsConfig.sections());
    sections.addAll(ProfilesConfig.sections());
    sections.addAll(TracesConfig.sections());
    sections.add(SCRAPE_FILE);
    sections.addAll(RuleFile.sections());
    return sections;
  }

  /**
   * Returns all jobs: those that scrape over the network, and those that scrape exporters in this
   * process.
   */
  public List<ScrapeConfig> jobs() {
    return Stream.concat(scrapeConfigs.stream(), collect.stream().map(CollectConfig::job)).toList();
  }

  /** Returns the jobs that scrape metrics. */
  public List<ScrapeConfig> metricJobs() {
    return jobs().stream().filter(j -> j.profiling() == null).toList();
  }

  /** Returns the jobs that scrape profiles. */
  public List<ScrapeConfig> profileJobs() {
    return jobs().stream().filter(j -> j.profiling() != null).toList();
  }

  /** Returns the reason why an agent cannot apply it, with Prometheus's message; null if it can. */
  public @Nullable String notForAgents() {
    String field =
        !alerting.alertmanagers().isEmpty() || !alerting.relabeling().isEmpty()
            ? "alerting"
            : !ruleFiles.isEmpty()
                ? "rule_files"
                : !remoteRead.isEmpty()
                    ? "remote_read"
                    : !stores.isEmpty()
                        ? "stores"
                        : profileJobs().isEmpty() ? null : "profiling_config";
    return field == null ? null : "field " + field + " is not allowed in agent mode";
  }

  /** Returns the active configuration as YAML, with defaults filled in and secrets masked. */
  public String toYaml() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("global", global.tree());
    m.put("rule_files", ruleFiles.isEmpty() ? null : ruleFiles);
    m.put("alerting", alerting.tree());
    m.put("scrape_configs", scrapeConfigs.stream().map(ScrapeConfig::tree).toList());
    m.put("collect", collect.isEmpty() ? null : collect.stream().map(CollectConfig::tree).toList());
    m.put(
        "remote_write",
        remoteWrite.isEmpty() ? null : remoteWrite.stream().map(RemoteWriteConfig::tree).toList());
    m.put(
        "remote_read",
        remoteRead.isEmpty() ? null : remoteRead.stream().map(RemoteReadConfig::tree).toList());
    m.put("stores", stores.isEmpty() ? null : stores.stream().map(StoreConfig::tree).toList());
    m.put("storage", storage.tree());
    m.put("otlp", otlp.tree());
    m.put("tracing", tracing == null ? null : tracing.tree());
    m.put("logs", logs.written());
    m.put("profiles", profiles.written());
    m.put("traces", traces.written());
    return YamlWriter.writeRedacted(m);
  }
}
