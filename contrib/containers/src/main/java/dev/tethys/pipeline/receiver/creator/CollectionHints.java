package dev.tethys.pipeline.receiver.creator;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Collection hints in annotations of pods: the metrics receiver of a port, the log receiver of a
 * container. Keys under {@code …metrics.<port>/} or {@code …logs.<container>/} override keys under
 * {@code …metrics/} or {@code …logs/}.
 *
 * <p>A pod controls only its own collection: addresses must be its own ports, logs its own files.
 */
final class CollectionHints {
  private static final System.Logger LOG = JulLogger.of(CollectionHints.class.getName());
  private static final String PREFIX = "io.opentelemetry.discovery.";
  private static final String FILE_LOG = "file_log";

  private final CreatorSettings.Discovery discovery;
  private final Template.Scope scope;

  /** Annotations for one endpoint. */
  private record EndpointHints(Map<String, String> all, String signal, String part) {
    String get(String what) {
      String own = all.get(PREFIX + signal + "." + part + "/" + what);
      return own != null ? own : all.getOrDefault(PREFIX + signal + "/" + what, "");
    }
  }

  CollectionHints(CreatorSettings.Discovery discovery, Template.Scope scope) {
    this.discovery = discovery;
    this.scope = scope;
    YamlNode usual = discovery.fileLog();
    if (usual != null && usual.entries().get("include") instanceof YamlNode.Entry(var key, _)) {
      throw key.error("include is always the log of the annotated container; it cannot be set");
    }
  }

  /**
   * Returns the template for an endpoint from its pod's annotations; empty if there are none.
   *
   * @throws ConfigException if they are invalid
   */
  Optional<Template> template(Endpoint e) {
    if (!(e.values().get("pod") instanceof Attributes pod)) {
      return Optional.empty();
    }
    Map<String, String> all = new LinkedHashMap<>(discovery.annotations());
    if (pod.get("annotations") instanceof Attributes a) {
      a.forEach((k, v) -> all.put(k, String.valueOf(v)));
    }
    return switch (e.kind()) {
      case PORT -> metrics(e, pod, new EndpointHints(all, "metrics", text(e.values(), "port")));
      case POD_CONTAINER ->
          logs(e, pod, new EndpointHints(all, "logs", text(e.values(), "container_name")));
      default -> Optional.empty();
    };
  }

  private static String text(Attributes of, String key) {
    return String.valueOf(of.get(key));
  }

  private Optional<Template> metrics(Endpoint e, Attributes pod, EndpointHints hints) {
    String type = hints.get("scraper");
    if (!hints.get("enabled").equals("true") || type.isEmpty() || isIgnored(type)) {
      return Optional.empty();
    }
    YamlNode config = read(hints.get("config"), "metrics", e);
    checkTargets(config, e);
    return Optional.of(made(e, type, text(pod, "uid") + "_" + hints.part, config, Signal.METRICS));
  }

  private Optional<Template> logs(Endpoint e, Attributes pod, EndpointHints hints) {
    if (!hints.get("enabled").equals("true") || isIgnored(FILE_LOG)) {
      return Optional.empty();
    }
    YamlNode own = read(hints.get("config"), "logs", e);
    if (own.entries().containsKey("include")) {
      LOG.log(
          Level.WARNING,
          "{0}: include in an annotation is ignored: it is the log of the container",
          e);
    }
    String path =
        "/var/log/pods/%s_%s_%s/%s/*.log"
            .formatted(text(pod, "namespace"), text(pod, "name"), text(pod, "uid"), hints.part);
    // Earlier entries take precedence.
    YamlNode config = read("include: ['" + path.replace("'", "''") + "']", "logs", e);
    config = under(config, own);
    if (discovery.fileLog() != null) {
      config = under(config, discovery.fileLog());
    }
    config =
        under(
            config,
            read(
                "{include_file_path: true, include_file_name: false, operators: [{id:"
                    + " container-parser, type: container}]}",
                "logs",
                e));
    return Optional.of(made(e, FILE_LOG, text(pod, "uid") + "_" + hints.part, config, Signal.LOGS));
  }

  /** Adds the entries of another map whose keys are missing. */
  private static YamlNode under(YamlNode map, YamlNode other) {
    Map<String, YamlNode> entries = new LinkedHashMap<>();
    other.entries().forEach((k, v) -> entries.put(k, v.value()));
    return map.rewritten(_ -> null, entries).root();
  }

  private Template made(Endpoint e, String type, String name, YamlNode config, Signal signal) {
    ComponentId id;
    try {
      id = new ComponentId(ComponentId.parse(type).type(), name);
    } catch (IllegalArgumentException x) {
      throw new ConfigException("the annotation of a scraper", String.valueOf(x.getMessage()));
    }
    return new Template(
        scope, id, config, config, Map.of(), Set.of(e.kind()), e.kind().fields(), Set.of(signal));
  }

  private boolean isIgnored(String type) {
    String canonical = scope.receivers().canonical(new ComponentId(type, "")).type();
    return discovery.ignored().stream()
        .anyMatch(
            i -> scope.receivers().canonical(new ComponentId(i, "")).type().equals(canonical));
  }

  private static YamlNode read(String yaml, String signal, Endpoint e) {
    YamlNode n =
        YamlDocument.parse("annotation " + PREFIX + signal + "/config of " + e, null, yaml)
            .readingAsCollector()
            .root();
    n.entries(); // it is a map
    return n;
  }

  /** Addresses in a configuration of a pod are of that pod. */
  private static void checkTargets(YamlNode config, Endpoint e) {
    for (Map.Entry<String, YamlNode.Entry> entry : config.entries().entrySet()) {
      YamlNode v = entry.getValue().value();
      String key = entry.getKey();
      if (v.isMap()) {
        checkTargets(v, e);
      } else if (v.isList()) {
        for (YamlNode i : v.items()) {
          if (i.isMap()) {
            checkTargets(i, e);
          } else if (key.equals("targets")) {
            checkTarget(i, e);
          }
        }
      } else if (key.equals("endpoint")) {
        checkTarget(v, e);
      }
    }
  }

  private static void checkTarget(YamlNode address, Endpoint e) {
    String text;
    try {
      text =
          Objects.toString(
              DynamicText.of(address.asString(), e.kind().fields()).value(e.values()), "");
    } catch (ExpressionException x) {
      throw address.error(String.valueOf(x.getMessage()));
    }
    int scheme = text.indexOf("://");
    String host = (scheme < 0 ? text : text.substring(scheme + 3)).replaceFirst("[/?#].*", "");
    if (!host.equals(e.target())) {
      throw address.error(
          "a pod may only refer to itself, as in http://`endpoint`/metrics: \""
              + text
              + "\" is not at "
              + e.target());
    }
  }
}
