package dev.tethys.pipeline.processor.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class WatchedObjectsTest {
  @Test
  void whatWasMadeAnewUnderItsNameIsGoneAsWhatItWas() {
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
    seen.put("ns/job", "id one");
    seen.put("ns/job", "id one, changed");
    seen.put("ns/job", "di two");
    seen.replace(Map.of("ns/job", "xx three"));
    assertThat(told)
        .containsExactly(
            "+id one", "+id one, changed", "-id one, changed", "+di two", "-di two", "+xx three");
  }
}
