package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.DeadLetter;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * {@code /api/v1/pipelines}: the graph with queues and accounts; volumes by attribute; a tap on an
 * edge; dead letters. Answers are Prometheus's envelope.
 */
public final class PipelineEndpoints {
  /** Most batches a second that a tap shows. */
  static final double MAX_PER_SECOND = 10;

  /** The largest batch that a tap shows whole. */
  static final int MAX_SHOWN = 1 << 20;

  private static final int MAX_LISTED = 10_000;

  /** The configuration changes rarely and may be long, so it has its own path. */
  private static final String CONFIG = "/api/v1/pipelines/config";

  private final GraphView graph;
  private final InstantSource clock;
  private final TapAccess tap;

  private PipelineEndpoints(GraphView graph, InstantSource clock, TapAccess tap) {
    this.graph = graph;
    this.clock = clock;
    this.tap = tap;
  }

  /**
   * Adds the endpoints.
   *
   * @param clock time of the counts in responses
   * @param tap access of readers to passing data
   */
  public static Routes addTo(Routes routes, GraphView graph, InstantSource clock, TapAccess tap) {
    PipelineEndpoints e = new PipelineEndpoints(graph, clock, tap);
    new RecordEndpoints(graph, tap).addTo(routes);
    return routes
        .get("/api/v1/pipelines", e::status)
        .get("/api/v1/pipelines/volumes", e::volumes)
        .get("/api/v1/pipelines/tap", e::tap)
        .get("/api/v1/pipelines/dead-letters", e::letters)
        .get("/api/v1/pipelines/dead-letters/body", e::body)
        .post("/api/v1/pipelines/dead-letters/replay", e::replay);
  }

  /**
   * Adds {@code /api/v1/pipelines/config}: the merged configuration with masked secrets.
   *
   * @param yaml the text; empty if there is none
   */
  public static Routes addConfig(Routes routes, Supplier<String> yaml) {
    return routes.get(
        CONFIG,
        (q, r) -> send(r, new Json().open('{').key("yaml").text(yaml.get()).close('}').toString()));
  }

  private void status(HttpRequest q, HttpResponse r) throws IOException {
    send(r, StatusJson.of(graph.status(), clock.millis(), tap != TapAccess.NONE));
  }

  private void volumes(HttpRequest q, HttpResponse r) throws IOException {
    List<String> attributes = graph.volumes().attributes();
    String by = q.query().first("by");
    if (by == null || by.isEmpty()) {
      by = attributes.isEmpty() ? "" : attributes.getFirst();
    } else if (!attributes.contains(by)) {
      throw new HttpException(
          400,
          "volumes are not counted by "
              + by
              + "; service.telemetry.volumes.attributes has: "
              + String.join(", ", attributes));
    }
    int limit = (int) number(q.query(), "limit", 100, MAX_LISTED);
    send(r, VolumesJson.of(graph.volumes(), graph.balance(), by, limit, clock.millis()));
  }

  static void send(HttpResponse r, String data) throws IOException {
    r.send(
        "application/json",
        ("{\"status\":\"success\",\"data\":" + data + "}").getBytes(StandardCharsets.UTF_8));
  }

