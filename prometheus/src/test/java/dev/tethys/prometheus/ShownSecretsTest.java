package dev.tethys.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlWriter;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A secret is planted in every key of every section of prometheus.yml: as a value where the type is
 * a secret, as a header or parameter where a map holds such, and within URLs elsewhere. The text of
 * the status API shows none.
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
    PrometheusConfig.sections().forEach(s -> sections.put(s.name(), s));
    for (Section s : List.copyOf(sections.values())) {
      String shown = YamlWriter.writeRedacted(planted(s, new HashSet<>()));
      assertThat(shown.lines().filter(l -> l.contains(PLANTED))).as(s.name()).isEmpty();
    }
    assertThat(secrets).isGreaterThan(60);
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
      return Map.of("X-Api-Key", value(name, type, item, open));
    }
    Section named = type.section() != null ? type.section() : sections.get(typeName);
    if (named != null) {
      return planted(named, open);
    }
    boolean secret =
        typeName.contains(Type.SECRET.name())
            || Set.of("headers", "endpoint_params", "params").contains(name);
    secrets += secret ? 1 : 0;
    if (secret && name.equals("key")) {
      return new Secret(PLANTED); // masked by its type: elsewhere the name is that of an attribute
    }
    return secret ? PLANTED : URL;
  }
}
