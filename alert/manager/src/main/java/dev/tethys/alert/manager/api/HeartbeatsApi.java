package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.dispatch.Heartbeats;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code /api/tethys/heartbeats}: status of the alerts that must arrive regularly. */
final class HeartbeatsApi {
  private final Alertmanager manager;

  HeartbeatsApi(Alertmanager manager) {
    this.manager = manager;
  }

  void list(HttpRequest q, HttpResponse r) throws IOException {
    List<Heartbeats.Pulse> pulses = manager.heartbeats();
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartArray();
          for (Heartbeats.Pulse p : pulses) {
            g.writeStartObject();
            g.writeStringProperty("name", p.config().name());
            g.writeStringProperty("matchers", p.config().matchers().toString());
            g.writeNumberProperty("withinMillis", p.config().within().toMillis());
            g.writeStringProperty("heardAt", ApiJson.time(p.lastReceived()));
            Instant missing = p.missingSince();
            g.writeBooleanProperty("missing", missing != null);
            if (missing != null) {
              g.writeStringProperty("missingSince", ApiJson.time(missing));
            }
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }
}
