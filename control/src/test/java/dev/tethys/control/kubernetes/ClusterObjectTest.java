package dev.tethys.control.kubernetes;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceResources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ClusterObjectTest {
  private static final ClusterKind PIPELINE =
      ClusterKind.OWN.stream()
          .filter(k -> k.kind().equals("TethysPipeline"))
          .findFirst()
          .orElseThrow();

  private static ObjectNode object(long generation) {
    ObjectNode o = JsonMapper.shared().createObjectNode();
    o.putObject("metadata")
        .put("namespace", "default")
        .put("name", "edge")
        .put("generation", generation);
    o.putObject("spec").put("config", "a");
    return o;
  }

  private static ObjectNode shown(ObjectNode object, String state, String detail) {
    ClusterObject o = ClusterObject.of(PIPELINE, object);
    SourceResources.Item item =
        new SourceResources.Item("TethysPipeline", "edge", o.path(), "", state, detail, 4);
    ClusterConditions c =
        requireNonNull(
            ClusterConditions.of(
                    Map.of(o.path(), o),
                    Map.of(),
                    new Repository.State(0, "1", "", List.of(), List.of(item), List.of()))
                .get(o.path()));
    ObjectNode out = object.deepCopy();
    out.set("status", c.merged(object.path("status")));
    return out;
  }

  private static String undone(ObjectNode object) {
    return ClusterObject.of(PIPELINE, object).file().undone();
  }

  @Test
  void findsTheUndoneRolloutOfItsGenerationInTheStatus() {
    assertThat(undone(object(3))).isEmpty();
    assertThat(undone(shown(object(3), "current", ""))).isEmpty();
    ObjectNode status = shown(object(3), "undone", "rollout 4 is undone: it lost items");
    assertThat(undone(status))
        .isEqualTo("rollout 4 is undone: it lost items; change the object to roll out again");
    ObjectNode again = shown(status, "undone", undone(status));
    assertThat(again).as("what the next leader writes").isEqualTo(status);
    ((ObjectNode) status.path("metadata")).put("generation", 4);
    assertThat(undone(status)).isEmpty();
  }
}
