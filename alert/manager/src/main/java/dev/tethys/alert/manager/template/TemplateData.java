package dev.tethys.alert.manager.template;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStruct;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Data of a notification template (its dot).
 *
 * @param receiver its name, escaped for regular expressions, as links to the alerts of a receiver
 *     need it
 * @param routeLabels labels of the route, already expanded
 * @param reason reason for the notification, as named by Alertmanager
 */
public record TemplateData(
    String receiver,
    String status,
    List<AlertData> alerts,
    String reason,
    LabelSet groupLabels,
    LabelSet commonLabels,
    LabelSet commonAnnotations,
    LabelSet routeLabels,
    String externalUrl)
    implements GoStruct {
  /** Go's zero time.Time. */
  public static final Instant NO_TIME = Instant.parse("0001-01-01T00:00:00Z");

  /** Characters escaped by Go's regexp.QuoteMeta. */
  private static final String META = "\\.+*?()|[]{}^$";

  /** One alert; {@code endsAt} is {@link #NO_TIME} while it fires. */
  public record AlertData(
      String status,
      LabelSet labels,
      LabelSet annotations,
      Instant startsAt,
      Instant endsAt,
      String generatorUrl,
      String fingerprint)
      implements GoStruct {
    static AlertData of(Alert a, Instant now) {
      boolean resolved = a.isResolvedAt(now);
      Instant end = a.endsAt();
      return new AlertData(
          resolved ? "resolved" : "firing",
          a.labels(),
          a.annotations(),
          a.startsAt(),
          resolved && end != null ? end : NO_TIME,
          a.generatorUrl(),
          a.labels().fingerprintText());
    }

    public boolean isFiring() {
      return status.equals("firing");
    }

    @Override
    public String typeName() {
      return "template.Alert";
    }

    @Override
    public Map<String, ?> fields() {
      Map<String, Object> m = new LinkedHashMap<>();
      m.put("Status", status);
      m.put("Labels", TemplateTypes.kv(labels.map()));
      m.put("Annotations", TemplateTypes.kv(annotations.map()));
      m.put("StartsAt", dev.tethys.codec.template.GoTime.utc(startsAt));
      m.put("EndsAt", dev.tethys.codec.template.GoTime.utc(endsAt));
      m.put("GeneratorURL", generatorUrl);
      m.put("Fingerprint", fingerprint);
      return m;
    }
  }

  /**
   * Creates the data from the alerts of a group.
   *
   * @param now time that determines which alerts are resolved
   */
  public static TemplateData of(
      String receiver,
      LabelSet groupLabels,
      LabelSet routeLabels,
      String reason,
      List<Alert> alerts,
      String externalUrl,
      Instant now) {
    List<AlertData> data = alerts.stream().map(a -> AlertData.of(a, now)).toList();
    boolean firing = data.stream().anyMatch(AlertData::isFiring);
    return new TemplateData(
        quoteMeta(receiver),
        firing ? "firing" : "resolved",
        data,
        reason,
        groupLabels,
        common(data.stream().map(AlertData::labels).toList()),
        common(data.stream().map(AlertData::annotations).toList()),
        routeLabels,
        externalUrl);
  }

  /** Returns data for a subset of the alerts, keeping the labels common to all alerts. */
  public TemplateData withAlerts(List<AlertData> some) {
    return new TemplateData(
        receiver,
        status,
        some,
        reason,
        groupLabels,
        commonLabels,
        commonAnnotations,
        routeLabels,
        externalUrl);
  }

  private static LabelSet common(List<LabelSet> all) {
    if (all.isEmpty()) {
      return LabelSet.EMPTY;
    }
    Map<String, String> m = new TreeMap<>(all.getFirst().map());
    for (LabelSet l : all) {
      m.entrySet().removeIf(e -> !e.getValue().equals(l.get(e.getKey())));
    }
    return LabelSet.of(m);
  }

  private static String quoteMeta(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 8);
    for (int i = 0; i < s.length(); i++) {
      if (META.indexOf(s.charAt(i)) >= 0) {
        sb.append('\\');
      }
      sb.append(s.charAt(i));
    }
    return sb.toString();
  }

  @Override
  public String typeName() {
    return "*template.Data";
  }

  @Override
  public Map<String, ?> fields() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("Receiver", receiver);
    m.put("Status", status);
    m.put("Alerts", TemplateTypes.alerts(alerts));
    m.put("NotificationReason", reason);
    m.put("GroupLabels", kv(groupLabels));
    m.put("CommonLabels", kv(commonLabels));
    m.put("CommonAnnotations", kv(commonAnnotations));
    m.put("RouteLabels", kv(routeLabels));
    m.put("ExternalURL", externalUrl);
    return m;
  }

  private static GoMap kv(LabelSet l) {
    return TemplateTypes.kv(l.map());
  }

  /** Returns the items of a list of alerts. */
  static List<AlertData> alertsOf(@Nullable Object list) {
    return list instanceof GoList l
        ? l.items().stream().map(AlertData.class::cast).toList()
        : List.of();
  }
}
