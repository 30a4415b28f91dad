package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.api.TapApi;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Live tap over several agents. */
@Timeout(120)
@Tag("slow")
class FleetTapTest extends FleetCase {
  @Test
  void masksAndBoundsRecordsOfEachAgent() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.getFirst().send("jane@example.com", 9, 3);
                    agents.getLast().send("shop", 9, 3);
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                  }
                });
    try {
      JsonNode all = get("/tap?node=exporter:nop@logs&records=4&seconds=10");
      assertThat(all.path("complete").asBoolean()).isTrue();
      assertThat(all.path("agents").size()).isEqualTo(2);
      for (JsonNode a : all.path("agents")) {
        assertThat(a.path("records").size()).as(a.toString()).isEqualTo(4);
        assertThat(a.path("records").get(0).path("before").toString()).contains("line ");
      }
      assertThat(all.toString()).contains("<email>", "shop").doesNotContain("jane@");
      JsonNode one =
          get("/tap?node=exporter:nop@logs&records=2&seconds=10&selector=name%3Da1&contains=shop");
      assertThat(one.path("agents").size()).isEqualTo(1);
      assertThat(one.path("agents").get(0).path("records").size()).isEqualTo(2);
      JsonNode none = get("/tap?node=processor:absent@logs");
      assertThat(none.path("agents").get(0).path("error").asString())
          .startsWith("there is no node processor:absent@logs; expected one of: ")
          .contains("exporter:nop@logs");
    } finally {
      stop.set(true);
      load.join();
    }
  }

  @Test
  void tapHasFewAgentsAndBoundedNumbers() throws Exception {
    fleet(TapApi.MAX_AGENTS + 1);
    assertThat(refused("node=exporter:nop@logs"))
        .contains("matches 21 connected agents; a tap reads at most 20");
    assertThat(refused("node=exporter:nop@logs&seconds=31")).contains("at most 30");
    assertThat(refused("node=exporter:nop@logs&records=101")).contains("must be from 1 to 100");
    assertThat(refused("seconds=x&node=a")).contains("seconds must be a number");
    assertThat(refused("seconds=1")).contains("node");
    assertThat(refused("node=exporter:nop@logs&selector=name%3Dabsent"))
        .contains("no connected agent matches the selector")
        .contains("name=absent");
  }

  @Test
  void listsNodesAndPipelinesOfAgents() throws Exception {
    fleet(1);
    JsonNode a = get("/nodes").path("agents").get(0);
    assertThat(a.path("nodes").toString()).contains("receiver:hand", "exporter:nop@logs");
    assertThat(a.path("pipelines").toString()).isEqualTo("[\"logs\"]");
  }

  @Test
  void followsARecordToItsEndAtEachAgent() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.forEach(a -> a.send("mail@example.org", 9, 3));
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                  }
                });
    try {
      JsonNode all = get("/follow?signal=logs&contains=line%201&seconds=1").path("agents");
      assertThat(all.size()).isEqualTo(2);
      for (JsonNode a : all) {
        assertThat(a.path("hops").get(0).path("record").toString()).contains("line 1");
        assertThat(a.path("ends").get(0).path("node").asString()).isEqualTo("exporter:nop@logs");
        assertThat(a.path("ends").get(0).path("end").asString()).isEqualTo("exporter");
      }
      for (JsonNode a : get("/follow?signal=logs&contains=example.org&seconds=1").path("agents")) {
        assertThat(a.path("hops").size()).as("a text that is masked is not found").isZero();
      }
    } finally {
      stop.set(true);
      load.join();
    }
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(uri("/follow?signal=metrics")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("signal must be logs or traces");
  }

  @Test
  void combinesAndAppliesRecommendationsOfAgents() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.getFirst().send("shop", 5, 10);
                    agents.getLast().send("shop", 5, 10);
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                  }
                });
    try {
      JsonNode debug = get("/recommendations?seconds=2").path("recommendations");
      assertThat(debug.toString()).contains("debug_logs");
      JsonNode first = debug.get(0);
      assertThat(first.path("agents").asInt()).isEqualTo(2);
      assertThat(first.path("share").asDouble()).isGreaterThan(0.9);
      assertThat(first.path("savedBytesPerSecond").asLong()).isPositive();
      assertThat(first.path("evidence").asString()).isNotEmpty();
      ObjectNode control = (ObjectNode) first.path("control");
      String id = done(post("/controls", control.put("reason", "noise"))).path("id").asString();
      until(() -> get("/controls/" + id).path("dropped").asLong() > 0);
    } finally {
      stop.set(true);
      load.join();
    }
  }

  @Test
  void countsPersonalDataOfDestinationsAndFindsNoneAfterRedaction() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.getFirst().send("jane@example.com", 9, 3);
                    agents.getLast().send("shop", 9, 3);
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                  }
                });
    try {
      JsonNode found = get("/findings?seconds=1");
      JsonNode d = found.path("destinations").get(0);
      assertThat(found.path("destinations").size()).isEqualTo(1);
      assertThat(d.path("node").asString()).isEqualTo("exporter:nop@logs");
      assertThat(d.path("findings").asLong()).isPositive();
      assertThat(found.path("findings").asLong()).isEqualTo(d.path("findings").asLong());
      assertThat(d.path("byDetector").path("email").toString()).contains("service.name");
      assertThat(d.path("agents").size()).isEqualTo(2);
      for (JsonNode a : d.path("agents")) {
        boolean first =
            a.path("uid")
                .asString()
                .equals(java.util.UUID.fromString(agents.getFirst().uid()).toString());
        assertThat(a.path("records").asLong()).isPositive();
        assertThat(a.path("findings").asLong() > 0).isEqualTo(first);
      }
      assertThat(found.toString()).doesNotContain("jane@");

      ObjectNode redact = body().put("action", "redact").put("pipeline", "logs");
      String id = done(post("/controls", redact)).path("id").asString();
      until(() -> agents.stream().allMatch(a -> a.control(id, true) != null));
      JsonNode clean = get("/findings?seconds=1&selector=name%3Da0");
      assertThat(clean.path("findings").asLong(-1)).isZero();
      assertThat(clean.path("records").asLong()).isPositive();
      assertThat(clean.path("destinations").get(0).path("agents").size()).isEqualTo(1);
    } finally {
      stop.set(true);
      load.join();
    }
  }

  @Test
  void comparesAttributeKeysWithAndWithoutAVersion() throws Exception {
    fleet(4);
    String text =
        graph(
            "{attributes: {actions: [{key: tier, value: gold, action: insert}]},"
                + " resource: {attributes: [{key: service.name, action: delete}]}}",
            "attributes, resource");
    done(post("/configurations", body().put("name", "edge").put("text", text)));
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.forEach(a -> a.send("shop", 9, 30));
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                  }
                });
    try {
      long id =
          done(post("/rollouts", body().put("configuration", "edge").put("soak", "1h")))
              .path("id")
              .asLong();
      until(() -> get("/rollouts").get(0).path("agents").get(0).path("applied").asBoolean());
      JsonNode k = get("/rollouts/" + id + "/keys?seconds=1");
      assertThat(k.path("agents").asInt()).isEqualTo(1);
      assertThat(k.path("agentsWithout").asInt()).isEqualTo(3);
      assertThat(k.path("errors")).isEmpty();
      assertThat(k.path("exporters").get(0).path("compared").asBoolean()).isTrue();
      assertThat(k.path("rows").size()).as(k.toString()).isEqualTo(2);
      for (JsonNode r : k.path("rows")) {
        assertThat(r.path("exporter").asString()).isEqualTo("exporter:nop@logs");
        boolean added = r.path("key").asString().equals("attributes.tier");
        assertThat(r.path("key").asString())
            .isEqualTo(added ? "attributes.tier" : "resource.service.name");
        assertThat(r.path("shareBefore").asDouble() > 0.5).isEqualTo(!added);
        assertThat(r.path("share").asDouble() > 0.5).isEqualTo(added);
      }
      done(post("/rollouts/" + id + "/cancel", body()));
      until(() -> agents.stream().noneMatch(a -> a.effective().contains("tier")));
      until(
          () ->
              http.send(
                          HttpRequest.newBuilder(uri("/rollouts/" + id + "/keys")).build(),
                          HttpResponse.BodyHandlers.ofString())
                      .statusCode()
                  == 409);
    } finally {
      stop.set(true);
      load.join();
    }
  }

  private String refused(String query) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(uri("/tap?" + query)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).isBetween(400, 422);
    return r.body();
  }
}
