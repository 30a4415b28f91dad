package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Kind;
import org.junit.jupiter.api.Test;

/** What {@code components} prints is read by programs. */
class ComponentsListTest {
  @Test
  void itIsYamlAndNamesEverything() {
    Components components = BuiltIn.components();
    YamlNode all = YamlDocument.parse("components", null, CollectorRole.list(components)).root();
    int listed = 0;
    for (Kind k : Kind.values()) {
      for (YamlNode c : all.entries().get(k.section()).value().items()) {
        assertThat(c.entries().get("name").value().asString()).matches("[a-z0-9_]+");
        assertThat(c.entries().get("about").value().asString()).endsWith(".");
        listed++;
      }
    }
    assertThat(listed).isEqualTo(components.all().size());
  }
}
