package dev.tethys.pipeline.kafka;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.kafka.KafkaMetricsSettings.Scraper;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Queries a cluster once per interval as a client; Kafka's own metrics are not needed. A failure
 * affects only its own data and no other scraper.
 */
final class KafkaMetricsReceiver implements Receiver {
  private static final String SCOPE =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kafkametricsreceiver";

  private final KafkaMetricsSettings settings;
  private final Context context;
  private final ScrapedPoints counts;
  private final PointEmitter out;
  private final IntervalCollector rounds;
  private long startNanos; // since 1970; before the thread
  private final Supplier<Admin> admins;

  @GuardedBy("this")
  private @Nullable Admin admin;

  @GuardedBy("this")
  private boolean stopped;

  private final FailureLog failureLog = new FailureLog(); // of the thread
  private @Nullable String clusterId; // of the thread

  KafkaMetricsReceiver(
      KafkaMetricsSettings settings, Consumer to, Context context, String version) {
    this(
        settings,
        to,
        context,
        version,
        () -> Admin.create(PerClientLogin.of(settings.properties(), context)));
  }

  /**
   * @param admins creates clients, which are closed here
   */
  KafkaMetricsReceiver(
      KafkaMetricsSettings settings,
      Consumer to,
      Context context,
      String version,
      Supplier<Admin> admins) {
    this.settings = settings;
    this.admins = admins;
    this.context = context;
    this.counts = new ScrapedPoints(context.metrics(), context.id().toString());
    this.out = new PointEmitter(new PointEmitter.Origin(SCOPE, version, ""), settings.metrics());
    this.rounds =
        new IntervalCollector(
            context.name(), settings.pace(), this::gather, to, Thread.ofVirtual());
  }

  @Override
  public void start() throws IOException {
    startNanos = IntervalCollector.nanos();
    rounds.start();
  }

  /** Returns the current metrics, without those that failed. */
  MetricsData gather() throws InterruptedException {
    MetricsData data = new MetricsData();
    Set<String> failures = new TreeSet<>();
    out.at(startNanos, IntervalCollector.nanos());
    for (Scraper s : Scraper.values()) {
      if (settings.scrapers().contains(s)) {
        long before = data.itemCount();
        Set<String> failed = new TreeSet<>();
        scrape(s, data, failed);
        counts.add(s.word(), data.itemCount() - before, failed.size());
        failures.addAll(failed);
      }
    }
    logFailures(failures);
    return data;
  }

  private void scrape(Scraper s, MetricsData data, Set<String> failed) throws InterruptedException {
    try {
      Map<String, Object> resource = resource(failed);
      ClusterSnapshot snapshot = new ClusterSnapshot(client(), settings, out, failed);
      switch (s) {
        case BROKERS -> snapshot.brokers();
        case TOPICS -> snapshot.topics();
        case CONSUMERS -> snapshot.consumers();
      }
      out.emit(settings.resources().resource(resource), data);
    } catch (IOException e) {
      out.clear();
      failed.add(e.getMessage());
    } catch (KafkaException e) {
      out.clear();
      if (e instanceof org.apache.kafka.common.errors.InterruptException) {
        throw new InterruptedException();
      }
      failed.add(KafkaSender.text(e));
    }
  }

  /** Attributes of the cluster; its id never changes and is requested once. */
  private Map<String, Object> resource(Set<String> failed)
      throws IOException, InterruptedException {
    Map<String, Object> resource = new LinkedHashMap<>();
    if (!settings.alias().isEmpty()) {
      settings.resources().put(resource, KafkaMetrics.ALIAS, settings.alias());
    }
    if (settings.resources().has(KafkaMetrics.ID)) {
      String id = clusterId;
      if (id == null) {
        id = new ClusterSnapshot(client(), settings, out, failed).clusterId();
        clusterId = id;
      }
      resource.put(KafkaMetrics.ID, id);
    }
    return resource;
  }

  /** Returns the client, created on first use because broker names may not resolve earlier. */
  private Admin client() throws InterruptedException {
    synchronized (this) {
      if (admin != null) {
        return admin;
      }
    }
    Admin made = admins.get(); // resolves names; a stop does not wait for it
    synchronized (this) {
      if (!stopped) {
        admin = made;
        return made;
      }
    }
    made.close(Duration.ZERO);
    throw new InterruptedException("stopped meanwhile");
  }

  /** Logs a failure once while it persists. */
  private void logFailures(Set<String> failures) {
    for (String s : failureLog.newOf(failures)) {
      context.logger().log(Level.ERROR, "{0}: Error scraping metrics: {1}", context.name(), s);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    rounds.stop(timeLimit);
    Admin a;
    synchronized (this) {
      stopped = true;
      a = admin;
    }
    if (a != null) {
      a.close(Duration.ZERO);
    }
  }
}
