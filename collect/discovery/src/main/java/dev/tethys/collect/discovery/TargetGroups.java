package dev.tethys.collect.discovery;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the list of {@code {targets, labels}} in static configurations, files and HTTP responses.
 */
public final class TargetGroups {
  /** Label with the address to scrape. */
  public static final String ADDRESS = "__address__";

  private static final Section SECTION =
      new Section("static_config", "Statically configured targets and their common labels.");
  private static final Key<List<String>> TARGETS =
      SECTION.key("targets", Type.list(Type.STRING), List.of(), "Addresses as host:port.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "labels",
          Type.map(Type.of("string", "", YamlNode::asString)),
          Map.of(),
          "Labels assigned to all targets of the group.");

  /** A list of such groups, still without sources. */
  public static final Type<List<TargetGroup>> TYPE = Type.list(SECTION.type(TargetGroups::read));

  private TargetGroups() {}

  /**
   * Reads a text, JSON or YAML.
   *
   * @param name file name or URL, used in error messages
   * @param folder folder that contains the file; null if none
   */
  static List<TargetGroup> read(String name, @Nullable Path folder, String text) {
    List<TargetGroup> plain = PlainGroups.read(text);
    if (plain != null) {
      return plain;
    }
    YamlDocument d = YamlDocument.parse(name, folder, text);
    return d.readWhole(() -> TYPE.read(d.root()));
  }

  private static TargetGroup read(YamlObject o) {
    List<Labels> targets = new ArrayList<>();
    for (String t : o.get(TARGETS)) {
      targets.add(Labels.of(ADDRESS, t));
    }
    LabelsBuilder b = new LabelsBuilder();
    o.get(LABELS)
        .forEach(
            (k, v) -> {
              if (k.isEmpty()) {
                throw o.error(LABELS, "\"\" is not a valid label name");
              }
              b.set(k, v);
            });
    return new TargetGroup("", targets, b.build());
  }

  /** The groups as a tree to be written. */
  static List<Map<String, @Nullable Object>> tree(List<TargetGroup> groups) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (TargetGroup g : groups) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("targets", g.targets().stream().map(t -> t.get(ADDRESS)).toList());
      m.put("labels", g.labels().isEmpty() ? null : g.labels().toMap());
      out.add(m);
    }
    return out;
  }
}
