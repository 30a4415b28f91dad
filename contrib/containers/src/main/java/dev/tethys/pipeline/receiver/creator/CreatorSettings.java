package dev.tethys.pipeline.receiver.creator;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@code receiver_creator}.
 *
 * @param observers observers whose endpoints are used
 * @param attributes resource attributes by kind of endpoint, which override the defaults
 */
public record CreatorSettings(
    List<Reference> observers,
    List<Entry> receivers,
    Map<EndpointKind, Map<String, YamlNode>> attributes,
    Discovery discovery) {
  /**
   * Receiver template entry.
   *
   * @param key position of its name
   * @param config receiver configuration, with expressions; null if empty
   * @param attributes resource attributes, which override attributes of the endpoint type
   */
  record Entry(
      ComponentId id,
      YamlNode key,
      EndpointRule rule,
      @Nullable YamlNode config,
      Map<String, YamlNode> attributes) {}

  /**
   * Settings of annotation-based discovery.
   *
   * @param ignored types of receivers that pods cannot request
   * @param annotations default annotations for pods without their own
   * @param fileLog default settings of log receivers
   */
  record Discovery(
      boolean enabled,
      List<String> ignored,
      Map<String, String> annotations,
      @Nullable YamlNode fileLog) {
    private static final Section SECTION =
        new Section("discovery", "Discovery of targets by annotations of pods.");
    private static final Key<Boolean> ENABLED =
        SECTION.key("enabled", Type.BOOL, false, "Enables discovery by annotations.");
    private static final Key<List<String>> IGNORED =
        SECTION.key(
            "ignore_receivers",
            Type.list(Type.STRING),
            List.of(),
            "Types of receivers that annotations cannot create.");
    private static final Key<Map<String, String>> ANNOTATIONS =
        SECTION.key(
            "default_annotations",
            Type.map(Type.STRING),
            Map.of(),
            "Default annotations of pods that do not have them.");
    private static final Key<YamlNode> FILE_LOG =
        SECTION.optional(
            "default_file_log_config",
            Type.ANY,
            "Default settings of log receivers; annotations of pods override them.");
    static final Type<Discovery> TYPE =
        SECTION.type(
            o ->
                new Discovery(
                    o.get(ENABLED), o.get(IGNORED), o.get(ANNOTATIONS), o.find(FILE_LOG)));
    static final Discovery NONE = new Discovery(false, List.of(), Map.of(), null);
  }

  private static final Section ENTRY =
      new Section("receivers", "Receiver created for each endpoint that matches its rule.");
  private static final Key<YamlNode> RULE =
      ENTRY.required(
          "rule",
          Type.ANY,
          "Rule that endpoints must match, such as type == \"port\" && port == " + "6379.");
  private static final Key<YamlNode> CONFIG =
      ENTRY.optional(
          "config",
          Type.ANY,
          "Settings of the receiver; expressions between backticks are evaluated.");
  private static final Key<Map<String, YamlNode>> OWN_ATTRIBUTES =
      ENTRY.key(
          "resource_attributes",
          texts(),
          Map.of(),
          "Resource attributes; they take precedence over those for the kind of " + "endpoint.");

  private static final Section SECTION =
      new Section("receiver_creator", "Creates receivers for endpoints found by observers.");
  private static final Key<List<Reference>> OBSERVERS =
      SECTION.key(
          "watch_observers",
          Type.list(Reference.TYPE),
          List.of(),
          "Observer extensions that provide the endpoints.");
  private static final Key<List<Entry>> RECEIVERS =
      SECTION.key(
          "receivers",
          Type.of("map of id to receiver", List.of(), CreatorSettings::entries),
          List.of(),
          "Receivers by ID, each with the rule of its endpoints.");
  private static final Key<Map<EndpointKind, Map<String, YamlNode>>> ATTRIBUTES =
      SECTION.key(
          "resource_attributes",
          Type.of("map of kind to attributes", Map.of(), CreatorSettings::byKind),
          Map.of(),
          "Resource attributes by kind of endpoint; an empty value removes a "
              + "default attribute.");
  private static final Key<Discovery> DISCOVERY =
      SECTION.key(
          "discovery",
          Discovery.TYPE,
          Discovery.NONE,
          "Discovery of targets by annotations of pods.");

  static final Type<CreatorSettings> TYPE = SECTION.type(CreatorSettings::read);

  private static Type<Map<String, YamlNode>> texts() {
    return Type.of(
        "map of string to string",
        Map.of(),
        n -> {
          Map<String, YamlNode> out = new LinkedHashMap<>();
          n.entries()
              .forEach(
                  (k, e) -> {
                    e.value().asString(); // lists and maps are not allowed
                    out.put(k, e.value());
                  });
          return Collections.unmodifiableMap(out);
        });
  }

  private static List<Entry> entries(YamlNode n) {
    List<Entry> out = new ArrayList<>();
    n.entries()
        .forEach(
            (name, e) -> {
              YamlObject o = e.value().object(ENTRY);
              YamlNode config = o.find(CONFIG);
              if (config != null && !config.isMap()) {
                throw config.error("config must be a map: the settings of the receiver");
              }
              out.add(
                  new Entry(
                      e.key().parse(ComponentId::parse),
                      e.key(),
                      EndpointRule.read(o.get(RULE)),
                      config,
                      o.get(OWN_ATTRIBUTES)));
            });
    return List.copyOf(out);
  }

  private static Map<EndpointKind, Map<String, YamlNode>> byKind(YamlNode n) {
    Map<EndpointKind, Map<String, YamlNode>> out = new LinkedHashMap<>();
    n.entries()
        .forEach(
            (word, e) ->
                out.put(
                    EndpointKind.of(word)
                        .orElseThrow(
                            () ->
                                e.key()
                                    .error(
                                        "unknown kind of endpoint \""
                                            + word
                                            + "\"; it must be one of: "
                                            + EndpointRule.words())),
                    texts().read(e.value())));
    return Collections.unmodifiableMap(out);
  }

  private static CreatorSettings read(YamlObject o) {
    List<Reference> observers = o.get(OBSERVERS);
    if (observers.isEmpty()) {
      throw o.error(
          OBSERVERS,
          "watch_observers names no extension: without an observer there are no endpoints");
    }
    Discovery d = o.get(DISCOVERY);
    if (o.get(RECEIVERS).isEmpty() && !d.enabled) {
      throw o.error(
          RECEIVERS, "there are no receivers to make: write some, or discovery.enabled: true");
    }
    if (d.fileLog != null && !d.fileLog.isNull() && !d.fileLog.isMap()) {
      throw d.fileLog.error("default_file_log_config must be a map: settings of file_log");
    }
    return new CreatorSettings(observers, o.get(RECEIVERS), o.get(ATTRIBUTES), d);
  }
}
