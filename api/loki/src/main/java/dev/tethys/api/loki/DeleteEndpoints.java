package dev.tethys.api.loki;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.query.logql.exec.LogExplorer;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.web.HttpException;
import java.math.BigDecimal;

/** Loki's API of deletions: adds, lists and cancels requests to delete the entries of a query. */
final class DeleteEndpoints {
  private final boolean enabled;

  /**
   * @param enabled whether deletions may be added and cancelled
   */
  DeleteEndpoints(boolean enabled) {
    this.enabled = enabled;
  }

  private void checkEnabled() {
    if (!enabled) {
      throw new HttpException(
          403, "deletion is disabled; start the server with --web.enable-admin-api");
    }
  }

  /** Deletes the entries of {@code query} between {@code start} and {@code end}. */
  String add(LogqlEngine engine, LokiParameters p, Scope scope) {
    checkEnabled();
    if (p.query().isEmpty()) {
      throw LokiParameters.bad("query not set");
    }
    if (p.get("start").isEmpty()) {
      throw LokiParameters.bad("start time not set");
    }
    long start = time(p, "start");
    long end = p.get("end").isEmpty() ? p.now() : time(p, "end");
    if (end > p.now()) {
      throw LokiParameters.bad("deletes in the future are not allowed");
    }
    if (start > end) {
      throw LokiParameters.bad("start time can't be greater than end time");
    }
    new LogExplorer(engine).delete(new LogExplorer.Range(scope, start, end + 1), p.query());
    return "";
  }

  private static long time(LokiParameters p, String name) {
    Long t = LokiParameters.parseTime(p.get(name));
    if (t == null) {
      throw LokiParameters.bad("invalid " + name + " time: require unix seconds or RFC3339 format");
    }
    return t;
  }

  /** Lists pending deletions and the most recently processed ones. */
  String list(LogqlEngine engine, LokiParameters p, Scope scope) {
    LokiJson out = new LokiJson().raw("[");
    String sep = "";
    for (EventDeletion d : engine.store().deletions(scope)) {
      out.raw(sep).raw("{\"request_id\":").text(d.id());
      out.key("start_time").raw(seconds(d.from()));
      out.key("end_time").raw(seconds(d.to() - 1));
      out.key("query").text(d.query());
      out.key("status").text(d.processed() ? "processed" : "received");
      out.key("created_at").raw(seconds(d.created())).raw("}");
      sep = ",";
    }
    return out.raw("]").toString();
  }

  /** Formats a time as seconds with milliseconds, like Loki's deletion times. */
  private static String seconds(long nanos) {
    return BigDecimal.valueOf(Math.floorDiv(nanos, 1_000_000L), 3)
        .stripTrailingZeros()
        .toPlainString();
  }

  /** Cancels the deletion {@code request_id} if it is not processed. */
  String cancel(LogqlEngine engine, LokiParameters p, Scope scope) {
    checkEnabled();
    String id = p.get("request_id");
    if (id.isEmpty()) {
      throw LokiParameters.bad("request_id is missing; name the deletion to cancel");
    }
    if (engine.store().cancelDeletion(scope, id)) {
      return "";
    }
    boolean known = engine.store().deletions(scope).stream().anyMatch(d -> d.id().equals(id));
    if (known) {
      throw LokiParameters.bad(
          "deletion of request which is in process or already processed is not allowed");
    }
    throw new HttpException(404, "could not find delete request with given id");
  }
}
