package dev.tethys.api.prometheus;

import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryCosts.Cost;
import dev.tethys.query.promql.QueryCosts.Order;
import dev.tethys.query.promql.RunningQueries.Entry;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Lists running and most expensive queries and cancels a query, which requires {@code
 * --web.enable-admin-api} or {@code --web.enable-lifecycle}.
 */
final class RunningQueryEndpoints {
  /** Default number of most expensive queries in the response. */
  private static final int TOP = 20;

  private final QueryEngine engine;
  private final boolean stoppable;

  /**
   * @param stoppable whether a query may be stopped
   */
  RunningQueryEndpoints(QueryEngine engine, boolean stoppable) {
    this.engine = engine;
    this.stoppable = stoppable;
  }

  void register(ApiRoutes routes) {
    routes.getOfServer("/status/queries", this::list);
    routes.deleteOfServer("/status/queries/{id}", this::cancel);
  }

  private void list(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    Order order = order(p.text("order"));
    int limit = p.text("limit").isEmpty() ? TOP : p.limit();
    PromqlEngine.Status status = engine.status();
    List<Entry> running = status.running(call.scope());
    List<Cost> top = status.top(call.scope(), order, limit);
    call.data(
        out -> {
          out.raw("{\"queries\":[");
          for (int i = 0; i < running.size(); i++) {
            entry(out.sep(i == 0), running.get(i));
          }
          out.put(']').next("top").put('[');
          for (int i = 0; i < top.size(); i++) {
            cost(out.sep(i == 0), top.get(i));
          }
          out.put(']').next("stoppable").raw(String.valueOf(stoppable));
          out.next("maxConcurrent").number(status.maxConcurrent());
          out.next("memory").put('{').name("bytes").number(status.memoryUsed());
          out.next("maxBytes").number(status.memoryLimit()).raw("}}");
        });
  }

  private static Order order(String text) {
    if (text.isEmpty()) {
      return Order.CPU;
    }
    for (Order o : Order.values()) {
      if (o.name().equalsIgnoreCase(text)) {
        return o;
      }
    }
    throw ApiException.invalidParameter(
        "order",
        "must be one of "
            + String.join(
                ", ",
                Arrays.stream(Order.values())
                    .map(o -> o.name().toLowerCase(Locale.ROOT))
                    .toList()));
  }

  private static void entry(JsonOut out, Entry e) throws IOException {
    out.put('{').name("id").number(e.id()).next("query").string(e.text());
    out.next("state").string(e.waiting() ? "queued" : "running");
    out.next("user").string(e.origin().user()).next("client").string(e.origin().client());
    out.next("method").string(e.origin().method()).next("path").string(e.origin().path());
    out.next("priority").string(e.origin().priority().name().toLowerCase(Locale.ROOT));
    out.next("since").time(e.since()).next("elapsedSeconds").number(e.elapsedSeconds());
    out.next("queuedSeconds").number(e.queuedSeconds()).next("samples").number(e.samples());
    out.next("bytes").number(e.bytes()).next("peakBytes").number(e.peakBytes()).put('}');
  }

  private static void cost(JsonOut out, Cost c) throws IOException {
    out.put('{').name("query").string(c.text()).next("calls").number(c.calls());
    out.next("failures").number(c.failures()).next("seconds").number(c.seconds());
    out.next("cpuSeconds").number(c.cpuSeconds()).next("samples").number(c.samples());
    out.next("maxSeconds").number(c.maxSeconds()).next("maxBytes").number(c.maxBytes());
    out.next("last").time(c.last()).put('}');
  }

  private void cancel(ApiCall call) throws IOException {
    if (!stoppable) {
      throw new ApiException(
          ErrorType.UNAVAILABLE,
          "stopping queries is disabled; start with --web.enable-admin-api or"
              + " --web.enable-lifecycle");
    }
    String text = call.request().pathParam("id");
    long id;
    try {
      id = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiException.invalidParameter("id", "must be the number of a query, not " + text);
    }
    if (!engine.status().cancel(call.scope(), id)) {
      throw new ApiException(ErrorType.NOT_FOUND, "query " + id + " has ended, or never was");
    }
    call.data(out -> out.raw("{\"id\":").number(id).put('}'));
  }
}
