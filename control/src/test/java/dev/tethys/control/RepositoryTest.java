package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Configurations from a clone that is pulled from another repository. */
@Timeout(120)
class RepositoryTest extends FleetCase {
  private static final String BATCH = graph("{batch: {}}", "batch");

  private Path origin = Path.of("");

  @Override
  Repository.Settings repository() {
    return new Repository.Settings(folder.resolve("clone"), true, Duration.ofHours(1));
  }

  private static void git(Path in, String... args) throws IOException {
    String[] all = new String[args.length + 4];
    all[0] = "-c";
    all[1] = "user.name=Olga";
    all[2] = "-c";
    all[3] = "user.email=olga@example.org";
    System.arraycopy(args, 0, all, 4, args.length);
    new GitCommand(in).run(all);
  }

  @Override
  @BeforeEach
  void start() throws IOException {
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
    Files.writeString(origin.resolve(path), text);
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", subject);
  }

  private JsonNode file(JsonNode repository) {
    assertThat(repository.path("error").asString()).isEmpty();
    return repository.path("files").get(0);
  }

  @Test
  void commitsBecomeVersionsAndDriftIsShown() throws Exception {
    until(() -> get("/repository").path("files").size() == 1);
    JsonNode v = get("/configurations").get(0);
    assertThat(v.path("name").asString()).isEqualTo("edge.eu");
    assertThat(v.path("author").asString()).isEqualTo("Olga");
    assertThat(v.path("reason").asString()).endsWith("First edge");
    assertThat(file(get("/repository")).path("state").asString()).isEqualTo("pending");

    fleet(1);
    done(post("/rollouts", body().put("configuration", "edge.eu").put("soak", "0s")));
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
  void cloneThatCannotBePulledKeepsItsVersions() throws Exception {
    until(() -> get("/repository").path("files").size() == 1);
    Files.move(origin, folder.resolve("moved"));
    JsonNode s = done(post("/repository/pull", body()));
    assertThat(s.path("error").asString()).contains("git pull in", "failed");
    assertThat(s.path("files").size()).isEqualTo(1);
  }
}
