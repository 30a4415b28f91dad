package dev.tethys.control.api;

import dev.tethys.codec.opamp.SignedConfig;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.validation.VersionCheck;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Diff;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Versions of configurations: list, addition, text and differences. */
public final class VersionsApi {
  private final ConfigStore store;
  private final Rollouts rollouts;
  private final VersionCheck check;
  private final AuditLog audit;
  private final Tokens tokens;
  private final Scheduler clock;

  public VersionsApi(
      ConfigStore store,
      Rollouts rollouts,
      VersionCheck check,
      AuditLog audit,
      Tokens tokens,
      Scheduler clock) {
    this.store = store;
    this.rollouts = rollouts;
    this.check = check;
    this.audit = audit;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    String path = ControlApi.ROOT + "/configurations";
    routes.get(path, ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> configurations()));
    routes.post(path, ControlApi.on(tokens, Tokens.Role.OPERATOR, this::push));
    routes.get(path + "/{name}", ControlApi.on(tokens, Tokens.Role.VIEWER, this::versions));
    routes.get(
        path + "/{name}/{version}", ControlApi.on(tokens, Tokens.Role.VIEWER, this::version));
    routes.get(
        ControlApi.ROOT + "/diff/{name}", ControlApi.on(tokens, Tokens.Role.VIEWER, this::diff));
  }

  private JsonNode configurations() {
    ArrayNode out = JsonMapper.shared().createArrayNode();
    for (String name : store.names()) {
      List<ConfigVersion> all = store.versions(name);
      out.add(json(all.getLast(), false));
    }
    return out;
  }

  private static ObjectNode json(ConfigVersion v, boolean withText) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("name", v.name()).put("version", v.number()).put("timeMillis", v.time());
    n.put("author", v.author()).put("reason", v.reason()).put("hash", v.hash());
    n.put("validation", v.validation()).put("bytes", v.text().length());
    n.put("signed", SignedConfig.of(v.text()).isSigned());
    if (withText) {
      n.put("text", v.text());
    }
    return n;
  }

  private JsonNode push(HttpRequest q, String user) throws IOException {
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "name", "text", "author", "reason", "validate");
    String name = ControlApi.text(body, "name", true);
    String text = ControlApi.text(body, "text", true);
    ConfigStore.checkName(name);
    String author = ControlApi.author(body, user);
    String reason = ControlApi.requiredReason(body);
    if (text.length() > ConfigStore.MAX_TEXT) {
      throw new IllegalArgumentException(
          "configuration of " + text.length() + " characters; at most " + ConfigStore.MAX_TEXT);
    }
    String validation = "not validated: skipped by the author";
    if (body.path("validate").asBoolean(true)) {
      validation = check.check(name, name + ".yaml", text);
    } else {
      check.refuseSecrets(name + ".yaml", text);
    }
    ConfigVersion v =
        store.add(
            name,
            text,
            new ConfigVersion.Author(author, tokens.scope(q).toString()),
            reason,
            validation,
            clock.millis(),
            ConfigStore.noting(audit, author));
    return json(v, false);
  }

  private JsonNode versions(HttpRequest q, String user) {
    List<ConfigVersion> all = store.versions(q.pathParam("name"));
    if (all.isEmpty()) {
      throw new NotFoundException("unknown configuration " + q.pathParam("name"));
    }
    int limit = ControlApi.limit(q.query(), ControlApi.MAX_LISTED);
    Map<Integer, String> undone = rollouts.undone(q.pathParam("name"));
    ArrayNode out = JsonMapper.shared().createArrayNode();
    for (ConfigVersion v : all.reversed()) {
      if (out.size() < limit) {
        ObjectNode n = json(v, false);
        String why = undone.get(v.number());
        if (why != null) {
          n.put("undone", why);
        }
        out.add(n);
      }
    }
    return out;
  }

  private ConfigVersion found(String name, int number) {
    ConfigVersion v = store.find(name, number);
    if (v == null) {
      throw store.notFound(name, number);
    }
    return v;
  }

  private JsonNode version(HttpRequest q, String user) {
    return json(
        found(q.pathParam("name"), ControlApi.number("version", q.pathParam("version"))), true);
  }

  private JsonNode diff(HttpRequest q, String user) {
    String name = q.pathParam("name");
    ConfigVersion to = found(name, ControlApi.number("to", q.query().first("to")));
    int from = ControlApi.number("from", q.query().first("from"));
    Diff d = Diff.between(from == 0 ? "" : found(name, from).text(), to.text());
    ObjectNode out = JsonMapper.shared().createObjectNode().put("text", d.text());
    ArrayNode components = out.putArray("components");
    for (Diff.Change c : d.components()) {
      ObjectNode n = components.addObject().put("change", c.kind()).put("component", c.component());
      ArrayNode keys = n.putArray("keys");
      c.keys().forEach(keys::add);
    }
    ArrayNode edges = out.putArray("edges");
    d.edges().forEach(edges::add);
    if (!d.problem().isEmpty()) {
      out.put("problem", d.problem());
    }
    return out;
  }
}
