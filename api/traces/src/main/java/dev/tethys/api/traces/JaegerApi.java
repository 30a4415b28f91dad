package dev.tethys.api.traces;

import dev.tethys.api.traces.JaegerResponses.Page;
import dev.tethys.codec.jaeger.JaegerTraceWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.graph.ServiceLinks;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** Jaeger's HTTP API as its UI and Grafana use it, below {@code /jaeger/api}. */
final class JaegerApi {
  private static final String PREFIX = "/jaeger/api";
  private static final long MICROSECOND = 1000;
  private static final long MILLISECOND = 1_000_000;
  private static final int DEFAULT_LIMIT = 100;

  /** Traces of one request by id. */
  private static final int MAX_IDS = 100;

  private static final long DEFAULT_LOOKBACK = 48 * 3600 * 1_000_000_000L;

  static final List<String> KINDS =
      List.of("", "internal", "server", "client", "producer", "consumer");

  private final TraceRequests requests;
  private final LongSupplier now;

  JaegerApi(TraceRequests requests, LongSupplier now) {
    this.requests = requests;
    this.now = now;
  }

  void addTo(Routes routes) {
    get(routes, "/services", this::services);
    get(routes, "/services/{service}/operations", this::operationNames);
    get(routes, "/operations", this::operations);
    get(routes, "/traces", this::search);
    get(routes, "/traces/{id}", this::trace);
    get(routes, "/dependencies", this::dependencies);
  }

  private interface Endpoint {
    void answer(TraceStore store, Scope scope, HttpRequest request, Page page);
  }

  private void get(Routes routes, String path, Endpoint endpoint) {
    routes.get(PREFIX + path, (request, response) -> answer(endpoint, request, response));
  }

