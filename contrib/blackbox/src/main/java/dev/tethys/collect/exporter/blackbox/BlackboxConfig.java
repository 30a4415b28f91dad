package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@code blackbox.yml} that was found to be right: modules by name. */
record BlackboxConfig(Map<String, Module> modules) {
  private static final Section SECTION = new Section("blackbox.yml", "Probe modules.");
  private static final Key<Map<String, Module>> MODULES =
      SECTION.key("modules", Type.map(Module.TYPE), Map.of(), "Probe modules by name.");

  /**
   * Reads a file, strictly.
   *
   * @throws dev.tethys.config.ConfigException with the position of the error
   */
  static BlackboxConfig read(Path file) throws IOException {
    YamlDocument d =
        YamlDocument.read(file).takingNullAsAbsent(); // the original reads YAML by version 3
    BlackboxConfig c = d.readWhole(() -> read(d.root()));
    d.refuseNotBuilt();
    return c;
  }

  /** Reads a tree that replaces the file. */
  static BlackboxConfig read(YamlNode node) {
    return new BlackboxConfig(node.object(SECTION).get(MODULES));
  }

  /** Returns the active modules as YAML, with secrets masked. */
  String toYaml() {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    modules.forEach((name, m) -> all.put(name, m.tree()));
    Map<String, @Nullable Object> top = new LinkedHashMap<>();
    top.put("modules", all);
    return YamlWriter.writeRedacted(top);
  }
}
