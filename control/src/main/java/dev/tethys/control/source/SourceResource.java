package dev.tethys.control.source;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlTree;
import dev.tethys.config.YamlWriter;
import dev.tethys.control.access.Selector;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.live.Controls;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.text.Texts;
import dev.tethys.control.validation.ConfigTest;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Resource of the group {@code tethys.dev} in a file or a cluster. Its kinds are a configuration
 * with its rollout, a live control, a rule of automation, a rollout, and a test of a configuration.
 * Files have the form of Kubernetes manifests; resources of other groups in them are left to
 * others.
 */
public sealed interface SourceResource {
  String API_VERSION = "tethys.dev/v1";

  String PIPELINE = "TethysPipeline";
  String CONTROL = "TethysControl";
  String RULE = "TethysRule";
  String ROLLOUT = "TethysRollout";
  String TEST = "TethysTest";

  /**
   * Resource identity.
   *
   * @param where {@code file:line:column}
   * @param hash content hash, excluding position and comments
   */
  record Meta(String kind, String name, String where, String hash) {
    /** Returns an ID such as {@code TethysControl/mute-checkout}. */
    String id() {
      return kind + "/" + name;
    }
  }

  Meta meta();

  /**
   * Live control.
   *
   * @param control without its end
   * @param duration duration from the moment at which it is seen; null if unset
   * @param end null if unset; a control without end and duration lasts as long as its file
   */
  public record LiveControl(
      Meta meta,
      Control control,
      Selector selector,
      @Nullable Duration duration,
      @Nullable Instant end)
      implements SourceResource {}

  /** Automation rule. */
  record Rule(Meta meta, AutomationRule rule) implements SourceResource {}

  /**
   * Rollout of a configuration.
   *
   * @param version version to roll out; null for the version in the configuration's file
   */
  public record Rollout(
      Meta meta,
      String configuration,
      @Nullable Integer version,
      Selector selector,
      Guard guard,
      String reason)
      implements SourceResource {}

  /**
   * Configuration to roll out.
   *
   * @param text text of the configuration, which is named after the resource
   */
  record Pipeline(Meta meta, String text, Rollout rollout) implements SourceResource {}

  /** Configuration test. */
  record Test(Meta meta, ConfigTest test) implements SourceResource {}

  /** Whether a text is one of manifests; others are configurations. */
  static boolean isManifest(String text) {
    return text.lines().anyMatch(l -> l.startsWith("apiVersion:"))
        && text.lines().anyMatch(l -> l.startsWith("kind:"));
  }

  /**
   * Reads the resources of a text.
   *
   * @param name source name used in error messages
   * @throws ConfigException if one is invalid
   */
  static List<SourceResource> parse(String name, String text) {
    List<SourceResource> out = new ArrayList<>();
    YamlDocument.readEach(
        YamlDocument.parseAll(name, text),
        n -> {
          if (!n.isMap()) {
            throw n.error("must be a resource with apiVersion and kind");
          }
          Map<String, YamlNode.Entry> entries = n.entries();
          String version = Reader.text(entries, "apiVersion");
          if (version.startsWith("tethys.dev/")) {
            if (!version.equals(API_VERSION)) {
              throw Reader.at(n, entries, "apiVersion")
                  .error("unknown version " + version + "; expected: " + API_VERSION);
            }
            out.add(Reader.resource(n, entries));
          }
        });
    return out;
  }

  /** Reads resources of each kind. */
  public final class Reader {
    private static final Section CONTROL_SPEC =
        new Section("control", "Live control of the fleet.").include(Control.SECTION);
    private static final Key<String> CONTROL_SELECTOR =
        CONTROL_SPEC.key("selector", Type.STRING, "", "Agents; empty for all.");
    private static final Key<Duration> DURATION =
        CONTROL_SPEC.optional(
            "duration", Type.DURATION, "Time from the first sight of the file to the end.");
    private static final Key<String> END =
        CONTROL_SPEC.optional("end", Type.STRING, "End time, as of RFC 3339.");

