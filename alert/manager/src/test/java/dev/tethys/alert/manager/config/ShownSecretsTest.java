package dev.tethys.alert.manager.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlWriter;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A secret is planted in every key of every section of alertmanager.yml, as a value where the type
 * or the name says that it is one and within URLs elsewhere. The text of the status API shows none.
 */
class ShownSecretsTest {
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

  private final Map<String, Section> sections = new LinkedHashMap<>();
  private int secrets;

  @Test
  void configurationTextContainsNoSecrets() {
    AlertmanagerConfig.sections().forEach(s -> sections.put(s.name(), s));
    for (Section s : List.copyOf(sections.values())) {
      if (s.keys().isEmpty()) {
        continue;
      }
      String yaml = YamlWriter.write(planted(s, new HashSet<>()));
      String shown =
          ConfigText.of(
              YamlDocument.parse("planted.yml", null, yaml).root(), s, sections, Set.of());
      assertThat(shown.lines().filter(l -> l.contains(PLANTED))).as(s.name()).isEmpty();
    }
    assertThat(sections.keySet()).contains("alertmanager.yml", "receiver", "event_recorder");
    assertThat(secrets).isGreaterThan(40);
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
    if (typeName.startsWith("list of ")) {
      return List.of(value(name, type, typeName.substring("list of ".length()), open));
    }
    if (typeName.startsWith("map of string to ")) {
      String item = typeName.substring("map of string to ".length());
      return Map.of("X-Key", value(name, type, item, open));
    }
    Section named = type.section() != null ? type.section() : sections.get(typeName);
    if (named != null) {
      return planted(named, open);
    }
    switch (typeName) {
      case "boolean" -> {
        return true;
      }
      case "int", "uint", "float" -> {
        return 1;
      }
      default -> {}
    }
    boolean secret = typeName.contains(Type.SECRET.name()) || Redaction.isSecretKey(name);
    secrets += secret ? 1 : 0;
    return secret ? PLANTED : URL;
  }
}
