package dev.tethys.api.pyroscope;

import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Pyroscope's API for readers: {@code querier.v1.QuerierService} over Connect, protobuf and JSON,
 * over gRPC, and the older {@code /render} and {@code /render-diff}. All below {@code /pyroscope};
 * the service also at the root, where SDKs of Connect expect it. Source:
 * api/querier/v1/querier.proto of grafana/pyroscope; Connect's protocol of calls with one message.
 */
public final class PyroscopeApi {
  private static final String PREFIX = "/pyroscope";
  private static final String SERVICE = "/querier.v1.QuerierService/";

  private final Requests requests;
  private final AsyncQueries async = new AsyncQueries(System::nanoTime);
  private final RenderEndpoints render;

  /**
   * @param opened the store, null until it is open
   * @param threads threads that run the queries
   * @param memory memory shared by all queries
   * @param now Unix nanoseconds
   */
  public PyroscopeApi(
      Supplier<@Nullable ProfileStore> opened,
      PyroscopeSettings settings,
      QueryThreads threads,
      MemoryShare memory,
      LongSupplier now) {
    this.requests = new Requests(opened, settings, threads, memory);
    this.render = new RenderEndpoints(requests, now);
  }

  /** Handler for a service method. */
  private interface Method {
    Map<String, Object> call(ProfileQueries queries, Map<String, Object> request);
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    ConnectMethods to = new ConnectMethods(routes, SERVICE, List.of(PREFIX, ""));
    method(
        to,
        "ProfileTypes",
        PyroscopeMessages.RANGE,
        PyroscopeMessages.PROFILE_TYPES,
        Querier::profileTypes);
    method(
        to,
        "LabelNames",
        PyroscopeMessages.LABEL_NAMES_REQUEST,
        PyroscopeMessages.NAMES,
        Querier::labelNames);
    method(
        to,
        "LabelValues",
        PyroscopeMessages.LABEL_VALUES_REQUEST,
        PyroscopeMessages.NAMES,
        Querier::labelValues);
    method(
        to, "Series", PyroscopeMessages.SERIES_REQUEST, PyroscopeMessages.SERIES, Querier::series);
    method(
        to,
        "SelectSeries",
        PyroscopeMessages.SELECT_SERIES_REQUEST,
        PyroscopeMessages.SELECT_SERIES,
        Querier::selectSeries);
    method(
        to,
        "SelectHeatmap",
        PyroscopeMessages.SELECT_HEATMAP_REQUEST,
        PyroscopeMessages.SELECT_HEATMAP,
        Querier::selectHeatmap);
    to.add(
        "SelectMergeStacktraces",
        PyroscopeMessages.MERGE_STACKTRACES_REQUEST,
        (http, response, m, json) -> {
          if (Querier.isAsync(m)) {
            return async(http, m, json);
          }
          return answer(
              http, response, m, json, PyroscopeMessages.FLAMES, Querier::mergeStacktraces);
        });
    method(
        to,
        "SelectMergeSpanProfile",
        PyroscopeMessages.MERGE_SPAN_REQUEST,
        PyroscopeMessages.FLAMES,
        Querier::mergeSpans);
    method(to, "Diff", PyroscopeMessages.DIFF_REQUEST, PyroscopeMessages.DIFF, Querier::diff);
    method(to, "GetProfileStats", PyroscopeMessages.EMPTY, PyroscopeMessages.STATS, Querier::stats);
    method(
        to,
        "AnalyzeQuery",
        PyroscopeMessages.ANALYZE_REQUEST,
        PyroscopeMessages.ANALYZE,
        Querier::analyze);
    to.add(
        "SelectMergeProfile",
        PyroscopeMessages.MERGE_PROFILE_REQUEST,
        (http, response, m, json) ->
            requests.run(
                http,
                response,
                queries -> {
                  byte[] profile = Querier.mergeProfile(queries, m);
                  return json
                      ? PyroscopeMessages.PROFILE.toJson(Querier.profileMessage(profile))
                      : profile;
                }));
    render.addTo(routes, PREFIX);
  }

  private void method(
      ConnectMethods to, String name, MessageSchema in, MessageSchema out, Method method) {
    to.add(name, in, (http, response, m, json) -> answer(http, response, m, json, out, method));
  }

  private byte[] answer(
      HttpRequest http,
      @Nullable HttpResponse response,
      Map<String, Object> m,
      boolean json,
      MessageSchema out,
      Method method) {
    return requests.run(
        http,
        response,
        queries -> {
          Map<String, Object> message = method.call(queries, m);
          return json ? out.toJson(message) : out.toProto(message);
        });
  }

  /** Starts a query, or responds with the state of one. */
  private byte[] async(HttpRequest http, Map<String, Object> m, boolean json) {
    MessageSchema out = PyroscopeMessages.FLAMES;
    Scope scope = RequestScope.of(http);
    String id = Querier.asyncId(m);
    byte[] result = {};
    Map<String, Object> state;
    if (id.isEmpty()) {
      state =
          async.submit(
              scope,
              () ->
                  requests.runDetached(
                      scope,
                      AsyncQueries.KEPT,
                      queries -> out.toProto(Querier.mergeStacktraces(queries, m))));
    } else {
      AsyncQueries.State found = async.poll(scope, id);
      state = found.async();
      result = found.answer();
    }
    if (!json) { // messages are merged by writing one after the other
      byte[] tail = out.toProto(Map.of("async", state));
      byte[] all = Arrays.copyOf(result, result.length + tail.length);
      System.arraycopy(tail, 0, all, result.length, tail.length);
      return all;
    }
    http.reserve((long) result.length * MessageSchema.READ_BYTES);
    Map<String, Object> answer = new LinkedHashMap<>(out.fromProto(result));
    answer.put("async", state);
    return out.toJson(answer);
  }
}
