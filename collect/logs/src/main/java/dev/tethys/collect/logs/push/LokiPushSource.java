package dev.tethys.collect.logs.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.collect.logs.Delivery;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** Loki's push, JSON and protobuf, and lines of plain text at Promtail's own path. */
final class LokiPushSource extends PushSource {
  private static final Pattern LINE_END = Pattern.compile("\r+$");

  private final LokiPushConfig config;
  private final Registry.Counter errors;

  LokiPushSource(LokiPushConfig config, SourceContext context) {
    super("loki_push_api", config.server(), config.labels(), context);
    this.config = config;
    this.errors = context.metrics().parsingErrors("loki_push_api");
  }

  @Override
  void addTo(Routes routes) {
    routes
        .post("/loki/api/v1/push", this::push)
        .post("/api/prom/push", this::push)
        .post("/promtail/api/v1/push", this::push)
        .post("/promtail/api/v1/raw", this::raw)
        .get("/ready", (q, r) -> r.send("ready"));
  }

  private void push(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    RejectedItems refusals = new RejectedItems();
    Delivery delivery = new Delivery();
    String rejected = acceptPush(request, refusals, delivery);
    PushServer.delivered(request, delivery);
    if (!refusals.isEmpty()) {
      errors.add(refusals.count());
      // As in Loki: accepted entries are kept, and the response names the others.
      throw new HttpException(400, rejected);
    }
    response.status(204).send();
  }

  /** Forwards the entries; returns a message about rejected entries. */
  private String acceptPush(HttpRequest request, RejectedItems refusals, Delivery delivery)
      throws IOException, InterruptedException {
    String type = request.header("Content-Type");
    String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    byte[] body = body(request, config.maxBytes());
    PushReader.Result read;
    try {
      if (media.equals("application/json")) {
        read = PushReader.json(body, 0, body.length, refusals);
      } else if (media.isEmpty() || media.equals("application/x-protobuf")) {
        // Protobuf is always a snappy block, whether declared or not.
        byte[] m =
            parsed(
                request,
                Compression.SNAPPY.decompress(
                    body, 0, body.length, config.maxBytes(), request::reserve));
        read = PushReader.protobuf(m, 0, m.length, refusals);
      } else {
        throw new HttpException(
            415, "unsupported media type, supported: [application/json, application/x-protobuf]");
      }
    } catch (CodecException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
    String tenant = request.header(TENANT_HEADER);
    for (ResourceGroup<LogRecord> g : read.logs().resources()) {
      LabelsBuilder b = config.labels().toBuilder();
      g.resource().attributes().forEach((k, v) -> b.set(k, String.valueOf(v)));
      Labels labels = b.build();
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          long time =
              config.keepTimes() && r.timeUnixNano() != 0 ? r.timeUnixNano() : context.now();
          accept(
              labels, tenant, time, String.valueOf(r.body()), metadata(r.attributes()), delivery);
        }
      }
    }
    return read.text();
  }

  private static Labels metadata(Attributes a) {
    if (a.isEmpty()) {
      return Labels.EMPTY;
    }
    LabelsBuilder b = new LabelsBuilder();
    a.forEach((k, v) -> b.set(k, String.valueOf(v)));
    return b.build();
  }

  private void raw(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    Delivery delivery = new Delivery();
    acceptRaw(request, delivery);
    PushServer.delivered(request, delivery);
    response.status(204).send();
  }

  private void acceptRaw(HttpRequest request, Delivery delivery)
      throws IOException, InterruptedException {
    String text = new String(body(request, config.maxBytes()), StandardCharsets.UTF_8);
    String tenant = request.header(TENANT_HEADER);
    for (String line : text.split("\n")) {
      String l = LINE_END.matcher(line).replaceFirst("");
      if (!l.isEmpty()) {
        accept(config.labels(), tenant, context.now(), l, Labels.EMPTY, delivery);
      }
    }
  }
}
