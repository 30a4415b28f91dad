package dev.tethys.alert.notify;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertListener;
import dev.tethys.alert.rule.RuleClock;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.alert.template.PrometheusFunctions;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sends alerts to Alertmanagers. Each has its own queue, so that an unresponsive one does not delay
 * others.
 *
 * <p>Invariant: {@code sets} and everything in them is guarded by this object, which is never held
 * during a request.
 */
public final class Notifier implements AlertListener, DiscoveryManager.Listener, AutoCloseable {
  /** Maximum time to send waiting notifications at shutdown. */
  static final Duration DRAIN_TIME = Duration.ofSeconds(20);

  private static final System.Logger LOG = JulLogger.of(Notifier.class.getName());

  /** Creates the transport to the Alertmanagers of one entry. */
  interface Transport {
    AlertPost of(AlertmanagerConfig config) throws IOException;
  }

  private final NotifierOptions options;
  private final URI externalUrl;
  private final Transport transport;
  private final RuleClock clock;
  private final NotifyMetrics metrics;

  @GuardedBy("this")
  private AlertingConfig config = AlertingConfig.NONE;

  @GuardedBy("this")
  private Labels externalLabels = Labels.EMPTY;

  @GuardedBy("this")
  private Map<String, AlertmanagerSet> sets = new LinkedHashMap<>();

  private @Nullable LocalAlertmanager local; // in this process
  private volatile AlertAnnotations further = AlertAnnotations.NONE;
  private volatile DeliveryListener listener = (name, alerts, at) -> {};

  @GuardedBy("this")
  private boolean closed;

  /**
   * Starts without Alertmanagers.
   *
   * @param externalUrl under which users reach this server
   */
  public Notifier(
      NotifierOptions options,
      URI externalUrl,
      HttpClientFactory clients,
      Registry registry,
      RuleClock clock) {
    this(options, externalUrl, c -> AlertPost.over(clients, c), registry, clock);
  }

  Notifier(
      NotifierOptions options,
      URI externalUrl,
      Transport transport,
      Registry registry,
      RuleClock clock) {
    this.options = options;
    this.externalUrl = externalUrl;
    this.transport = transport;
    this.clock = clock;
    this.metrics = new NotifyMetrics(registry, options, () -> alertmanagers().size());
  }

  /**
   * Sends alerts to an Alertmanager in this process too.
   *
   * @param url under which its API is reached from outside
   */
  public synchronized void setLocalAlertmanager(URI url, NotificationSink sink) {
    LocalAlertmanager before = local;
    if (before == null || !before.url().equals(url)) {
      local = new LocalAlertmanager(url, sink, metrics, clock);
    }
  }

  /** Sets annotations that are added to alerts. */
  public void annotate(AlertAnnotations annotations) {
    further = annotations;
  }

  /** Sets the listener for alerts that an Alertmanager outside this process has acknowledged. */
  public void onDelivered(DeliveryListener l) {
    listener = l;
  }

  /** The name of the configuration entry in discovery. */
  public static String pool(int number) {
    return "config-" + number;
  }

