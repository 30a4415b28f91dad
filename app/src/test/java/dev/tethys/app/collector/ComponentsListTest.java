package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What {@code components} prints is read by programs. */
class ComponentsListTest {
  @Test
  void listsEveryComponentAsYaml() {
    Components components = BuiltIn.components();
    YamlNode all = YamlDocument.parse("components", null, ComponentsList.of(components)).root();
    int listed = 0;
    for (ComponentKind k : ComponentKind.values()) {
      for (YamlNode c : of(all, k.section()).items()) {
        assertThat(of(c, "name").asString()).matches("[a-z0-9_]+");
        assertThat(of(c, "about").asString()).endsWith(".");
        listed++;
      }
    }
    assertThat(listed).isEqualTo(components.all().size());
  }

  private static YamlNode of(YamlNode map, String key) {
    return Objects.requireNonNull(map.entries().get(key)).value();
  }
}
