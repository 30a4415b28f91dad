package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinTrace;
import dev.tethys.insight.graph.ServiceLinks;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanFilter.Compare;
import dev.tethys.model.traces.SpanFilter.Operator;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** Zipkin's API of version 2 for readers, below {@code /zipkin/api/v2}. */
final class ZipkinApi {
  private static final String PREFIX = "/zipkin/api/v2";
  private static final long MILLISECOND = 1_000_000;
  private static final long DAY = 24 * 3600 * 1_000_000_000L;
  private static final int DEFAULT_LIMIT = 10;
  private static final int MAX_IDS = 100;
  private static final int MAX_TERMS = 50;
  private static final String UNKNOWN = "unknown";

  private final TraceRequests requests;
  private final LongSupplier now;

  ZipkinApi(TraceRequests requests, LongSupplier now) {
    this.requests = requests;
    this.now = now;
  }

  void addTo(Routes routes) {
    get(routes, "/services", this::services);
    get(routes, "/spans", this::spans);
    get(routes, "/remoteServices", this::remoteServices);
    get(routes, "/traces", this::search);
    get(routes, "/trace/{id}", this::trace);
    get(routes, "/traceMany", this::traceMany);
    get(routes, "/dependencies", this::dependencies);
    get(routes, "/autocompleteKeys", this::keys);
    get(routes, "/autocompleteValues", this::values);
    routes.get("/zipkin/health", this::health);
    routes.get("/zipkin/config.json", this::config);
  }

  /** Serves the settings of Zipkin's pages; source: ZipkinUiConfiguration of openzipkin/zipkin. */
  private void config(HttpRequest request, HttpResponse response) throws IOException {
    TextBuffer out = new TextBuffer();
    out.put("{\"environment\":\"\",\"queryLimit\":").number(DEFAULT_LIMIT);
    out.put(",\"defaultLookback\":900000,\"searchEnabled\":true,\"logsUrl\":\"\"");
    out.put(",\"supportUrl\":\"\",\"archivePostUrl\":\"\",\"archiveUrl\":\"\"");
    out.put(",\"dependency\":{\"enabled\":true,\"lowErrorRate\":0.5,\"highErrorRate\":0.75}}");
    response.header("Cache-Control", "max-age=600").send("application/json", out.toByteArray());
  }

  private void health(HttpRequest request, HttpResponse response) throws IOException {
    requests.store();
    response.send("application/json", new TextBuffer().put("{\"status\":\"UP\"}").toByteArray());
  }

  private record Query(
      TraceStore store,
      Scope scope,
      QueryParameters p,
      HttpRequest request,
      HttpResponse response,
      BoundedText answer) {
    TextBuffer out() {
      return answer.text;
    }

    void strings(Collection<String> texts) {
      char separator = '[';
      for (String t : texts) {
        out().put(separator).json(t);
        separator = ',';
      }
      out().put(texts.isEmpty() ? "[]" : "]");
    }
  }

  private interface Endpoint {
    void answer(Query q);
  }

  private void get(Routes routes, String path, Endpoint endpoint) {
    routes.get(
        PREFIX + path,
        (request, response) -> {
          TraceStore store = requests.store();
          Query q =
              new Query(
                  store,
                  RequestScope.of(request),
                  new QueryParameters(request.query()),
                  request,
                  response,
                  new BoundedText(request));
          try {
            requests.run(
                request,
                () -> {
                  endpoint.answer(q);
                  return q;
                });
          } finally {
            DamageWarning.addTo(response, store.damage(q.scope));
          }
          response.send("application/json", q.out().toByteArray());
        });
  }

  private SpanOperations.Range lookback() {
    long end = now.getAsLong() + 3600 * 1_000_000_000L; // clocks of senders may be ahead
    return new SpanOperations.Range(end - requests.settings().lookback().toNanos(), end);
  }

  private Set<String> texts(Query q, SpanField field, SpanFilter filter) {
    int limit = requests.settings().maxValues();
    return SpanOperations.texts(q.store, q.scope, field, filter, lookback(), limit);
  }

  private void services(Query q) {
    q.strings(texts(q, SpanField.SERVICE, SpanFilter.ALL));
  }

  private static String required(Query q, String name) {
    String v = q.p.get(name);
    if (v.isEmpty()) {
      throw QueryParameters.bad("parameter " + name + " is required");
    }
    return v;
  }

  private void spans(Query q) {
    SpanFilter service = service(required(q, "serviceName"));
    q.strings(texts(q, SpanField.intrinsic(SpanField.Scope.NAME), service));
  }

  private void remoteServices(Query q) {
    SpanFilter service = service(required(q, "serviceName"));
    Set<String> names = new TreeSet<>();
    for (SpanField f : ServiceLinks.REMOTE) {
      names.addAll(texts(q, f, remoteSide(f, service)));
    }
    q.strings(names);
  }

