package dev.tethys.alert.notify;

import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code alerting} section of {@code prometheus.yml}.
 *
 * @param relabeling relabeling applied to all alerts, including their external labels
 */
public record AlertingConfig(Relabeling relabeling, List<AlertmanagerConfig> alertmanagers) {
  /** No Alertmanager is configured. */
  public static final AlertingConfig NONE = new AlertingConfig(Relabeling.NONE, List.of());

  private static final Section SECTION =
      new Section("alerting", "Alertmanagers and alert relabeling.");
  private static final Key<YamlNode> RELABEL =
      SECTION.optional("alert_relabel_configs", RelabelConfig.LIST, "Relabeling of all alerts.");
  private static final Key<List<YamlNode>> ALERTMANAGERS =
      SECTION.key(
          "alertmanagers",
          Type.list(Type.of("alertmanager_config", null, n -> n)),
          List.of(),
          "Alertmanagers.");

  /** Returns the sections, for the reference of all keys. */
  public static List<Section> sections() {
    return List.of(SECTION, AlertmanagerConfig.SECTION);
  }

  /**
   * Reads the section.
   *
   * @throws dev.tethys.config.ConfigException if its content is invalid
   */
  public static AlertingConfig read(YamlNode node, NameScheme names) {
    YamlObject o = node.object(SECTION);
    Relabeling relabeling = RelabelConfig.read(o.at(RELABEL), names);
    List<AlertmanagerConfig> all =
        o.get(ALERTMANAGERS).stream().map(n -> AlertmanagerConfig.read(n, names)).toList();
    return new AlertingConfig(relabeling, all);
  }

  /** Returns the configuration as a tree, or null if it is empty. */
  public @Nullable Map<String, @Nullable Object> tree() {
    if (equals(NONE)) {
      return null;
    }
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("alert_relabel_configs", RelabelConfig.tree(relabeling));
    m.put(
        "alertmanagers",
        alertmanagers.isEmpty()
            ? null
            : alertmanagers.stream().map(AlertmanagerConfig::tree).toList());
    return m;
  }
}
