package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.kubelet.NodeCapacity.Capacity;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Collects from a kubelet once per interval. A missing response affects only its collection. */
final class KubeletReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(KubeletReceiver.class.getName());
  private static final String SCRAPER = "kubelet_stats";

  private final KubeletConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final ScrapedPoints counts;
  private final IntervalCollector rounds;
  private final PointEmitter out;
  private @Nullable NodeCapacity capacity; // these since startup
  private @Nullable Kubelet kubelet;
  private @Nullable SummaryPoints points;
  private final FailureLog leftOut = new FailureLog(); // of the thread
  private final FailureLog failures = new FailureLog();

  KubeletReceiver(
      KubeletConfig config,
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
                    + "/kubeletstatsreceiver",
                environment.version(),
                ""),
            config.metrics());
  }

  @Override
  public void start() throws IOException {
    open();
    if (capacity != null) {
      capacity.start();
    }
    rounds.start();
  }

  /** Finds the addresses, without a request. */
  void open() throws IOException {
    kubelet = new Kubelet(config, environment);
    ClusterAccess api = config.api() == null ? null : config.api().access(environment);
    JsonDocumentClient asking =
        api == null ? null : new JsonDocumentClient(api, environment.sender());
    points = new SummaryPoints(config, out, new VolumeSources(asking), IntervalCollector.nanos());
    if (api != null && config.wantsCapacity()) {
      capacity = new NodeCapacity(name, config.node(), api, environment.sender());
    }
  }

  /** Collects the current kubelet metrics; empty if the kubelet does not respond. */
  MetricsData gather() throws InterruptedException {
    MetricsData data = new MetricsData();
    Kubelet asked = kubelet;
    SummaryPoints to = points;
    if (asked == null || to == null) {
      throw new IllegalStateException("it was not opened");
    }
    try {
      Duration timeout =
          config.pace().timeout().isPositive()
              ? config.pace().timeout()
              : ClientRequest.DEFAULT_TIMEOUT;
      JsonNode summary = asked.summary(timeout);
      PodFacts facts = config.wantsPods() ? PodFacts.of(asked.pods(timeout)) : PodFacts.NONE;
      Capacity c = capacity == null ? Capacity.UNKNOWN : capacity.now();
      logOmissions(
          to.add(
              summary,
              new SummaryPoints.SummaryContext(
                  IntervalCollector.nanos(), facts, c, timeout, data)));
      counts.add(SCRAPER, data.itemCount(), 0);
      failures.succeeded();
    } catch (IOException e) {
      if (!IntervalCollector.isStopping()) {
        counts.add(SCRAPER, 0, out.enabled());
        String reason = String.valueOf(e.getMessage());
        if (failures.isNew(reason)) {
          LOG.log(Level.ERROR, "{0}: Error scraping metrics: {1}", name, reason);
        }
        LOG.log(Level.DEBUG, "", e);
      }
    }
    return data;
  }

  /** Logs omissions once while they persist. */
  private void logOmissions(Set<String> left) {
    for (String s : leftOut.newOf(left)) {
      LOG.log(Level.WARNING, "{0}: no metrics of {1}", name, s);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    rounds.stop(timeLimit);
    if (capacity != null) {
      capacity.stop();
    }
  }
}