    private static final Section STAGES = new Section("rollout", "Agents and guards of a rollout.");
    private static final Key<String> SELECTOR =
        STAGES.key("selector", Type.STRING, "", "Agents; empty for all.");
    private static final Key<Duration> APPLY_TIMEOUT =
        STAGES.key(
            "applyTimeout",
            Type.DURATION,
            Guard.DEFAULT.applyTimeout(),
            "Time within which an agent must apply the version.");
    private static final Key<Duration> SOAK =
        STAGES.key("soak", Type.DURATION, Guard.DEFAULT.soak(), "Observation of each stage.");
    private static final Key<Double> MAX_LOST =
        STAGES.key(
            "maxLost",
            Type.FLOAT,
            Guard.DEFAULT.maxLost(),
            "Largest rise of the share of lost items, from 0 to 1.");
    private static final Key<String> QUERY =
        STAGES.key(
            "query", Type.STRING, "", "PromQL query; the rollout is undone if it has a result.");
    private static final Key<Long> MIN_ITEMS =
        STAGES.key(
            "minItems",
            Type.INT,
            Guard.DEFAULT.minItems(),
            "Items that the agents of a stage must take before the next stage; 0 for no minimum.");
    private static final Key<Duration> MAX_WAIT =
        STAGES.key(
            "maxWait",
            Type.DURATION,
            Guard.DEFAULT.maxWait(),
            "Longest wait of a stage for evidence; then the rollout is paused.");
    private static final Key<Double> MAX_OUTPUT_CHANGE =
        STAGES.key(
            "maxOutputChange",
            Type.FLOAT,
            0.0,
            "Largest relative change of the items or bytes exported per item or byte; 0 for any.");
    private static final Key<Double> MAX_MEMORY_GROWTH =
        STAGES.key(
            "maxMemoryGrowth",
            Type.FLOAT,
            Guard.DEFAULT.maxMemoryGrowth(),
            "Largest relative growth of the memory of an agent, beyond 256 MiB; 0 for any.");
    private static final Key<Duration> MAX_QUEUE_AGE =
        STAGES.key(
            "maxQueueAge",
            Type.DURATION,
            Guard.DEFAULT.maxQueueAge(),
            "Largest age of the oldest item in the queue of an exporter; 0s for any.");
    private static final Key<String> REASON =
        STAGES.key("reason", Type.STRING, "", "Reason, kept in the audit log.");

    private static final Section PIPELINE_SPEC =
        new Section("pipeline", "Configuration, and its rollout to agents.");
    private static final Key<YamlNode> CONFIG =
        PIPELINE_SPEC.required(
            "config", Type.ANY, "Configuration of a collector, as a text or as a map.");

    private static final Section ROLLOUT_SPEC =
        new Section("rollout", "Rollout of a configuration to agents.");
    private static final Key<String> CONFIGURATION =
        ROLLOUT_SPEC.required("configuration", Type.STRING, "Name of the configuration.");
    private static final Key<Long> VERSION =
        ROLLOUT_SPEC.optional(
            "version", Type.INT, "Number of the version; by default that of the file.");

    /** Content keys of each kind. */
    public static final Map<String, Section> SPECS =
        new TreeMap<>(
            Map.of(
                PIPELINE,
                PIPELINE_SPEC,
                CONTROL,
                CONTROL_SPEC,
                RULE,
                AutomationRule.SPEC,
                ROLLOUT,
                ROLLOUT_SPEC,
                TEST,
                ConfigTest.SPEC));

    /** Keys of a live control that its manifest has elsewhere. */
    public static final Set<String> OF_MANIFEST = Set.of("id", "endMillis");

    private static final Map<String, Section> SECTIONS = new TreeMap<>();
    private static final Map<String, Key<YamlObject>> SPEC_KEYS = new TreeMap<>();

    static {
      PIPELINE_SPEC.include(STAGES);
      ROLLOUT_SPEC.include(STAGES);
      SPECS.forEach(
          (kind, spec) -> {
            Section s = ManifestReader.section(kind);
            SPEC_KEYS.put(kind, s.required("spec", spec.type(o -> o), "Content."));
            SECTIONS.put(kind, s);
          });
    }

    private Reader() {}

    private static String text(Map<String, YamlNode.Entry> entries, String key) {
      YamlNode.Entry e = entries.get(key);
      return e == null ? "" : e.value().asString();
    }

    private static YamlNode at(YamlNode map, Map<String, YamlNode.Entry> entries, String key) {
      YamlNode.Entry e = entries.get(key);
      return e == null ? map : e.value();
    }

