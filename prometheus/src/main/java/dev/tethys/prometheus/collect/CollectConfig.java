package dev.tethys.prometheus.collect;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Entry of the {@code collect} section: an exporter inside this process, and the job that scrapes
 * it. An extension of {@code prometheus.yml}.
 *
 * <p>With targets (static or discovered) the job requests the exporter's first probe page for each
 * target: the target becomes the parameter {@code target} and the label {@code instance}. Without
 * targets it scrapes the exporter's own metrics, and {@code instance} is the name of this host.
 *
 * @param flags flag values by name, as written
 * @param inline replaces a configuration file, as a tree; null if none
 * @param job scrape job
 * @param written relabelling as configured, without added rules
 */
public record CollectConfig(
    ExporterKind kind,
    Map<String, List<String>> flags,
    @Nullable Object inline,
    ScrapeConfig job,
    boolean probes,
    Relabeling written,
    YamlNode node,
    @Nullable YamlNode inlineNode) {
  /** The parameter of a probe that names its target. */
  static final String TARGET = "__param_target";

  /** The page of an exporter without targets. */
  static final String METRICS = "/metrics";

  /** Keys of an entry. */
  public static final Section SECTION =
      new Section("collect", "Exporter inside this process and the job that scrapes it.");

  private static final Key<String> EXPORTER =
      SECTION.required(
          "exporter", Type.STRING, "Name of the exporter, as in `tethys exporter NAME`.");
  private static final Key<String> JOB_NAME =
      SECTION.key(
          "job_name", Type.STRING, "", "Name of the job, unique; the exporter's name if absent.");
  private static final Key<Map<String, YamlNode>> FLAGS =
      SECTION.key(
          "flags",
          Type.map(Type.ANY),
          Map.of(),
          "Flags of the exporter without dashes; paths are relative to this file.");
  private static final Key<YamlNode> CONFIG =
      SECTION.optional("config", Type.ANY, "Content of the exporter's configuration file.");
  private static final Key<String> METRICS_PATH =
      SECTION.optional(
          "metrics_path",
          Type.STRING,
          "Path of the scraped page; by default that of probes if there are targets.");
  private static final Key<Map<String, List<String>>> PARAMS =
      SECTION.key(
          "params", Type.map(Type.list(Type.STRING)), Map.of(), "URL parameters, such as module.");
  private static final Key<Boolean> HONOR_LABELS =
      SECTION.key(
          "honor_labels", Type.BOOL, false, "If true, the exporter's label wins a conflict.");
  private static final Key<YamlNode> RELABEL =
      SECTION.optional("relabel_configs", RelabelConfig.LIST, "Relabeling of targets.");
  private static final Key<YamlNode> METRIC_RELABEL =
      SECTION.optional("metric_relabel_configs", RelabelConfig.LIST, "Relabeling of samples.");

  static {
    SECTION.include(ScrapeDefaults.SECTION).include(Discoveries.SECTION);
  }

  /** Entries in their current state. */
  public static final Type<List<YamlNode>> LIST = Type.list(Type.of("collect", null, n -> n));

  /**
   * Reads an entry.
   *
   * @param kinds the exporters that exist
   * @param inherited settings of the global section
   * @throws dev.tethys.config.ConfigException if its content is invalid
   */
  public static CollectConfig read(
      YamlNode node, ScrapeDefaults inherited, List<ExporterKind> kinds) {
    YamlObject o = node.object(SECTION);
    String name = o.get(EXPORTER);
    ExporterKind kind = ExporterKinds.find(kinds, name);
    if (kind == null) {
      throw o.error(
          EXPORTER,
          Objects.requireNonNullElseGet(
              ExporterKinds.refusal(name),
              () ->
                  "there is no exporter \""
                      + name
                      + "\" to collect from; expected one of: "
                      + ExporterKinds.names(kinds)));
    }
    String job = o.get(JOB_NAME).isEmpty() ? name : o.get(JOB_NAME);
    ScrapeDefaults common =
        ScrapeDefaults.readOver(
            o,
            inherited,
            "scrape timeout greater than scrape interval for exporter with job name \""
                + job
                + "\"");
    Map<String, List<String>> flags = new LinkedHashMap<>();
    o.get(FLAGS).forEach((k, v) -> flags.put(k, texts(v)));
    YamlNode inline = o.at(CONFIG);
    if (inline != null && !kind.takesInlineConfig()) {
      throw o.error(CONFIG, "the exporter " + name + " has no configuration file");
    }
    List<DiscoveryConfig> discoveries = Discoveries.read(o, false);
    boolean probes = !discoveries.isEmpty();
    Relabeling written = RelabelConfig.read(o.at(RELABEL), common.names());
    String path = o.find(METRICS_PATH);
    CollectConfig c =
        new CollectConfig(
            kind,
            flags,
            inline == null ? null : inline.asTree(),
            new ScrapeConfig(
                job,
                common,
                null,
                "http",
                path != null ? path : probes ? kind.probePath() : METRICS,
                o.get(PARAMS),
                o.get(HONOR_LABELS),
                true,
                false,
                false,
                0,
                0,
                HttpClientConfig.DEFAULT,
                probes ? discoveries : List.of(here()),
                probes ? asProbes(written, name) : written,
                RelabelConfig.read(o.at(METRIC_RELABEL), common.names()),
                null),
            probes,
            written,
            node,
            inline);
    c.settings(); // reports invalid flags
    return c;
  }

  private static List<String> texts(YamlNode v) {
    return v.isList() ? v.items().stream().map(YamlNode::asString).toList() : List.of(v.asString());
  }

  /** Returns the discovery of this host, for an exporter that needs no target. */
  private static DiscoveryConfig here() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "localhost";
    }
    return new StaticConfig(
        List.of(new TargetGroup("0", List.of(Labels.of("__address__", host)), Labels.EMPTY)));
  }

  /**
   * Wraps the configured rules: before them the target becomes a parameter, after them the
   * instance, and its address is removed, because a URL is not a valid address.
   */
  private static Relabeling asProbes(Relabeling written, String exporter) {
    RelabelRule.Spec d = RelabelRule.Spec.DEFAULT;
    List<RelabelRule> rules = new ArrayList<>();
    rules.add(rule(d.withSource("__address__").withTarget(TARGET)));
    rules.addAll(written.rules());
    rules.add(rule(d.withSource("instance", TARGET).withRegex(";(.+)").withTarget("instance")));
    rules.add(rule(d.withTarget("__address__").withReplacement(exporter)));
    return new Relabeling(rules);
  }

  private static RelabelRule rule(RelabelRule.Spec spec) {
    return new RelabelRule(spec, NameScheme.UTF8);
  }

  /**
   * Returns the flags as seen by the exporter.
   *
   * @throws dev.tethys.config.ConfigException if one is invalid
   */
  ExporterSettings settings() {
    List<String> args = new ArrayList<>();
    flags.forEach((k, values) -> values.forEach(v -> args.add("--" + k + "=" + v)));
    try {
      FlagSet set = ExporterFlags.ofKind(kind, "flags of the exporter " + kind.name());
      set.parse(args);
      return new ExporterFlags(kind, set, this::resolved, inlineNode);
    } catch (UsageException e) {
      throw node.error(String.valueOf(e.getMessage()));
    }
  }

  /** Resolves a path relative to the configuration file. */
  private String resolved(String path) {
    return node.resolve(path);
  }

  /**
   * Whether an exporter that runs with this entry's settings may continue with those of another.
   */
  boolean sameExporter(CollectConfig other) {
    return kind == other.kind && flags.equals(other.flags) && Objects.equals(inline, other.inline);
  }

  /**
   * Returns the entry as a tree for output, with defaults filled in. Neither secret flags nor an
   * inline configuration, which may contain secrets anywhere, are shown.
   */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("exporter", kind.name());
    m.put("job_name", job.jobName());
    Map<String, Object> shown = new LinkedHashMap<>();
    flags.forEach(
        (k, v) -> {
          boolean secret =
              kind.flags().stream()
                  .anyMatch(f -> f.name().equals(k) && f.kind() == ExporterFlag.Kind.SECRET);
          shown.put(k, secret ? "<secret>" : v.size() == 1 ? v.getFirst() : v);
        });
    m.put("flags", shown.isEmpty() ? null : shown);
    m.put("config", inline == null ? null : "<inline>");
    m.put("metrics_path", job.metricsPath());
    m.put("params", job.params().isEmpty() ? null : job.params());
    m.put("honor_labels", job.honorLabels() ? true : null);
    job.common().addTo(m);
    m.put("relabel_configs", RelabelConfig.tree(written));
    m.put("metric_relabel_configs", RelabelConfig.tree(job.metricRelabeling()));
    if (probes) {
      Discoveries.addTo(m, job.discoveries());
    }
    return m;
  }
}
