package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.dispatch.AlertEvent;
import dev.tethys.alert.notify.Notification;
import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertRule;
import dev.tethys.alert.rule.AlertState;
import dev.tethys.alert.rule.AlertingRule;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.insight.incidents.FiringAlert;
import dev.tethys.insight.incidents.IncidentCause;
import dev.tethys.insight.incidents.IncidentCauses;
import dev.tethys.insight.incidents.IncidentEvent;
import dev.tethys.insight.incidents.Incidents;
import dev.tethys.model.Labels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Joins alerts with incidents: adds the URL of the incident to alerts that are sent, and
 * acknowledged notifications to the timeline. Thread-safe; waits for nothing.
 */
final class IncidentAlerts {
  /** Annotation with the URL of the incident. */
  static final String ANNOTATION = "incident_url";

  /** Alerts whose incident is remembered for notifications. */
  private static final int MAX_ALERTS = 10_000;

  /** Alerts that an entry of a timeline names. */
  private static final int MAX_NAMED = 5;

  private final Supplier<@Nullable Incidents> incidents;
  private final Supplier<@Nullable IncidentCauses> causes;
  private final String pages;
  private final Runnable changed;
  private final LongSupplier millis;

  /** Incident of alerts that were sent, by their labels. */
  @GuardedBy("this")
  private final Map<Labels, String> sent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Labels, String> eldest) {
          return size() > MAX_ALERTS;
        }
      };

  /**
   * @param incidents null until they are open
   * @param causes null until the entities are known
   * @param pages URL below which the pages of incidents are
   * @param changed called after a change, so that it is written soon
   */
  IncidentAlerts(
      Supplier<@Nullable Incidents> incidents,
      Supplier<@Nullable IncidentCauses> causes,
      String pages,
      Runnable changed,
      LongSupplier millis) {
    this.incidents = incidents;
    this.causes = causes;
    this.pages = pages;
    this.changed = changed;
    this.millis = millis;
  }

  /** Causes of all alerts that fire. */
  static List<IncidentCause> firing(List<RuleGroup> groups, IncidentCauses causes) {
    List<IncidentCause> out = new ArrayList<>();
    for (RuleGroup g : groups) {
      for (AlertRule r : g.rules()) {
        if (!(r instanceof AlertingRule rule)) {
          continue;
        }
        String query = g.spec().type() == RuleType.METRICS ? rule.spec().query() : "";
        for (Alert a : rule.activeAlerts()) {
          if (a.state() == AlertState.FIRING) {
            IncidentCause c = causes.ofAlert(firing(a, query));
            if (c != null) {
              out.add(c);
            }
          }
        }
      }
    }
    return out;
  }

  private static FiringAlert firing(Alert a, String query) {
    String summary = a.annotations().getOrDefault("summary", "");
    return new FiringAlert(
        a.labels().get("alertname"),
        a.labels(),
        summary.isEmpty() ? a.annotations().getOrDefault("description", "") : summary,
        query,
        a.activeAt().toEpochMilli());
  }

  /** Annotations of an alert that is sent. */
  Map<String, String> annotations(RuleType type, String query, Alert a) {
    Incidents all = incidents.get();
    if (all == null) {
      return Map.of();
    }
    FiringAlert f = firing(a, type == RuleType.METRICS ? query : "");
    long now = millis.getAsLong();
    IncidentCauses c = causes.get();
    IncidentCause cause = c == null || a.resolvedAt() != null ? null : c.ofAlert(f);
    String id = all.find(f.key(), now);
    if (cause != null) {
      boolean isNew = id == null;
      id = all.ofAlert(cause, now);
      if (isNew && id != null) {
        changed.run();
      }
    }
    if (id == null) {
      return Map.of();
    }
    synchronized (this) {
      sent.put(a.labels(), id);
    }
    return Map.of(ANNOTATION, pages + id);
  }

  /** Adds that an Alertmanager outside this process acknowledged alerts. */
  void delivered(String alertmanager, List<Notification> alerts, Instant at) {
    Map<String, Set<String>> names = new LinkedHashMap<>();
    for (Notification n : alerts) {
      String id = n.resolved() ? null : incidentOf(n.labels());
      if (id != null) {
        names.computeIfAbsent(id, _ -> new LinkedHashSet<>()).add(n.labels().get("alertname"));
      }
    }
    names.forEach(
        (id, some) ->
            some.forEach(
                name ->
                    add(
                        id,
                        at,
                        IncidentEvent.Kind.NOTIFIED,
                        "received:" + alertmanager + ":" + name,
                        "Alertmanager received " + name,
                        "",
                        alertmanager)));
  }

  /** A receiver that was notified, or failed to be. */
  private record Attempt(String incident, Instant at, AlertEvent.Kind kind, String by) {}

  /** Adds notifications of receivers. */
  void notified(List<AlertEvent> events) {
    Map<Attempt, Set<String>> names = new LinkedHashMap<>();
    for (AlertEvent e : events) {
      if (e.kind() != AlertEvent.Kind.NOTIFIED && e.kind() != AlertEvent.Kind.FAILED) {
        continue;
      }
      Labels labels = Labels.of(e.labels().map());
      String id = incidentOf(labels);
      if (id != null) {
        names
            .computeIfAbsent(new Attempt(id, e.at(), e.kind(), e.by()), _ -> new LinkedHashSet<>())
            .add(labels.get("alertname"));
      }
    }
    names.forEach(
        (a, some) -> {
          boolean failed = a.kind == AlertEvent.Kind.FAILED;
          add(
              a.incident,
              a.at,
              failed ? IncidentEvent.Kind.NOTIFICATION_FAILED : IncidentEvent.Kind.NOTIFIED,
              a.kind.text() + ":" + a.by + ":" + a.at.toEpochMilli(),
              failed ? "Notification to " + a.by + " failed" : "Notified " + a.by,
              String.join(", ", some.stream().limit(MAX_NAMED).toList())
                  + (some.size() > MAX_NAMED ? " and " + (some.size() - MAX_NAMED) + " more" : ""),
              a.by);
        });
  }

  private void add(
      String incident,
      Instant at,
      IncidentEvent.Kind kind,
      String key,
      String title,
      String detail,
      String by) {
    Incidents all = incidents.get();
    if (all != null) {
      all.add(
          incident,
          List.of(new IncidentEvent(at.toEpochMilli(), kind, key, title, detail, by, "", "")));
      changed.run();
    }
  }

  /** Incident of an alert whose labels may have been extended since, by external labels. */
  private synchronized @Nullable String incidentOf(Labels labels) {
    String exact = sent.get(labels);
    if (exact != null) {
      return exact;
    }
    for (Map.Entry<Labels, String> e : sent.entrySet()) {
      if (e.getKey().toList().stream().allMatch(l -> l.value().equals(labels.get(l.name())))) {
        return e.getValue();
      }
    }
    return null;
  }
}
