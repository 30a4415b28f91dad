package dev.tethys.control.audit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.ControlRole;
import dev.tethys.control.FleetCase;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** State of a control plane beside an audit log that was emptied or cut off. */
@Timeout(120)
@Tag("slow")
class AuditGapsTest extends FleetCase {
  @Override
  public Manifests manifests() {
    try {
      return ManifestReader.read(
          List.of(
              Files.writeString(
                  folder.resolve("hub.yaml"),
                  """
                  apiVersion: hub.mydecisive.ai/v1
                  kind: MdaiHub
                  metadata: {name: shop}
                  spec:
                    variables:
                      - {key: keep, type: manual, dataType: string, serializeAs: [{name: KEEP}]}
                  """)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path data() {
    return folder.resolve("control");
  }

  private JsonNode answer(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> r = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isBetween(200, 201);
    return JsonMapper.shared().readTree(r.body());
  }

  private String control(String id) throws Exception {
    ObjectNode b = body().put("action", "mute").put("reason", "noise").put("id", id);
    b.putObject("attributes").put("service.name", "checkout");
    return done(post("/controls", b)).path("id").asString();
  }

  private void end(String id) throws Exception {
    answer(
        HttpRequest.newBuilder(uri("/controls/" + id))
            .method("DELETE", HttpRequest.BodyPublishers.ofString("{\"reason\":\"quiet\"}")));
  }

  /** A version, an undone rollout, an ended control, one of its id again, and a variable. */
  private void change() throws Exception {
    fleet(1);
    done(post("/configurations", body().put("name", "edge").put("text", graph("", ""))));
    long id =
        done(post(
                "/rollouts",
                body().put("configuration", "edge").put("soak", "0s").put("minItems", 0)))
            .path("id")
            .asLong();
    until(() -> get("/rollouts").get(0).path("state").asString().equals("done"));
    done(post("/rollouts/" + id + "/undo", body().put("reason", "not wanted")));
    control("quiet");
    end("quiet");
    control("quiet");
    control("last");
    answer(
        HttpRequest.newBuilder(uri("/").resolve("/variables/hub/shop/var/keep"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"data\": \"100\"}")));
    end("last");
    requireNonNull(server).close();
    server = null;
  }

  private String problem(List<String> log) throws IOException {
    Files.write(data().resolve("audit.jsonl"), log);
    return AuditLog.verifyFolder(data()).problem();
  }

  @Test
  void findsStateUnexplainedByTheLog() throws Exception {
    change();
    List<String> log = Files.readAllLines(data().resolve("audit.jsonl"));
    assertThat(problem(log)).isEmpty();
    assertThat(problem(log.subList(0, log.size() - 1)))
        .contains("was emptied, cut off or replaced after", "end of control last")
        .doesNotContain("rollouts.json", "variables.json", "quiet");
    assertThat(problem(log.subList(0, log.size() - 2)))
        .contains("variables.json: no entry of the log explains variable shop/keep");
    assertThat(problem(log.subList(0, log.size() - 4)))
        .contains("control last, end of control last")
        .contains("control quiet"); // an entry of the earlier one of its id is none of this one
    assertThat(problem(List.of()))
        .contains("edge/1", "rollout 1, state undone of rollout 1", "control quiet", "shop/keep");
    for (String only : List.of("controls.json", "rollouts.json", "variables.json")) {
      Path copy = Files.createDirectories(folder.resolve("only-" + only));
      Files.copy(data().resolve(only), copy.resolve(only));
      Files.writeString(copy.resolve("audit.jsonl"), "");
      assertThat(AuditLog.verifyFolder(copy).problem()).contains(only);
      assertThat(ControlRole.run(List.of("verify", "--data=" + copy))).isEqualTo(1);
    }
  }

  @Test
  void notesAndShowsStartWithAnEmptiedLog() throws Exception {
    change();
    Files.writeString(data().resolve("audit.jsonl"), "");
    for (int i = 0; i < 2; i++) {
      start(0, Tokens.NONE);
      JsonNode audit = answer(HttpRequest.newBuilder(uri("/audit")));
      assertThat(audit.path("warnings").toString())
          .contains("the audit log is incomplete", "controls.json", "rollouts.json", "edge/1");
      assertThat(audit.path("data").size()).isEqualTo(1); // noted once
      assertThat(audit.path("data").get(0).path("action").asString()).isEqualTo(AuditLog.GAP);
      assertThat(audit.path("data").get(0).path("reason").asString()).contains("control quiet");
      JsonNode verified = get("/audit/verify");
      assertThat(verified.path("intact").asBoolean()).isFalse();
      assertThat(verified.path("problem").asString()).contains("variables.json");
      requireNonNull(server).close();
      server = null;
    }
  }
}
