package dev.tethys.alert.manager.template;

import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.template.TemplateData.AlertData;
import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.codec.template.GoTime;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Values as Go's {@code encoding/json} writes them, notifications among them. */
public final class GoJsonText {
  private final StringBuilder out = new StringBuilder();

  private GoJsonText() {}

  /** The text of a value: null, a bool, a number, a string, a map, a list or template data. */
  public static String of(@Nullable Object v) {
    GoJsonText j = new GoJsonText();
    j.value(v);
    return j.out.toString();
  }

  /** A time as RFC 3339 with as many digits as it has. */
  public static String time(Instant t) {
    return new GoTime(t.atZone(ZoneOffset.UTC)).format("2006-01-02T15:04:05.999999999Z07:00");
  }

  private void value(@Nullable Object v) {
    switch (v) {
      case null -> out.append("null");
      case Boolean b -> out.append(b.booleanValue());
      case Double d -> out.append(number(d));
      case Number n -> out.append(n);
      case String s -> GoJson.append(out, s);
      case SafeText s -> GoJson.append(out, s.value());
      case RawJson r -> out.append(r.text());
      case Instant t -> GoJson.append(out, time(t));
      case LabelSet l -> map(l.map());
      case AlertData a -> alert(a);
      case TemplateData d -> {
        out.append('{');
        fields(d);
        out.append('}');
      }
      case GoMap m -> map(new TreeMap<String, Object>(m.entries()));
      case Map<?, ?> m -> map(m);
      case GoList l -> list(l.items());
      case Collection<?> c -> list(c);
      case GoTime t -> GoJson.append(out, t.format("2006-01-02T15:04:05.999999999Z07:00"));
      case GoDuration d -> out.append(d.nanos());
      case GoStruct s -> map(s.fields());
      default -> GoJson.append(out, GoStrings.print(v));
    }
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1e15
        ? Long.toString((long) d)
        : GoFloat.format(d, Math.abs(d) < 1e21 && Math.abs(d) >= 1e-6 ? 'f' : 'e', -1);
  }

  private void map(Map<?, ?> m) {
    out.append('{');
    String between = "";
    for (Map.Entry<?, ?> e : m.entrySet()) {
      out.append(between);
      between = ",";
      name(String.valueOf(e.getKey()));
      value(e.getValue());
    }
    out.append('}');
  }

  private void list(Collection<?> items) {
    out.append('[');
    String between = "";
    for (Object v : items) {
      out.append(between);
      between = ",";
      value(v);
    }
    out.append(']');
  }

  private GoJsonText name(String n) {
    GoJson.append(out, n).append(':');
    return this;
  }

  private void alert(AlertData a) {
    out.append('{');
    name("status").value(a.status());
    out.append(',');
    name("labels").value(a.labels());
    out.append(',');
    name("annotations").value(a.annotations());
    out.append(',');
    name("startsAt").value(a.startsAt());
    out.append(',');
    name("endsAt").value(a.endsAt());
    out.append(',');
    name("generatorURL").value(a.generatorUrl());
    out.append(',');
    name("fingerprint").value(a.fingerprint());
    out.append('}');
  }

  private void fields(TemplateData d) {
    name("receiver").value(d.receiver());
    out.append(',');
    name("status").value(d.status());
    out.append(',');
    name("alerts").value(d.alerts());
    out.append(',');
    name("notification_reason").value(d.reason());
    out.append(',');
    name("groupLabels").value(d.groupLabels());
    out.append(',');
    name("commonLabels").value(d.commonLabels());
    out.append(',');
    name("commonAnnotations").value(d.commonAnnotations());
    out.append(',');
    name("routeLabels").value(d.routeLabels());
    out.append(',');
    name("externalURL").value(d.externalUrl());
  }

  /**
   * The body of a webhook: the data and what belongs to the request.
   *
   * @param truncated how many alerts were left out
   */
  public static String webhook(TemplateData d, String groupKey, long truncated, String version) {
    GoJsonText j = new GoJsonText();
    j.out.append('{');
    j.fields(d);
    j.out.append(",\"version\":\"").append(version).append("\",\"groupKey\":");
    j.value(groupKey);
    j.out.append(",\"truncatedAlerts\":").append(truncated).append("}\n");
    return j.out.toString();
  }
}
