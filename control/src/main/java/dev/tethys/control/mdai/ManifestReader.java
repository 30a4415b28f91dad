package dev.tethys.control.mdai;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.mdai.Manifests.DataKey;
import dev.tethys.control.mdai.Resource.Meta;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reader of Kubernetes manifests with MDAI's resources. Resources of MDAI's group are read
 * strictly; ConfigMaps and Secrets are kept for the rules that refer to them; others are ignored.
 */
public final class ManifestReader {
  /** Group of the resources, with its slash. */
  public static final String GROUP = "hub.mydecisive.ai/";

  private static final String VERSION = "hub.mydecisive.ai/v1";
  private static final int MAX_RESOURCES = 10_000;

  private static final Section DATA = new Section("ConfigMap", "Texts by key.");
  private static final Key<Map<String, String>> PLAIN =
      DATA.key("data", Type.map(Type.STRING), Map.of(), "Texts; of a Secret in base64.");
  private static final Key<Map<String, String>> STRINGS =
      DATA.key("stringData", Type.map(Type.STRING), Map.of(), "Texts of a Secret.");
  private static final Key<Map<String, String>> BINARY =
      DATA.key("binaryData", Type.map(Type.STRING), Map.of(), "Texts in base64.");

  static {
    for (String other : List.of("apiVersion", "kind", "metadata", "type", "immutable")) {
      DATA.optional(other, Type.ANY, "Standard field of Kubernetes.");
    }
  }

  private final List<Resource> resources = new ArrayList<>();
  private final Map<DataKey, Map<String, String>> data = new HashMap<>();
  private final List<String> ignored = new ArrayList<>();
  private final Map<String, String> places = new HashMap<>();

  private ManifestReader() {}

  /**
   * Reads files, and of folders the files that end with .yaml, .yml or .json.
   *
   * @throws ConfigException if a resource is invalid
   * @throws IOException if a file cannot be read
   */
  public static Manifests read(List<Path> paths) throws IOException {
    ManifestReader r = new ManifestReader();
    List<YamlDocument> documents = new ArrayList<>();
    for (Path p : paths) {
      for (Path file : files(p)) {
        documents.addAll(YamlDocument.readAll(file));
      }
    }
    YamlDocument.readEach(documents, r::add);
    return r.manifests();
  }

  /** Reads a text with one or more documents. */
  public static Manifests parse(String name, String text) {
    ManifestReader r = new ManifestReader();
    YamlDocument.readEach(YamlDocument.parseAll(name, text), r::add);
    return r.manifests();
  }

  private Manifests manifests() {
    return new Manifests(List.copyOf(resources), Map.copyOf(data), List.copyOf(ignored));
  }

  private static List<Path> files(Path p) throws IOException {
    if (!Files.isDirectory(p)) {
      return List.of(p);
    }
    try (Stream<Path> all = Files.walk(p)) {
      return all.filter(Files::isRegularFile)
          .filter(f -> f.toString().matches(".*\\.(yaml|yml|json)"))
          .sorted()
          .toList();
    }
  }

  private void add(YamlNode n) {
    if (resources.size() + ignored.size() >= MAX_RESOURCES) {
      throw n.error("there are more than " + MAX_RESOURCES + " resources");
    }
    if (!n.isMap()) {
      throw n.error("must be a resource with apiVersion and kind, not " + n.asTree());
    }
    Map<String, YamlNode.Entry> entries = n.entries();
    YamlNode.Entry kindEntry = entries.get("kind");
    String kind = kindEntry == null ? "" : kindEntry.value().asString();
    YamlNode.Entry versionEntry = entries.get("apiVersion");
    String version = versionEntry == null ? "" : versionEntry.value().asString();
    YamlNode.Entry items = entries.get("items");
    if (kind.equals("List") && version.equals("v1") && items != null) {
      items.value().items().forEach(this::add);
      return;
    }
    Meta meta = meta(n, kind, entries.get("metadata"));
    if (version.equals("v1") && (kind.equals("ConfigMap") || kind.equals("Secret"))) {
      data.put(
          new DataKey(kind.equals("Secret"), meta.namespace(), meta.name()),
          data(n.object(DATA), kind.equals("Secret")));
    } else if (!version.startsWith(GROUP)) {
      ignored.add((kind.isEmpty() ? "resource without a kind" : kind) + "/" + meta.name());
    } else if (!version.equals(VERSION)) {
      throw (versionEntry == null ? n : versionEntry.value())
          .error("unknown version " + version + "; expected: " + VERSION);
    } else {
      add(resource(n, meta, kindEntry == null ? n : kindEntry.value()));
    }
  }

