package dev.tethys.alert.manager;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.AlertDispatcher;
import dev.tethys.alert.manager.dispatch.ClusterPosition;
import dev.tethys.alert.manager.dispatch.DeliveryStates;
import dev.tethys.alert.manager.dispatch.Inhibitor;
import dev.tethys.alert.manager.dispatch.Integration;
import dev.tethys.alert.manager.dispatch.NotificationPipeline;
import dev.tethys.alert.manager.dispatch.NotifyMetrics;
import dev.tethys.alert.manager.dispatch.RoutingNode;
import dev.tethys.alert.manager.dispatch.SteppedClock;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNotes;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import dev.tethys.alert.manager.state.SilenceLimits;
import dev.tethys.alert.manager.state.Silences;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.tracing.SpanRecorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Computes the notifications that a configuration would have sent for past alerts. It runs the
 * Alertmanager's own routes, groups, waits, time intervals and inhibition on a simulated clock,
 * with receivers that send nothing. There are no silences and no heartbeats. Not thread-safe.
 */
public final class NotificationReplay implements AutoCloseable {
  /** Minimum duration of an alert without an end: no client reports it again. */
  private static final Duration OPEN = Duration.ofDays(36_500);

  /**
   * Notification that would have been sent.
   *
   * @param receiver the integration, as in {@code team/email[0]}
   * @param group the labels that its alerts have in common by the route
   * @param firing number of firing alerts
   * @param resolved number of resolved alerts
   */
  public record Sent(Instant at, String receiver, LabelSet group, long firing, long resolved) {}

  private final SteppedClock clock;
  private final AlertStore alerts;
  private final Inhibitor inhibitor;
  private final AlertDispatcher dispatcher;
  private final Consumer<Sent> sent;

  /**
   * Starts a replay.
   *
   * @param folder an empty folder for temporary state
   * @param sent receives each notification, in order of time
   * @throws IOException if a template file cannot be read, or the folder is not writable
   */
  public NotificationReplay(
      AlertmanagerConfig config, Path folder, Instant start, Consumer<Sent> sent)
      throws IOException {
    this.sent = sent;
    clock = new SteppedClock(start);
    Registry registry = new Registry();
    EventRecorder recorder = EventRecorder.off();
    alerts = new AlertStore(clock, 0, false, registry, recorder);
    inhibitor = new Inhibitor(config.inhibitRules(), alerts, clock);
    Map<String, List<Integration>> receivers =
        Integration.of(
            config,
            (r, i) -> {
              String name = Integration.name(r, i);
              return (n, limit) -> note(name, n);
            });
    Silences silences =
        new Silences(
            folder,
            new SilenceLimits(OPEN, 0, 0),
            MatcherSyntax.UTF8,
            clock,
            registry,
            false,
            recorder);
    NotificationPipeline pipeline =
        new NotificationPipeline(
            receivers,
            config.receiverLabels(),
            config.timeIntervals(),
            new NotificationPipeline.Dependencies(
                inhibitor,
                silences,
                new NotificationLog(folder, OPEN, clock, registry),
                new AlertNotes(folder, OPEN, clock),
                Templates.load(config.templateFiles(), clock, ""),
                new NotifyMetrics(registry, false),
                new DeliveryStates(),
                clock,
                ClusterPosition.ALONE,
                recorder));
    dispatcher =
        new AlertDispatcher(
            RoutingNode.of(config.route()),
            alerts,
            pipeline,
            clock,
            start,
            SpanRecorder.OFF,
            new AlertDispatcher.Metrics(registry),
            e -> {},
            recorder);
  }

  private void note(String receiver, Notification n) {
    long resolved = n.alerts().stream().filter(a -> a.isResolvedAt(n.now())).count();
    sent.accept(
        new Sent(
            n.now(), receiver, n.data().groupLabels(), n.alerts().size() - resolved, resolved));
  }

  /** Starts an alert; times must ascend across calls of all methods. */
  public void fires(Map<String, String> labels, Map<String, String> annotations, Instant at) {
    clock.advanceTo(at);
    addAlert(labels, annotations, at, at.plus(OPEN));
  }

  /** Ends an alert that started earlier. */
  public void ends(
      Map<String, String> labels, Map<String, String> annotations, Instant began, Instant at) {
    clock.advanceTo(at);
    addAlert(labels, annotations, began, at);
  }

  private void addAlert(
      Map<String, String> labels, Map<String, String> annotations, Instant start, Instant end) {
    LabelSet set = LabelSet.of(labels);
    alerts.put(
        List.of(new Alert(set, LabelSet.of(annotations), start, end, "", clock.instant(), false)));
  }

  /** Advances the time to a moment. */
  public void until(Instant end) {
    clock.advanceTo(end);
  }

  @Override
  public void close() {
    dispatcher.close();
    inhibitor.close();
    clock.close();
  }
}
