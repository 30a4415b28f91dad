package dev.tethys.pipeline.processor.schema;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.processor.schema.Revision.Part;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** OpenTelemetry schema file: the changes of each version of a schema family up to its own. */
final class SchemaFile {
  /** The largest file that is read, in bytes. */
  static final int MAX_BYTES = 1 << 20;

  /** The most changed names in one file; aliases of YAML repeat them in a short file. */
  private static final int MAX_NAMES = 100_000;

  private static final int MAX_VERSIONS = 1000;
  private static final Set<String> FORMATS = Set.of("1.0.0", "1.1.0");

  private final SchemaUrl url;
  private final NavigableMap<SchemaVersion, Revision> revisions = new TreeMap<>();
  private int names;

  private SchemaFile(YamlNode root) {
    Map<String, YamlNode.Entry> top =
        keys(root, "the file", Set.of("file_format", "schema_url", "versions"));
    YamlNode format = required(root, top, "file_format");
    if (!FORMATS.contains(format.asString())) {
      throw format.error(
          "file_format \"" + format.asString() + "\" is not supported; it must be 1.0.0 or 1.1.0");
    }
    url = required(root, top, "schema_url").parse(SchemaUrl::parse);
    Map<String, YamlNode.Entry> versions = required(root, top, "versions").entries();
    for (YamlNode.Entry e : versions.values()) {
      SchemaVersion v = SchemaVersion.parse(e.key().asString());
      if (v == null) {
        throw e.key()
            .error(
                "\""
                    + e.key().asString()
                    + "\" is not a version in the form "
                    + "MAJOR.MINOR.PATCH");
      }
      if (v.compareTo(url.version()) > 0) {
        throw e.key().error("version " + v + " is newer than the file, which is " + url);
      }
      revisions.put(v, revision(v, e.value()));
      if (revisions.size() > MAX_VERSIONS) {
        throw e.key().error("there are more than " + MAX_VERSIONS + " versions");
      }
    }
    revisions.putIfAbsent(url.version(), new Revision(url.version(), Map.of(), ""));
  }

  /**
   * Parses a file.
   *
   * @param name file name used in error messages
   * @throws ConfigException with the position of the error
   */
  static SchemaFile parse(String name, String text) {
    // nested merges take exponential time, and no schema requires them
    if (text.contains("<<")) {
      throw new ConfigException(name, "YAML merges (<<) are not allowed in schema files");
    }
    return new SchemaFile(YamlDocument.parse(name, null, text).root());
  }

  SchemaUrl url() {
    return url;
  }

  boolean contains(SchemaVersion version) {
    return revisions.containsKey(version);
  }

  /** Revisions between two known versions, in the order of application. */
  Collection<Revision> between(SchemaVersion from, SchemaVersion to) {
    return from.compareTo(to) < 0
        ? revisions.subMap(from, false, to, true).values()
        : revisions.subMap(to, false, from, true).descendingMap().values();
  }

  private static Map<String, YamlNode.Entry> keys(YamlNode map, String what, Set<String> allowed) {
    Map<String, YamlNode.Entry> entries = map.entries();
    for (YamlNode.Entry e : entries.values()) {
      if (!allowed.contains(e.key().asString())) {
        throw e.key()
            .error(
                "unknown key \""
                    + e.key().asString()
                    + "\" of "
                    + what
                    + "; it must be one of "
                    + String.join(", ", allowed.stream().sorted().toList()));
      }
    }
    return entries;
  }

  private static YamlNode required(YamlNode at, Map<String, YamlNode.Entry> keys, String key) {
    YamlNode.Entry e = keys.get(key);
    if (e == null || e.value().isNull()) {
      throw at.error(key + " is missing in the schema file");
    }
    return e.value();
  }

  private static @Nullable YamlNode find(Map<String, YamlNode.Entry> keys, String key) {
    YamlNode.Entry e = keys.get(key);
    return e == null || e.value().isNull() ? null : e.value();
  }

  private Revision revision(SchemaVersion version, YamlNode at) {
    Set<String> allowed = new LinkedHashSet<>();
    for (Part p : Part.values()) {
      allowed.add(p.key());
    }
    Map<String, YamlNode.Entry> sections = keys(at, "version " + version, allowed);
    Map<Part, List<Step>> changes = new EnumMap<>(Part.class);
    String split = "";
    for (Part p : Part.values()) {
      YamlNode section = find(sections, p.key());
      if (section == null) {
        continue;
      }
      YamlNode list = find(keys(section, p.key(), Set.of("changes")), "changes");
      List<Step> steps = new ArrayList<>();
      for (YamlNode change : list == null ? List.<YamlNode>of() : list.items()) {
        count(change, 1);
        String found = change(p, change, steps);
        split = split.isEmpty() ? found : split;
      }
      changes.put(p, steps);
    }
    return new Revision(version, changes, split);
  }

  /** Adds the steps of a change; returns the position of a {@code split}, or empty. */
  private String change(Part part, YamlNode at, List<Step> to) {
    Set<String> kinds =
        switch (part) {
          case SPAN_EVENTS -> Set.of("rename_attributes", "rename_events");
          case METRICS -> Set.of("rename_attributes", "rename_metrics", "split");
          default -> Set.of("rename_attributes");
        };
    String split = "";
    for (YamlNode.Entry e : keys(at, "a change of " + part.key(), kinds).values()) {
      switch (e.key().asString()) {
        case "rename_metrics" -> to.add(new Step(Map.of(), names(e.value()), Set.of(), Set.of()));
        case "rename_events" -> {
          Map<String, YamlNode.Entry> k = keys(e.value(), "rename_events", Set.of("name_map"));
          to.add(new Step(Map.of(), names(required(e.value(), k, "name_map")), Set.of(), Set.of()));
        }
        case "split" -> split = e.key().where();
        default -> to.add(attributes(part, e.value()));
      }
    }
    return split;
  }

  private Step attributes(Part part, YamlNode at) {
    Set<String> allowed =
        switch (part) {
          case SPANS -> Set.of("attribute_map", "apply_to_spans");
          case SPAN_EVENTS -> Set.of("attribute_map", "apply_to_spans", "apply_to_events");
          case METRICS -> Set.of("attribute_map", "apply_to_metrics");
          default -> Set.of("attribute_map");
        };
    Map<String, YamlNode.Entry> k = keys(at, "rename_attributes", allowed);
    return new Step(
        names(required(at, k, "attribute_map")),
        Map.of(),
        filter(k, "apply_to_spans"),
        filter(k, part == Part.METRICS ? "apply_to_metrics" : "apply_to_events"));
  }

  private Set<String> filter(Map<String, YamlNode.Entry> keys, String key) {
    YamlNode list = find(keys, key);
    if (list == null) {
      return Set.of();
    }
    Set<String> out = new LinkedHashSet<>();
    for (YamlNode n : list.items()) {
      count(n, 1);
      out.add(n.asString());
    }
    return out;
  }

  private Map<String, String> names(YamlNode at) {
    Map<String, String> out = new LinkedHashMap<>();
    Map<String, YamlNode.Entry> entries = at.entries();
    count(at, entries.size());
    for (YamlNode.Entry e : entries.values()) {
      String from = e.key().asString();
      String to = e.value().asString();
      if (from.isEmpty() || to.isEmpty()) {
        throw e.key().error("a name is empty");
      }
      if (!from.equals(to)) {
        out.put(from, to);
      }
    }
    return out;
  }

  private void count(YamlNode at, int more) {
    names += more;
    if (names > MAX_NAMES) {
      throw at.error("there are more than " + MAX_NAMES + " names and changes");
    }
  }
}