  private void add(Resource r) {
    Meta m = r.meta();
    // Hubs have one name over all namespaces: events name the hub alone.
    String id = m.kind() + "/" + (r instanceof Resource.Hub ? "" : m.namespace() + "/") + m.name();
    String before = places.put(id, m.where());
    if (before != null) {
      throw new ConfigException(
          m.where(), m.kind() + " " + m.name() + " is already defined at " + before);
    }
    resources.add(r);
  }

  private static Resource resource(YamlNode n, Meta meta, YamlNode kind) {
    return switch (meta.kind()) {
      case "MdaiHub" -> HubReader.read(n, meta);
      case "MdaiObserver" -> ResourceReader.observer(n, meta);
      case "MdaiReplay" -> ResourceReader.replay(n, meta);
      case "MdaiDal" -> ResourceReader.dal(n, meta);
      case "MdaiCollector" -> ResourceReader.collector(n, meta);
      case "MdaiIngress" -> ResourceReader.ingress(n, meta);
      default ->
          throw kind.error(
              "unknown kind \""
                  + meta.kind()
                  + "\" of "
                  + VERSION
                  + "; expected one of: MdaiHub, MdaiCollector, MdaiObserver, MdaiReplay, MdaiDal,"
                  + " MdaiIngress");
    };
  }

  private static Meta meta(YamlNode n, String kind, YamlNode.@Nullable Entry entry) {
    Map<String, YamlNode.Entry> m =
        entry == null || !entry.value().isMap() ? Map.of() : entry.value().entries();
    Map<String, String> labels = new LinkedHashMap<>();
    YamlNode.Entry all = m.get("labels");
    if (all != null && all.value().isMap()) {
      all.value().entries().forEach((k, v) -> labels.put(k, v.value().asString()));
    }
    String namespace = text(m, "namespace");
    return new Meta(
        kind,
        namespace.isEmpty() ? "default" : namespace,
        text(m, "name"),
        Map.copyOf(labels),
        n.where());
  }

  private static String text(Map<String, YamlNode.Entry> m, String key) {
    YamlNode.Entry e = m.get(key);
    return e == null ? "" : e.value().asString();
  }

  private static Map<String, String> data(YamlObject o, boolean secret) {
    Map<String, String> out = new HashMap<>();
    o.get(PLAIN).forEach((k, v) -> out.put(k, secret ? decoded(o, k, v) : v));
    o.get(BINARY).forEach((k, v) -> out.put(k, decoded(o, k, v)));
    out.putAll(o.get(STRINGS));
    return Map.copyOf(out);
  }

  private static String decoded(YamlObject o, String key, String text) {
    try {
      return new String(Base64.getMimeDecoder().decode(text), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw (ConfigException)
          o.error(PLAIN, "the value of \"" + key + "\" is not base64").initCause(e);
    }
  }

  /** Returns a section with the keys common to all resources. */
  public static Section section(String kind) {
    Section s = new Section(kind, "Resource " + kind + ".");
    s.required("apiVersion", Type.STRING, "Group and version.");
    s.required("kind", Type.STRING, "Kind.");
    s.required("metadata", Type.ANY, "Name, namespace, labels.");
    s.optional("status", Type.ANY, "State that an operator wrote; not read.");
    return s;
  }

  /** Checks that a resource has a name. */
  static void checkName(YamlNode n, Meta meta) {
    if (meta.name().isEmpty()) {
      throw n.error("metadata.name is required");
    }
  }
}
