package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.ReceiverKind;
import dev.tethys.alert.manager.receiver.ReceiverKinds;
import dev.tethys.config.Contributions;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Receiver of notifications with one or several integrations.
 *
 * @param labels labels for selecting it, including its name
 */
public record ReceiverConfig(String name, Map<String, String> labels, List<Integration> all) {
  /**
   * One integration configured for a receiver.
   *
   * @param index index among integrations of the same kind
   */
  public record Integration(ReceiverKind kind, int index, YamlObject settings) {}

  static final Section SECTION = new Section("receiver", "Receiver of notifications.");
  private static final Key<String> NAME =
      SECTION.key("name", Type.STRING, "", "Name that routes refer to.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "labels", Type.map(Type.STRING), Map.of(), "Labels for finding the receiver in the API.");
  private static final Map<ReceiverKind, Key<List<YamlObject>>> KINDS = kinds();

  /** Keys of kinds that this build lacks: their values are rejected. */
  private static final List<Key<List<YamlObject>>> MISSING = missing();

  private static Map<ReceiverKind, Key<List<YamlObject>>> kinds() {
    Map<ReceiverKind, Key<List<YamlObject>>> m = new LinkedHashMap<>();
    for (ReceiverKind k : ReceiverKinds.ALL) {
      m.put(
          k,
          SECTION.key(
              k.key(),
              Type.list(k.section().type(o -> o)),
              List.of(),
              "Entries of kind " + k.name() + "."));
    }
    return m;
  }

  private static List<Key<List<YamlObject>>> missing() {
    Set<String> names = Contributions.names(Contributions.NOTIFIER);
    KINDS.keySet().forEach(k -> names.remove(k.name()));
    return names.stream()
        .map(
            n -> SECTION.key(n + "_configs", refused(n), List.<YamlObject>of(), "Only in contrib."))
        .toList();
  }

  private static Type<List<YamlObject>> refused(String name) {
    return Type.of(
        "contrib",
        List.of(),
        n -> {
          throw n.error(String.valueOf(Contributions.refusal(Contributions.NOTIFIER, name)));
        });
  }

  static ReceiverConfig read(YamlNode node, GlobalConfig global) {
    YamlObject o = node.object(SECTION);
    String name = o.get(NAME);
    if (name.isEmpty()) {
      throw o.error("missing name in receiver");
    }
    Map<String, String> labels = new TreeMap<>(o.get(LABELS));
    String own = labels.putIfAbsent("name", name);
    if (own != null && !own.equals(name)) {
      throw o.error(
          LABELS,
          "receiver label \"name\" must match receiver name "
              + GoQuote.quote(name)
              + ", got "
              + GoQuote.quote(own));
    }
    MISSING.forEach(o::get);
    List<Integration> all = new ArrayList<>();
    KINDS.forEach(
        (kind, key) -> {
          int i = 0;
          for (YamlObject settings : o.get(key)) {
            int index = i++;
            settings
                .node()
                .attempt(
                    () -> {
                      settings.readAll();
                      kind.check(settings, global);
                      all.add(new Integration(kind, index, settings));
                    });
          }
        });
    return new ReceiverConfig(name, labels, List.copyOf(all));
  }
}
