package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.linux.HostFiles;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Creates {@code host_metrics} receivers. */
public final class HostMetricsReceiverFactory
    implements ReceiverFactory<HostMetricsReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param metadata interval of the host's entity log; zero for once
   * @param rootPath mount point of the host's root, "" or / for the local root
   */
  public record Settings(
      IntervalCollector.Schedule pace,
      Duration metadata,
      String rootPath,
      Map<String, ScraperKind.Maker> scrapers) {}

  static final List<ScraperKind> KINDS =
      List.of(
          CpuScraper.KIND,
          DiskScraper.KIND,
          FileSystemScraper.KIND,
          LoadScraper.KIND,
          MemoryScraper.KIND,
          NetworkScraper.KIND,
          NfsScraper.KIND,
          PagingScraper.KIND,
          ProcessScraper.KIND,
          ProcessesScraper.KIND,
          SystemScraper.KIND);

  private static final Section SCRAPERS = new Section("scrapers", "Scrapers to run.");
  private static final Map<ScraperKind, Key<ScraperKind.Maker>> SCRAPER_KEYS =
      new LinkedHashMap<>();

  static {
    KINDS.forEach(k -> SCRAPER_KEYS.put(k, SCRAPERS.optional(k.name(), k.type(), k.about())));
  }

  private static final Section SECTION =
      new Section("host_metrics", "Collects metrics of the host.");
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofMinutes(1), Duration.ZERO);
  private static final Key<Duration> METADATA =
      SECTION.key(
          "metadata_collection_interval",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Interval of the host's entity event in log pipelines; 0 for once.");
  private static final Key<String> ROOT =
      SECTION.key(
          "root_path",
          Type.STRING,
          "",
          "Path at which a container sees the root of its host. HOST_PROC, HOST_SYS, "
              + "HOST_ETC and HOST_PROC_MOUNTINFO of the environment take precedence.");
  private static final Key<Map<String, ScraperKind.Maker>> SCRAPERS_KEY =
      SECTION.key(
          "scrapers",
          SCRAPERS.type(HostMetricsReceiverFactory::scrapers),
          Map.of(),
          "Scrapers to run.");

  private final String version;
  private final UnaryOperator<@Nullable String> environment;

  /**
   * @param version version of this program
   */
  public HostMetricsReceiverFactory(String version) {
    this(version, System::getenv);
  }

  HostMetricsReceiverFactory(String version, UnaryOperator<@Nullable String> environment) {
    this.version = version;
    this.environment = environment;
  }

  /** Reads the scrapers; a key without a value enables the defaults. */
  private static Map<String, ScraperKind.Maker> scrapers(YamlObject o) {
    Map<String, ScraperKind.Maker> out = new LinkedHashMap<>();
    SCRAPER_KEYS.forEach(
        (kind, key) -> {
          YamlNode n = o.at(key);
          if (n != null) {
            out.put(kind.name(), kind.type().read(n));
          }
        });
    return out;
  }

  @Override
  public String type() {
    return "host_metrics";
  }

  @Override
  public List<String> aliases() {
    return List.of("hostmetrics");
  }

  @Override
  public String about() {
    return "Collects metrics of this host: CPUs, memory, disks, file systems, network, processes.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(HostMetricsReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    IntervalCollector.Schedule pace = PACE.read(o);
    Map<String, ScraperKind.Maker> scrapers = o.get(SCRAPERS_KEY);
    if (scrapers.isEmpty()) {
      throw o.error(
          SCRAPERS_KEY,
          "host_metrics requires scrapers: at least one of "
              + String.join(", ", KINDS.stream().map(ScraperKind::name).toList()));
    }
    String root = o.get(ROOT);
    if (!root.isEmpty() && !Files.isDirectory(Path.of(root))) {
      throw o.error(ROOT, "root_path: " + root + " is not a directory");
    }
    return new Settings(pace, o.get(METADATA), root, scrapers);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return new HostMetricsReceiver(
        s,
        version,
        () -> HostFiles.readings(sources(s.rootPath), HostMetricsReceiver.timeLimit(s)),
        outputs,
        context.name(),
        context.id().toString(),
        context.metrics());
  }

  /** Locations of files: from the environment, otherwise below the root. */
  HostReadings.Sources sources(String rootPath) {
    String root = rootPath.equals("/") ? "" : rootPath;
    String mountInfo = environment.apply("HOST_PROC_MOUNTINFO");
    boolean ownMounts = mountInfo != null && !mountInfo.isEmpty();
    HostPaths paths =
        new HostPaths(
            place("HOST_PROC", root + "/proc"),
            place("HOST_SYS", root + "/sys"),
            root.isEmpty() || ownMounts ? "/" : root,
            place("HOST_RUN", root + "/run") + "/udev/data");
    String etc = place("HOST_ETC", root + "/etc");
    if (!Files.isReadable(Path.of(etc, "passwd"))) {
      etc = "/etc"; // only the host's /proc and /sys may be mounted
    }
    return new HostReadings.Sources(paths, etc, ownMounts ? parent(mountInfo) : null);
  }

  private static @Nullable String parent(@Nullable String file) {
    Path folder = file == null ? null : Path.of(file).getParent();
    return folder == null ? null : folder.toString();
  }

  private String place(String variable, String otherwise) {
    String v = environment.apply(variable);
    return v == null || v.isEmpty() ? otherwise : v;
  }
}
