package dev.tethys.logagent;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.collect.discovery.docker.DockerDaemon;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.cloudflare.CloudflareConfig;
import dev.tethys.collect.logs.docker.DockerLogs;
import dev.tethys.collect.logs.file.Decompression;
import dev.tethys.collect.logs.file.FileOptions;
import dev.tethys.collect.logs.file.FileRules;
import dev.tethys.collect.logs.gelf.GelfConfig;
import dev.tethys.collect.logs.journal.JournalConfig;
import dev.tethys.collect.logs.push.GcpConfig;
import dev.tethys.collect.logs.push.HerokuConfig;
import dev.tethys.collect.logs.push.LokiPushConfig;
import dev.tethys.collect.logs.syslog.SyslogConfig;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.kafka.KafkaLogs;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Keys of one entry of {@code scrape_configs}, and how a job is read from them. */
final class JobSection {
  private static final Section DECOMPRESSION =
      new Section("decompression", "Decompression of files.");
  private static final Key<Boolean> ENABLED =
      DECOMPRESSION.key("enabled", Type.BOOL, false, "Enables decompression of files.");
  private static final Key<Duration> DELAY =
      DECOMPRESSION.key(
          "initial_delay", GoDurations.TYPE, Duration.ZERO, "Delay before a new file is read.");
  private static final Key<Decompression> FORMAT =
      DECOMPRESSION.key(
          "format",
          Type.oneOf("format", Decompression.values(), Decompression::word),
          Decompression.GZIP,
          "Compression format.");

  private static final Section SCRAPE = new Section("scrape_configs", "Scrape job of entries.");
  private static final Key<String> JOB =
      SCRAPE.required("job_name", Type.STRING, "Name of the job; unique.");
  private static final Key<YamlNode> STAGES =
      SCRAPE.optional(
          "pipeline_stages",
          Type.of("any", null, JobSection::checkedStages),
          "Processing stages for entries.");
  private static final Key<YamlNode> RELABEL =
      SCRAPE.optional("relabel_configs", RelabelConfig.LIST, "Relabeling of targets.");
  private static final Key<String> ENCODING =
      SCRAPE.key("encoding", Type.STRING, "", "Encoding of files, as an IANA name.");
  private static final Key<Boolean> FROM_END =
      SCRAPE.key(
          "tail_from_end",
          Type.BOOL,
          false,
          "If true, files present when the job first runs are read from their end.");
  private static final Key<YamlObject> COMPRESSED =
      SCRAPE.optional("decompression", DECOMPRESSION.type(o -> o), "Decompression of files.");

  private static final List<Key<? extends LogSourceConfig>> SOURCES =
      List.of(
          SCRAPE.optional("journal", JournalConfig.TYPE, "Journal of systemd."),
          SCRAPE.optional("syslog", SyslogConfig.TYPE, "Syslog over the network."),
          SCRAPE.optional("gelf", GelfConfig.TYPE, "GELF messages of Graylog."),
          SCRAPE.optional("loki_push_api", LokiPushConfig.TYPE, "Push API of Loki."),
          SCRAPE.optional("heroku_drain", HerokuConfig.TYPE, "Log drains of Heroku."),
          SCRAPE.optional("gcplog", GcpConfig.TYPE, "Entries of Google Cloud Pub/Sub."),
          SCRAPE.optional(
              "cloudflare", CloudflareConfig.TYPE, "Request logs of a Cloudflare zone."),
          SCRAPE.optional("kafka", KafkaLogs.TYPE, "Records of Kafka topics."),
          SCRAPE.optional(
              "azure_event_hubs", KafkaLogs.EVENT_HUBS_TYPE, "Records of Azure Event Hubs."));

  static {
    SCRAPE.include(Discoveries.SECTION);
    SCRAPE.notBuilt(
        "windows_events",
        "Event log of Windows; not supported. A Promtail on Windows may push to a job with"
            + " loki_push_api here.");
  }

  static final Type<PromtailConfig.ScrapeConfig> TYPE = SCRAPE.type(JobSection::read);

  private JobSection() {}

  /** Stages as written, after a parse that finds their errors. */
  private static YamlNode checkedStages(YamlNode list) {
    Stages.parse(list, new StageContext("check", new StageMetrics(new Registry()))).close();
    return list;
  }

  private static PromtailConfig.ScrapeConfig read(YamlObject o) {
    List<DiscoveryConfig> discovery = new ArrayList<>();
    List<DiscoveryConfig> docker = new ArrayList<>();
    for (DiscoveryConfig d : Discoveries.read(o, false)) {
      if (DockerDaemon.of(d) != null) {
        docker.add(d); // here it means to read logs through Docker's API
      } else {
        discovery.add(d instanceof StaticConfig s ? withTargets(s) : d);
      }
    }
    Charset charset = StandardCharsets.UTF_8;
    String encoding = o.get(ENCODING);
    if (!encoding.isEmpty()) {
      try {
        charset = Charset.forName(encoding);
      } catch (IllegalArgumentException e) {
        throw o.error(ENCODING, "unknown encoding \"" + encoding + "\"");
      }
    }
    YamlObject compressed = o.find(COMPRESSED);
    boolean decompress = compressed != null && compressed.get(ENABLED);
    return new PromtailConfig.ScrapeConfig(
        o.node().asTree(),
        o.get(JOB),
        o.find(STAGES),
        List.copyOf(discovery),
        sources(o, docker),
        RelabelConfig.read(o.at(RELABEL), NameScheme.LEGACY),
        new FileOptions(
            charset,
            compressed != null && decompress ? compressed.get(FORMAT) : null,
            compressed != null ? compressed.get(DELAY) : Duration.ZERO,
            FileOptions.MAX_LINE,
            FileRules.NONE.withFromEnd(o.get(FROM_END))));
  }

  private static List<LogSourceConfig> sources(YamlObject o, List<DiscoveryConfig> docker) {
    List<LogSourceConfig> out = new ArrayList<>();
    if (!docker.isEmpty()) {
      out.add(new DockerLogs(List.copyOf(docker)));
    }
    for (Key<? extends LogSourceConfig> k : SOURCES) {
      LogSourceConfig c = o.find(k);
      if (c != null) {
        out.add(c);
      }
    }
    return List.copyOf(out);
  }

  /** A group without targets has one: it is about this host. */
  private static StaticConfig withTargets(StaticConfig s) {
    return new StaticConfig(
        s.groups().stream()
            .map(
                g ->
                    g.targets().isEmpty()
                        ? new TargetGroup(
                            g.source(), List.of(Labels.of("__address__", "localhost")), g.labels())
                        : g)
            .toList());
  }
}
