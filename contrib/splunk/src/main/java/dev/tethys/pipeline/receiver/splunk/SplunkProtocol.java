package dev.tethys.pipeline.receiver.splunk;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.AckRegistry;
import dev.tethys.pipeline.receiver.splunk.HecRequest.HecException;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Splunk's HTTP Event Collector: events as JSON and as lines, health, and acknowledgements. Status
 * 200 means that the events were accepted downstream, so each acknowledgement is true immediately.
 */
public final class SplunkProtocol {
  /** Attributes of a resource as the Collector's receiver names them. */
  public static final List<String> COLLECTOR_NAMES =
      List.of("host.name", "com.splunk.source", "com.splunk.sourcetype", "com.splunk.index");

  /** Attributes that a log store uses as labels. */
  public static final List<String> LABEL_NAMES = List.of("host", "source", "sourcetype", "index");

  private static final String PATH = "/services/collector";
  private static final int MAX_ACKS = 10_000;
  private static final String SCHEME = "Splunk ";
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private final @Nullable Consumer to;
  private final @Nullable Consumer metrics;
  private final Scheduler clock;
  private final List<String> names;
  private final Paths paths;
  private final @Nullable AckRegistry registry; // null where channels share one counter
  private final AtomicLong acks = new AtomicLong();

  /**
   * Paths and form of events.
   *
   * @param raw path of raw events, in addition to the usual ones; "" for none
   * @param health additional path of health checks
   * @param ack additional path of acknowledgements
   * @param whole whether a raw request is one event; otherwise each line is
   * @param token whether the token of the client becomes an attribute of the resource
   */
  public record Paths(String raw, String health, String ack, boolean whole, boolean token) {
    static final Paths USUAL = new Paths("", "", "", false, false);
  }

  /**
   * @param names attributes of a resource for host, source, sourcetype and index
   */
  public SplunkProtocol(Consumer to, Scheduler clock, List<String> names) {
    this(to, null, clock, names, Paths.USUAL, null);
  }

  /**
   * @param to consumer of logs; null to reject them
   * @param metrics consumer of metrics; null to take their events as logs
   */
  SplunkProtocol(
      @Nullable Consumer to,
      @Nullable Consumer metrics,
      Scheduler clock,
      List<String> names,
      Paths paths,
      @Nullable AckRegistry registry) {
    this.registry = registry;
    this.to = to;
    this.metrics = metrics;
    this.clock = clock;
    this.names = names;
    this.paths = paths;
  }

  /** Adds the paths. */
  public void addTo(HttpServerEndpoint endpoint) {
    for (String path : List.of("", "/event", "/event/1.0")) {
      endpoint.post(PATH + path, (q, r) -> take(endpoint, q, r, false));
    }
    for (String path : all(paths.raw, PATH + "/raw", PATH + "/raw/1.0")) {
      endpoint.post(path, (q, r) -> take(endpoint, q, r, true));
    }
    for (String path : all(paths.health, PATH + "/health", PATH + "/health/1.0")) {
      endpoint.on("GET", path, (q, r) -> answer(r, 200, 17, "HEC is healthy", ""));
    }
    for (String path : all(paths.ack, PATH + "/ack")) {
      endpoint.post(path, registry == null ? this::acks : (q, r) -> acks(registry, q, r));
    }
  }

  private static Set<String> all(String own, String... usual) {
    Set<String> out = new LinkedHashSet<>(List.of(usual));
    if (!own.isEmpty()) {
      out.add(own);
    }
    return out;
  }

