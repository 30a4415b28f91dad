package dev.tethys.control.api;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Audit log: latest entries, export and verification. */
public final class AuditApi {
  private final AuditLog audit;
  private final Tokens tokens;

  public AuditApi(AuditLog audit, Tokens tokens) {
    this.audit = audit;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    String path = ControlApi.ROOT + "/audit";
    routes.get(path, ControlApi.answering(tokens, Tokens.Role.VIEWER, this::auditLog));
    routes.get(
        path + "/export", ControlApi.answering(tokens, Tokens.Role.ADMIN, (q, r, u) -> export(r)));
    routes.get(path + "/verify", ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> verify()));
  }

  private void auditLog(HttpRequest q, HttpResponse r, String user) throws IOException {
    ObjectNode answer = JsonMapper.shared().createObjectNode().put("status", "success");
    answer.set("data", auditEntries(q));
    List<String> gaps = audit.gaps();
    if (!gaps.isEmpty()) {
      ArrayNode warnings = answer.putArray("warnings");
      gaps.forEach(g -> warnings.add("the audit log is incomplete: " + g));
    }
    ControlApi.send(r, answer);
  }

  private ArrayNode auditEntries(HttpRequest q) {
    String before = q.query().first("before");
    String text = q.query().first("text");
    ArrayNode out = JsonMapper.shared().createArrayNode();
    for (String line :
        audit.latest(
            ControlApi.limit(q.query(), ControlApi.MAX_LISTED),
            before == null ? Long.MAX_VALUE : ControlApi.number("before", before),
            text == null ? "" : text)) {
      out.add(JsonMapper.shared().readTree(line));
    }
    return out;
  }

  /** Sends all entries as JSON lines, with their hashes. */
  private void export(HttpResponse r) throws IOException {
    r.header("Content-Type", "application/x-ndjson");
    r.header("Content-Disposition", "attachment; filename=\"audit.jsonl\"");
    try (OutputStream out = r.stream()) {
      audit.copy(out);
    }
  }

  private JsonNode verify() throws IOException {
    AuditLog.Verification v = audit.verify();
    return JsonMapper.shared()
        .createObjectNode()
        .put("intact", v.problem().isEmpty())
        .put("entries", v.entries())
        .put("lastHash", v.last())
        .put("problem", v.problem());
  }
}
