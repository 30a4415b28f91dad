package dev.tethys.pipeline.receiver.splunk;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.splunk.HecRequest.HecException;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Splunk's HTTP Event Collector: events as JSON and as lines, health, and acknowledgements. An
 * answer of 200 means that the events were accepted behind the receiver, so that each
 * acknowledgement is true at once.
 */
public final class SplunkProtocol {
  /** Attributes of a resource as the Collector's receiver names them. */
  public static final List<String> COLLECTOR_NAMES =
      List.of("host.name", "com.splunk.source", "com.splunk.sourcetype", "com.splunk.index");

  /** Attributes that a log store takes as labels. */
  public static final List<String> LABEL_NAMES = List.of("host", "source", "sourcetype", "index");

  private static final String PATH = "/services/collector";
  private static final int MAX_ACKS = 10_000;
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private final Consumer to;
  private final Scheduler clock;
  private final List<String> names;
  private final Paths paths;
  private final AtomicLong acks = new AtomicLong();

  /**
   * Paths and form of raw events.
   *
   * @param raw path of raw events, in addition to the usual ones; "" for none
   * @param health path of health checks, in the same way
   * @param whole whether a raw request is one event; else each of its lines is
   */
  public record Paths(String raw, String health, boolean whole) {
    static final Paths USUAL = new Paths("", "", false);
  }

  /**
   * @param names attributes of a resource for host, source, sourcetype and index
   */
  public SplunkProtocol(Consumer to, Scheduler clock, List<String> names) {
    this(to, clock, names, Paths.USUAL);
  }

  SplunkProtocol(Consumer to, Scheduler clock, List<String> names, Paths paths) {
    this.to = to;
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
    endpoint.post(PATH + "/ack", this::acks);
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
      HecRequest events = new HecRequest(names, clock.millis() * 1_000_000);
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
      Outcome o = events.size() == 0 ? Outcome.ACCEPTED : deliver(endpoint, events, request);
      answer(response, request, o, wrong);
    } catch (BusyException e) {
      busy(response, e.outcome());
    }
  }

  private Outcome deliver(HttpServerEndpoint endpoint, HecRequest events, HttpRequest request)
      throws InterruptedException {
    byte[] otlp = new OtlpWriter().write(events.logs());
    return ReceiverAdmission.deliver(
        new Batch(Signal.LOGS, Encoding.OTLP, otlp, events.size(), 0, endpoint.metadata(request)),
        to,
        request);
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
      boolean channel =
          request.header("X-Splunk-Request-Channel") != null
              || request.query().first("channel") != null;
      String ack = channel ? ",\"ackId\":" + acks.getAndIncrement() : "";
      answer(response, 200, 0, "Success", ack);
    }
  }

  private static void busy(HttpResponse response, Outcome.Unavailable u) throws IOException {
    HttpServerEndpoint.retryAfter(response, u);
    answer(response, 503, 9, "Server is busy", "");
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
