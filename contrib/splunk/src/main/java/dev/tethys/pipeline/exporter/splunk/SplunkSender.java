package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Posts events. A 400 names the first invalid event ({@code invalid-event-number}), which becomes a
 * dead letter. The others are sent again, because Splunk does not report which of them it stored,
 * so these may be duplicated. An invalid token or token setting must be fixed by the operator, so
 * no item becomes a dead letter for it.
 */
final class SplunkSender implements Sender {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Splunk's number for a token without acknowledgements. */
  static final int ACK_IS_DISABLED = 14;

  /** Of a channel that is missing or invalid, and of query strings, as well. */
  private static final Set<Integer> SETTINGS = Set.of(10, 11, ACK_IS_DISABLED, 16);

  private final URI url;
  private final HttpEndpoint endpoint;
  private final LineRequestEncoder encoder;
  private final @Nullable IndexedAcks acks;
  private final long joined;

  /**
   * Creates a sender.
   *
   * @param acks null if a request is delivered that was taken
   * @param joined maximum number of bytes of a metric event with several measurements; 0 for one
   *     measurement each
   */
  SplunkSender(
      URI url,
      HttpEndpoint endpoint,
      LineRequestEncoder encoder,
      @Nullable IndexedAcks acks,
      long joined) {
    this.joined = joined;
    this.url = url;
    this.endpoint = endpoint;
    this.encoder = encoder;
    this.acks = acks;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    MultiMetricEvents events = null;
    byte[] body = p.body();
    if (joined > 0 && p.signal() == Signal.METRICS) {
      try {
        LineRequestEncoder.Opened o = encoder.open(p);
        events = new MultiMetricEvents(o, joined);
        body = o.sealed(events.lines());
      } catch (CodecException e) {
        return new SendResult.Permanent(String.valueOf(e.getMessage()));
      }
    }
    if (acks == null) {
      HttpEndpoint.Reply r = endpoint.call("POST", url, LineRequestEncoder.sent(p), body);
      return r.isOk() ? SendResult.DELIVERED : judge(p, r, events);
    }
    String channel = acks.channel();
    SendResult none = acks.refusal(channel);
    if (none != null) {
      return none;
    }
    Map<String, String> headers = new LinkedHashMap<>(LineRequestEncoder.sent(p));
    headers.put(IndexedAcks.CHANNEL, channel);
    HttpEndpoint.Reply r = endpoint.call("POST", url, headers, body);
    return r.isOk() ? acks.indexed(channel, r) : judge(p, r, events);
  }

  private SendResult judge(
      EncodedRequest p, HttpEndpoint.Reply r, @Nullable MultiMetricEvents events) {
    try {
      if (r.status() == 413) {
        return encoder.halves(p, r.reason());
      }
      if (r.status() != 400) {
        return HttpEndpoint.judge(r);
      }
      JsonNode reply = JSON.readTree(r.body());
      int code = reply.path("code").asInt(-1);
      if (SETTINGS.contains(code)) {
        String hint =
            code == 10 ? "; the token has useACK: write acknowledgement: {enabled: true}" : "";
        return new SendResult.Retryable(r.retryAfter(), false, r.reason() + hint);
      }
      LineRequestEncoder.Opened o = encoder.open(p);
      int event = reply.path("invalid-event-number").asInt(-1);
      if (event < 0 || event >= (events == null ? o.index().rows() : events.size())) {
        return encoder.halves(p, r.reason());
      }
      BitSet wrong = new BitSet();
      wrong.set(event);
      wrong = events == null ? wrong : events.rows(event);
      Map<Integer, String> refused = new LinkedHashMap<>();
      wrong.stream().forEach(row -> refused.put(row, r.reason()));
      BitSet others = new BitSet();
      others.set(0, o.index().rows());
      others.andNot(wrong);
      return o.sorted(refused, others, new SendResult.Retryable(Duration.ZERO, false, r.reason()));
    } catch (JacksonException | CodecException e) {
      return new SendResult.Permanent(r.reason());
    }
  }
}
