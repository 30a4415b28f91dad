package dev.tethys.alert.notify;

import dev.tethys.model.Labels;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The body of a POST to {@code /api/v2/alerts}. */
final class AlertJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private AlertJson() {}

  static byte[] of(List<Notification> alerts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(alerts.size() * 512);
    try (JsonGenerator g = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      g.writeStartArray();
      for (Notification n : alerts) {
        g.writeStartObject();
        g.writeObjectPropertyStart("annotations");
        n.annotations().forEach(g::writeStringProperty);
        g.writeEndObject();
        g.writeStringProperty("endsAt", time(n.endsAt()));
        g.writeStringProperty("startsAt", time(n.startsAt()));
        g.writeStringProperty("generatorURL", n.generatorUrl());
        g.writeObjectPropertyStart("labels");
        for (Labels.Label l : n.labels().toList()) {
          g.writeStringProperty(l.name(), l.value());
        }
        g.writeEndObject();
        g.writeEndObject();
      }
      g.writeEndArray();
    }
    return out.toByteArray();
  }

  private static String time(Instant t) {
    return TIME.format(t);
  }
}
