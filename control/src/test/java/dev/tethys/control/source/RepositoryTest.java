package dev.tethys.control.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.FleetCase;
import dev.tethys.control.TestCollector;
import dev.tethys.control.access.Tokens;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Configurations from a clone that is pulled from another repository. */
@Timeout(120)
@Tag("slow")
class RepositoryTest extends FleetCase {
  private static final String BATCH = graph("{batch: {}}", "batch");

  private Path origin = Path.of("");

  @Override
  public Repository.Settings repository() {
    return new Repository.Settings(folder.resolve("clone"), true, true, Duration.ofHours(1));
  }

  private static void git(Path in, String... args) throws IOException {
    String[] all = new String[args.length + 6];
    all[0] = "-c";
    all[1] = "user.name=Olga";
    all[2] = "-c";
    all[3] = "user.email=olga@example.org";
    all[4] = "-c";
    all[5] = "core.fsync=none";
    System.arraycopy(args, 0, all, 6, args.length);
    new GitCommand(in).run(all);
  }

  @Override
  public @BeforeEach void start() throws IOException {
    origin = folder.resolve("origin");
    Files.createDirectories(origin.resolve("edge"));
    try {
      git(origin, "init", "-q", "-b", "main");
    } catch (IOException e) {
      Assumptions.abort("needs git: " + e.getMessage());
    }
    commit("edge/eu.yaml", OWN, "First edge");
    git(folder, "clone", "-q", origin.toString(), "clone");
    super.start();
  }

  private void commit(String path, String text, String subject) throws IOException {
    Path file = origin.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", subject);
  }

