package dev.tethys.alert.manager.template;

import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.template.TemplateData.AlertData;
import dev.tethys.codec.template.GoJsonText;
import dev.tethys.codec.template.GoTime;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Notifications in the format of Go's {@code encoding/json}. */
public final class NotificationJson {
  private NotificationJson() {}

  /**
   * Returns the JSON text of a value: null, a bool, a number, a string, a map, a list or template
   * data.
   */
  public static String of(@Nullable Object v) {
    return new GoJsonText(NotificationJson::write, false).value(v).toString();
  }

  /** Returns a bounded JSON text, for templates whose values may be unbounded. */
  static String limited(@Nullable Object v) {
    return new GoJsonText(NotificationJson::write, true).value(v).toString();
  }

  /** Formats a time as RFC 3339 with as many fractional digits as it has. */
  public static String time(Instant t) {
    return new GoTime(t.atZone(ZoneOffset.UTC)).format("2006-01-02T15:04:05.999999999Z07:00");
  }

  private static boolean write(GoJsonText to, Object v) {
    switch (v) {
      case RawJson r -> to.raw(r.text());
      case Instant t -> to.value(time(t));
      case LabelSet l -> to.map(l.map());
      case AlertData a -> alert(to, a);
      case TemplateData d -> {
        to.raw("{");
        fields(to, d);
        to.raw("}");
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void alert(GoJsonText to, AlertData a) {
    to.raw("{");
    to.name("status").value(a.status());
    to.raw(",");
    to.name("labels").value(a.labels());
    to.raw(",");
    to.name("annotations").value(a.annotations());
    to.raw(",");
    to.name("startsAt").value(a.startsAt());
    to.raw(",");
    to.name("endsAt").value(a.endsAt());
    to.raw(",");
    to.name("generatorURL").value(a.generatorUrl());
    to.raw(",");
    to.name("fingerprint").value(a.fingerprint());
    to.raw("}");
  }

  private static void fields(GoJsonText to, TemplateData d) {
    to.name("receiver").value(d.receiver());
    to.raw(",");
    to.name("status").value(d.status());
    to.raw(",");
    to.name("alerts").value(d.alerts());
    to.raw(",");
    to.name("notification_reason").value(d.reason());
    to.raw(",");
    to.name("groupLabels").value(d.groupLabels());
    to.raw(",");
    to.name("commonLabels").value(d.commonLabels());
    to.raw(",");
    to.name("commonAnnotations").value(d.commonAnnotations());
    to.raw(",");
    to.name("routeLabels").value(d.routeLabels());
    to.raw(",");
    to.name("externalURL").value(d.externalUrl());
  }

  /**
   * Builds the body of a webhook: the data and the fields of the request.
   *
   * @param truncated number of alerts omitted
   */
  public static String webhook(TemplateData d, String groupKey, long truncated, String version) {
    GoJsonText to = new GoJsonText(NotificationJson::write, false).raw("{");
    fields(to, d);
    return to.raw(",\"version\":\"" + version + "\",\"groupKey\":")
        .value(groupKey)
        .raw(",\"truncatedAlerts\":" + truncated + "}\n")
        .toString();
  }
}
