package dev.tethys.pipeline.exporter.elastic;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.NameTemplate;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Sends bulk requests and evaluates the status of each document. Status 409 means that the document
 * exists, as after a repeated request. Overload, missing indices and blocks are retryable; other
 * rejections are permanent for that document only. Documents too old for a time series data stream
 * go to the index for late samples, if configured.
 */
final class BulkSender implements Sender {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String path;
  private final Servers servers;
  private final LineRequestEncoder encoder;
  private final IndexSetup setup;
  private final @Nullable NameTemplate late;
  private final @Nullable Set<Integer> statuses;
  private final @Nullable Set<Integer> documentStatuses;
  private final BulkLog log;

  @GuardedBy("setup")
  private boolean isSetUp;

  BulkSender(
      ElasticSettings settings,
      Servers servers,
      LineRequestEncoder encoder,
      IndexSetup setup,
      BulkLog log) {
    this.path = settings.bulk().path(settings.pipeline());
    this.log = log;
    this.servers = servers;
    this.encoder = encoder;
    this.setup = setup;
    this.statuses = settings.again();
    this.documentStatuses = settings.againDocuments();
    this.late = settings.timeSeries() == null ? null : settings.timeSeries().late();
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    synchronized (setup) {
      if (!isSetUp) {
        HttpEndpoint.Reply r = setup.make();
        if (r != null) {
          return new SendResult.Retryable(r.retryAfter(), false, "index template: " + r.reason());
        }
        isSetUp = true;
      }
    }
    log.request(encoder, p);
    HttpEndpoint.Reply r = servers.call("POST", path, LineRequestEncoder.sent(p), p.body());
    log.answer(r);
    if (r.status() == 413) {
      return encoder.halves(p, r.reason());
    }
    if (!r.isOk()) {
      return judge(r);
    }
    try {
      JsonNode answer = JSON.readTree(r.body());
      return answer.path("errors").asBoolean(false)
          ? each(p, answer.path("items"))
          : SendResult.DELIVERED;
    } catch (JacksonException | CodecException e) {
      return new SendResult.Retryable(
          Duration.ZERO, false, "the response to a bulk request: " + JsonFailures.describe(e));
    }
  }

  private SendResult judge(HttpEndpoint.Reply r) {
    Set<Integer> only = statuses;
    if (only == null) {
      return HttpEndpoint.judge(r);
    }
    return only.contains(r.status())
        ? new SendResult.Retryable(
            r.retryAfter(), r.status() == 429 || r.status() == 503, r.reason())
        : new SendResult.Permanent(r.reason());
  }

  private boolean mayPass(int status) {
    Set<Integer> only = documentStatuses;
    return only != null
        ? only.contains(status)
        : status == 429 || status / 100 == 5 || status == 403 || status == 404 || status == 408;
  }

  private SendResult each(EncodedRequest p, JsonNode items) {
    LineRequestEncoder.Opened o = encoder.open(p);
    if (items.size() != o.index().rows()) {
      return new SendResult.Retryable(
          Duration.ZERO,
          false,
          "an answer for " + items.size() + " of " + o.index().rows() + " documents");
    }
    Map<Integer, String> refused = new HashMap<>();
    Map<Integer, String> elsewhere = new HashMap<>();
    BitSet again = new BitSet();
    boolean overload = false;
    String why = "";
    for (int i = 0; i < items.size(); i++) {
      JsonNode item = items.get(i).iterator().next();
      int status = item.path("status").asInt(0);
      if (status / 100 == 2 || status == 409) {
        continue;
      }
      String type = item.path("error").path("type").asString("");
      String explanation = item.path("error").path("reason").asString("");
      String reason = status + " " + type + ": " + explanation;
      if (late != null && TimeSeriesMode.isLate(type, explanation)) {
        elsewhere.put(i, TimeSeriesMode.late(late, o.row(i)));
        again.set(i);
        why = reason;
      } else if (mayPass(status)) {
        again.set(i);
        overload |= status == 429;
        why = reason;
      } else {
        String text = reason.length() > 300 ? reason.substring(0, 300) : reason;
        refused.put(i, text);
        log.refused(o, i, text);
      }
    }
    return (elsewhere.isEmpty() ? o : o.with(elsewhere))
        .sorted(refused, again, new SendResult.Retryable(Duration.ZERO, overload, why));
  }
}
