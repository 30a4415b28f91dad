package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.source.SourceFiles;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * Control plane for a cluster that leads for the first time, without the data of the former one.
 */
@Tag("slow")
@Timeout(120)
class NewLeaderTest extends FleetCase {
  private static final String PATH = "TethysPipeline/default/edge";

  private volatile String undone = "rollout 4 is undone: agent x lost 5 of 5 items";
  private volatile String timeout = "1s";
  private volatile int generation = 1;

  private SourceFiles.File file() {
    String text =
        "apiVersion: tethys.dev/v1\nkind: TethysPipeline\nmetadata: {name: edge}\n"
            + "spec:\n  soak: 0s\n  minItems: 0\n  config: |\n"
            + graph("{batch: {timeout: " + timeout + "}}", "batch").indent(4);
    return new SourceFiles.File(
        PATH, text, "generation-" + generation, "kubectl", "of default/edge", "", undone);
  }

  @Override
  public SourceFiles cluster() {
    return new SourceFiles() {
      @Override
      public @Nullable Snapshot read(String known) {
        String commit = Integer.toString(generation);
        return commit.equals(known) ? null : new Snapshot(commit, "cluster", List.of(file()));
      }

      @Override
      public String place() {
        return "cluster";
      }

      @Override
      public String word() {
        return "cluster";
      }
    };
  }

  private JsonNode item() throws Exception {
    for (JsonNode i : get("/repository").path("resources")) {
      if (i.path("file").asString().equals(PATH)) {
        return i;
      }
    }
    return get("/repository").path("none");
  }

  @Test
  void acceptsTheUndoneRolloutOfAnObject() throws Exception {
    fleet(1);
    until(() -> item().path("state").asString().equals("undone"));
    assertThat(item().path("detail").asString()).contains("agent x lost 5 of 5 items");
    assertThat(get("/rollouts")).isEmpty();
    stop();
    agents.clear();
    start();
    fleet(1);
    until(() -> item().path("state").asString().equals("undone"));
    assertThat(get("/rollouts")).as("after a restart").isEmpty();
    undone = "";
    timeout = "2s";
    generation = 2;
    until(() -> item().path("state").asString().equals("current"));
    assertThat(agents.getFirst().text()).contains("timeout: 2s");
  }
}
