package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.InhibitRule;
import dev.tethys.alert.manager.recorder.EventFields;
import dev.tethys.alert.manager.recorder.EventKind;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.EventMessages;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.Silence;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Records events of alerts in groups, in Alertmanager's messages. */
final class GroupEvents {
  private final EventRecorder recorder;

  GroupEvents(EventRecorder recorder) {
    this.recorder = recorder;
  }

  /** Records that an alert entered a group, or arrived again. */
  void grouped(RoutingNode route, LabelSet group, Alert a, Instant at) {
    recorder.record(EventKind.ALERT_GROUPED, inGroup(route, group, a, at));
  }

  /**
   * Records that an alert left its group because it is resolved and all its receivers have been
   * notified.
   */
  void resolved(RoutingNode route, LabelSet group, Alert a, Instant at) {
    recorder.record(EventKind.ALERT_RESOLVED, inGroup(route, group, a, at));
  }

  private static Consumer<EventFields> inGroup(
      RoutingNode route, LabelSet group, Alert a, Instant at) {
    return f -> {
      f.message(1, "alert", grouped(a, at));
      f.message(2, "groupInfo", group(route, group));
    };
  }

  /** Records that an inhibition rule suppressed an alert. */
  void inhibited(LabelSet labels, InhibitRule rule, LabelSet source) {
    recorder.record(
        EventKind.INHIBITION_MUTED_ALERT,
        f -> {
          f.messages(1, "inhibitRules", List.of(rule), GroupEvents::rule);
          f.message(2, "mutedAlert", EventMessages.muted(labels));
          f.allUnsigned(3, "inhibitingFingerprints", List.of(source.fingerprint()));
        });
  }

  /** Records that a silence suppressed an alert. */
  void silenced(LabelSet labels, Silence s) {
    recorder.record(
        EventKind.SILENCE_MUTED_ALERT,
        f -> {
          f.message(1, "silence", EventMessages.silence(s));
          f.message(2, "mutedAlert", EventMessages.muted(labels));
        });
  }

  /** Contents of a single notification. */
  record NotificationContent(
      List<Alert> alerts, Set<Long> firing, Set<Long> resolved, Set<Long> muted, Instant at) {}

  /** Records that an integration was notified. */
  void notified(Flush flush, Integration i, NotifyReason reason, NotificationContent content) {
    recorder.record(
        EventKind.NOTIFICATION,
        f -> {
          f.messages(1, "alerts", content.alerts, (g, a) -> grouped(a, content.at).accept(g));
          hashes(f, 2, "firingAlerts", content.firing);
          hashes(f, 3, "resolvedAlerts", content.resolved);
          hashes(f, 4, "mutedAlerts", content.muted);
          f.message(
              5,
              "groupInfo",
              g -> {
                group(flush.route(), flush.group()).accept(g);
                EventMessages.matchers(g, 5, "matchers", flush.route().matchers());
                g.text(6, "groupUuid", flush.groupId());
              });
          f.duration(6, "repeatInterval", flush.route().repeatInterval());
          reason(f, reason);
          f.unsigned(8, "flushId", flush.number());
          f.message(
              9,
              "integration",
              g -> {
                g.text(1, "name", i.kind());
                g.signed(2, "index", i.index());
              });
        });
  }

  private static void hashes(EventFields f, int number, String name, Set<Long> hashes) {
    f.messages(number, name, hashes.stream().sorted().toList(), (g, h) -> g.unsigned(1, "hash", h));
  }

  private static void reason(EventFields f, NotifyReason reason) {
    switch (reason) {
      case FIRST -> f.symbol(7, "reason", 1, "NOTIFY_REASON_FIRST_NOTIFICATION");
      case NEW_ALERTS -> f.symbol(7, "reason", 2, "NOTIFY_REASON_NEW_ALERTS_IN_GROUP");
      case SOME_RESOLVED -> f.symbol(7, "reason", 3, "NOTIFY_REASON_NEW_RESOLVED_ALERTS");
      case ALL_RESOLVED -> f.symbol(7, "reason", 4, "NOTIFY_REASON_ALL_ALERTS_RESOLVED");
      case REPEAT -> f.symbol(7, "reason", 5, "NOTIFY_REASON_REPEAT_INTERVAL_ELAPSED");
      case NONE -> {}
    }
  }

  private static Consumer<EventFields> grouped(Alert a, Instant at) {
    return f -> {
      f.unsigned(1, "hash", a.labels().notifiedHash());
      f.message(2, "details", EventMessages.alert(a, at));
    };
  }

  private static Consumer<EventFields> group(RoutingNode route, LabelSet group) {
    return f -> {
      String key = Flush.groupKey(route, group);
      f.text(1, "groupKey", key);
      f.message(2, "groupLabels", EventMessages.labels(group.map()));
      f.text(3, "groupId", sha256(key));
      f.text(4, "receiverName", route.receiver());
    };
  }

  private static void rule(EventFields f, InhibitRule r) {
    EventMessages.matchers(f, 1, "sourceMatchers", r.source());
    EventMessages.matchers(f, 2, "targetMatchers", r.target());
    f.texts(3, "equalLabels", List.copyOf(r.equal()));
    f.text(4, "name", r.name());
  }

  private static String sha256(String s) {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(d.digest(s.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