  /**
   * Applies a configuration. Queued alerts of an Alertmanager stay queued.
   *
   * @throws IOException if a certificate or key cannot be read; nothing has changed then
   */
  public void apply(AlertingConfig next, Labels newExternalLabels) throws IOException {
    Map<String, AlertPost> posts = new LinkedHashMap<>();
    for (int i = 0; i < next.alertmanagers().size(); i++) {
      posts.put(pool(i), transport.of(next.alertmanagers().get(i)));
    }
    List<AlertQueue> gone = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      config = next;
      externalLabels = newExternalLabels;
      List<AlertmanagerSet> former = new ArrayList<>(sets.values());
      Map<String, AlertmanagerSet> all = new LinkedHashMap<>();
      List<AlertmanagerSet> changed = new ArrayList<>();
      for (int i = 0; i < next.alertmanagers().size(); i++) {
        AlertmanagerConfig c = next.alertmanagers().get(i);
        AlertmanagerSet same = null;
        for (AlertmanagerSet s : former) {
          if (s.config().equals(c)) {
            same = s;
            break;
          }
        }
        if (same != null) {
          former.remove(same);
          all.put(pool(i), same);
        } else {
          AlertPost post = Objects.requireNonNull(posts.get(pool(i)));
          AlertmanagerSet s =
              new AlertmanagerSet(
                  c,
                  url ->
                      new AlertQueue(url, post, options, metrics, clock)
                          .onDelivered((name, sent, at) -> listener.delivered(name, sent, at)));
          all.put(pool(i), s);
          changed.add(s);
        }
      }
      // An edited entry keeps the queues of the entry at its position.
      for (Map.Entry<String, AlertmanagerSet> e : all.entrySet()) {
        AlertmanagerSet before = sets.get(e.getKey());
        if (changed.contains(e.getValue()) && before != null && former.remove(before)) {
          takeOver(e.getValue(), before);
        }
      }
      former.forEach(s -> gone.addAll(s.queues().values()));
      sets = all;
    }
    end(gone);
  }

  private static void takeOver(AlertmanagerSet next, AlertmanagerSet before) {
    try {
      next.takeOver(before);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removed Alertmanagers still receive their queued alerts, if they respond. */
  private void end(List<AlertQueue> queues) {
    for (AlertQueue q : queues) {
      q.stop(options.drain());
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  q.awaitEnd(DRAIN_TIME);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                metrics.removed(q.name());
              });
    }
  }

  @Override
  public void targets(Map<String, List<TargetGroup>> byPool) {
    List<AlertQueue> gone = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      byPool.forEach(
          (pool, groups) -> {
            AlertmanagerSet s = sets.get(pool);
            if (s != null) {
              gone.addAll(s.sync(groups));
            }
          });
    }
    end(gone);
  }

  @Override
  public void alerts(String query, List<Alert> alerts) {
    alerts(RuleType.METRICS, query, alerts);
  }

  @Override
  public void alerts(RuleType type, String query, List<Alert> alerts) {
    String generator =
        externalUrl
            + switch (type) {
              case METRICS -> PrometheusFunctions.link(query, 1);
              case LOGS -> PrometheusFunctions.logsLink(query);
              case TRACES -> PrometheusFunctions.tracesLink(query);
              case PROFILES -> PrometheusFunctions.PROFILES_PAGE;
            };
    // Outside the lock: it asks another part of the program.
    List<SortedMap<String, String>> annotations =
        alerts.stream().map(a -> annotations(type, query, a)).toList();
    synchronized (this) {
      LocalAlertmanager here = local;
      if (closed || sets.isEmpty() && here == null) {
        return;
      }
      List<Notification> out = new ArrayList<>(alerts.size());
      for (int i = 0; i < alerts.size(); i++) {
        Alert a = alerts.get(i);
        Labels l = labels(a.labels());
        if (l != null) {
          out.add(notification(a, l, annotations.get(i), generator));
        }
      }
      if (!out.isEmpty()) {
        if (here != null) {
          here.send(out);
        }
        sets.values().forEach(s -> s.send(out));
      }
    }
  }

  private SortedMap<String, String> annotations(RuleType type, String query, Alert a) {
    Map<String, String> more = further.of(type, query, a);
    if (more.isEmpty()) {
      return a.annotations();
    }
    SortedMap<String, String> out = new TreeMap<>(more);
    out.putAll(a.annotations());
    return out;
  }

  @GuardedBy("this")
  private @Nullable Labels labels(Labels of) {
    LabelsBuilder b = new LabelsBuilder(of);
    for (Labels.Label l : externalLabels.toList()) {
      if (!of.has(l.name())) {
        b.set(l.name(), l.value());
      }
    }
    return config.relabeling().apply(b) ? b.build() : null;
  }

  private static Notification notification(
      Alert a, Labels labels, SortedMap<String, String> annotations, String generator) {
    Instant resolved = a.resolvedAt();
    Instant until =
        resolved != null ? resolved : Objects.requireNonNullElse(a.validUntil(), Instant.MAX);
    return new Notification(
        labels,
        annotations,
        Objects.requireNonNullElse(a.firedAt(), a.activeAt()),
        until,
        resolved != null,
        generator);
  }

  /** Destinations of alerts, an Alertmanager in this process first. */
  public synchronized List<URI> alertmanagers() {
    List<URI> all = new ArrayList<>();
    LocalAlertmanager here = local;
    if (here != null) {
      all.add(here.url());
    }
    sets.values().forEach(s -> all.addAll(s.urls()));
    return all;
  }

  /** Delivery status of each of them, in the same order. */
  public synchronized List<AlertmanagerStatus> deliveries() {
    List<AlertmanagerStatus> all = new ArrayList<>();
    LocalAlertmanager here = local;
    if (here != null) {
      all.add(here.status());
    }
    sets.values().forEach(s -> s.queues().values().forEach(q -> all.add(q.status())));
    return all;
  }

  /** Alertmanagers dropped by relabeling. */
  public synchronized List<String> droppedAlertmanagers() {
    return sets.values().stream().flatMap(s -> s.dropped().stream()).toList();
  }

  /** Accepts no more alerts, and sends waiting ones if configured. */
  @Override
  public void close() {
    List<AlertQueue> queues = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      sets.values().forEach(s -> queues.addAll(s.queues().values()));
    }
    queues.forEach(q -> q.stop(options.drain()));
    Instant start = Instant.now();
    for (AlertQueue q : queues) {
      try {
        Duration remaining = DRAIN_TIME.minus(Duration.between(start, Instant.now()));
        q.awaitEnd(remaining.isNegative() ? Duration.ZERO : remaining);
      } catch (InterruptedException e) {
        LOG.log(Level.WARNING, "sending of queued alerts was interrupted");
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
