package dev.tethys.pipeline.processor.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.web.kubernetes.ResourceCache.Change;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class WatchedObjectsTest {
  @Test
  void reportsReplacedObjectAsDeleted() {
    List<String> told = new ArrayList<>();
    WatchedObjects<String> seen =
        new WatchedObjects<>(
            JsonNode::asString,
            s -> s.substring(0, 2),
            (key, s) -> told.add("+" + s),
            (key, s) -> told.add("-" + s),
            new WatchedObjects.Counts(),
            () -> {},
            System.getLogger("test"));
    seen.changed(List.of(new Change<>("ns/job", null, "id one")));
    seen.changed(List.of(new Change<>("ns/job", "id one", "id one, changed")));
    seen.changed(List.of(new Change<>("ns/job", "id one, changed", "di two")));
    seen.changed(List.of(new Change<>("ns/job", "di two", "xx three")));
    assertThat(told)
        .containsExactly(
            "+id one", "+id one, changed", "-id one, changed", "+di two", "-di two", "+xx three");
  }
}
