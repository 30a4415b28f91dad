package dev.tethys.collect.exporter.snmp;

import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Content of {@code snmp.yml} and similar files: credentials and modules by name. */
record SnmpConfig(Map<String, SnmpAuth> auths, Map<String, SnmpModule> modules) {
  private static final System.Logger LOG = JulLogger.of(SnmpConfig.class.getName());

  /**
   * Reads files, strictly; of two entries with one name the later one wins.
   *
   * @param patterns paths, whose last part may be a pattern
   * @param expand replaces environment variables
   * @throws ConfigException with the position of the error
   * @throws IOException if a file cannot be read
   */
  static SnmpConfig read(List<String> patterns, UnaryOperator<String> expand) throws IOException {
    SnmpConfig all = new SnmpConfig(new LinkedHashMap<>(), new LinkedHashMap<>());
    for (String pattern : patterns) {
      List<Path> files =
          Files.exists(Path.of(pattern))
              ? List.of(Path.of(pattern))
              : FilePattern.of(pattern).files();
      if (files.isEmpty()) {
        LOG.log(Level.WARNING, "no file found for {0}", pattern);
      }
      for (Path f : files) {
        YamlDocument d = YamlDocument.read(f);
        SnmpConfig one = d.readWhole(() -> read(d.root(), expand));
        d.refuseNotBuilt();
        all.auths.putAll(one.auths);
        all.modules.putAll(one.modules);
      }
    }
    return all.checked("in " + String.join(", ", patterns));
  }

  /** Reads a tree that replaces the file. */
  static SnmpConfig read(YamlNode node, UnaryOperator<String> expand) {
    Section section = new Section("snmp.yml", "SNMP credentials and modules.");
    Key<Map<String, SnmpAuth>> auths =
        section.key("auths", Type.map(SnmpAuth.type(expand)), Map.of(), "Credentials by name.");
    Key<Map<String, SnmpModule>> modules =
        section.key("modules", Type.map(SnmpModule.TYPE), Map.of(), "Modules by name.");
    section.key("version", Type.INT, 0L, "Version of the file format.");
    var o = node.object(section);
    return new SnmpConfig(o.get(auths), o.get(modules));
  }

  /** Returns this configuration if it has modules and auths. */
  SnmpConfig checked(String where) throws IOException {
    if (modules.isEmpty()) {
      throw new IOException("no modules " + where);
    }
    if (auths.isEmpty()) {
      throw new IOException(
          "no auths " + where + "; they are apart from modules since snmp_exporter 0.23");
    }
    return this;
  }

  /** Returns the active configuration as YAML, with secrets masked. */
  String toYaml() {
    Map<String, @Nullable Object> a = new LinkedHashMap<>();
    auths.forEach((k, v) -> a.put(k, v.tree()));
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    modules.forEach((k, v) -> m.put(k, v.shown()));
    Map<String, @Nullable Object> top = new LinkedHashMap<>();
    top.put("auths", a);
    top.put("modules", m);
    return YamlWriter.writeRedacted(top);
  }
}