    private static SourceResource resource(YamlNode n, Map<String, YamlNode.Entry> entries) {
      String kind = text(entries, "kind");
      Section section = SECTIONS.get(kind);
      Key<YamlObject> key = SPEC_KEYS.get(kind);
      if (section == null || key == null) {
        throw at(n, entries, "kind")
            .error(
                "unknown kind \""
                    + Texts.shortened(kind, 80)
                    + "\" of "
                    + API_VERSION
                    + "; expected one of: "
                    + String.join(", ", SECTIONS.keySet()));
      }
      YamlObject spec = n.object(section).get(key);
      spec.readAll();
      YamlNode metadata = at(n, entries, "metadata");
      String name = metadata.isMap() ? text(metadata.entries(), "name") : "";
      if (name.isEmpty()) {
        throw metadata.error("metadata.name is required");
      }
      try {
        ConfigStore.checkName(name); // the form of all names here
      } catch (IllegalArgumentException e) {
        throw (ConfigException)
            at(metadata, metadata.entries(), "name")
                .error(
                    "must have 1 to 63 characters of a-z, 0-9, '.', '_' and '-', the first a"
                        + " letter or digit")
                .initCause(e);
      }
      String content = JsonMapper.shared().writeValueAsString(spec.node().asTree());
      Meta meta =
          new Meta(kind, name, n.where(), Texts.sha256(kind + "\n" + name + "\n" + content));
      return switch (kind) {
        case CONTROL -> control(meta, spec);
        case RULE -> new Rule(meta, AutomationRule.read(name, spec));
        case PIPELINE ->
            new Pipeline(meta, configText(spec), rollout(meta, spec, meta.name(), null));
        case ROLLOUT -> rollout(meta, spec, spec.get(CONFIGURATION), version(spec));
        default -> new Test(meta, ConfigTest.read(name, spec));
      };
    }

    private static LiveControl control(Meta meta, YamlObject o) {
      Map<String, YamlNode.Entry> entries = o.node().entries();
      for (String key : OF_MANIFEST) {
        if (entries.containsKey(key)) {
          throw at(o.node(), entries, key)
              .error(key.equals("id") ? "the id is metadata.name" : "write end or duration");
        }
      }
      Control c = Control.read(o);
      ControlDocument.check(o.node(), c);
      Duration duration = o.find(DURATION);
      String end = o.find(END);
      if (duration != null && end != null) {
        throw o.error(END, "excludes duration; write one of them");
      }
      if (duration != null && (duration.isZero() || duration.compareTo(Controls.LONGEST) > 0)) {
        throw o.error(DURATION, "must be more than 0s and at most 30d");
      }
      return new LiveControl(
          meta,
          c.with(meta.name(), c.owner(), c.reason(), 0),
          selector(o, CONTROL_SELECTOR),
          duration,
          end == null ? null : time(o, end));
    }

    private static Instant time(YamlObject o, String text) {
      try {
        return OffsetDateTime.parse(text).toInstant();
      } catch (DateTimeException e) {
        throw (ConfigException)
            o.error(END, "must be a time such as 2026-12-31T18:00:00Z, not " + text).initCause(e);
      }
    }

    private static Selector selector(YamlObject o, Key<String> key) {
      try {
        return Selector.parse(o.get(key));
      } catch (IllegalArgumentException e) {
        throw (ConfigException) o.error(key, String.valueOf(e.getMessage())).initCause(e);
      }
    }

    private static String configText(YamlObject o) {
      YamlNode n = o.get(CONFIG);
      if (!n.isMap() && (!n.isScalar() || n.isNull() || n.asString().isBlank())) {
        throw o.error(CONFIG, "must be the text of a configuration, or a map");
      }
      return configText(n);
    }

    /** Returns text unchanged, or renders a map in the order of its keys. */
    static String configText(YamlNode n) {
      if (!n.isMap()) {
        return n.asString();
      }
      Map<String, Object> tree = new LinkedHashMap<>();
      n.entries().forEach((k, e) -> tree.put(k, e.value()));
      return YamlWriter.write(
          YamlTree.written(tree, YamlTree.document(tree, n.where()), text -> text));
    }

    private static @Nullable Integer version(YamlObject o) {
      Long version = o.find(VERSION);
      if (version != null && (version < 1 || version > Integer.MAX_VALUE)) {
        throw o.error(VERSION, "must be at least 1");
      }
      return version == null ? null : version.intValue();
    }

    private static Rollout rollout(
        Meta meta, YamlObject o, String configuration, @Nullable Integer version) {
      Guard guard;
      try {
        guard =
            new Guard(
                o.get(APPLY_TIMEOUT),
                o.get(SOAK),
                o.get(MAX_LOST),
                o.get(QUERY),
                o.get(MIN_ITEMS),
                o.get(MAX_WAIT),
                o.get(MAX_OUTPUT_CHANGE),
                o.get(MAX_MEMORY_GROWTH),
                o.get(MAX_QUEUE_AGE));
      } catch (IllegalArgumentException e) {
        throw (ConfigException) o.error(String.valueOf(e.getMessage())).initCause(e);
      }
      return new Rollout(
          meta,
          configuration,
          version,
          selector(o, SELECTOR),
          guard,
          Texts.shortened(o.get(REASON), 4096));
    }
  }
}
