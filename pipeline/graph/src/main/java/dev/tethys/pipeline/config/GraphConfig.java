package dev.tethys.pipeline.config;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.NameSuggestion;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.config.PipelineDefinition.Use;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Validated configuration: all components are known, settings are parsed, references resolve,
 * signals match, there are no cycles.
 *
 * @param extensions extensions in start order
 * @param pipelines pipelines in configuration order
 * @param unused components that are defined but not used
 */
public record GraphConfig(
    List<Definition> extensions,
    List<PipelineDefinition> pipelines,
    List<Definition> unused,
    TelemetrySettings telemetry,
    YamlNode root) {
  private static final Type<Map<String, YamlNode>> FREE =
      Type.of("map", Map.of(), GraphConfig::free);
  private static final Section TOP =
      new Section("configuration", "Configuration of components and pipelines.");
  private static final Map<ComponentKind, Key<Map<String, YamlNode>>> KINDS =
      new EnumMap<>(ComponentKind.class);

  static {
    for (ComponentKind k : ComponentKind.values()) {
      KINDS.put(
          k,
          TOP.key(
              k.section(), FREE, Map.of(), "Components of this kind by ID: type or type/name."));
    }
  }

  private static final Section SERVICE =
      new Section("service", "Pipelines to run, extensions and telemetry of the process.");
  private static final Key<List<YamlNode>> EXTENSIONS =
      SERVICE.key("extensions", Type.list(Type.ANY), List.of(), "Extensions that run, in order.");
  private static final Key<Map<String, YamlNode>> PIPELINES =
      SERVICE.key("pipelines", FREE, Map.of(), "Pipelines by ID: signal or signal/name.");
  private static final Key<TelemetrySettings> TELEMETRY =
      SERVICE.key(
          "telemetry",
          TelemetrySettings.TYPE,
          TelemetrySettings.DEFAULT,
          "Telemetry of the process itself.");
  private static final Key<YamlObject> SERVICE_KEY =
      TOP.required(
          "service",
          SERVICE.type(o -> o),
          "Pipelines to run, extensions and telemetry of the process.");

  private static final Section PIPELINE = new Section("pipeline", "Pipeline of one signal.");
  private static final Key<List<YamlNode>> RECEIVERS =
      PIPELINE.key("receivers", Type.list(Type.ANY), List.of(), "Receivers of the pipeline.");
  private static final Key<List<YamlNode>> PROCESSORS =
      PIPELINE.key(
          "processors", Type.list(Type.ANY), List.of(), "Processors of the pipeline, in order.");
  private static final Key<List<YamlNode>> EXPORTERS =
      PIPELINE.key("exporters", Type.list(Type.ANY), List.of(), "Exporters of the pipeline.");

  private static final Type<YamlObject> PIPELINE_TYPE = PIPELINE.type(o -> o);

  /** Names of the components that will run. */
  public RunningGraph running() {
    return new RunningGraph(
        extensions.stream().map(Definition::id).toList(),
        pipelines.stream()
            .map(
                p ->
                    new RunningGraph.Pipeline(
                        p.id(), ids(p.receivers()), ids(p.processors()), ids(p.exporters())))
            .toList());
  }

  private static List<ComponentId> ids(List<Use> uses) {
    return uses.stream().map(u -> u.definition().id()).toList();
  }

  private static Map<String, YamlNode> free(YamlNode n) {
    Map<String, YamlNode> out = new LinkedHashMap<>();
    n.entries().forEach((k, e) -> out.put(k, e.value()));
    return out;
  }

  /**
   * Reads a configuration.
   *
   * @param allowUnused whether unused components only cause warnings; they are read anyway
   * @throws ConfigException at the position of an error or an unsupported setting
   */
  public static GraphConfig read(
      YamlDocument document, Components components, boolean allowUnused) {
    return document.readWhole(() -> readOnce(document, components, allowUnused));
  }

  private static GraphConfig readOnce(
      YamlDocument document, Components components, boolean allowUnused) {
    YamlNode root = document.readingAsCollector().root();
    if (root.isNull()) {
      throw root.error("the configuration is empty; it requires service.pipelines at least");
    }
    YamlObject top = root.object(TOP);
    Reader r = new Reader(components);
    for (ComponentKind k : ComponentKind.values()) {
      YamlNode at = top.at(KINDS.get(k) == null ? SERVICE_KEY : KINDS.get(k));
      if (at != null) {
        root.attempt(() -> r.define(k, at));
      }
    }
    YamlObject service = top.get(SERVICE_KEY);
    List<Definition> extensions = new ArrayList<>();
    for (YamlNode n : service.get(EXTENSIONS)) {
      n.attempt(
          () -> {
            Definition d = r.use(n, ComponentKind.EXTENSION);
            if (extensions.contains(d)) {
              throw n.error("extension \"" + d.id() + "\" is named twice");
            }
            extensions.add(d);
          });
    }
    List<PipelineDefinition> pipelines = new ArrayList<>();
    YamlNode at = service.at(PIPELINES);
    if (at == null || at.entries().isEmpty()) {
      throw service.error(PIPELINES, "service.pipelines requires at least one pipeline");
    }
    Set<PipelineId> ids = new HashSet<>();
    ConfigException incomplete = null;
    int read = 0; // number of pipelines whose components were marked as used
    for (YamlNode.Entry e : at.entries().values()) {
      AtomicReference<PipelineId> id = new AtomicReference<>();
      ConfigException x =
          e.key()
              .attempt(
                  () -> {
                    id.set(e.key().parse(PipelineId::parse));
                    if (!ids.add(id.get())) {
                      throw e.key().error("pipeline \"" + id.get() + "\" appears twice");
                    }
                    PIPELINE_TYPE.read(e.value());
                  });
      if (x == null) {
        read++;
        x = e.key().attempt(() -> pipelines.add(r.pipeline(id.get(), e)));
      }
      incomplete = incomplete == null ? x : incomplete;
    }
    r.addEntityPipelines(pipelines, ids);
    List<Definition> unused = r.unused();
    if (!allowUnused && read == at.entries().size()) {
      unused.forEach(GraphConfig::refuse);
    }
    if (incomplete != null) {
      throw incomplete; // connections depend on all pipelines
    }
    r.checkConnectors(pipelines);
    checkCircles(pipelines);
    TelemetrySettings telemetry = service.get(TELEMETRY);
    document.refuseNotBuilt();
    return new GraphConfig(
        List.copyOf(extensions), List.copyOf(pipelines), unused, telemetry, root);
  }

  /** Warnings about a configuration that is valid: each names its place. */
  public List<String> warnings() {
    return unused.stream().map(d -> d.key().where() + ": " + unusedText(d)).toList();
  }

  private static void refuse(Definition unused) {
    unused
        .key()
        .attempt(
            () -> {
              throw unused
                  .key()
                  .error(unusedText(unused) + "; remove it, or allow it with --allow-unused");
            });
  }

  private static String unusedText(Definition d) {
    return d
        + " is not used: "
        + (d.kind() == ComponentKind.EXTENSION
            ? "service.extensions does not name it"
            : "no pipeline names it");
  }

  /** Configuration reader state. */
  private static final class Reader {
    private final Components components;
    private final Map<ComponentKind, Map<ComponentId, Definition>> defined =
        new EnumMap<>(ComponentKind.class);
    private final Set<Definition> used = new HashSet<>();

    /** Mistakes of components, which are not defined therefore. */
    private final Map<ComponentKind, Map<ComponentId, ConfigException>> mistaken =
        new EnumMap<>(ComponentKind.class);

    Reader(Components components) {
      this.components = components;
      for (ComponentKind k : ComponentKind.values()) {
        defined.put(k, new LinkedHashMap<>());
      }
    }

    private Map<ComponentId, Definition> of(ComponentKind k) {
      return defined.getOrDefault(k, Map.of());
    }

    void define(ComponentKind kind, YamlNode section) {
      for (YamlNode.Entry e : section.entries().values()) {
        ConfigException x = e.key().attempt(() -> define(kind, e.key(), e.value()));
        if (x != null) {
          e.key()
              .attempt(
                  () ->
                      mistaken
                          .computeIfAbsent(kind, k -> new HashMap<>())
                          .put(components.canonical(kind, e.key().parse(ComponentId::parse)), x));
        }
      }
    }

    private void define(ComponentKind kind, YamlNode key, YamlNode body) {
      ComponentId written = key.parse(ComponentId::parse);
      ComponentFactory<?> f =
          components
              .find(kind, written.type())
              .orElseThrow(() -> key.error(components.unknown(kind, written.type())));
      ComponentId id = new ComponentId(f.type(), written.name());
      Definition d = new Definition(kind, id, f, key, body, f.settings().read(body));
      Definition twin = of(kind).putIfAbsent(id, d);
      if (twin != null) {
        throw key.error(
            kind.word()
                + " \""
                + written
                + "\" is the same as \""
                + twin.key().asString()
                + "\" at "
                + twin.key().where());
      }
      ComponentKind other = kind == ComponentKind.CONNECTOR ? ComponentKind.EXPORTER : kind;
      if (kind == ComponentKind.CONNECTOR
          && (of(ComponentKind.RECEIVER).containsKey(id) || of(other).containsKey(id))) {
        throw key.error("\"" + id + "\" is a connector and a receiver or exporter");
      }
    }

    /** Finds a named component in the first kind that defines it. */
    Definition use(YamlNode name, ComponentKind... kinds) {
      ComponentId written = name.parse(ComponentId::parse);
      for (ComponentKind k : kinds) {
        Definition d = of(k).get(components.canonical(k, written));
        if (d != null) {
          used.add(d);
          return d;
        }
        ConfigException mistake =
            mistaken.getOrDefault(k, Map.of()).get(components.canonical(k, written));
        if (mistake != null) {
          throw mistake;
        }
      }
      List<String> there = new ArrayList<>();
      for (ComponentKind k : kinds) {
        of(k).values().forEach(d -> there.add(d.id().toString()));
      }
      String nearest = NameSuggestion.of(written.toString(), there);
      throw name.error(
          kinds[0].word()
              + " \""
              + written
              + "\" is not defined in "
              + kinds[0].section()
              + (kinds.length > 1 ? " or connectors" : "")
              + (nearest != null
                  ? "; did you mean \"" + nearest + "\"?"
                  : there.isEmpty() ? "" : "; expected one of: " + String.join(", ", there)));
    }

    PipelineDefinition pipeline(PipelineId id, YamlNode.Entry e) {
      if (e.value().isNull()) {
        throw e.key()
            .error("pipeline \"" + id + "\" is empty; it requires receivers and exporters");
      }
      YamlObject o = PIPELINE_TYPE.read(e.value());
      List<Use> receivers = new ArrayList<>();
      List<Use> processors = new ArrayList<>();
      List<Use> exporters = new ArrayList<>();
      ConfigException first = null;
      for (Runnable list :
          List.<Runnable>of(
              () ->
                  addUses(
                      receivers, o, RECEIVERS, id, ComponentKind.RECEIVER, ComponentKind.CONNECTOR),
              () -> addUses(processors, o, PROCESSORS, id, ComponentKind.PROCESSOR),
              () ->
                  addUses(
                      exporters,
                      o,
                      EXPORTERS,
                      id,
                      ComponentKind.EXPORTER,
                      ComponentKind.CONNECTOR))) {
        ConfigException x = e.key().attempt(list);
        first = first == null ? x : first;
      }
      if (first != null) {
        throw first;
      }
      if (receivers.isEmpty()) {
        throw o.error(RECEIVERS, "pipeline \"" + id + "\" requires at least one receiver");
      }
      if (exporters.isEmpty()) {
        throw o.error(EXPORTERS, "pipeline \"" + id + "\" requires at least one exporter");
      }
      return new PipelineDefinition(
          id, List.copyOf(receivers), List.copyOf(processors), List.copyOf(exporters));
    }

    private void addUses(
        List<Use> out,
        YamlObject o,
        Key<List<YamlNode>> key,
        PipelineId pipeline,
        ComponentKind... kinds) {
      ConfigException first = null;
      for (YamlNode n : o.get(key)) {
        ConfigException x =
            n.attempt(
                () -> {
                  Definition d = use(n, kinds);
                  if (out.stream().anyMatch(u -> u.definition() == d)) {
                    throw n.error(d + " is named twice in pipeline \"" + pipeline + "\"");
                  }
                  Set<Signal> signals = signals(d.factory());
                  if (!signals.contains(pipeline.signal())) {
                    throw n.error(
                        d
                            + " does not do "
                            + word(pipeline.signal())
                            + "; it does "
                            + signals.stream()
                                .map(GraphConfig::word)
                                .collect(Collectors.joining(", ")));
                  }
                  out.add(new Use(d, n.where()));
                });
        first = first == null ? x : first;
      }
      if (first != null) {
        throw first;
      }
    }

    /** Adds a logs pipeline for each receiver whose settings name exporters of entities. */
    void addEntityPipelines(List<PipelineDefinition> to, Set<PipelineId> taken) {
      for (Definition d : List.copyOf(of(ComponentKind.RECEIVER).values())) {
        List<Use> exporters = new ArrayList<>();
        for (Reference name : used.contains(d) ? d.entityExporters() : List.<Reference>of()) {
          d.key()
              .attempt(
                  () -> {
                    Use use = entityExporter(name);
                    if (exporters.stream().noneMatch(u -> u.definition() == use.definition())) {
                      exporters.add(use);
                    }
                  });
        }
        if (!exporters.isEmpty()) {
          PipelineId id = new PipelineId(Signal.LOGS, "entities-" + d.id());
          if (!taken.add(id)) {
            throw d.key().error("pipeline \"" + id + "\" exists; rename it");
          }
          String where = exporters.getFirst().where();
          to.add(
              new PipelineDefinition(
                  id, List.of(new Use(d, where)), List.of(), List.copyOf(exporters)));
        }
      }
    }

    private Use entityExporter(Reference name) {
      ComponentId id = components.canonical(ComponentKind.EXPORTER, name.id());
      Definition d = of(ComponentKind.EXPORTER).get(id);
      if (d == null) {
        throw new ConfigException(
            name.where(), "exporter \"" + name.id() + "\" is not defined in exporters");
      }
      if (!signals(d.factory()).contains(Signal.LOGS)) {
        throw new ConfigException(
            name.where(), d + " does not do logs, which entities of receivers are");
      }
      used.add(d);
      return new Use(d, name.where());
    }

    /** Checks that connectors end and start pipelines, with signals that they can convert. */
    void checkConnectors(List<PipelineDefinition> pipelines) {
      for (Definition d : of(ComponentKind.CONNECTOR).values()) {
        List<Use> in = new ArrayList<>();
        List<PipelineDefinition> from = ending(pipelines, d, in);
        List<Use> out = new ArrayList<>();
        List<PipelineDefinition> to = beginning(pipelines, d, out);
        if (from.isEmpty() && to.isEmpty()) {
          continue;
        }
        if (from.isEmpty() || to.isEmpty()) {
          throw new ConfigException(
              (from.isEmpty() ? out : in).getFirst().where(),
              d
                  + (from.isEmpty()
                      ? " is a receiver here, but no pipeline has it as exporter"
                      : " is an exporter here, but no pipeline has it as receiver"));
        }
        ConnectorFactory<?> f = (ConnectorFactory<?>) d.factory();
        for (int i = 0; i < from.size(); i++) {
          Signal s = from.get(i).id().signal();
          if (to.stream().noneMatch(p -> f.connects(s, p.id().signal()))) {
            throw new ConfigException(
                in.get(i).where(),
                d
                    + " cannot turn "
                    + word(s)
                    + " into "
                    + to.stream()
                        .map(p -> word(p.id().signal()))
                        .distinct()
                        .collect(Collectors.joining(" or ")));
          }
        }
        for (int i = 0; i < to.size(); i++) {
          Signal s = to.get(i).id().signal();
          if (from.stream().noneMatch(p -> f.connects(p.id().signal(), s))) {
            throw new ConfigException(
                out.get(i).where(),
                d + " cannot create " + word(s) + " from the signals of its input pipelines");
          }
        }
      }
    }

    List<Definition> unused() {
      return defined.values().stream()
          .flatMap(m -> m.values().stream())
          .filter(d -> !used.contains(d))
          .toList();
    }
  }

  private static List<PipelineDefinition> ending(
      List<PipelineDefinition> all, Definition d, List<Use> uses) {
    return with(all, d, uses, PipelineDefinition::exporters);
  }

  private static List<PipelineDefinition> beginning(
      List<PipelineDefinition> all, Definition d, List<Use> uses) {
    return with(all, d, uses, PipelineDefinition::receivers);
  }

  private static List<PipelineDefinition> with(
      List<PipelineDefinition> all,
      Definition d,
      List<Use> uses,
      Function<PipelineDefinition, List<Use>> list) {
    List<PipelineDefinition> out = new ArrayList<>();
    for (PipelineDefinition p : all) {
      for (Use u : list.apply(p)) {
        if (u.definition() == d) {
          out.add(p);
          uses.add(u);
        }
      }
    }
    return out;
  }

  /** Returns the pipelines reachable from a pipeline through a connector. */
  static List<PipelineDefinition> behind(List<PipelineDefinition> all, PipelineDefinition p) {
    List<PipelineDefinition> out = new ArrayList<>();
    for (Use u : p.exporters()) {
      if (u.definition().kind() == ComponentKind.CONNECTOR) {
        ConnectorFactory<?> f = (ConnectorFactory<?>) u.definition().factory();
        Predicate<PipelineDefinition> reached =
            q ->
                f.connects(p.id().signal(), q.id().signal())
                    && q.receivers().stream().anyMatch(x -> x.definition() == u.definition());
        all.stream().filter(reached).forEach(out::add);
      }
    }
    return out;
  }

  private static void checkCircles(List<PipelineDefinition> all) {
    Map<PipelineDefinition, Boolean> finished = new HashMap<>();
    for (PipelineDefinition p : all) {
      visit(all, p, finished, new ArrayDeque<>());
    }
  }

  private static void visit(
      List<PipelineDefinition> all,
      PipelineDefinition p,
      Map<PipelineDefinition, Boolean> finished,
      ArrayDeque<PipelineDefinition> path) {
    Boolean state = finished.get(p);
    if (Boolean.TRUE.equals(state)) {
      return;
    }
    path.addLast(p);
    if (state != null) {
      List<String> circle = new ArrayList<>();
      for (PipelineDefinition q : path) {
        if (q == p || !circle.isEmpty()) {
          circle.add(q.id().toString());
        }
      }
      Use through =
          path.stream()
              .filter(q -> behind(all, q).contains(p))
              .reduce((a, b) -> b)
              .flatMap(
                  q ->
                      q.exporters().stream()
                          .filter(u -> u.definition().kind() == ComponentKind.CONNECTOR)
                          .findFirst())
              .orElseThrow();
      throw new ConfigException(
          through.where(), "pipelines form a cycle: " + String.join(" -> ", circle));
    }
    finished.put(p, false);
    for (PipelineDefinition next : behind(all, p)) {
      visit(all, next, finished, path);
    }
    path.removeLast();
    finished.put(p, true);
  }

  private static Set<Signal> signals(ComponentFactory<?> f) {
    return switch (f) {
      case ReceiverFactory<?> x -> x.signals();
      case ProcessorFactory<?> x -> x.signals();
      case ExporterFactory<?> x -> x.signals();
      default -> Set.of(Signal.values());
    };
  }

  static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }
}