  private void answer(Endpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException {
    Page page = new Page(request);
    try {
      TraceStore store = requests.store();
      Scope scope = RequestScope.of(request);
      try {
        requests.run(
            request,
            () -> {
              endpoint.answer(store, scope, request, page);
              return page;
            });
      } finally {
        DamageWarning.addTo(response, store.damage(scope));
      }
    } catch (HttpException e) {
      JaegerResponses.error(response, e);
      return;
    }
    page.send(response);
  }

  private SpanOperations.Range lookback() {
    long end = now.getAsLong() + 3600 * 1_000_000_000L; // clocks of senders may be ahead
    return new SpanOperations.Range(end - requests.settings().lookback().toNanos(), end);
  }

  private void services(TraceStore store, Scope scope, HttpRequest request, Page page) {
    Set<String> names =
        SpanOperations.texts(
            store,
            scope,
            SpanField.SERVICE,
            SpanFilter.ALL,
            lookback(),
            requests.settings().maxValues());
    page.strings(names);
  }

  private Set<SpanOperations.Operation> operations(TraceStore store, Scope scope, String service) {
    return SpanOperations.operations(
        store, scope, TraceFinder.service(service), lookback(), requests.settings().maxValues());
  }

  private void operationNames(TraceStore store, Scope scope, HttpRequest request, Page page) {
    Set<String> names = new TreeSet<>();
    operations(store, scope, request.pathParam("service")).forEach(o -> names.add(o.name()));
    page.strings(names);
  }

  private void operations(TraceStore store, Scope scope, HttpRequest request, Page page) {
    QueryParameters p = new QueryParameters(request.query());
    String service = p.get("service");
    if (service.isEmpty()) {
      throw QueryParameters.bad("parameter 'service' is required");
    }
    String kind = p.get("spanKind");
    for (SpanOperations.Operation o : operations(store, scope, service)) {
      String k = o.kind() > 0 && o.kind() < KINDS.size() ? KINDS.get(o.kind()) : "";
      if (kind.isEmpty() || kind.equals(k)) {
        page.next().put("{\"name\":").json(o.name()).put(",\"spanKind\":").json(k).put('}');
      }
    }
  }

  private void search(TraceStore store, Scope scope, HttpRequest request, Page page) {
    QueryParameters p = new QueryParameters(request.query());
    TraceFinder finder = new TraceFinder(store, scope);
    List<String> ids = request.query().all("traceID");
    List<TraceId> found = new ArrayList<>();
    if (ids.isEmpty()) {
      JaegerSearch s = search(p);
      found.addAll(finder.newest(s.filter(), s.from(), s.to(), s.limit()));
    } else {
      if (ids.size() > MAX_IDS) {
        throw QueryParameters.bad(
            "request has " + ids.size() + " values of traceID; the limit is " + MAX_IDS);
      }
      ids.forEach(id -> found.add(TraceId.parse(id)));
    }
    for (int i = 0; i < found.size(); i++) {
      TracesData trace = finder.trace(found.get(i));
      if (trace.itemCount() > 0) {
        JaegerTraceWriter.write(trace, page.next());
        page.check();
      } else if (!ids.isEmpty()) {
        page.error(404, "trace not found", ids.get(i));
      }
    }
  }

  private JaegerSearch search(QueryParameters p) {
    String service = p.get("service");
    if (service.isEmpty()) {
      throw QueryParameters.bad("parameter 'service' is required");
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (String tag : p.all("tag")) {
      int colon = tag.indexOf(':');
      if (colon <= 0) {
        throw QueryParameters.bad(
            "malformed 'tag' parameter, expecting key:value, received: " + tag);
      }
      tags.put(tag.substring(0, colon), tag.substring(colon + 1));
    }
    for (String json : p.all("tags")) {
      tags.putAll(JaegerSearch.tags("tags", json));
    }
    long time = now.getAsLong();
    long end = p.time("end", MICROSECOND, time);
    long lookback = p.get("lookback").isEmpty() ? DEFAULT_LOOKBACK : lookback(p.get("lookback"));
    long start = p.time("start", MICROSECOND, end - lookback);
    if (end < start) {
      throw QueryParameters.bad("parameter 'end' is before parameter 'start'");
    }
    return new JaegerSearch(
        service,
        p.get("operation"),
        tags,
        start,
        end == Long.MAX_VALUE ? end : end + MICROSECOND, // the last microsecond is part of it
        p.duration("minDuration", 0),
        p.duration("maxDuration", 0),
        p.limit("limit", DEFAULT_LIMIT, requests.settings().maxTraces()));
  }

  /**
   * Parses a lookback. The UI sends {@code custom} with a start and an end, and days, which Go does
   * not support.
   */
  private static long lookback(String v) {
    if (v.equals("custom")) {
      return DEFAULT_LOOKBACK;
    }
    if (v.matches("[0-9]{1,4}[dw]")) {
      long n = Long.parseLong(v.substring(0, v.length() - 1));
      return n * (v.endsWith("w") ? 7 : 1) * 24 * 3600 * 1_000_000_000L;
    }
    return QueryParameters.duration("lookback", v);
  }

  private void trace(TraceStore store, Scope scope, HttpRequest request, Page page) {
    QueryParameters p = new QueryParameters(request.query());
    String text = request.pathParam("id");
    TraceId id = TraceId.parse(text);
    long end = p.time("end", MICROSECOND, Long.MAX_VALUE);
    TracesData trace =
        new TraceFinder(store, scope).trace(id, p.time("start", MICROSECOND, Long.MIN_VALUE), end);
    if (trace.itemCount() == 0) {
      throw new HttpException(404, "trace not found");
    }
    JaegerTraceWriter.write(trace, page.next());
    page.check();
  }

  private void dependencies(TraceStore store, Scope scope, HttpRequest request, Page page) {
    QueryParameters p = new QueryParameters(request.query());
    long end = p.time("endTs", MILLISECOND, now.getAsLong());
    long lookback = p.time("lookback", MILLISECOND, 24 * 3600 * 1_000_000_000L);
    ServiceLinks.Links links = ServiceLinks.find(store, scope, end - lookback, end);
    page.truncated(links.truncated());
    links
        .counts()
        .forEach(
            (link, count) -> {
              if (!link.parent().equals(link.child())) {
                TextBuffer out = page.next();
                out.put("{\"parent\":").json(link.parent());
                out.put(",\"child\":").json(link.child());
                out.put(",\"callCount\":").number(count.calls).put('}');
              }
            });
  }
}
