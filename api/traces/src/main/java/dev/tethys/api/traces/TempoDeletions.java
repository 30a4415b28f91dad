package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.access.Scope;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Endpoints to add, list and cancel span deletions. Tempo has none; they are like Loki's for log
 * entries.
 */
final class TempoDeletions {
  private static final System.Logger LOG = JulLogger.of(TempoDeletions.class.getName());
  private static final String JSON = "application/json";
  private static final String EXAMPLE = "{ resource.service.name = \"shop\" && status = error }";
  private static final Set<String> OF_ADD = Set.of("traceId", "query", "start", "end");
  private static final Set<String> OF_CANCEL = Set.of("request_id");

  private final TraceRequests requests;
  private final TempoQueries queries;

  TempoDeletions(TraceRequests requests, TempoQueries queries) {
    this.requests = requests;
    this.queries = queries;
  }

  void addTo(Routes routes, String api) {
    String path = api + "/delete";
    routes.get(path, this::list);
    routes.post(path, this::add);
    routes.put(path, this::add);
    routes.delete(path, this::cancel);
  }

  /** Request that adds or cancels a deletion. */
  private record Change(TraceStore store, Scope scope, Params values, String user) {
    /** Logs a change to deletions. */
    void log(String what, EventDeletion d) {
      LOG.log(
          Level.INFO,
          "Deletion of spans {0} user=\"{1}\" tenant=\"{2}\" request_id={3} query=\"{4}\""
              + " start=\"{5}\" end=\"{6}\"",
          what,
          user,
          scope.tenant(),
          d.id(),
          d.query(),
          d.from() == Long.MIN_VALUE ? "" : seconds(d.from()),
          d.to() == Long.MAX_VALUE ? "" : seconds(d.to() - 1));
    }
  }

  /**
   * Reads a request that changes deletions.
   *
   * @param known names of its parameters
   */
  private Change change(HttpRequest request, Set<String> known) throws IOException {
    TraceStore store = requests.store();
    if (!requests.settings().admin()) {
      throw new HttpException(
          403, "deletion is disabled; start the server with --web.enable-admin-api");
    }
    Scope scope = RequestScope.of(request);
    Params values = request.params();
    check(values, known);
    return new Change(
        store,
        scope,
        values,
        scope.principal().isEmpty()
            ? request.remoteAddress().getAddress().getHostAddress()
            : scope.principal());
  }

  /** Refuses what would delete more than was meant: a misspelled or repeated parameter. */
  private static void check(Params values, Set<String> known) {
    for (String name : values.names()) {
      if (!known.contains(name)) {
        throw QueryParameters.bad(
            "parameter '" + name + "' is not known; use " + String.join(", ", sorted(known)));
      }
      if (values.all(name).size() > 1) {
        throw QueryParameters.bad(
            "parameter " + name + " is given " + values.all(name).size() + " times; give it once");
      }
    }
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  /**
   * Spans to delete.
   *
   * @param text selector as shown in lists of deletions
   */
  private record Selected(String text, SpanFilter filter) {}

  private static Selected selected(TempoParameters p) {
    String id = p.get("traceId");
    String query = p.query("query");
    if (id.isEmpty() == query.isBlank()) {
      throw QueryParameters.bad(
          (id.isEmpty() ? "neither traceId nor query is" : "both traceId and query are")
              + " given; name a trace by traceId, or spans by a query such as "
              + EXAMPLE);
    }
    if (!id.isEmpty()) {
      TraceId t = TraceId.parse(id);
      HexFormat hex = HexFormat.of();
      String digits = hex.toHexDigits(t.high()) + hex.toHexDigits(t.low());
      return new Selected(
          "{ trace:id = \"" + digits + "\" }",
          TraceFinder.equal(SpanField.intrinsic(SpanField.Scope.TRACE_ID), digits));
    }
    try {
      return new Selected(query, TraceQueries.filter(TraceQuery.parse(query)));
    } catch (TraceqlParseException | TraceQueryException e) {
      throw QueryParameters.bad(
          "query cannot select spans to delete: " + e.getMessage() + "; an example: " + EXAMPLE);
    }
  }

  /**
   * Deletes the spans of {@code traceId} or {@code query} that start between {@code start} and
   * {@code end}, both inclusive as in a search.
   */
  private void add(HttpRequest request, HttpResponse response) throws IOException {
    Change c = change(request, OF_ADD);
    TempoParameters p = queries.parameters(c.values);
    Selected s = selected(p);
    if (p.get("traceId").isEmpty() && p.get("start").isEmpty()) {
      throw QueryParameters.bad(
          "start is not given; a deletion by query needs it, as Unix seconds or nanoseconds, or as"
              + " an RFC 3339 time");
    }
    long from = p.time("start", Long.MIN_VALUE);
    long end = p.time("end", Long.MAX_VALUE);
    if (from > end) {
      throw QueryParameters.bad("start is after end; it must not be later");
    }
    long to = end == Long.MAX_VALUE ? end : end + 1;
    EventDeletion d = stored(() -> c.store.delete(c.scope, s.text(), s.filter(), from, to));
    c.log("accepted", d);
    TextBuffer out = new TextBuffer();
    write(d, out);
    response.send(JSON, out.toByteArray());
  }

  private static <T> T stored(Supplier<T> work) {
    try {
      return work.get();
    } catch (StorageException e) {
      throw TraceRequests.failed(e);
    }
  }

  /** Lists pending deletions and the most recently processed ones. */
  private void list(HttpRequest request, HttpResponse response) throws IOException {
    TraceStore store = requests.store();
    Scope scope = RequestScope.of(request);
    TextBuffer out = new TextBuffer();
    out.put('[');
    String sep = "";
    for (EventDeletion d : stored(() -> store.deletions(scope))) {
      write(d, out.put(sep));
      sep = ",";
    }
    out.put(']');
    response.send(JSON, out.toByteArray());
  }

  private static void write(EventDeletion d, TextBuffer out) {
    out.put("{\"request_id\":").json(d.id());
    if (d.from() != Long.MIN_VALUE) {
      out.put(",\"start_time\":").put(seconds(d.from()));
    }
    if (d.to() != Long.MAX_VALUE) {
      out.put(",\"end_time\":").put(seconds(d.to() - 1));
    }
    out.put(",\"query\":").json(d.query());
    out.put(",\"status\":").json(d.processed() ? "processed" : "received");
    out.put(",\"created_at\":").put(seconds(d.created())).put('}');
  }

  private static String seconds(long nanos) {
    return BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString();
  }

  /** Cancels the deletion {@code request_id} if it is not processed. */
  private void cancel(HttpRequest request, HttpResponse response) throws IOException {
    Change c = change(request, OF_CANCEL);
    String id = c.values.first("request_id", "");
    if (id.isEmpty()) {
      throw QueryParameters.bad("request_id is missing; name the deletion to cancel");
    }
    List<EventDeletion> all = stored(() -> c.store.deletions(c.scope));
    if (stored(() -> c.store.cancelDeletion(c.scope, id))) {
      all.stream().filter(d -> d.id().equals(id)).forEach(d -> c.log("cancelled", d));
      response.status(204).send();
      return;
    }
    boolean known = all.stream().anyMatch(d -> d.id().equals(id));
    if (known) {
      throw QueryParameters.bad(
          "deletion " + id + " is processed and cannot be cancelled; its spans are removed");
    }
    throw new HttpException(
        404, "no deletion has the request_id " + id + "; GET this path lists deletions");
  }
}
