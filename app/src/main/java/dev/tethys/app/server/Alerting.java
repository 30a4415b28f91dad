package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.history.AlertHistory;
import dev.tethys.alert.manager.dispatch.AlertEvent;
import dev.tethys.alert.notify.AlertAnnotations;
import dev.tethys.alert.notify.DeliveryListener;
import dev.tethys.alert.notify.Notifier;
import dev.tethys.alert.notify.NotifierOptions;
import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertListener;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleClock;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleManager;
import dev.tethys.alert.rule.RuleOptions;
import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.RuleSettings;
import dev.tethys.alert.rule.RuleSource;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.app.alertmanager.EmbeddedAlertmanager;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rules, notifications to Alertmanagers, and the embedded Alertmanager. Closes without loss of
 * alerts: first evaluations stop, then queued alerts are sent, then connections to Alertmanagers
 * close.
 */
final class Alerting implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Alerting.class.getName());

  private final RuleManager rules;
  private final Notifier notifier;
  private final DiscoveryManager discovery;
  private final @Nullable AlertHistory history;
  private final URI externalUrl;
  private @Nullable EmbeddedAlertmanager alertmanager;
  private volatile Consumer<List<AlertEvent>> managerEvents = events -> {};

  @GuardedBy("this")
  private @Nullable RuleSettings settings; // null before the first configuration

  @GuardedBy("this")
  private List<GroupSpec> configured = List.of();

  @GuardedBy("this")
  private List<GroupSpec> logGroups = List.of();

  @GuardedBy("this")
  private List<GroupSpec> generatedGroups = List.of();

  /**
   * Dependencies of rules and notifications.
   *
   * @param reading source of rule queries over metrics
   * @param sources rule sources for other kinds of data
   */
  record Dependencies(
      MetricStore store,
      ScopedSource reading,
      PromqlEngine engine,
      Map<RuleType, RuleSource> sources,
      HttpClientFactory clients,
      DiscoveryContext discovery,
      Registry registry,
      SpanRecorder tracing) {}

  Alerting(FlagSet flags, boolean concurrent, URI externalUrl, Dependencies s) {
    this.externalUrl = externalUrl;
    this.notifier =
        new Notifier(
            notifierOptions(flags), externalUrl, s.clients(), s.registry(), RuleClock.SYSTEM);
    this.discovery =
        new DiscoveryManager(s.discovery().named("notify"), DiscoveryManager.THROTTLE, notifier);
    this.history = flags.bool("alerts.history") ? new AlertHistory(s.store(), s.registry()) : null;
    this.rules =
        new RuleManager(
            s.store(),
            RuleQuery.of(s.engine(), s.reading()),
            s.sources(),
            listener(),
            new RuleOptions(
                duration(flags, "rules.alert.for-outage-tolerance"),
                duration(flags, "rules.alert.for-grace-period"),
                duration(flags, "rules.alert.resend-delay"),
                concurrent,
                positive(flags, "rules.max-concurrent-evals"),
                externalUrl,
                s.tracing()),
            s.registry(),
            RuleClock.SYSTEM);
  }

  private AlertListener listener() {
    AlertHistory h = history;
    if (h == null) {
      return notifier;
    }
    return new AlertListener() {
      @Override
      public void alerts(String query, List<Alert> alerts) {
        notifier.alerts(query, alerts);
      }

      @Override
      public void alerts(RuleType type, String query, List<Alert> alerts) {
        notifier.alerts(type, query, alerts);
      }

      @Override
      public void changed(Instant at, List<Change> changes) {
        h.record(
            changes.stream()
                .map(c -> new AlertHistory.Change(at, c.labels(), c.state().text(), ""))
                .toList());
      }
    };
  }

  private static Duration duration(FlagSet flags, String name) {
    return Duration.ofMillis(flags.millis(name));
  }

  private static int positive(FlagSet flags, String name) {
    long v = flags.integer(name);
    if (v < 1 || v > Integer.MAX_VALUE) {
      throw new UsageException("tethys server: --" + name + "=" + v + ": expected at least 1");
    }
    return (int) v;
  }

  private static NotifierOptions notifierOptions(FlagSet flags) {
    return new NotifierOptions(
        positive(flags, "alertmanager.notification-queue-capacity"),
        positive(flags, "alertmanager.notification-batch-size"),
        flags.bool("alertmanager.drain-notification-queue-on-shutdown"));
  }

  /**
   * Opens an Alertmanager in this process if flags request one. It gets the alerts of rules, and
   * the history has its events.
   *
   * @param folder root data folder
   * @throws IOException if its folder cannot be opened
   */
  void openAlertmanager(FlagSet flags, Path folder, Dependencies s, Routes routes)
      throws IOException {
    EmbeddedAlertmanager a =
        EmbeddedAlertmanager.open(flags, externalUrl, folder, s.clients(), s.registry(), routes);
    alertmanager = a;
    AlertHistory h = history;
    if (a != null) {
      a.onEvents(
          events -> {
            managerEvents.accept(events);
            if (h != null) {
              h.record(
                  events.stream()
                      .map(
                          e ->
                              new AlertHistory.Change(
                                  e.at(), Labels.of(e.labels().map()), e.kind().text(), e.by()))
                      .toList());
            }
          });
    }
  }

  /**
   * Joins alerts with their incidents.
   *
   * @param annotations added to alerts when they are sent
   * @param delivered receives alerts that an Alertmanager acknowledged
   * @param events receives events of the embedded Alertmanager
   */
  void join(
      AlertAnnotations annotations, DeliveryListener delivered, Consumer<List<AlertEvent>> events) {
    notifier.annotate(annotations);
    notifier.onDelivered(delivered);
    managerEvents = events;
  }

  /** Groups of rules with their alerts. */
  List<RuleGroup> groups() {
    return rules.groups();
  }

  /**
   * Reads the configuration of the embedded Alertmanager.
   *
   * @throws IOException if it cannot be read
   */
  void load() throws IOException {
    EmbeddedAlertmanager a = alertmanager;
    if (a != null) {
      a.load();
      notifier.setLocalAlertmanager(a.api(externalUrl), a::receive);
    }
  }

  RuleStatus status() {
    return new RuleStatus(rules, notifier);
  }

  /**
   * Obeys a configuration.
   *
   * @param groups rule groups from the configured rule files
   */
  void apply(PrometheusConfig c, List<GroupSpec> groups) throws IOException {
    for (String pattern : c.ruleFiles()) {
      if (c.findRuleFiles(pattern).isEmpty()) {
        LOG.log(Level.WARNING, "rule_files: there is no file {0}", pattern);
      }
    }
    notifier.apply(c.alerting(), c.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    for (int i = 0; i < c.alerting().alertmanagers().size(); i++) {
      pools.put(Notifier.pool(i), c.alerting().alertmanagers().get(i).discoveries());
    }
    discovery.apply(pools);
    applyRules(
        new RuleSettings(
            c.global().evaluationInterval(),
            c.global().ruleQueryOffset(),
            c.global().externalLabels()),
        groups);
  }

  private synchronized void applyRules(RuleSettings settings, List<GroupSpec> groups) {
    this.settings = settings;
    this.configured = groups;
    applyRules();
  }

  /** Replaces the groups of Loki's ruler API; configured groups stay. */
  synchronized void applyLogGroups(List<GroupSpec> groups) {
    this.logGroups = groups;
    if (settings != null) {
      applyRules();
    }
  }

  /** Returns the PromQL expressions of all rule groups. */
  synchronized List<String> expressions() {
    return Stream.of(configured, generatedGroups)
        .flatMap(List::stream)
        .flatMap(g -> g.rules().stream())
        .map(RuleSpec::query)
        .distinct()
        .toList();
  }

  /** Replaces the groups that the server generates; the others stay. */
  synchronized void applyGeneratedGroups(List<GroupSpec> groups) {
    this.generatedGroups = groups;
    if (settings != null) {
      applyRules();
    }
  }

  @GuardedBy("this")
  private void applyRules() {
    RuleSettings s = Objects.requireNonNull(settings);
    List<GroupSpec> all = new ArrayList<>(configured);
    all.addAll(logGroups);
    all.addAll(generatedGroups);
    rules.apply(s, all);
  }

  @Override
  public void close() {
    rules.close();
    notifier.close();
    discovery.close();
    EmbeddedAlertmanager a = alertmanager;
    if (a != null) {
      a.close();
    }
    AlertHistory h = history; // after all components that report alerts
    if (h != null) {
      h.close();
    }
  }
}
