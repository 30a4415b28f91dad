package dev.tethys.pipeline.receiver.docker;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Lists running containers once per interval and reads the state and usage of each concurrently:
 * the daemon takes two samples per response, one second apart.
 */
final class DockerReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(DockerReceiver.class.getName());
  private static final String SCRAPER = "docker_stats";

  private static final String RUNNING =
      "/containers/json?filters="
          + URLEncoder.encode("{\"status\":[\"running\"]}", StandardCharsets.UTF_8);

  /** Maximum number of containers queried concurrently. */
  private static final int MOST = 64;

  /** Container state. */
  private record Container(JsonNode about, JsonNode stats) {}

  private final DockerConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final ScrapedPoints counts;
  private final IntervalCollector rounds;
  private final PointEmitter out;
  private final Semaphore turns = new Semaphore(MOST);
  private @Nullable JsonDocumentClient daemon; // these since startup
  private @Nullable ContainerPoints points;
  private final FailureLog failureLog = new FailureLog(); // of the thread

  DockerReceiver(
      DockerConfig config,
      KubernetesEnvironment environment,
      Consumer to,
      String name,
      String id,
      Registry registry) {
    this.config = config;
    this.environment = environment;
    this.name = name;
    this.counts = new ScrapedPoints(registry, id);
    this.rounds = new IntervalCollector(name, config.pace(), this::gather, to, Thread.ofVirtual());
    this.out =
        new PointEmitter(
            new PointEmitter.Origin(
                "github.com/open-telemetry/opentelemetry-collector-contrib/receiver"
                    + "/dockerstatsreceiver",
                environment.version(),
                "https://opentelemetry.io/schemas/1.38.0"),
            config.metrics());
  }

  @Override
  public void start() throws IOException {
    open();
    rounds.start();
  }

  /** Finds the address of the daemon, without a request. */
  void open() throws IOException {
    daemon = config.daemon().createClient(environment);
    points = new ContainerPoints(config, out, IntervalCollector.nanos());
  }

  /** Metrics of the running containers; empty if the daemon does not respond. */
  MetricsData gather() throws InterruptedException {
    MetricsData data = new MetricsData();
    JsonDocumentClient asked = daemon;
    ContainerPoints to = points;
    if (asked == null || to == null) {
      throw new IllegalStateException("it was not opened");
    }
    Set<String> failures = new TreeSet<>();
    try {
      List<String> ids = new ArrayList<>();
      for (JsonNode c : asked.list(RUNNING, config.pace().timeout())) {
        if (!config.excluded().match(c.path("Image").asString(""))) {
          ids.add(c.path("Id").asString(""));
        }
      }
      List<Container> all = all(asked, ids, failures);
      long now = IntervalCollector.nanos();
      all.forEach(c -> to.add(c.about, c.stats, now, data));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "", e);
      failures.add(String.valueOf(e.getMessage()));
    }
    if (!IntervalCollector.isStopping()) {
      counts.add(SCRAPER, data.itemCount(), failures.isEmpty() ? 0 : out.enabled());
      logFailures(failures);
    }
    return data;
  }

  /** Reads the data of these containers; containers that have ended meanwhile are skipped. */
  private List<Container> all(JsonDocumentClient asked, List<String> ids, Set<String> failures)
      throws InterruptedException {
    List<Future<@Nullable Container>> asking = new ArrayList<>();
    List<Container> out = new ArrayList<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      for (String id : ids) {
        asking.add(threads.submit(() -> ask(asked, id)));
      }
      for (Future<@Nullable Container> f : asking) {
        try {
          Container c = f.get();
          if (c != null) {
            out.add(c);
          }
        } catch (ExecutionException e) {
          failures.add(String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()));
        }
      }
    } finally {
      threads.shutdownNow(); // all are done, or the receiver is being stopped
    }
    return out;
  }

  private @Nullable Container ask(JsonDocumentClient asked, String id)
      throws IOException, InterruptedException {
    turns.acquire();
    try {
      JsonNode about = asked.get("/containers/" + id + "/json", config.pace().timeout());
      JsonNode state = about.path("State");
      if (!state.path("Running").asBoolean(false)
          || state.path("Paused").asBoolean(false)
          || config.excluded().match(about.path("Config").path("Image").asString(""))) {
        return null;
      }
      JsonNode stats =
          asked.get("/containers/" + id + "/stats?stream=false", config.pace().timeout());
      // Statistics of an ended container have no time.
      return stats.path("read").asString("").startsWith("0001-")
          ? null
          : new Container(about, stats);
    } catch (JsonDocumentClient.RefusedException e) {
      if (e.status() == 404) {
        return null;
      }
      throw e;
    } finally {
      turns.release();
    }
  }

  /** Logs a failure once while it persists. */
  private void logFailures(Set<String> failures) {
    for (String s : failureLog.newOf(failures)) {
      LOG.log(Level.ERROR, "{0}: Error scraping metrics: {1}", name, s);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    rounds.stop(timeLimit);
  }
}
