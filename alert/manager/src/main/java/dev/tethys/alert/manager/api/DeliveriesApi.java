package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.dispatch.DeliveryStates;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** {@code /api/tethys/deliveries}: outcomes of the last notifications of each integration. */
final class DeliveriesApi {
  private final Alertmanager manager;

  DeliveriesApi(Alertmanager manager) {
    this.manager = manager;
  }

  void list(HttpRequest q, HttpResponse r) throws IOException {
    List<DeliveryStates.State> states = manager.deliveries();
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartArray();
          for (DeliveryStates.State s : states) {
            g.writeStartObject();
            g.writeStringProperty("receiver", s.receiver());
            g.writeStringProperty("integration", s.kind());
            g.writeNumberProperty("index", s.index());
            time(g, "sentAt", s.sentAt());
            time(g, "failingSince", s.failingSince());
            if (s.failingSince() != null) {
              g.writeStringProperty("lastError", s.lastError());
            }
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  private static void time(JsonGenerator g, String name, @Nullable Instant at) {
    if (at != null) {
      g.writeStringProperty(name, ApiJson.time(at));
    }
  }
}
