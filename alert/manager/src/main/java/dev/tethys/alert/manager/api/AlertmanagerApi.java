package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.AlertStatus;
import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.cluster.ClusterNode;
import dev.tethys.alert.manager.cluster.ClusterView;
import dev.tethys.alert.manager.config.ReceiverConfig;
import dev.tethys.alert.manager.dispatch.AlertDispatcher.GroupView;
import dev.tethys.alert.manager.dispatch.RoutingNode;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.alert.manager.state.SilenceException;
import dev.tethys.model.GoQuote;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * {@code /api/v2} of Alertmanager: its paths, parameters, responses, status codes and error
 * messages. Sources: the published OpenAPI, and Alertmanager's actual responses. It also serves
 * {@code /api/tethys}, with extensions of Alertmanager's API.
 */
public final class AlertmanagerApi {
  /** Maximum size of a request body in bytes. */
  static final int MAX_BODY_BYTES = 64 << 20;

  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of(AlertmanagerApi.class.getName()));
  private static final JsonFactory JSON = new JsonFactory();
  private static final String UUID =
      "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

  /** Version information of the program, for the status. */
  public record Version(String version, String revision, String branch, String java) {}

  private final Alertmanager manager;
  private final Version version;
  private final Semaphore turns;
  private final int limit;
  private final Registry.Counter refused;

  private AlertmanagerApi(
      Alertmanager manager, Version version, int getConcurrency, Registry registry) {
    this.manager = manager;
    this.version = version;
    this.limit = getConcurrency;
    this.turns = new Semaphore(getConcurrency);
    this.refused =
        registry
            .counters(
                "alertmanager_http_concurrency_limit_exceeded_total",
                "Total number of times an HTTP request failed because the concurrency limit was"
                    + " reached.",
                "method")
            .with("get");
  }

  /**
   * Adds the API to routes.
   *
   * @param prefix path prefix before {@code /api}: "" or {@code /alertmanager}
   * @param getConcurrency maximum number of concurrent GET requests
   */
  public static void register(
      Routes routes,
      String prefix,
      Alertmanager manager,
      Version version,
      int getConcurrency,
      Registry registry) {
    AlertmanagerApi api = new AlertmanagerApi(manager, version, getConcurrency, registry);
    String v2 = prefix + "/api/v2";
    api.at(routes, v2 + "/status").get(api::status);
    api.at(routes, v2 + "/receivers").get(api::receivers);
    api.at(routes, v2 + "/alerts").get(api::alerts).post(api::postAlerts);
    api.at(routes, v2 + "/alerts/groups").get(api::groups);
    api.at(routes, v2 + "/silences").get(api::silences).post(api::postSilence);
    api.at(routes, v2 + "/silence/{silenceID}").get(api::silence).delete(api::deleteSilence);
    String own = prefix + "/api/tethys";
    RoutingApi routing = new RoutingApi(manager);
    api.at(routes, own + "/routes").get(routing::tree).post(routing::test);
    TraceApi trace = new TraceApi(manager);
    api.at(routes, own + "/trace").get(trace::ofAlert).post(trace::ofLabels);
    NotesApi notes = new NotesApi(manager);
    api.at(routes, own + "/notes").get(notes::list).post(notes::add);
    api.at(routes, own + "/notes/{id}").delete(notes::withdraw);
    RecurringApi recurring = new RecurringApi(manager);
    api.at(routes, own + "/recurring-silences").get(recurring::list).post(recurring::add);
    api.at(routes, own + "/recurring-silences/preview").post(recurring::preview);
    api.at(routes, own + "/recurring-silences/{id}").delete(recurring::withdraw);
    api.at(routes, own + "/history").get(new HistoryApi(manager)::list);
    api.at(routes, own + "/heartbeats").get(new HeartbeatsApi(manager)::list);
    api.at(routes, own + "/deliveries").get(new DeliveriesApi(manager)::list);
    routes.any(v2 + "/{rest...}", api.guarded(AlertmanagerApi::unknownPath));
    routes.any(
        prefix + "/api/v1/{rest...}",
        (q, r) ->
            r.status(410)
                .send(
                    "application/json",
                    ("{\"status\":\"deprecated\",\"error\":\"The Alertmanager v1 API was removed as"
                            + " of version 0.27.0 - please use the equivalent route in the v2"
                            + " API\"}\n")
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  private static void unknownPath(HttpRequest q, HttpResponse r) {
    throw ApiError.coded(404, 404, "path " + q.path() + " was not found");
  }

  /** Methods of a path; other methods are rejected as in Alertmanager. */
  private final class Methods {
    private final Routes routes;
    private final String path;
    private final Set<String> known = new HashSet<>();

    Methods(Routes routes, String path) {
      this.routes = routes;
      this.path = path;
      routes.any(path, guarded(this::wrongMethod));
    }

    private void wrongMethod(HttpRequest q, HttpResponse r) {
      String allowed = String.join(",", known.stream().sorted().toList());
      r.header("Allow", allowed);
      throw ApiError.coded(
          405, 405, "method " + q.method() + " is not allowed, but [" + allowed + "] are");
    }

    Methods get(HttpHandler h) {
      known.add("GET");
      routes.get(path, guarded((q, r) -> inTurn(h, q, r)));
      return this;
    }

    Methods post(HttpHandler h) {
      known.add("POST");
      routes.post(path, guarded(h));
      return this;
    }

    Methods delete(HttpHandler h) {
      known.add("DELETE");
      routes.delete(path, guarded(h));
      return this;
    }
  }

  private Methods at(Routes routes, String path) {
    return new Methods(routes, path);
  }

  private void inTurn(HttpHandler h, HttpRequest q, HttpResponse r) throws Exception {
    if (!turns.tryAcquire()) {
      refused.inc();
      throw new HttpException(
          503, "Limit of concurrent GET requests reached (" + limit + "), try again later.\n");
    }
    try {
      h.handle(q, r);
    } finally {
      turns.release();
    }
  }

  private HttpHandler guarded(HttpHandler h) {
    return (q, r) -> {
      r.header("Cache-Control", "no-store");
      r.header("Vary", "Origin");
      if (q.header("Origin") != null) {
        r.header("Access-Control-Allow-Origin", "*");
      }
      try {
        if (!manager.isConfigured()) {
          throw ApiError.plain(503, "the Alertmanager is starting");
        }
        h.handle(q, r);
      } catch (ApiError e) {
        if (e.status() == 500) {
          PEER_LOG.log(
              Level.ERROR,
              "API request failed method={0} path={1} err={2}",
              q.method(),
              q.path(),
              e.getMessage());
        }
        r.status(e.status());
        send(
            r,
            g -> {
              if (e.code() == 0) {
                g.writeString(String.valueOf(e.getMessage()));
              } else {
                g.writeStartObject();
                g.writeNumberProperty("code", e.code());
                g.writeStringProperty("message", String.valueOf(e.getMessage()));
                g.writeEndObject();
              }
            });
      }
    };
  }

  static void send(HttpResponse r, Consumer<JsonGenerator> body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    try (JsonGenerator g = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      body.accept(g);
    }
    out.write('\n');
    r.send("application/json", out.toByteArray());
  }

  private void status(HttpRequest q, HttpResponse r) throws IOException {
    String original = manager.config().text();
    send(
        r,
        g -> {
          g.writeStartObject();
          g.writeObjectPropertyStart("cluster");
          ClusterView cluster = manager.cluster();
          if (cluster != null) {
            g.writeStringProperty("name", cluster.name());
          }
          g.writeArrayPropertyStart("peers");
          for (ClusterNode n : cluster == null ? List.<ClusterNode>of() : cluster.members()) {
            g.writeStartObject();
            g.writeStringProperty("address", n.hostPort());
            g.writeStringProperty("name", n.name());
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeStringProperty("status", cluster == null ? "disabled" : cluster.status());
          g.writeEndObject();
          g.writeObjectPropertyStart("config");
          g.writeStringProperty("original", original);
          g.writeEndObject();
          g.writeStringProperty("uptime", ApiJson.time(manager.startedAt()));
          g.writeObjectPropertyStart("versionInfo");
          g.writeStringProperty("branch", version.branch());
          g.writeStringProperty("buildDate", "");
          g.writeStringProperty("buildUser", "");
          g.writeStringProperty("goVersion", "java" + version.java());
          g.writeStringProperty("revision", version.revision());
          g.writeStringProperty("version", version.version());
          g.writeEndObject();
          g.writeEndObject();
        });
  }

  private Filters filters(HttpRequest q) {
    return Filters.read(q.query(), manager.options().syntax());
  }

  private @Nullable Map<String, String> labelsOf(String receiver) {
    ReceiverConfig c = manager.config().receivers().get(receiver);
    return c == null ? null : c.labels();
  }

  private void receivers(HttpRequest q, HttpResponse r) throws IOException {
    Filters f = filters(q);
    send(
        r,
        g -> {
          g.writeStartArray();
          for (ReceiverConfig c : manager.config().receivers().values()) {
            if (f.selectsReceiver(c.name(), c.labels())) {
              g.writeStartObject();
              ApiJson.strings(g, "labels", c.labels());
              g.writeStringProperty("name", c.name());
              g.writeEndObject();
            }
          }
          g.writeEndArray();
        });
  }

  /** Whether an alert is to be shown, by its end, labels and status. */
  private Predicate<Alert> shown(Filters f, Map<LabelSet, AlertStatus> statuses) {
    Instant now = manager.clock().instant();
    boolean active = f.isTrue("active");
    boolean silenced = f.isTrue("silenced");
    boolean inhibited = f.isTrue("inhibited");
    return a -> {
      Instant end = a.endsAt();
      if (end != null && end.isBefore(now) || !Filters.selects(f.labels(), a.labels().map())) {
        return false;
      }
      AlertStatus s = statuses.computeIfAbsent(a.labels(), manager::status);
      return (active || s.isSuppressed())
          && (silenced || s.silencedBy().isEmpty())
          && (inhibited || s.inhibitedBy().isEmpty());
    };
  }

  private void alerts(HttpRequest q, HttpResponse r) throws IOException {
    Filters f = filters(q);
    Map<LabelSet, AlertStatus> statuses = new HashMap<>();
    Predicate<Alert> shown = shown(f, statuses);
    List<Alert> all = new ArrayList<>();
    Map<LabelSet, List<String>> receivers = new HashMap<>();
    for (Alert a : manager.alerts().all()) {
      List<String> names = manager.routes(a.labels()).stream().map(RoutingNode::receiver).toList();
      boolean wanted =
          (f.receiver() == null || names.stream().anyMatch(n -> f.receiver().find(n)))
              && (f.receiverLabels().isEmpty()
                  || names.stream()
                      .anyMatch(
                          n -> {
                            Map<String, String> l = labelsOf(n);
                            return l != null && Filters.selects(f.receiverLabels(), l);
                          }));
      if (wanted && shown.test(a)) {
        all.add(a);
        receivers.put(a.labels(), names);
      }
    }
    all.sort(Comparator.comparing(a -> a.labels().fingerprintText()));
    send(
        r,
        g -> {
          g.writeStartArray();
          for (Alert a : all) {
            ApiJson.alert(
                g,
                a,
                statuses.getOrDefault(a.labels(), new AlertStatus(List.of(), List.of())),
                receivers.getOrDefault(a.labels(), List.of()),
                List.of());
          }
          g.writeEndArray();
        });
  }

  static byte[] jsonBody(HttpRequest q) throws IOException {
    String type = q.header("Content-Type");
    String media = type == null ? "application/json" : type.split(";", 2)[0].strip();
    if (!media.equalsIgnoreCase("application/json")) {
      throw ApiError.coded(
          415,
          415,
          "unsupported media type "
              + GoQuote.quote(media)
              + ", only [application/json] are allowed");
    }
    return q.bodyBytes(MAX_BODY_BYTES);
  }

  private void postAlerts(HttpRequest q, HttpResponse r) throws IOException {
    List<String> problems = manager.receive(PostedJson.alerts(jsonBody(q)));
    if (!problems.isEmpty()) {
      throw ApiError.plain(400, String.join("\n", problems));
    }
    r.send();
  }

  private void groups(HttpRequest q, HttpResponse r) throws IOException {
    Filters f = filters(q);
    Map<LabelSet, AlertStatus> statuses = new HashMap<>();
    List<GroupView> groups =
        manager.groups(
            route -> f.selectsReceiver(route.receiver(), labelsOf(route.receiver())),
            shown(f, statuses));
    Map<LabelSet, List<String>> receivers = new HashMap<>();
    for (GroupView view : groups) {
      for (Alert a : view.alerts()) {
        receivers.computeIfAbsent(a.labels(), k -> new ArrayList<>()).add(view.route().receiver());
      }
    }
    receivers.values().forEach(l -> l.sort(null));
    boolean muted = f.isTrue("muted");
    send(
        r,
        g -> {
          g.writeStartArray();
          for (GroupView view : groups) {
            if (!view.mutedBy().isEmpty() && !muted) {
              continue;
            }
            g.writeStartObject();
            g.writeArrayPropertyStart("alerts");
            for (Alert a : view.alerts()) {
              ApiJson.alert(
                  g,
                  a,
                  statuses.getOrDefault(a.labels(), new AlertStatus(List.of(), List.of())),
                  receivers.getOrDefault(a.labels(), List.of()),
                  view.mutedBy());
            }
            g.writeEndArray();
            ApiJson.labels(g, "labels", view.labels());
            g.writeObjectPropertyStart("receiver");
            g.writeStringProperty("name", view.route().receiver());
            g.writeEndObject();
            ApiJson.labels(g, "routeLabels", view.routeLabels());
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  private void silences(HttpRequest q, HttpResponse r) throws IOException {
    Params query = q.query();
    Filters f = Filters.read(query, manager.options().syntax());
    Instant now = manager.clock().instant();
    LabelMatchers wanted = new LabelMatchers(f.labels());
    List<Silence> all = new ArrayList<>();
    for (Silence s : manager.silences().all()) {
      if (f.isTrue(s.stateAt(now).text())
          && dev.tethys.alert.manager.state.Silences.isSelected(s, wanted)) {
        all.add(s);
      }
    }
    all.sort(
        Comparator.comparing((Silence s) -> s.stateAt(now))
            .thenComparing(
                (a, b) ->
                    switch (a.stateAt(now)) {
                      case ACTIVE -> a.endsAt().compareTo(b.endsAt());
                      case PENDING -> a.startsAt().compareTo(b.startsAt());
                      case EXPIRED -> b.endsAt().compareTo(a.endsAt());
                    }));
    send(
        r,
        g -> {
          g.writeStartArray();
          all.forEach(s -> ApiJson.silence(g, s, now));
          g.writeEndArray();
        });
  }

  private void postSilence(HttpRequest q, HttpResponse r) throws IOException {
    Silence s = PostedJson.silence(jsonBody(q));
    if (!s.startsAt().isBefore(s.endsAt())) {
      throw ApiError.plain(400, "Failed to create silence: start time must be before end time");
    }
    if (s.endsAt().isBefore(manager.clock().instant())) {
      throw ApiError.plain(400, "Failed to create silence: end time can't be in the past");
    }
    String id;
    try {
      id = manager.silences().set(s);
    } catch (SilenceException e) {
      throw ApiError.plain(e.isNotFound() ? 404 : 400, e.problem());
    } catch (IOException e) {
      throw ApiError.plain(500, "the silence could not be written to disk: " + e.getMessage());
    }
    send(
        r,
        g -> {
          g.writeStartObject();
          g.writeStringProperty("silenceID", id);
          g.writeEndObject();
        });
  }

  private static String id(HttpRequest q) {
    String id = q.pathParam("silenceID");
    if (!id.matches(UUID)) {
      throw ApiError.coded(
          422, ApiError.WRONG_TYPE, "silenceID in path must be of type uuid: " + GoQuote.quote(id));
    }
    return id;
  }

  private void silence(HttpRequest q, HttpResponse r) throws IOException {
    Silence s = manager.silences().get(id(q));
    if (s == null) {
      r.status(404).send();
      return;
    }
    send(r, g -> ApiJson.silence(g, s, manager.clock().instant()));
  }

  private void deleteSilence(HttpRequest q, HttpResponse r) throws IOException {
    try {
      manager.silences().expire(id(q));
      r.send();
    } catch (SilenceException e) {
      r.status(404).send();
    } catch (IOException e) {
      throw ApiError.plain(500, "the silence could not be written to disk: " + e.getMessage());
    }
  }
}
