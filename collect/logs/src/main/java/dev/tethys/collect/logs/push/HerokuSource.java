package dev.tethys.collect.logs.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.syslog.SyslogFormat;
import dev.tethys.codec.syslog.SyslogFrames;
import dev.tethys.codec.syslog.SyslogMessage;
import dev.tethys.collect.logs.Delivery;
import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * Endpoint for Heroku's log drains: syslog messages without structured data, each with a length
 * prefix.
 */
final class HerokuSource extends PushSource {
  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_MESSAGE = 1 << 20;

  private final HerokuConfig config;
  private final Registry.Counter entries;
  private final Registry.Counter errors;

  HerokuSource(HerokuConfig config, SourceContext context) {
    super("heroku_drain", config.server(), config.labels(), context);
    this.config = config;
    this.entries =
        context
            .metrics()
            .counter(
                "promtail_heroku_drain_target_entries_total",
                "Number of successful entries received by the Heroku target");
    this.errors =
        context
            .metrics()
            .counter(
                "promtail_heroku_drain_target_parsing_errors_total",
                "Number of parsing errors while receiving Heroku messages");
  }

  @Override
  void addTo(Routes routes) {
    routes.post("/heroku/api/v1/drain", this::drain).get("/ready", (q, r) -> r.send("ready"));
  }

  private void drain(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    List<String> bad = new ArrayList<>();
    Delivery delivery = new Delivery();
    acceptFrames(request, bad, delivery);
    PushServer.delivered(request, delivery);
    if (!bad.isEmpty()) {
      // As in Promtail, which keeps the valid entries before it sends this response.
      throw new HttpException(400, String.join("\n", bad.subList(0, Math.min(10, bad.size()))));
    }
    response.status(204).send();
  }

  private void acceptFrames(HttpRequest request, List<String> bad, Delivery delivery)
      throws IOException, InterruptedException {
    byte[] body = body(request, MAX_BYTES);
    SyslogFrames frames = new SyslogFrames(new ByteArrayInputStream(body), MAX_MESSAGE);
    List<SyslogMessage> messages = new ArrayList<>();
    try {
      for (byte[] b = frames.next(); b != null; b = frames.next()) {
        try {
          messages.add(SyslogFormat.LOGPLEX.read(b, 0, b.length, context.clock(), ZoneOffset.UTC));
        } catch (CodecException e) {
          bad.add("message " + (messages.size() + bad.size() + 1) + ": " + e.getMessage());
        }
      }
    } catch (CodecException e) {
      bad.add("message " + (messages.size() + bad.size() + 1) + ": " + e.getMessage());
    }
    errors.add(bad.size());
    Labels base = base(request);
    String tenant = request.header(TENANT_HEADER);
    for (SyslogMessage m : messages) {
      LabelsBuilder b =
          base.toBuilder()
              .set("__heroku_drain_host", m.hostname())
              .set("__heroku_drain_app", m.appName())
              .set("__heroku_drain_proc", m.procId())
              .set("__heroku_drain_log_id", m.msgId());
      Long time = config.keepTimes() ? m.timestamp() : null;
      String text = m.message();
      accept(
          b.build(),
          tenant,
          time == null ? context.now() : time,
          text == null ? "" : text,
          Labels.EMPTY,
          delivery);
      entries.inc();
    }
  }

  private Labels base(HttpRequest request) {
    LabelsBuilder b = config.labels().toBuilder();
    Params q = request.query();
    for (String name : q.names()) {
      b.set("__heroku_drain_param_" + LabelMap.sanitized(name), String.join(",", q.all(name)));
    }
    return b.build();
  }
}