  private HttpResponse<String> delete(String path, String reason) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path))
            .method(
                "DELETE",
                HttpRequest.BodyPublishers.ofString(body().put("reason", reason).toString()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode file(JsonNode repository) {
    assertThat(repository.path("error").asString()).isEmpty();
    return repository.path("files").get(0);
  }

  @Test
  void createsVersionsFromCommitsAndShowsDrift() throws Exception {
    until(() -> get("/repository").path("files").size() == 1);
    JsonNode v = get("/configurations").get(0);
    assertThat(v.path("name").asString()).isEqualTo("edge.eu");
    assertThat(v.path("author").asString()).isEqualTo("Olga");
    assertThat(v.path("reason").asString()).endsWith("First edge");
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("pending");

    fleet(1);
    done(
        post(
            "/rollouts",
            body().put("configuration", "edge.eu").put("soak", "0s").put("minItems", 0)));
    until(() -> file(get("/repository")).path("state").asString().equals("current"));

    commit("edge/eu.yaml", BATCH, "Batch before export");
    JsonNode pulled = file(done(post("/repository/pull", body())));
    assertThat(pulled.path("version").asInt()).isEqualTo(2);
    assertThat(pulled.path("state").asString()).isEqualTo("pending");

    done(post("/configurations", body().put("name", "edge.eu").put("text", OWN)));
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("drift");

    commit(
        "edge/eu.yaml", OWN.replace("exporters: {nop: {}}", "exporters: {nop: {a: 1}}"), "Broken");
    JsonNode broken = file(done(post("/repository/pull", body())));
    assertThat(broken.path("state").asString()).isEqualTo("invalid");
    assertThat(broken.path("error").asString()).startsWith("edge/eu.yaml:2:");
    assertThat(get("/configurations/edge.eu").size()).isEqualTo(3);
    assertThat(get("/audit").toString()).contains("git:Olga");
  }

  @Test
  void rolloutToOtherVersionsIsDrift() throws Exception {
    fleet(2);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    until(() -> file(get("/repository")).path("detail").asString().startsWith("2 of 2 agents"));

    // Another configuration takes one of the agents.
    done(post("/configurations", body().put("name", "hot").put("text", BATCH)));
    long id =
        done(post(
                "/rollouts",
                body()
                    .put("configuration", "hot")
                    .put("selector", "name=a1")
                    .put("soak", "0s")
                    .put("minItems", 0)))
            .path("id")
            .asLong();
    until(() -> rolloutState(id).equals("done"));
    for (String at : new String[] {"/repository", "/repository/pull"}) {
      JsonNode now = at.endsWith("pull") ? pull() : get(at);
      assertThat(file(now).path("state").asString()).isEqualTo("drift");
      assertThat(file(now).path("detail").asString())
          .contains("1 of 2 agents of env=prod runs it", "hot/1 by rollout " + id);
      assertThat(file(now).path("runningAgents").asInt()).isEqualTo(1);
      assertThat(resource(now, "edge").path("state").asString()).isEqualTo("drift");
      assertThat(resource(now, "edge").path("detail").asString()).contains("hot/1");
    }
    done(post("/rollouts/" + id + "/undo", body().put("reason", "not wanted")));
    until(() -> file(get("/repository")).path("state").asString().equals("current"));
    until(() -> stateOf("edge").equals("current"));

    // An older version of the same configuration.
    commit("edge/eu.yaml", BATCH, "Batch before export");
    pull();
    until(() -> stateOf("edge").equals("current") && haveText(BATCH));
    long old =
        done(post(
                "/rollouts",
                body()
                    .put("configuration", "edge.eu")
                    .put("version", 1)
                    .put("author", "ann")
                    .put("soak", "0s")
                    .put("minItems", 0)))
            .path("id")
            .asLong();
    until(() -> rolloutState(old).equals("done"));
    JsonNode moved = file(get("/repository"));
    assertThat(moved.path("state").asString()).isEqualTo("drift");
    assertThat(moved.path("detail").asString())
        .isEqualTo("rollout " + old + " of ann gave agents version 1");
    assertThat(stateOf("edge")).isEqualTo("drift");
  }

  @Test
  void undoneManualVersionIsNotDrift() throws Exception {
    fleet(1);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    done(post("/configurations", body().put("name", "edge.eu").put("text", BATCH)));
    assertThat(file(get("/repository")).path("detail").asString())
        .endsWith("version 2, added later, is not of the file");
    long id =
        done(post(
                "/rollouts",
                body().put("configuration", "edge.eu").put("soak", "0s").put("minItems", 0)))
            .path("id")
            .asLong();
    until(() -> rolloutState(id).equals("done"));
    until(() -> file(get("/repository")).path("state").asString().equals("drift"));
    done(post("/rollouts/" + id + "/undo", body().put("reason", "not wanted")));
    until(() -> file(get("/repository")).path("state").asString().equals("current"));
    assertThat(file(pull()).path("detail").asString())
        .isEqualTo("1 of 1 agent of env=prod runs it");
  }

  private String rolloutState(long id) throws Exception {
    for (JsonNode r : get("/rollouts")) {
      if (r.path("id").asLong() == id) {
        return r.path("state").asString();
      }
    }
    return "";
  }

  @Test
  void rejectsSymbolicLinkByName() throws Exception {
    commit("controls/mute.yaml", MUTE, "Mute");
    assertThat(resource(pull(), "mute-checkout").path("state").asString()).isEqualTo("current");
    Files.createSymbolicLink(origin.resolve("edge/us.yaml"), Path.of("/etc/passwd"));
    Files.delete(origin.resolve("controls/mute.yaml"));
    Files.createSymbolicLink(origin.resolve("controls/mute.yaml"), Path.of("../elsewhere.yaml"));
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", "Links");
    JsonNode now = pull();
    JsonNode us = now.path("files").get(1);
    assertThat(us.path("configuration").asString()).isEqualTo("edge.us");
    assertThat(us.path("state").asString()).isEqualTo("invalid");
    assertThat(us.path("error").asString())
        .isEqualTo("edge/us.yaml: symbolic link to /etc/passwd, refused; commit the file itself");
    // What the file defined before stays.
    assertThat(now.path("resources").toString()).contains("symbolic link to ../elsewhere.yaml");
    assertThat(get("/controls?state=active").get(0).path("id").asString())
        .isEqualTo("mute-checkout");
    Files.delete(origin.resolve("controls/mute.yaml"));
    commit("controls/mute.yaml", MUTE, "No link");
    assertThat(resource(pull(), "mute-checkout").path("state").asString()).isEqualTo("current");
  }

  private static final String MUTE =
      """
      apiVersion: tethys.dev/v1
      kind: TethysControl
      metadata: {name: mute-checkout}
      spec:
        action: mute
        signals: [logs]
        attributes: {service.name: checkout}
        owner: shop
        reason: retry storm
      """;

  private static final String TEST =
      """
      apiVersion: tethys.dev/v1
      kind: TethysTest
      metadata: {name: records-are-marked}
      spec:
        configuration: edge.eu
        input:
          - resourceLogs:
              - resource: {attributes: [{key: service.name, value: {stringValue: shop}}]}
                scopeLogs: [{logRecords: [{body: {stringValue: hello}}]}]
        expect:
          - exporter: nop
            items: 1
            requests:
              - resourceLogs:
                  - resource: {attributes: [{key: service.name, value: {stringValue: shop}}]}
                    scopeLogs:
                      - logRecords:
                          - body: {stringValue: hello}
                            attributes: [{key: seen, value: {stringValue: "yes"}}]
      """;

  private static String marked(String value) {
    return "receivers: {nop: {}}\nexporters: {nop: {}}\nprocessors:\n  attributes:"
        + " {actions: [{key: seen, value: '"
        + value
        + "', action: insert}]}\nservice:\n  pipelines:\n    logs: {receivers: [nop],"
        + " processors: [attributes], exporters: [nop]}\n";
  }

  private JsonNode pull() throws Exception {
    JsonNode r = done(post("/repository/pull", body()));
    assertThat(r.path("error").asString()).isEmpty();
    return r;
  }

  private static JsonNode resource(JsonNode repository, String name) {
    for (JsonNode n : repository.path("resources")) {
      if (n.path("name").asString().equals(name)) {
        return n;
      }
    }
    return repository.path("nothing");
  }

  private JsonNode active() throws Exception {
    return get("/controls?state=active");
  }

  @Test
  void documentErrorHidesNoOtherOfItsFile() throws Exception {
    fleet(1);
    String second = MUTE.replace("mute-checkout", "mute-cart");
    String third = MUTE.replace("mute-checkout", "mute-mail");
    String wrong = second.replace("signals:", "signal:");
    commit("controls/all.yaml", wrong + "---\n" + MUTE, "One is wrong from the start");
    JsonNode now = pull();
    assertThat(resource(now, "mute-checkout").path("state").asString()).isEqualTo("current");
    assertThat(resource(now, "mute-cart").path("state").asString()).isEqualTo("invalid");
    assertThat(resource(now, "mute-cart").path("detail").asString())
        .startsWith("controls/all.yaml:6:3: ");
    assertThat(active().size()).isEqualTo(1);

    commit("controls/all.yaml", MUTE + "---\n" + second, "Both are right");
    pull();
    assertThat(active().size()).isEqualTo(2);

    // One with an error keeps what it had; the others change.
    int line = MUTE.split("\n", -1).length;
    commit("controls/all.yaml", MUTE + "---\n" + wrong + "---\n" + third, "One is wrong");
    now = pull();
    assertThat(now.path("resources").toString())
        .contains("controls/all.yaml:" + (line + 6) + ":3: ");
    assertThat(active().size()).isEqualTo(3);
    java.util.Objects.requireNonNull(server).close();
    start(port, Tokens.NONE);
    assertThat(active().size()).isEqualTo(3);
    pull();
    assertThat(active().size()).isEqualTo(3);

    // Which resource a text is that is no YAML is unknown: none is taken for removed.
    commit("controls/all.yaml", MUTE + "---\n{ - [\n---\n" + third, "No YAML");
    now = pull();
    assertThat(now.path("resources").toString()).contains("controls/all.yaml:" + (line + 1) + ":");
    assertThat(active().size()).isEqualTo(3);
    commit("controls/all.yaml", MUTE + "---\n" + third, "Without it");
    pull();
    assertThat(active().size()).isEqualTo(2);
  }

  @Test
  void controlsFollowTheirFiles() throws Exception {
    fleet(1);
    commit("controls/mute.yaml", MUTE, "Mute checkout");
    assertThat(resource(pull(), "mute-checkout").path("state").asString()).isEqualTo("current");
    JsonNode c = active().get(0);
    assertThat(c.path("id").asString()).isEqualTo("mute-checkout");
    assertThat(c.path("owner").asString()).isEqualTo("shop");
    until(() -> get("/controls/mute-checkout").path("agentStates").path("applied").asInt() == 1);
    agents.getFirst().send("checkout", 9, 5);
    until(() -> get("/controls/mute-checkout").path("dropped").asLong() == 5);

    // An error in a file keeps what it had before, and names the place.
    commit("controls/mute.yaml", MUTE.replace("signals:", "signal:"), "Broken");
    JsonNode broken = pull().path("resources");
    assertThat(broken.toString()).contains("controls/mute.yaml:6:3: ", "\"invalid\"");
    assertThat(active().size()).isEqualTo(1);

    // A change replaces the control under its counts.
    commit("controls/mute.yaml", MUTE.replace("name: checkout}", "name: cart}"), "Mute cart");
    pull();
    assertThat(active().get(0).path("attributes").path("service.name").asString())
        .isEqualTo("cart");
    until(() -> get("/controls/mute-checkout").path("agentStates").path("applied").asInt() == 1);
    assertThat(get("/controls/mute-checkout").path("dropped").asLong()).isEqualTo(5);

    // What a user ends stays ended, and is drift; what a user starts is not in the repository.
    done(delete("/controls/mute-checkout", "needed"));
    done(
        post(
            "/controls",
            body().put("action", "mute").put("pipeline", "logs").put("id", "by-hand")));
    JsonNode now = pull();
    assertThat(resource(now, "mute-checkout").path("state").asString()).isEqualTo("drift");
    assertThat(resource(now, "mute-checkout").path("detail").asString()).contains("needed");
    assertThat(now.path("notInRepository").toString()).contains("by-hand");

    commit("controls/mute.yaml", MUTE, "Mute checkout again");
    pull();
    assertThat(active().size()).isEqualTo(2);
    Files.delete(origin.resolve("controls/mute.yaml"));
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", "Unmute");
    pull();
    assertThat(active().size()).isEqualTo(1);
    assertThat(get("/controls/mute-checkout").path("endedBy").asString()).isEqualTo("git:Olga");
    assertThat(get("/audit").toString()).contains("control.change", "removed from the repository");
  }

  @Test
  void unavailableRepositoryKeepsControlsAndRulesAcrossRestart() throws Exception {
    commit("controls/mute.yaml", MUTE, "Mute checkout");
    commit(
        "rules/noisy.yaml",
        """
        apiVersion: tethys.dev/v1
        kind: TethysRule
        metadata: {name: noisy}
        spec:
          trigger: {alert: NoisyService}
          start_controls:
            - {action: mute, attributes: {service.name: '${trigger:payload.labels.service}'}, duration: 10m}
        """,
        "Noisy services");
    pull();
    Files.move(folder.resolve("clone"), folder.resolve("gone"));
    assertThat(done(post("/repository/pull", body())).path("error").asString()).isNotEmpty();
    assertThat(active().size()).isEqualTo(1);
    stop();
    start(0, Tokens.NONE);
    until(() -> !get("/repository").path("error").asString().isEmpty());
    assertThat(active().size()).isEqualTo(1);
    assertThat(get("/automation").path("rules").toString()).contains("noisy");
    Files.move(folder.resolve("gone"), folder.resolve("clone"));
    JsonNode back = pull();
    assertThat(resource(back, "noisy").path("state").asString()).isEqualTo("current");
    assertThat(resource(back, "mute-checkout").path("state").asString()).isEqualTo("current");
  }

  @Test
  void rejectsVersionWithFailedTestAndShowsTheDifference() throws Exception {
    until(() -> get("/repository").path("files").size() == 1);
    commit("tests/edge.yaml", TEST, "Test of edge");
    commit("edge/eu.yaml", marked("no"), "Mark records");
    JsonNode f = file(pull());
    assertThat(f.path("state").asString()).isEqualTo("invalid");
    assertThat(f.path("error").asString())
        .contains(
            "test records-are-marked: exporter nop got another record:"
                + " attributes.seen.stringValue is \"no\", expected \"yes\"");
    int versions = get("/configurations/edge.eu").size();
    assertThat(
            post("/configurations", body().put("name", "edge.eu").put("text", marked("no")))
                .statusCode())
        .isEqualTo(422);
    commit("edge/eu.yaml", marked("yes"), "Mark records right");
    assertThat(file(pull()).path("error").asString()).isEmpty();
    assertThat(get("/configurations/edge.eu").size()).isEqualTo(versions + 1);
  }

  @Test
  void rolloutOfAFileFollowsItsConfiguration() throws Exception {
    String rollout =
        """
        apiVersion: tethys.dev/v1
        kind: TethysRollout
        metadata: {name: edge}
        spec: {configuration: edge.eu, selector: env=prod, soak: 0s, minItems: 0}
        """;
    commit("rollouts/edge.yaml", rollout, "Roll out edge");
    JsonNode none = resource(pull(), "edge");
    assertThat(none.path("state").asString()).isEqualTo("waiting");
    assertThat(none.path("detail").asString()).contains("no connected agent");
    fleet(2);
    pull();
    until(() -> resource(get("/repository"), "edge").path("state").asString().equals("current"));
    Files.writeString(origin.resolve("edge/eu.yaml"), BATCH);
    String of = "Batch before export";
    git(origin, "commit", "-q", "-a", "-m", of, "--author", "Gina <gina@localhost>");
    assertThat(resource(pull(), "edge").path("state").asString()).isEqualTo("rolling out");
    for (JsonNode entry : get("/audit")) {
      if (entry.path("action").asString().equals("rollout.start")) {
        boolean byVersion = entry.path("reason").asString().contains(of);
        assertThat(entry.path("actor").asString()).isEqualTo(byVersion ? "git:Gina" : "git:Olga");
      }
    }
    assertThat(get("/audit").get(0).path("actor").asString()).isEqualTo("git:Gina");
    until(() -> resource(get("/repository"), "edge").path("state").asString().equals("current"));
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("current");
    assertThat(get("/repository").path("notInRepository")).isEmpty();
    done(post("/rollouts/2/undo", body().put("reason", "not wanted")));
    assertThat(resource(pull(), "edge").path("state").asString()).isEqualTo("undone");
  }

  private void revert() throws IOException {
    git(origin, "revert", "--no-edit", "HEAD");
  }

  private boolean haveText(String text) {
    return agents.stream().allMatch(a -> a.text().equals(text));
  }

  private String stateOf(String resource) throws Exception {
    return resource(get("/repository"), resource).path("state").asString();
  }

  private static String rollout(String more) {
    return "apiVersion: tethys.dev/v1\nkind: TethysRollout\nmetadata: {name: edge}\n"
        + "spec: {configuration: edge.eu, selector: env=prod, soak: 0s"
        + more
        + "}\n";
  }

  @Test
  void revertReturnsAllAgentsAtOnce() throws Exception {
    fleet(4);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    // The reverts must not wait for records.
    commit("rollouts/edge.yaml", rollout(""), "Wait for records");
    pull();
    commit("edge/eu.yaml", BATCH, "Batch before export");
    pull();
    until(() -> stateOf("edge").equals("current") && haveText(BATCH));

    revert();
    JsonNode now = pull();
    assertThat(file(now).path("version").asInt()).isEqualTo(3);
    while (!haveText(OWN) || !stateOf("edge").equals("current")) { // without a record
      dev.tethys.testkit.Waiting.pause();
    }
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("current");
    JsonNode undone = get("/rollouts").get(0);
    assertThat(undone.path("state").asString()).isEqualTo("undone");
    assertThat(undone.path("stateReason").asString()).contains("Revert \"Batch before export\"");
    JsonNode v = get("/configurations/edge.eu/3");
    assertThat(v.path("author").asString()).isEqualTo("Olga");
    assertThat(v.path("reason").asString()).contains("Revert \"Batch before export\"");
    int rollouts = get("/rollouts").size();
    pull();
    assertThat(get("/rollouts").size()).isEqualTo(rollouts);

    // A revert of the revert is a change as any other: with stages.
    revert();
    pull();
    until(() -> stateOf("edge").equals("current") && haveText(BATCH));
    assertThat(get("/rollouts").size()).isEqualTo(rollouts + 1);
    assertThat(file(get("/repository")).path("version").asInt()).isEqualTo(4);
  }

  @Test
  void revertOfTwoCommitsReturnsToTheVersionBeforeBoth() throws Exception {
    fleet(2);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    commit("edge/eu.yaml", BATCH, "Batch before export");
    pull();
    until(() -> stateOf("edge").equals("current"));
    commit("edge/eu.yaml", BATCH + "# again\n", "Again");
    pull();
    until(() -> stateOf("edge").equals("current"));
    git(origin, "revert", "--no-edit", "HEAD", "HEAD~1");
    pull();
    until(() -> stateOf("edge").equals("current") && haveText(OWN));
    assertThat(get("/rollouts").size()).isEqualTo(3);
  }

  @Test
  void revertDuringTheRolloutEndsIt() throws Exception {
    fleet(4);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    commit("rollouts/edge.yaml", rollout(", minItems: 1000000"), "Many records");
    pull();
    commit("edge/eu.yaml", BATCH, "Batch before export");
    pull();
    until(() -> agents.stream().filter(a -> a.text().equals(BATCH)).count() == 1);
    assertThat(stateOf("edge")).isEqualTo("rolling out");
    revert();
    pull();
    until(() -> stateOf("edge").equals("current") && haveText(OWN));
    JsonNode ended = get("/rollouts").get(0);
    assertThat(ended.path("state").asString()).isEqualTo("undone");
    assertThat(ended.path("stateReason").asString()).startsWith("replaced: ");
    assertThat(ended.path("agents").size()).isEqualTo(1);
  }

  @Test
  void newerCommitReplacesTheActiveRollout() throws Exception {
    fleet(2);
    commit("rollouts/edge.yaml", rollout(", minItems: 1000000"), "Roll out edge");
    pull();
    assertThat(stateOf("edge")).isEqualTo("rolling out");
    commit("edge/eu.yaml", BATCH, "Batch before export");
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Do not wait");
    assertThat(resource(pull(), "edge").path("state").asString()).isEqualTo("rolling out");
    until(() -> stateOf("edge").equals("current") && haveText(BATCH));
    assertThat(get("/rollouts").size()).isEqualTo(2);
  }

  /** The guard has returned the agents; then the repository says so too. */
  @Test
  void revertOfAnUndoneVersionChangesNoAgent() throws Exception {
    fleet(2);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    String broken =
        "# ${env:PORT:-1}\n"
            + OWN.replace(
                    "hand: {}", "otlp: {protocols: {http: {endpoint: '127.0.0.1:" + port + "'}}}")
                .replace("[hand, nop]", "[otlp, nop]");
    commit("edge/eu.yaml", broken, "Listen where another program does");
    pull();
    until(() -> stateOf("edge").equals("undone"));
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("pending");
    int offers = agents.stream().mapToInt(a -> a.offers.get()).sum();
    revert();
    pull();
    until(() -> stateOf("edge").equals("current"));
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("current");
    assertThat(haveText(OWN)).isTrue();
    assertThat(agents.stream().mapToInt(a -> a.offers.get()).sum()).isEqualTo(offers);
    assertThat(get("/audit").toString()).contains("configuration.adopt");
  }

  @Test
  void undoneVersionIsNotRolledOutByAnotherResource() throws Exception {
    fleet(2);
    commit("rollouts/edge.yaml", rollout(", minItems: 0"), "Roll out edge");
    pull();
    until(() -> stateOf("edge").equals("current"));
    String other =
        rollout(", minItems: 0").replace("name: edge", "name: wide").replace("env=prod", "''");
    commit("rollouts/wide.yaml", other, "Roll out to all");
    pull();
    until(() -> stateOf("wide").equals("current"));
    int before = get("/rollouts").size();
    String broken =
        "# ${env:PORT:-1}\n"
            + OWN.replace(
                    "hand: {}", "otlp: {protocols: {http: {endpoint: '127.0.0.1:" + port + "'}}}")
                .replace("[hand, nop]", "[otlp, nop]");
    commit("edge/eu.yaml", broken, "Listen where another program does");
    pull();
    until(
        () -> {
          pull();
          return stateOf("edge").equals("undone") && stateOf("wide").equals("undone");
        });
    JsonNode wide = resource(pull(), "wide");
    assertThat(wide.path("detail").asString())
        .contains("version 2 is not rolled out again: rollout " + (before + 1) + " is undone (")
        .contains("did not apply it");
    assertThat(get("/rollouts").size()).isEqualTo(before + 1);

    commit("rollouts/wide.yaml", other.replace("soak: 0s", "soak: 1s"), "Try again");
    pull();
    until(() -> stateOf("wide").equals("undone"));
    assertThat(get("/rollouts").size()).isEqualTo(before + 2);
  }

  private static String pipeline(String config) {
    return """
        apiVersion: tethys.dev/v1
        kind: TethysPipeline
        metadata: {name: pipe}
        spec:
          selector: env=prod
          soak: 0s
          minItems: 0
          config:%s
        """
        .formatted(config);
  }

  private static String asText(String graph) {
    return " |\n" + graph.indent(4).stripTrailing();
  }

  private String running(JsonNode repository) {
    return resource(repository, "pipe").path("state").asString();
  }

  @Test
  void pipelineCreatesAVersionAndReturnsItsAgentsOnRemoval() throws Exception {
    fleet(2);
    commit("pipe.yaml", pipeline(asText(BATCH)), "Pipe");
    pull();
    until(() -> running(get("/repository")).equals("current"));
    assertThat(get("/configurations/pipe/1").path("text").asString()).isEqualTo(BATCH);
    until(() -> all(get("/agents"), a -> a.path("configuration").toString().contains("pipe")));

    // The same as a map, and with an error in each form.
    commit(
        "pipe.yaml",
        pipeline(
            " {receivers: {hand: {}, nop: {}}, exporters: {nop: {}}, service: {pipelines: {logs:"
                + " {receivers: [hand, nop], exporters: [nop]}}}}"),
        "As a map");
    pull();
    until(() -> running(get("/repository")).equals("current"));
    assertThat(get("/configurations/pipe/2").path("text").asString())
        .startsWith("receivers:\n  hand: {}\n");
    commit("pipe.yaml", pipeline(asText(BATCH.replace("batch: {}", "batch: {a: 1}"))), "Broken");
    JsonNode broken = resource(pull(), "pipe");
    assertThat(broken.path("state").asString()).isEqualTo("invalid");
    assertThat(broken.path("detail").asString())
        .startsWith("pipe.yaml spec.config:3:")
        .contains("a");
    assertThat(get("/configurations/pipe").size()).isEqualTo(2);
    commit("pipe.yaml", pipeline(" 5"), "No configuration");
    assertThat(resource(pull(), "pipe").path("detail").asString()).contains("must be a map");

    Files.delete(origin.resolve("pipe.yaml"));
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", "Remove");
    assertThat(pull().path("resources")).isEmpty();
    until(() -> all(get("/agents"), a -> !a.path("configuration").toString().contains("pipe")));
    assertThat(get("/audit").toString()).contains("configuration.withdraw");
  }

  @Test
  void exportedFilesReadTheSame() throws Exception {
    fleet(1);
    done(
        post(
            "/controls",
            body()
                .put("action", "filter")
                .put("condition", "log.body == \"a: 'b' # c\"")
                .put("pipeline", "logs")
                .put("selector", "env=prod,name=~a.*")
                .put("id", "by-hand")));
    pull();
    done(
        post(
            "/rollouts",
            body().put("configuration", "edge.eu").put("soak", "0s").put("minItems", 0)));
    until(() -> get("/rollouts").get(0).path("state").asString().equals("done"));
    long audited = get("/audit?limit=10000").size();
    for (JsonNode f : get("/export")) {
      Path p = origin.resolve("all").resolve(f.path("path").asString());
      Files.createDirectories(p.getParent());
      if (SourceResource.isManifest(f.path("text").asString())) {
        Files.writeString(p, f.path("text").asString());
      }
    }
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", "Export");
    JsonNode now = pull();
    assertThat(now.path("notInRepository")).isEmpty();
    assertThat(now.path("resources").size()).isEqualTo(2);
    for (JsonNode r : now.path("resources")) {
      assertThat(r.path("state").asString()).as(r.toString()).isEqualTo("current");
    }
    assertThat(get("/audit?limit=10000").size()).isEqualTo(audited);
  }

  @Test
  void fileForAbsentAgentsHasNoEffectYet() throws Exception {
    fleet(2);
    commit("pipe.yaml", pipeline(asText(BATCH)), "Pipe");
    pull();
    until(() -> running(get("/repository")).equals("current"));
    agents.forEach(TestCollector::close);
    until(() -> all(get("/agents"), a -> !a.path("connected").asBoolean()));
    JsonNode pipe = resource(get("/repository"), "pipe");
    assertThat(pipe.path("state").asString()).isEqualTo("waiting");
    assertThat(pipe.path("detail").asString())
        .isEqualTo("none of 2 agents of env=prod is connected");
  }

  @Test
  void failedPullKeepsVersions() throws Exception {
    until(() -> get("/repository").path("files").size() == 1);
    Files.move(origin, folder.resolve("moved"));
    JsonNode s = done(post("/repository/pull", body()));
    assertThat(s.path("error").asString()).contains("git pull in", "failed");
    assertThat(s.path("files").size()).isEqualTo(1);
  }
}
