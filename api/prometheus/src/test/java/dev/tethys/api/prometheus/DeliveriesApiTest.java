package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.notify.AlertmanagerStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How sending to Alertmanagers goes, which Prometheus does not tell. */
class DeliveriesApiTest {
  private static final String OK = "200 {\"status\":\"success\",\"data\":";

  static final List<AlertmanagerStatus> DELIVERIES =
      List.of(
          new AlertmanagerStatus(
              "http://new:9093/api/v2/alerts",
              0,
              10_000,
              0,
              new AlertmanagerStatus.Dropped(0, 0, 0),
              null,
              null,
              null,
              ""),
          new AlertmanagerStatus(
              "http://down:9093/api/v2/alerts",
              7,
              10_000,
              12,
              new AlertmanagerStatus.Dropped(1, 2, 3),
              ApiServer.NOW.minusSeconds(60),
              ApiServer.NOW.minusSeconds(30),
              ApiServer.NOW,
              "bad response status 500"));

  @Test
  void reportsStatusOfSendingToAlertmanagers() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.deliveries = DELIVERIES;
      assertThat(s.get("/api/v1/status/alertmanagers"))
          .isEqualTo(
              OK
                  + "{\"alertmanagers\":[{\"url\":\"http://new:9093/api/v2/alerts\",\"waiting\":0,"
                  + "\"capacity\":10000,\"sent\":0,"
                  + "\"dropped\":{\"queueFull\":0,\"refused\":0,\"outOfDate\":0}},"
                  + "{\"url\":\"http://down:9093/api/v2/alerts\",\"waiting\":7,"
                  + "\"capacity\":10000,\"sent\":12,"
                  + "\"dropped\":{\"queueFull\":1,\"refused\":2,\"outOfDate\":3},"
                  + "\"lastDelivery\":\"2026-01-02T03:03:05.678Z\","
                  + "\"failingSince\":\"2026-01-02T03:03:35.678Z\","
                  + "\"lastFailure\":\"2026-01-02T03:04:05.678Z\","
                  + "\"lastError\":\"bad response status 500\"}]}}");
      // What Prometheus has, too, is as it is there.
      assertThat(s.get("/api/v1/alertmanagers"))
          .isEqualTo(
              OK
                  + "{\"activeAlertmanagers\":[{\"url\":\"http://new:9093/api/v2/alerts\"},"
                  + "{\"url\":\"http://down:9093/api/v2/alerts\"}],\"droppedAlertmanagers\":[]}}");
    }
  }
}
