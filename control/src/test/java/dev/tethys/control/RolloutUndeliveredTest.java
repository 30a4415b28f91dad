package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Versions whose destination accepts connections and never responds, with running graphs. */
@Timeout(120)
@Tag("slow")
class RolloutUndeliveredTest extends FleetCase {
  private void undoneAtASilentDestination(double maxOutputChange, boolean beside) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      fleet(3);
      String text =
          OWN.replace(
                  "exporters: {nop: {}}",
                  (beside ? "exporters: {nop: {}, " : "exporters: {")
                      + "otlp_http: {endpoint: 'http://127.0.0.1:"
                      + silent.getLocalPort()
                      + "', sending_queue: {queue_size: 100000}}}") // a full one refuses
              .replace(
                  "exporters: [nop]",
                  beside ? "exporters: [nop, otlp_http]" : "exporters: [otlp_http]");
      JsonNode version =
          done(post("/configurations", body().put("name", "edge").put("text", text)));
      ObjectNode request =
          body()
              .put("configuration", "edge")
              .put("version", version.path("version").asInt())
              .put("soak", "1s")
              .put("minItems", 20)
              .put("maxWait", "1m");
      if (maxOutputChange > 0) {
        request.put("maxOutputChange", maxOutputChange);
      }
      long id = done(post("/rollouts", request)).path("id").asLong();
      until(
          () -> {
            String state = rollout(id).path("state").asString();
            assertThat(state).isNotEqualTo("done");
            return state.equals("undone");
          });
      assertThat(rollout(id).path("stateReason").asString())
          .contains("no item delivered since the version was applied", "are queued or in flight");
      if (beside) {
        assertThat(rollout(id).path("stateReason").asString())
            .contains("exporter otlp_http@logs of agent");
      }
      assertThat(rollout(id).path("agents").size()).isEqualTo(1);
    }
  }

  @Test
  void undoesVersionWhoseQueueExceedsTheGuard() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      fleet(2);
      String text =
          OWN.replace(
                  "exporters: {nop: {}}",
                  "exporters: {nop: {}, otlp_http: {endpoint: 'http://127.0.0.1:"
                      + silent.getLocalPort()
                      + "'}}")
              .replace("exporters: [nop]", "exporters: [nop, otlp_http]");
      done(post("/configurations", body().put("name", "edge").put("text", text)));
      ObjectNode request =
          body().put("configuration", "edge").put("soak", "1s").put("maxQueueAge", "3s");
      long id = done(post("/rollouts", request)).path("id").asLong();
      until(() -> rollout(id).path("state").asString().equals("undone"));
      assertThat(rollout(id).path("stateReason").asString())
          .contains("the oldest request in the queue of exporter otlp_http@logs of agent")
          .contains("at most 3s is allowed (maxQueueAge)");
      assertThat(rollout(id).path("agents").size()).isEqualTo(1);
      assertThat(rollout(id).path("notJudged").toString())
          .contains("memory of agent ", "no report has it");
    }
  }

  private JsonNode rollout(long id) throws Exception {
    for (JsonNode r : get("/rollouts")) {
      if (r.path("id").asLong() == id) {
        return r;
      }
    }
    throw new AssertionError("no rollout " + id);
  }

  @Test
  void undoesVersionThatDeliversNothingOnItsFirstAgent() throws Exception {
    undoneAtASilentDestination(0, false);
  }

  @Test
  void comparedOutputsRequireDelivery() throws Exception {
    undoneAtASilentDestination(0.2, false);
  }

  @Test
  void undoesIfOneOfTwoDestinationsNeverResponds() throws Exception {
    undoneAtASilentDestination(0, true);
  }
}
