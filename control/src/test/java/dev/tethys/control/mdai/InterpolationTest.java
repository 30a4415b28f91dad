package dev.tethys.control.mdai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class InterpolationTest {
  private static HubEvent event(String payload) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("id", "i").put("name", "a.firing").put("hub_name", "h").put("payload", payload);
    return HubEvent.read(n);
  }

  @Test
  void referencesAreReplaced() {
    Interpolation t =
        Interpolation.of(event("{\"labels\":{\"a\":\"x\",\"n\":3.50,\"o\":{\"p\":[1,2]}}}"));
    assertThat(t.replaced("${trigger:id}/${trigger:payload.labels.a}")).isEqualTo("i/x");
    assertThat(t.replaced("${trigger:payload.labels.o}")).isEqualTo("{\"p\":[1,2]}");
    assertThat(t.replaced("${trigger:payload.labels.b:-d}${trigger:source:-}")).isEqualTo("d");
    assertThat(t.replaced("${trigger:payload.labels.b}")).isEqualTo("${trigger:payload.labels.b}");
    assertThat(t.replaced("${template:a:-d} ${env:A:-d}"))
        .isEqualTo("${template:a:-d} ${env:A:-d}");
    Interpolation both = t.with(Map.of("a", "${trigger:id}"));
    assertThat(both.replaced("${template:a} ${template:b:-d} ${trigger:name}"))
        .as("a text that was put in is not read again")
        .isEqualTo("${trigger:id} d a.firing");
    assertThat(t.missing("${trigger:payload.labels.b}")).isNotEmpty();
    assertThat(t.missing("${trigger:}")).isNotEmpty();
    assertThatThrownBy(() -> t.required("${trigger:source:-}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is empty");
  }

  /** Events that MDAI's cases describe in their name and not in their data. */
  private static @Nullable HubEvent described(JsonNode c) {
    String name = c.path("name").asString();
    JsonNode data = c.path("event").deepCopy();
    if (name.contains("nil event") || data.isMissingNode()) {
      return null;
    }
    if (name.contains("(empty)")) {
      ((ObjectNode) data).put("name", "");
    } else if (name.startsWith("empty payload")) {
      ((ObjectNode) data).put("payload", "");
    } else if (name.startsWith("invalid JSON payload")) {
      ((ObjectNode) data).put("payload", "{invalid");
    }
    return HubEvent.read(data);
  }

  /** All cases of MDAI, where they are. */
  @Test
  void referencesMatchMdai() throws Exception {
    int n = 0;
    for (String line : Files.readAllLines(Shared.conformance("mdai/cases/interpolation.jsonl"))) {
      JsonNode c = JsonMapper.shared().readTree(line);
      Interpolation t = Interpolation.of(described(c));
      if (c.has("template_values")) {
        Map<String, String> values = new HashMap<>();
        c.path("template_values")
            .properties()
            .forEach(e -> values.put(e.getKey(), e.getValue().asString()));
        t = t.with(values);
      }
      String input = c.path("input").asString();
      if (c.has("want")) {
        assertThat(t.replaced(input)).as(line).isEqualTo(c.path("want").asString());
      } else {
        // MDAI logs an error where a reference stays unchanged written.
        assertThat(t.replaced(input).equals(input))
            .as(line)
            .isEqualTo(c.path("logs_error").asBoolean());
      }
      n++;
    }
    assertThat(n).isEqualTo(50);
  }
}