  /**
   * Restricts a remote-side filter: attributes other than {@code peer.service} name the remote side
   * of clients only.
   */
  private static SpanFilter remoteSide(SpanField f, SpanFilter filter) {
    if (f.equals(ServiceLinks.REMOTE.getFirst())) {
      return filter;
    }
    return new SpanFilter.And(List.of(filter, new SpanFilter.Or(List.of(isKind(3), isKind(4)))));
  }

  private static SpanFilter isKind(int kind) {
    return new Compare(
        SpanField.intrinsic(SpanField.Scope.KIND), Operator.EQUAL, new SpanValue.Int(kind));
  }

  /** Returns a filter for the spans of a service; Zipkin compares names in lower case. */
  private static SpanFilter service(String name) {
    return TraceFinder.equalIgnoringCase(SpanField.SERVICE, name);
  }

  /**
   * Searches traces. As in Zipkin, each condition may fit another span of the service; without a
   * service, any span of the trace.
   */
  private void search(Query q) {
    QueryParameters p = q.p;
    List<SpanFilter> all = new ArrayList<>();
    String name = p.get("spanName");
    if (!name.isEmpty() && !name.equalsIgnoreCase("all")) {
      all.add(TraceFinder.equalIgnoringCase(SpanField.intrinsic(SpanField.Scope.NAME), name));
    }
    String remote = p.get("remoteServiceName");
    if (!remote.isEmpty() && !remote.equalsIgnoreCase("all")) {
      List<SpanFilter> any = new ArrayList<>();
      for (SpanField f : ServiceLinks.REMOTE) {
        any.add(remoteSide(f, TraceFinder.equalIgnoringCase(f, remote)));
      }
      all.add(new SpanFilter.Or(any));
    }
    annotations(p.get("annotationQuery"), all);
    durations(p, all);
    String service = p.get("serviceName");
    SpanFilter own =
        service.isEmpty() || service.equalsIgnoreCase("all") ? SpanFilter.ALL : service(service);
    all.replaceAll(f -> new SpanFilter.And(List.of(own, f)));
    if (all.isEmpty()) {
      all.add(own);
    }
    long end = p.time("endTs", MILLISECOND, now.getAsLong());
    long lookback = p.time("lookback", MILLISECOND, DAY);
    int limit = p.limit("limit", DEFAULT_LIMIT, requests.settings().maxTraces());
    TraceFinder finder = new TraceFinder(q.store, q.scope);
    List<TraceId> ids =
        finder.newest(
            all,
            Math.max(0, end - lookback),
            Math.max(end, end + MILLISECOND), // the last millisecond is part of it
            limit);
    traces(q, finder, ids);
  }

  private static void durations(QueryParameters p, List<SpanFilter> to) {
    SpanField duration = SpanField.intrinsic(SpanField.Scope.DURATION);
    long min = p.time("minDuration", 1000, 0);
    long max = p.time("maxDuration", 1000, 0);
    if (max > 0 && max < min) {
      throw QueryParameters.bad("maxDuration is less than minDuration; it must not be");
    }
    List<SpanFilter> both = new ArrayList<>(); // of one span
    if (min > 0) {
      both.add(new Compare(duration, Operator.GREATER_OR_EQUAL, new SpanValue.Int(min)));
    }
    if (max > 0) {
      // a duration of max microseconds may have up to 999 further nanoseconds
      both.add(new Compare(duration, Operator.LESS, new SpanValue.Int(max + 1000)));
    }
    if (!both.isEmpty()) {
      to.add(new SpanFilter.And(both));
    }
  }

