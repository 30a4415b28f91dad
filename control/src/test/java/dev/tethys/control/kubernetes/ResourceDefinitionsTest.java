package dev.tethys.control.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ResourceDefinitionsTest {
  private static final Path FILE = Shared.root().resolve("deploy/kubernetes/crds.yaml");

  @Test
  void checkedInDefinitionsMatchTheKeys() throws Exception {
    if (Boolean.getBoolean("tethys.docs.write")) {
      Files.writeString(FILE, ResourceDefinitions.yaml());
    }
    assertThat(Files.readString(FILE))
        .as("write it with -Dtethys.docs.write=true")
        .isEqualTo(ResourceDefinitions.yaml());
  }

  @Test
  void schemasAreStructural() {
    List<String> kinds = new ArrayList<>();
    for (YamlDocument d : YamlDocument.parseAll("crds", ResourceDefinitions.yaml())) {
      YamlNode spec = at(d.root(), "spec");
      kinds.add(at(at(spec, "names"), "kind").asString());
      YamlNode version = at(spec, "versions").items().getFirst();
      check(at(at(version, "schema"), "openAPIV3Schema"));
    }
    assertThat(kinds)
        .containsExactly(
            "TethysPipeline", "TethysControl", "TethysRollout", "TethysRule", "TethysTest");
  }

  private static YamlNode at(YamlNode n, String key) {
    return Objects.requireNonNull(n.entries().get(key)).value();
  }

  /** Each value has a type, or the mark of any. */
  private static void check(YamlNode schema) {
    Map<String, YamlNode.Entry> e = schema.entries();
    assertThat(e.containsKey("type") || e.containsKey("x-kubernetes-preserve-unknown-fields"))
        .as(schema.where())
        .isTrue();
    if (e.containsKey("properties")) {
      at(schema, "properties").entries().values().forEach(p -> check(p.value()));
    }
    for (String key : List.of("items", "additionalProperties")) {
      if (e.containsKey(key)) {
        check(at(schema, key));
      }
    }
  }
}
