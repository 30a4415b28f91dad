package dev.tethys.collect.logs.push;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.collect.logs.Delivery;
import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Endpoint for Pub/Sub push messages, whose data, in base64, are log entries as JSON. */
final class GcpSource extends PushSource {
  private static final int MAX_BYTES = 16 << 20; // a message has 10 MB at most
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final GcpConfig config;
  private final Registry.Counter entries;
  private final Registry.Vector<Registry.Counter> errors;

  GcpSource(GcpConfig config, PushServer server, SourceContext context) {
    super("gcplog", server, config.labels(), context);
    this.config = config;
    this.entries =
        context
            .metrics()
            .counter(
                "promtail_gcp_push_target_entries_total",
                "Number of successful entries received by the GCP Push target");
    this.errors =
        context
            .metrics()
            .counters(
                "promtail_gcp_push_target_parsing_errors_total",
                "Number of parsing errors while receiving GCP Push messages",
                "reason");
  }

  @Override
  void addTo(Routes routes) {
    routes.post("/gcp/api/v1/push", this::push).get("/ready", (q, r) -> r.send("ready"));
  }

  private void push(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    JsonNode pushed;
    byte[] data;
    try {
      pushed = JSON.readTree(body(request, MAX_BYTES));
      data = Base64.getDecoder().decode(pushed.path("message").path("data").asString(""));
    } catch (JacksonException | IllegalArgumentException e) {
      errors.with("format").inc();
      throw new HttpException(400, "expected a push of Pub/Sub: " + JsonFailures.describe(e));
    }
    JsonNode message = pushed.path("message");
    String id = firstOf(message, "messageId", "message_id");
    String subscription = pushed.path("subscription").asString("");
    if (data.length == 0 || id.isEmpty() || subscription.isEmpty()) {
      errors.with("invalid_message").inc();
      throw new HttpException(400, "message.data, message.messageId or subscription is missing");
    }
    LabelsBuilder b =
        config.labels().toBuilder()
            .set("__gcp_message_id", id)
            .set("__gcp_subscription_name", subscription);
    message
        .path("attributes")
        .forEachEntry((k, v) -> b.set("__gcp_attributes_" + LabelMap.sanitized(k), v.asString("")));
    GcpEntry entry = GcpEntry.of(data, config.wholeEntry());
    entry.addLabels(b);
    Delivery delivery = new Delivery();
    accept(
        b.build(),
        request.header(TENANT_HEADER),
        config.keepTimes() ? entry.time(context::now) : context.now(),
        entry.line(),
        Labels.EMPTY,
        delivery);
    entries.inc();
    PushServer.delivered(request, delivery);
    response.status(204).send();
  }

  private static String firstOf(JsonNode n, String one, String other) {
    return n.path(one).asString(n.path(other).asString(""));
  }
}
