package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tempo's HTTP API for queries, in JSON or protobuf by {@code Accept}, and deletions. */
final class TempoApi {
  private static final String JSON = "application/json";

  /** Version of Tempo whose API this is; Grafana enables features by it. */
  private static final String VERSION = "2.9.0";

  /** {@code User-Agent} of Grafana, which has known {@code spanSets} since version 10.1. */
  private static final Pattern GRAFANA = Pattern.compile("Grafana/(\\d{1,4})\\.(\\d+)");

  private final TraceRequests requests;
  private final TempoQueries queries;

  TempoApi(TraceRequests requests, TempoQueries queries) {
    this.requests = requests;
    this.queries = queries;
  }

  void addTo(Routes routes, String prefix) {
    new TempoTraces(requests).addTo(routes, prefix);
    String api = prefix + "/api";
    get(
        routes,
        api + "/search",
        (q, p) -> {
          var r = queries.search(q, p);
          boolean spanSet = readsSpanSet(q.header("User-Agent"));
          return new Body(
              out -> SearchJson.write(r, spanSet, out), () -> TempoProto.search(r), r.warnings());
        });
    tags(routes, api + "/search/tags", false);
    tags(routes, api + "/v2/search/tags", true);
    values(routes, api + "/search/tag/{tag}/values", false);
    values(routes, api + "/v2/search/tag/{tag}/values", true);
    get(
        routes,
        api + "/metrics/query_range",
        (q, p) -> {
          var r = queries.range(q, p);
          return new Body(out -> TempoJson.range(r, out), () -> TempoProto.range(r));
        });
    get(
        routes,
        api + "/metrics/query",
        (q, p) -> {
          var r = queries.instant(q, p);
          return new Body(out -> TempoJson.instant(r, out.text), () -> TempoProto.instant(r));
        });
    new TempoDeletions(requests, queries).addTo(routes, api);
    routes.get(api + "/echo", (q, r) -> r.send("echo"));
    routes.get(api + "/status/buildinfo", this::buildInfo);
    routes.getOrPost(
        api + "/metrics/summary",
        (q, r) -> {
          BoundedText answer = new BoundedText(q);
          queries.summary(q, queries.parameters(q.params()), answer.text);
          DamageWarning.addTo(r, requests.damage(q));
          answer.send(JSON, r);
        });
    routes.get(api + "/overrides", this::overrides);
    for (String method : List.of("POST", "PATCH", "DELETE")) {
      routes.on(method, api + "/overrides", (q, r) -> fixedOverrides());
    }
    routes.get(prefix + "/status/version", this::version);
    routes.get(prefix + "/ready", this::ready);
  }

  /**
   * True for a Grafana that does not know {@code spanSets}. Others get each spanset once: a trace
   * is half as long without the deprecated field, and reading a response takes a client as long as
   * the search.
   */
  static boolean readsSpanSet(@Nullable String client) {
    Matcher m = GRAFANA.matcher(client == null ? "" : client);
    if (!m.lookingAt()) {
      return false;
    }
    int major = Integer.parseInt(m.group(1));
    return major < 10 || major == 10 && m.group(2).equals("0");
  }

  private interface Json {
    void write(BoundedText out);
  }

  private interface Proto {
    byte[] write();
  }

  /**
   * Response in both formats.
   *
   * @param warnings damage because of which the response may be incomplete, for which it has no
   *     field
   */
  private record Body(Json json, Proto proto, List<String> warnings) {
    Body(Json json, Proto proto) {
      this(json, proto, List.of());
    }
  }

  private interface Endpoint {
    Body answer(HttpRequest request, TempoParameters p);
  }

  private void get(Routes routes, String path, Endpoint endpoint) {
    routes.getOrPost(
        path,
        (request, response) -> {
          Body body = endpoint.answer(request, queries.parameters(request.params()));
          DamageWarning.addTo(response, body.warnings);
          if (TempoTraces.wantsProtobuf(request)) {
            response.send("application/protobuf", body.proto.write());
          } else {
            BoundedText answer = new BoundedText(request);
            body.json.write(answer);
            answer.send(JSON, response);
          }
        });
  }

  private void tags(Routes routes, String path, boolean v2) {
    get(
        routes,
        path,
        (q, p) -> {
          var r = queries.tags(q, p);
          return new Body(
              out -> TempoJson.tags(r, v2, out.text),
              () -> TempoProto.tags(r, v2),
              requests.damage(q));
        });
  }

  private void values(Routes routes, String path, boolean v2) {
    get(
        routes,
        path,
        (q, p) -> {
          var r = queries.values(q, p, q.pathParam("tag"), v2);
          return new Body(
              out -> TempoJson.values(r, v2, out.text),
              () -> TempoProto.values(r, v2),
              requests.damage(q));
        });
  }

  /** Responds with 503 while the store rejects all spans. */
  private void ready(HttpRequest request, HttpResponse response) throws IOException {
    StoreHealth.Problem problem = requests.store().problem();
    if (problem != null && problem.refusing()) {
      throw new HttpException(503, "trace store: " + problem.text());
    }
    response.send("ready\n");
  }

  /** Overrides set over this API: always empty. */
  private void overrides(HttpRequest request, HttpResponse response) throws IOException {
    RequestScope.of(request); // refuses names that are not valid
    response.header("ETag", "0").send(JSON, new byte[] {'{', '}'});
  }

  private static void fixedOverrides() {
    throw new HttpException(
        501,
        "overrides are not set over this API; set traces.overrides in the configuration and"
            + " reload");
  }

  private void version(HttpRequest request, HttpResponse response) throws IOException {
    response.send(
        "GET /status/version\ntempo, version "
            + VERSION
            + " (branch: , revision: )\n  build user:       \n  build date:       \n"
            + "  go version:       \n  platform:         java/"
            + System.getProperty("os.arch")
            + "\n  tags:             tethys "
            + requests.settings().version()
            + "\n\n");
  }

  private void buildInfo(HttpRequest request, HttpResponse response) throws IOException {
    TextBuffer out = new TextBuffer();
    out.put("{\"status\":\"success\",\"data\":{\"version\":").json(VERSION);
    out.put(",\"revision\":\"\",\"branch\":\"\",\"buildDate\":\"\",\"buildUser\":\"\"");
    out.put(",\"goVersion\":\"\"}}");
    response.send(JSON, out.toByteArray());
  }
}
