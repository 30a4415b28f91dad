package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.AlertStatus;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.Silence;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JsonGenerator;

/** Writes the objects of the published OpenAPI. Times are in UTC, to the millisecond. */
final class ApiJson {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private ApiJson() {}

  static String time(Instant t) {
    return TIME.format(t);
  }

  static void strings(JsonGenerator g, String name, Map<String, String> m) {
    g.writeObjectPropertyStart(name);
    m.forEach(g::writeStringProperty);
    g.writeEndObject();
  }

  static void names(JsonGenerator g, String name, List<String> all) {
    g.writeArrayPropertyStart(name);
    all.forEach(g::writeString);
    g.writeEndArray();
  }

  static void alert(
      JsonGenerator g, Alert a, AlertStatus status, List<String> receivers, List<String> mutedBy) {
    g.writeStartObject();
    strings(g, "annotations", a.annotations().map());
    g.writeStringProperty("endsAt", time(Objects.requireNonNull(a.endsAt())));
    g.writeStringProperty("fingerprint", a.labels().fingerprintText());
    g.writeArrayPropertyStart("receivers");
    for (String r : receivers) {
      g.writeStartObject();
      g.writeStringProperty("name", r);
      g.writeEndObject();
    }
    g.writeEndArray();
    g.writeStringProperty("startsAt", time(a.startsAt()));
    g.writeObjectPropertyStart("status");
    names(g, "inhibitedBy", status.inhibitedBy());
    names(g, "mutedBy", mutedBy);
    names(g, "silencedBy", status.silencedBy());
    g.writeStringProperty(
        "state", status.isSuppressed() || !mutedBy.isEmpty() ? "suppressed" : "active");
    g.writeEndObject();
    g.writeStringProperty("updatedAt", time(a.updatedAt()));
    if (!a.generatorUrl().isEmpty()) {
      g.writeStringProperty("generatorURL", a.generatorUrl());
    }
    strings(g, "labels", a.labels().map());
    g.writeEndObject();
  }

  static void labels(JsonGenerator g, String name, LabelSet labels) {
    strings(g, name, labels.map());
  }

  static void matcher(JsonGenerator g, LabelMatcher m) {
    g.writeStartObject();
    g.writeBooleanProperty("isEqual", m.isEqual());
    g.writeBooleanProperty("isRegex", m.isRegex());
    g.writeStringProperty("name", m.name());
    g.writeStringProperty("value", m.value());
    g.writeEndObject();
  }

  private static void sets(JsonGenerator g, String name, List<LabelMatchers> sets) {
    g.writeArrayPropertyStart(name);
    for (LabelMatchers set : sets) {
      g.writeStartArray();
      set.all().forEach(m -> matcher(g, m));
      g.writeEndArray();
    }
    g.writeEndArray();
  }

  static void silence(JsonGenerator g, Silence s, Instant now) {
    g.writeStartObject();
    g.writeStringProperty("id", s.id());
    g.writeObjectPropertyStart("status");
    g.writeStringProperty("state", s.stateAt(now).text());
    g.writeEndObject();
    g.writeStringProperty("updatedAt", time(s.updatedAt()));
    if (!s.annotations().isEmpty()) {
      strings(g, "annotations", s.annotations());
    }
    g.writeStringProperty("comment", s.comment());
    g.writeStringProperty("createdBy", s.createdBy());
    g.writeStringProperty("endsAt", time(s.endsAt()));
    g.writeArrayPropertyStart("matchers");
    s.matchers().all().forEach(m -> matcher(g, m));
    g.writeEndArray();
    // Extensions of the published API are separate fields.
    if (s.sets().size() > 1) {
      sets(g, "matcherSets", s.sets());
    }
    if (!s.receiverSets().isEmpty()) {
      sets(g, "receiverMatcherSets", s.receiverSets());
    }
    g.writeStringProperty("startsAt", time(s.startsAt()));
    g.writeEndObject();
  }
}
