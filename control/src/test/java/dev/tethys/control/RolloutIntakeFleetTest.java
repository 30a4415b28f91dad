package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentIntake;
import dev.tethys.testkit.Waiting;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** A version with which real collectors take nothing, and lose nothing that they could count. */
@Timeout(180)
@Tag("slow")
class RolloutIntakeFleetTest extends FleetCase {
  private static final String DEAF =
      """
      receivers: {nop: {}}
      exporters: {nop: {}}
      service:
        pipelines:
          logs: {receivers: [nop], exporters: [nop]}
      """;

  @Test
  void undoesVersionWithoutListeners() throws Exception {
    fleet(2);
    Fleet fleet = server == null ? new Fleet(clock, 1) : server.fleet();
    until(
        () -> {
          for (JsonNode a : get("/agents")) {
            UUID uid = UUID.fromString(a.path("uid").asString());
            RecentIntake.Usual usual = fleet.usualIntake(uid).get("hand@logs");
            if (usual == null || !usual.silence().isZero()) {
              return false;
            }
          }
          return true;
        });
    done(post("/configurations", body().put("name", "edge").put("text", DEAF)));
    done(
        post(
            "/rollouts", body().put("configuration", "edge").put("soak", "1s").put("minItems", 0)));
    while (get("/rollouts").path(0).path("state").asString().equals("running")) {
      for (TestCollector a : agents) {
        if (!a.text().equals(DEAF)) { // the others listen nowhere
          a.send();
        }
      }
      Waiting.pause();
    }
    JsonNode r = get("/rollouts").path(0);
    assertThat(r.path("state").asString()).as(r.toString()).isEqualTo("undone");
    assertThat(r.path("stateReason").asString()).contains("has taken 0", "-100.0 %");
    assertThat(r.path("outputs").path("rows").toString()).contains("\"vanished\":true");
  }
}
