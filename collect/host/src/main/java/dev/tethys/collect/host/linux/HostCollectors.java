package dev.tethys.collect.host.linux;

import dev.tethys.collect.host.NodeExporterFlags;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Catalog;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of this host, as collected by node_exporter on Linux, with its names, types and labels.
 *
 * <p>Collectors run one after another in the thread of the request, which costs less than a thread
 * each; a second request waits for the first, up to a limit. A collector that fails, or finds
 * nothing, reports it in {@code node_scrape_collector_success} and affects no other.
 *
 * <p>Invariant: {@link #files}, the collectors and their caches are used by the holder of {@link
 * #turn} only.
 */
public final class HostCollectors implements Collector {
  private static final System.Logger LOG = JulLogger.of(HostCollectors.class.getName());

  /** Metrics of the collectors take precedence over metrics from textfiles. */
  private static final String LAST = "textfile";

  /** Time that a scrape waits for another one; a read of a broken device may never return. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(10);

  private final ReentrantLock turn = new ReentrantLock();
  private final Map<String, NodeCollector> collectors = new TreeMap<>();
  private final HostFiles files;
  private final Duration maxWait;
  private volatile String running = "";

  /**
   * Creates the enabled collectors.
   *
   * @throws IllegalArgumentException if the system is not Linux, or procfs or sysfs is not at the
   *     configured path
   */
  public HostCollectors(NodeExporterOptions options, InstantSource clock) {
    this(options, clock, System::getenv);
  }

  /** Creates them with another environment, in which they find the addresses of services. */
  public HostCollectors(
      NodeExporterOptions options,
      InstantSource clock,
      Function<String, @Nullable String> environment) {
    this(options, MAX_WAIT, new Catalog(options, clock, environment)::make);
  }

  /** With given collectors, and another timeout. */
  HostCollectors(
      NodeExporterOptions options,
      Duration maxWait,
      Function<String, @Nullable NodeCollector> make) {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      throw new IllegalArgumentException(
          "the collectors of the host read Linux's /proc and /sys; this is "
              + System.getProperty("os.name"));
    }
    needFolder("path.procfs", options.paths().procfs());
    needFolder("path.sysfs", options.paths().sysfs());
    this.maxWait = maxWait;
    this.files = new HostFiles(options.paths());
    for (String name : options.enabled()) {
      NodeCollector c = make.apply(name);
      if (c != null) {
        collectors.put(name, c);
      } else if (!NodeExporterFlags.isOnByDefault(name)) {
        throw new IllegalArgumentException(
            "--collector."
                + name
                + ": the collector belongs to contrib/devices; this build is the core. Build Tethys"
                + " without --core to use it.");
      }
    }
  }

  private static void needFolder(String flag, String path) {
    if (!new File(path).isDirectory()) {
      throw new IllegalArgumentException("--" + flag + ": " + path + " is not a folder");
    }
  }

  /** The names of the collectors that run. */
  public Set<String> names() {
    return Set.copyOf(collectors.keySet());
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    collect(collectors, to);
  }

  /**
   * A subset of the collectors, as requested by {@code collect[]} and {@code exclude[]}.
   *
   * @param collect only these, or all if empty
   * @param exclude all but these
   * @throws IllegalArgumentException if both are given, or one names a collector that is not there
   *     or is turned off
   */
  public Collector filtered(Collection<String> collect, Collection<String> exclude) {
    if (!collect.isEmpty() && !exclude.isEmpty()) {
      throw new IllegalArgumentException("Combined collect and exclude queries are not allowed.");
    }
    if (collect.isEmpty() && exclude.isEmpty()) {
      return this;
    }
    Map<String, NodeCollector> some = new TreeMap<>();
    for (String name : collect) {
      NodeCollector c = collectors.get(name);
      if (c == null) {
        throw new IllegalArgumentException(
            (NodeExporterFlags.find("collector." + name) == null ? "missing" : "disabled")
                + " collector: "
                + name);
      }
      some.put(name, c);
    }
    if (collect.isEmpty()) {
      some.putAll(collectors);
      some.keySet().removeAll(new HashSet<>(exclude));
    }
    return to -> collect(some, to);
  }

  private void collect(Map<String, NodeCollector> some, Consumer<MetricFamily> to) {
    Families out = new Families();
    if (!awaitTurn()) {
      LOG.log(
          System.Logger.Level.ERROR,
          "no collector ran: {0} has been running for more than {1} s",
          running,
          maxWait.toMillis() / 1000.0);
      some.keySet().forEach(name -> Catalog.scraped(out, name, maxWait.toNanos() / 1e9, false));
      out.drainTo(to);
      return;
    }
    try {
      some.forEach(
          (name, c) -> {
            if (!name.equals(LAST)) {
              run(name, c, out);
            }
          });
      NodeCollector last = some.get(LAST);
      if (last != null) {
        run(LAST, last, out);
      }
    } finally {
      turn.unlock();
    }
    out.drainTo(to);
  }

  /** False if the driver of some device keeps an earlier scrape from ending. */
  private boolean awaitTurn() {
    try {
      return turn.tryLock(maxWait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run(String name, NodeCollector c, Families out) {
    running = name;
    long begin = System.nanoTime();
    boolean success = false;
    try {
      c.collect(files, out);
      success = true;
    } catch (NoDataException e) {
      LOG.log(System.Logger.Level.DEBUG, "collector {0} returned no data", name);
    } catch (IOException | RuntimeException e) {
      // A RuntimeException is an unforeseen file: it costs this collector, not the scrape.
      LOG.log(System.Logger.Level.ERROR, () -> "collector " + name + " failed: " + describe(e));
      LOG.log(System.Logger.Level.DEBUG, "", e);
    }
    Catalog.scraped(out, name, (System.nanoTime() - begin) / 1e9, success);
  }

  /** Description of a failure for users; for a bug it includes the exception class. */
  static String describe(Exception e) {
    return e instanceof IOException ? IoFailures.describe(e) : e.toString();
  }
}
