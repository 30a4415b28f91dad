package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.PrintedConfig;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A secret is planted in every key of every component's section: as a value where the type or the
 * name says that it is one, as user information and parameters where a URL may stand, and as a
 * header. The printed configuration shows none.
 */
@Tag("slow")
class PlantedSecretsTest {
  private static final String PLANTED = "Pl4nted";
  private static final String URL =
      "https://user:"
          + PLANTED
          + "@host:1/x?password="
          + PLANTED
          + "&db=shown&key="
          + PLANTED
          + "&tok="
          + PLANTED;

  private int secrets;

  @Test
  void printedConfigurationContainsNoSecrets() {
    Components components = BuiltIn.components();
    Map<String, Map<String, Object>> root = new LinkedHashMap<>();
    for (ComponentFactory<?> f : components.all()) {
      Section s = f.settings().section();
      Map<String, Object> values = s == null ? new LinkedHashMap<>() : planted(s, new HashSet<>());
      values.put("unknown_url", URL);
      values.put("unknown_password", PLANTED);
      root.computeIfAbsent(ComponentKind.of(f).section(), k -> new LinkedHashMap<>())
          .put(f.type() + "/planted", values);
    }
    String text = YamlWriter.write(root);
    assertThat(secrets).isGreaterThan(100);
    String printed =
        PrintedConfig.of(YamlDocument.parse("planted.yaml", null, text).root(), components);
    assertThat(printed).contains("db=shown");
    assertThat(printed.lines().filter(l -> l.contains(PLANTED))).isEmpty();
  }

  private Map<String, Object> planted(Section s, Set<Section> open) {
    Map<String, Object> out = new LinkedHashMap<>();
    if (!open.add(s)) {
      return out;
    }
    for (Key<?> k : s.keys()) {
      out.put(k.name(), value(k.name(), k.type(), k.type().name(), open));
    }
    open.remove(s);
    return out;
  }

  private Object value(String name, Type<?> type, String typeName, Set<Section> open) {
    if (typeName.equals("list of string") && name.equals("headers")) {
      return List.of("X-Name"); // names of headers
    }
    if (typeName.startsWith("list of ")) {
      return List.of(value(name, type, typeName.substring("list of ".length()), open));
    }
    if (typeName.startsWith("map of string to ")) {
      String item = typeName.substring("map of string to ".length());
      return Map.of("X-Key", value(name, type, item, open));
    }
    if (type.section() != null) {
      return planted(type.section(), open);
    }
    boolean secret =
        typeName.contains(Type.SECRET.name())
            || Redaction.isSecretKey(name)
            || name.equals("headers")
            || name.equals("http_headers")
            || name.equals("endpoint_params");
    secrets += secret ? 1 : 0;
    return secret ? PLANTED : URL;
  }
}
