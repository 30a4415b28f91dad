package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Posts points to a hosted Graphite as lines or as Grafana Cloud's JSON. A point sent twice is
 * stored once.
 *
 * <p>Sources: Grafana Cloud, "Graphite HTTP API"; Hosted Graphite, "Supported Protocols". Grafana
 * accepts the valid points of a request and reports how many are invalid, with some of their
 * positions; lines are rejected as a whole.
 */
final class CarbonHttpSender implements Sender {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final CarbonHttp settings;
  private final boolean json;
  private final HttpEndpoint endpoint;
  private final LineRequestEncoder encoder;

  /**
   * @param json whether points are sent as JSON; otherwise as lines
   */
  CarbonHttpSender(
      CarbonHttp settings, boolean json, HttpEndpoint endpoint, LineRequestEncoder encoder) {
    this.settings = settings;
    this.json = json;
    this.endpoint = endpoint;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    LineRequestEncoder.Opened opened;
    try {
      opened = encoder.open(p);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    Map<String, String> headers = new LinkedHashMap<>(LineRequestEncoder.sent(p));
    HttpEndpoint.Reply r = post(headers, opened.text());
    if (r.isOk()) {
      return json ? taken(p, opened, r) : SendResult.DELIVERED;
    }
    return switch (r.status()) {
      case 400, 413 -> encoder.halves(p, r.reason());
      default -> HttpEndpoint.judge(r);
    };
  }

  /** Posts lines, or the same points as JSON. */
  HttpEndpoint.Reply post(Map<String, String> headers, byte[] lines)
      throws IOException, InterruptedException {
    Map<String, String> sent = new LinkedHashMap<>(headers);
    sent.keySet().removeIf(h -> h.equalsIgnoreCase("content-encoding")); // that of the queue
    sent.put("content-type", json ? "application/json" : "text/plain; charset=utf-8");
    byte[] body = json ? points(lines) : lines;
    Compression c = settings.client().compression();
    if (c != Compression.NONE) {
      sent.put("content-encoding", c.word());
      body = c.compress(body, 0, body.length, settings.client().level());
    }
    return endpoint.call("POST", settings.url(), sent, body);
  }

  /** Converts lines of this exporter, which need no JSON escapes, to a list of points. */
  private byte[] points(byte[] lines) {
    StringBuilder sb = new StringBuilder(lines.length * 2).append('[');
    for (String line : new String(lines, StandardCharsets.UTF_8).split("\n")) {
      String[] parts = line.split(" ");
      if (parts.length != 3) {
        continue;
      }
      String[] path = parts[0].split(";");
      sb.append(sb.length() == 1 ? "" : ",").append("{\"name\":\"").append(path[0]);
      sb.append("\",\"interval\":").append(settings.interval());
      // A reader that takes it for an integer has no sign of zero.
      sb.append(",\"value\":").append(parts[1].equals("-0") ? "-0.0" : parts[1]);
      sb.append(",\"time\":").append(parts[2]);
      for (int i = 1; i < path.length; i++) {
        sb.append(i == 1 ? ",\"tags\":[\"" : ",\"").append(path[i]).append('"');
      }
      sb.append(path.length > 1 ? "]}" : "}");
    }
    return sb.append(']').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static SendResult taken(
      EncodedRequest p, LineRequestEncoder.Opened o, HttpEndpoint.Reply r) {
    JsonNode reply;
    try {
      reply = JSON.readTree(r.body());
    } catch (JacksonException e) {
      return SendResult.DELIVERED; // a proxy between answers success in another form
    }
    int invalid = reply.path("invalid").asInt(0);
    if (invalid <= 0) {
      return SendResult.DELIVERED;
    }
    Map<Integer, String> bad = new HashMap<>();
    for (Map.Entry<String, JsonNode> e : reply.path("validationErrors").properties()) {
      for (JsonNode place : e.getValue().path("exampleIds")) {
        int row = place.asInt(-1);
        if (row >= 0 && row < o.index().rows()) {
          bad.put(row, "Graphite: " + e.getKey());
        }
      }
    }
    if (bad.size() == invalid) {
      return o.sorted(bad, new BitSet(), null);
    }
    return p.items() == 1
        ? new SendResult.Permanent(r.reason())
        : new SendResult.Partial(Math.min(p.items(), invalid), r.reason());
  }
}