  private void take(
      HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response, boolean raw)
      throws IOException, InterruptedException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] body = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * body.length);
      if (registry != null && channel(request) != null && uuid(channel(request)) == null) {
        answer(response, 400, 11, "Invalid data channel", "");
        return;
      }
      HecRequest events =
          new HecRequest(
              names,
              clock.millis() * 1_000_000,
              paths.token ? token(request) : "",
              metrics != null);
      List<String> defaults = HecRequest.defaults(request.query()::first);
      HecException wrong = null;
      try {
        if (raw) {
          events.lines(body, defaults, request.query().first("time"), paths.whole);
        } else {
          events.events(body, defaults);
        }
      } catch (HecException e) {
        endpoint.refused(1, String.valueOf(e.getMessage()));
        wrong = e;
      }
      answer(response, request, deliver(endpoint, events, request), wrong);
    } catch (BusyException e) {
      busy(response, e.outcome());
    }
  }

  private Outcome deliver(HttpServerEndpoint endpoint, HecRequest events, HttpRequest request)
      throws InterruptedException {
    Outcome measured =
        deliver(endpoint, Signal.METRICS, metrics, events.metrics(), events.points(), request);
    return Outcome.plus(
        measured, deliver(endpoint, Signal.LOGS, to, events.logs(), events.size(), request));
  }

  private static Outcome deliver(
      HttpServerEndpoint endpoint,
      Signal signal,
      @Nullable Consumer to,
      Telemetry<?> data,
      int items,
      HttpRequest request)
      throws InterruptedException {
    if (items == 0) {
      return Outcome.ACCEPTED;
    }
    if (to == null) {
      String what = "no pipeline of " + signal.name().toLowerCase(Locale.ROOT);
      endpoint.refused(items, what);
      return new Outcome.Rejected(what, items);
    }
    byte[] otlp = new OtlpWriter().write(data);
    return ReceiverAdmission.deliver(
        new Batch(signal, Encoding.OTLP, otlp, items, 0, endpoint.metadata(request)), to, request);
  }

  private void answer(
      HttpResponse response, HttpRequest request, Outcome o, @Nullable HecException wrong)
      throws IOException {
    if (o instanceof Outcome.Unavailable u) {
      busy(response, u);
    } else if (wrong != null) {
      String number = wrong.event < 0 ? "" : ",\"invalid-event-number\":" + wrong.event;
      answer(response, 400, wrong.code, String.valueOf(wrong.getMessage()), number);
    } else if (o instanceof Outcome.Rejected r) {
      answer(response, 400, 6, "Invalid data format: " + r.reason(), "");
    } else {
      String channel = channel(request);
      UUID id = uuid(channel);
      String ack =
          registry != null && id != null
              ? ",\"ackId\":" + registry.acknowledge(id)
              : channel != null && registry == null ? ",\"ackId\":" + acks.getAndIncrement() : "";
      answer(response, 200, 0, "Success", ack);
    }
  }

  private static @Nullable String channel(HttpRequest request) {
    String header = request.header("X-Splunk-Request-Channel");
    return header != null ? header : request.query().first("channel");
  }

  private static @Nullable UUID uuid(@Nullable String text) {
    return text != null && UUID_TEXT.matcher(text).matches() ? UUID.fromString(text) : null;
  }

  /** Returns the token of a client, or "". */
  private static String token(HttpRequest request) {
    String header = request.header("Authorization");
    return header != null && header.startsWith(SCHEME) ? header.substring(SCHEME.length()) : "";
  }

  private static void busy(HttpResponse response, Outcome.Unavailable u) throws IOException {
    HttpServerEndpoint.retryAfter(response, u);
    answer(response, 503, 9, "Server is busy", "");
  }

  private static void acks(AckRegistry registry, HttpRequest request, HttpResponse response)
      throws IOException {
    String channel = channel(request);
    UUID id = uuid(channel);
    if (id == null) {
      boolean none = channel == null;
      answer(
          response,
          400,
          none ? 10 : 11,
          none ? "Data channel is missing" : "Invalid data channel",
          "");
      return;
    }
    List<Long> numbers = new ArrayList<>();
    try {
      byte[] body = request.bodyBytes(1 << 20);
      if (JsonValues.read(body, 0, body.length) instanceof Attributes a
          && a.get("acks") instanceof ArrayValue wanted) {
        for (int i = 0; i < Math.min(wanted.size(), MAX_ACKS); i++) {
          if (wanted.get(i) instanceof Long n) {
            numbers.add(n);
          }
        }
      }
    } catch (CodecException e) {
      numbers.clear();
    }
    if (numbers.isEmpty()) {
      answer(response, 400, 6, "Invalid data format", "");
      return;
    }
    StringBuilder sb = new StringBuilder();
    registry
        .query(id, numbers)
        .forEach(
            (n, delivered) ->
                sb.append(sb.isEmpty() ? "" : ",")
                    .append('"')
                    .append(n)
                    .append("\":")
                    .append(delivered));
    json(response, 200, "{\"acks\":{" + sb + "}}");
  }

  private void acks(HttpRequest request, HttpResponse response) throws IOException {
    String text = new String(request.bodyBytes(1 << 20), StandardCharsets.UTF_8);
    Matcher m = NUMBER.matcher(text);
    StringBuilder sb = new StringBuilder("{\"acks\":{");
    long issued = acks.get();
    boolean first = true;
    for (int n = 0; n < MAX_ACKS && m.find(); n++) {
      sb.append(first ? "" : ",").append('"').append(m.group()).append("\":");
      sb.append(Long.parseLong(m.group()) < issued);
      first = false;
    }
    json(response, 200, sb.append("}}").toString());
  }

  private static void answer(HttpResponse response, int status, int code, String text, String more)
      throws IOException {
    StringBuilder sb = new StringBuilder("{\"text\":");
    json(
        response,
        status,
        GoJson.append(sb, text)
            .append(",\"code\":")
            .append(code)
            .append(more)
            .append('}')
            .toString());
  }

  private static void json(HttpResponse response, int status, String body) throws IOException {
    response.header("Content-Type", "application/json");
    response.status(status).send(body);
  }
}