  private void tap(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    tap.check();
    String edge = required(q.query(), "edge");
    double perSecond = number(q.query(), "per_second", 1, MAX_PER_SECOND);
    long count = (long) number(q.query(), "count", Long.MAX_VALUE, Long.MAX_VALUE);
    Tap edgeTap =
        graph
            .tap(edge, perSecond)
            .orElseThrow(
                () ->
                    new HttpException(
                        404, "there is no edge " + edge + "; /api/v1/pipelines lists them"));
    boolean[] gone = new boolean[1];
    try (edgeTap;
        HttpRequest.Watch watch = q.whenClientGone(() -> gone[0] = true);
        OutputStream out = begin(r)) {
      for (long n = 0; n < count && !gone[0]; ) {
        Batch b = edgeTap.next(1000);
        // Periodic empty lines detect a disconnected client.
        out.write((b == null ? "\n" : sample(b, tap) + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        n += b == null ? 0 : 1;
      }
    }
  }

  static OutputStream begin(HttpResponse r) throws IOException {
    r.header("Content-Type", "application/x-ndjson").uncompressed();
    return r.stream();
  }

  /** Formats a line about a batch, with its content if access permits. */
  static String sample(Batch b, TapAccess access) {
    Json j = new Json().open('{');
    j.key("signal").text(StatusJson.word(b.signal()));
    j.key("encoding").text(b.encoding().name().toLowerCase(java.util.Locale.ROOT));
    j.key("items")
        .number(b.items())
        .key("bytes")
        .number(b.body().length)
        .key("lane")
        .number(b.lane());
    if (b.encoding() == Encoding.REMOTE_WRITE) {
      SamplesJson.content(j, b, access);
    } else if (b.size() <= MAX_SHOWN) {
      try {
        byte[] body = access.masked(b);
        byte[] json = OtlpJsonWriter.toJson(b.signal().otlp(), body, 0, body.length);
        j.key("content").raw(new String(json, StandardCharsets.UTF_8));
      } catch (CodecException e) {
        j.key("error").text(String.valueOf(e.getMessage()));
      }
    }
    return j.close('}').toString();
  }

  private OutboxView outbox(Params p) {
    Map<String, OutboxView> all = graph.outboxes();
    String node = required(p, "node");
    OutboxView box = all.get(node);
    if (box == null) {
      throw new HttpException(
          404,
          "there is no exporter with a queue "
              + node
              + "; expected one of: "
              + String.join(", ", all.keySet()));
    }
    return box;
  }

  private void letters(HttpRequest q, HttpResponse r) throws IOException {
    int most = (int) number(q.query(), "limit", 100, MAX_LISTED);
    Json j = new Json().open('[');
    for (DeadLetter d : outbox(q.query()).deadLetters(most)) {
      StatusJson.letter(j, d);
    }
    send(r, j.close(']').toString());
  }

  private void body(HttpRequest q, HttpResponse r) throws IOException {
    String id = required(q.query(), "id");
    EncodedRequest p =
        outbox(q.query())
            .deadLetter(id)
            .orElseThrow(() -> new HttpException(404, "there is no dead letter " + id));
    r.send("application/octet-stream", p.body());
  }

  private void replay(HttpRequest q, HttpResponse r) throws IOException {
    Params p = q.params();
    OutboxView box = outbox(p);
    String id = p.first("id");
    long done = 0;
    try {
      if (id != null && !id.isEmpty()) {
        if (!box.replay(id)) {
          throw new HttpException(404, "there is no dead letter " + id);
        }
        done = 1;
      } else {
        // The letters of this moment: an item that is refused again becomes a letter again, after
        // them.
        long there = box.status().deadLetters();
        long most = (long) number(p, "limit", Long.MAX_VALUE, Long.MAX_VALUE);
        long remaining = Math.min(there, most);
        while (remaining > 0) {
          long before = remaining;
          for (DeadLetter d : box.deadLetters((int) Math.min(remaining, MAX_LISTED))) {
            if (box.replay(d.id())) {
              done++;
            }
            remaining--;
          }
          if (remaining == before) {
            break; // another request replays them
          }
        }
      }
    } catch (IOException e) {
      throw new HttpException(503, done + " replayed, then: " + e.getMessage());
    }
    send(r, "{\"replayed\":" + done + "}");
  }

  static String required(Params p, String name) {
    String v = p.first(name);
    if (v == null || v.isEmpty()) {
      throw new HttpException(400, "the parameter " + name + " is missing");
    }
    return v;
  }

  static double number(Params p, String name, double otherwise, double most) {
    String v = p.first(name);
    if (v == null || v.isEmpty()) {
      return otherwise;
    }
    try {
      double d = Double.parseDouble(v);
      if (d > 0 && d <= most) {
        return d;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new HttpException(400, name + "=" + v + " must be a number above 0, at most " + most);
  }
}
