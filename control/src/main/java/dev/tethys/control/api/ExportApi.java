package dev.tethys.control.api;

import dev.tethys.config.Durations;
import dev.tethys.config.YamlWriter;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.automation.Automation;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.control.source.SourceResource;
import dev.tethys.control.source.SourceResources;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /api/v1/control/export}: the current state as files of a {@link Repository}. Their
 * resources are equivalent: a repository with these files changes nothing.
 */
public final class ExportApi {
  private final ConfigStore store;
  private final Rollouts rollouts;
  private final Controls controls;
  private final Automation automation;
  private final SourceResources resources;
  private final Tokens tokens;

  public ExportApi(
      ConfigStore store,
      Rollouts rollouts,
      Controls controls,
      Automation automation,
      SourceResources resources,
      Tokens tokens) {
    this.store = store;
    this.rollouts = rollouts;
    this.controls = controls;
    this.automation = automation;
    this.resources = resources;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    routes.get(
        ControlApi.ROOT + "/export", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::json));
  }

  private JsonNode json(HttpRequest q, String user) {
    tokens.requireScope(q, "the export", Selector.ALL);
    ArrayNode out = JsonMapper.shared().createArrayNode();
    files().forEach((path, text) -> out.addObject().put("path", path).put("text", text));
    return out;
  }

  /** Returns file contents by path. */
  private Map<String, String> files() {
    Map<String, String> out = new TreeMap<>();
    List<Rollout.Assignment> assigned = rollouts.read((all, assignments) -> assignments);
    Map<String, Integer> running = new TreeMap<>();
    assigned.forEach(a -> running.put(a.configuration(), a.version()));
    for (String name : store.names()) {
      int latest = store.versions(name).size();
      ConfigVersion v = store.find(name, running.getOrDefault(name, latest));
      if (v != null) {
        out.put(name + SourceFiles.ENDING, v.text());
      }
    }
    for (Rollout.Assignment a : assigned) {
      if (a.configuration().startsWith(Packages.PREFIX)) {
        continue; // packages have no files here
      }
      out.put("rollouts/" + a.configuration() + SourceFiles.ENDING, rollout(a));
    }
    List<AutomationRule> rules = automation.rules();
    for (AutomationRule r : rules) {
      out.put(
          "rules/" + r.name() + SourceFiles.ENDING,
          manifest(SourceResource.RULE, r.name(), r.tree()));
    }
    for (LiveControl c : controls.state().active) {
      String id = c.control().id();
      if (!c.control().observe() && rules.stream().noneMatch(r -> r.starts(id))) {
        out.put("controls/" + id + SourceFiles.ENDING, control(c));
      }
    }
    out.putAll(resources.otherFiles());
    return out;
  }

  private static String manifest(String kind, String name, Map<String, ?> spec) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("apiVersion", SourceResource.API_VERSION);
    out.put("kind", kind);
    out.put("metadata", Map.of("name", name));
    out.put("spec", spec);
    return YamlWriter.write(out);
  }

  private String control(LiveControl c) {
    Control k = c.control().among(0);
    Map<String, Object> spec = new LinkedHashMap<>();
    ObjectNode n = (ObjectNode) JsonMapper.shared().readTree(k.json());
    n.properties()
        .forEach(
            e ->
                spec.put(e.getKey(), JsonMapper.shared().convertValue(e.getValue(), Object.class)));
    spec.remove("id");
    spec.remove("startMillis");
    spec.remove("endMillis");
    if (!c.selector().matchers().isEmpty()) {
      spec.put("selector", c.selector().toString());
    }
    if (!resources.isStanding(k.id())) {
      spec.put("end", Instant.ofEpochMilli(k.endMillis()).toString());
    }
    return manifest(SourceResource.CONTROL, k.id(), spec);
  }

  private String rollout(Rollout.Assignment a) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("configuration", a.configuration());
    if (!a.selector().matchers().isEmpty()) {
      spec.put("selector", a.selector().toString());
    }
    rollouts.read(
        (all, assignments) -> {
          for (Rollout r : all) {
            if (r.id == a.rollout()) {
              spec.put("applyTimeout", Durations.format(r.guard.applyTimeout()));
              spec.put("soak", Durations.format(r.guard.soak()));
              spec.put("maxLost", r.guard.maxLost());
              spec.put("minItems", r.guard.minItems());
              spec.put("maxWait", Durations.format(r.guard.maxWait()));
              if (r.guard.maxOutputChange() > 0) {
                spec.put("maxOutputChange", r.guard.maxOutputChange());
              }
              spec.put("maxMemoryGrowth", r.guard.maxMemoryGrowth());
              if (!r.guard.maxQueueAge().isZero()) {
                spec.put("maxQueueAge", Durations.format(r.guard.maxQueueAge()));
              }
              if (!r.guard.query().isEmpty()) {
                spec.put("query", r.guard.query());
              }
              if (!r.reason.isEmpty()) {
                spec.put("reason", r.reason);
              }
            }
          }
          return spec;
        });
    return manifest(SourceResource.ROLLOUT, a.configuration(), spec);
  }
}