  /**
   * Reads terms {@code key=value} of tags and names of tags or annotations, joined by " and ". A
   * value that is empty fits any, and of several values of a key the last counts.
   */
  private static void annotations(String query, List<SpanFilter> to) {
    if (query.isBlank()) {
      return;
    }
    String[] terms = query.split(" and ", -1);
    if (terms.length > MAX_TERMS) {
      throw QueryParameters.bad(
          "annotationQuery has " + terms.length + " terms; the limit is " + MAX_TERMS);
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (String t : terms) {
      String term = t.strip();
      int equals = term.indexOf('=');
      if (term.isEmpty() || equals == 0) {
        throw QueryParameters.bad(
            "annotationQuery is '"
                + query
                + "'; each term must be a tag, an annotation or"
                + " key=value");
      }
      values.put(
          equals < 0 ? term : term.substring(0, equals),
          equals < 0 ? "" : term.substring(equals + 1));
    }
    values.forEach((key, value) -> to.add(value.isEmpty() ? named(key) : tag(key, value)));
  }

  /** Returns the condition for a tag or an annotation with any value. */
  private static SpanFilter named(String term) {
    List<SpanFilter> any = new ArrayList<>();
    any.add(new SpanFilter.Present(SpanField.span(term)));
    any.add(new SpanFilter.Present(SpanField.resource(term)));
    any.add(TraceFinder.equal(SpanField.intrinsic(SpanField.Scope.EVENT_NAME), term));
    if (term.equals("error")) {
      any.add(JaegerSearch.isStatus(2));
    }
    return new SpanFilter.Or(any);
  }

  /**
   * Returns the condition for a tag. A failed span has the tag {@code error} with the reason, or
   * "true" without one.
   */
  private static SpanFilter tag(String key, String value) {
    if (!key.equals("error")) {
      return JaegerSearch.tag(key, value);
    }
    SpanField message = SpanField.intrinsic(SpanField.Scope.STATUS_MESSAGE);
    List<SpanFilter> reason = new ArrayList<>();
    reason.add(TraceFinder.equal(message, value));
    if (value.equals("true")) {
      reason.add(
          new SpanFilter.Not(new Compare(message, Operator.NOT_EQUAL, new SpanValue.Text(""))));
    }
    List<SpanFilter> failed = new ArrayList<>();
    failed.add(JaegerSearch.isStatus(2));
    failed.add(new SpanFilter.Not(new SpanFilter.Present(SpanField.span(key)))); // takes precedence
    failed.add(new SpanFilter.Or(reason));
    return new SpanFilter.Or(
        List.of(JaegerSearch.attribute(key, value), new SpanFilter.And(failed)));
  }

  private void traces(Query q, TraceFinder finder, Collection<TraceId> ids) {
    q.out().put('[');
    int n = 0;
    for (TraceId id : ids) {
      TracesData trace = finder.trace(id);
      if (trace.itemCount() > 0) {
        q.out().put(n++ == 0 ? "" : ",");
        spans(trace, q);
      }
    }
    q.out().put(']');
  }

  private static void spans(TracesData trace, Query q) {
    ZipkinTrace spans = new ZipkinTrace(UNKNOWN, AttributeText::text);
    for (ResourceGroup<Span> r : trace.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          spans.add(r.resource().attributes(), s.scope(), span);
        }
      }
    }
    spans.json(q.out(), q.answer::check);
  }

  private void trace(Query q) {
    TraceId id = TraceId.parse(q.request.pathParam("id"));
    TracesData trace = new TraceFinder(q.store, q.scope).trace(id);
    if (trace.itemCount() == 0) {
      throw new HttpException(404, "trace " + q.request.pathParam("id") + " not found");
    }
    spans(trace, q);
  }

  private void traceMany(Query q) {
    String[] ids = required(q, "traceIds").split(",", MAX_IDS + 1);
    if (ids.length > MAX_IDS) {
      throw QueryParameters.bad("traceIds has more than " + MAX_IDS + " ids");
    }
    Set<TraceId> wanted = new LinkedHashSet<>();
    for (String id : ids) {
      if (!wanted.add(TraceId.parse(id.strip()))) {
        throw QueryParameters.bad("redundant traceId: " + id.strip());
      }
    }
    traces(q, new TraceFinder(q.store, q.scope), wanted);
  }

  private void dependencies(Query q) {
    if (q.p.get("endTs").isEmpty()) {
      throw QueryParameters.bad("parameter endTs is required");
    }
    long end = q.p.time("endTs", MILLISECOND, 0);
    long lookback = q.p.time("lookback", MILLISECOND, DAY);
    ServiceLinks.Links links =
        ServiceLinks.find(q.store, q.scope, Math.max(0, end - lookback), end);
    if (links.truncated()) {
      q.response.header("X-Tethys-Warning", ServiceLinks.WARNING);
    }
    TextBuffer out = q.out();
    out.put('[');
    boolean[] first = {true};
    links
        .counts()
        .forEach(
            (link, count) -> {
              out.put(first[0] ? "{\"parent\":" : ",{\"parent\":").json(link.parent());
              first[0] = false;
              out.put(",\"child\":").json(link.child());
              out.put(",\"callCount\":").number(count.calls);
              if (count.errors > 0) {
                out.put(",\"errorCount\":").number(count.errors);
              }
              out.put('}');
            });
    out.put(']');
  }

  private void keys(Query q) {
    Set<String> names = new TreeSet<>();
    SpanOperations.Range range = lookback();
    for (SpanField f : q.store.attributes(q.scope, range.from(), range.to())) {
      if ((f.scope() == SpanField.Scope.SPAN_ATTRIBUTE
              || f.scope() == SpanField.Scope.RESOURCE_ATTRIBUTE)
          && names.size() < requests.settings().maxValues()) {
        names.add(f.name());
      }
    }
    q.strings(names);
  }

  private void values(Query q) {
    SpanField field = new SpanField(SpanField.Scope.ANY_ATTRIBUTE, required(q, "key"));
    Set<String> out = new TreeSet<>();
    SpanOperations.Range range = lookback();
    int limit = requests.settings().maxValues();
    for (SpanValue v :
        q.store.values(q.scope, field, SpanFilter.ALL, range.from(), range.to(), limit)) {
      out.add(
          switch (v) {
            case SpanValue.Text t -> t.value();
            case SpanValue.Int n -> Long.toString(n.value());
            case SpanValue.Real n -> AttributeText.text(n.value());
            case SpanValue.Bool b -> Boolean.toString(b.value());
          });
    }
    q.strings(out);
  }
}
