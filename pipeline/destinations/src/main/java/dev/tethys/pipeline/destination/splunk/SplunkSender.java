package dev.tethys.pipeline.destination.splunk;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.rows.LineParcels;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Posts events. A 400 names the first event that is wrong ({@code invalid-event-number}): that one
 * becomes a dead letter and the others are sent again, since Splunk does not say which of them it
 * has: they may then stand there twice.
 */
final class SplunkSender implements Sender {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI url;
  private final HttpEndpoint endpoint;
  private final LineParcels parcels;

  SplunkSender(URI url, HttpEndpoint endpoint, LineParcels parcels) {
    this.url = url;
    this.endpoint = endpoint;
    this.parcels = parcels;
  }

  @Override
  public Verdict send(Parcel p) throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("POST", url, LineParcels.sent(p), p.body());
    if (r.isOk()) {
      return Verdict.DELIVERED;
    }
    try {
      if (r.status() == 413) {
        return parcels.halves(p, r.reason());
      }
      if (r.status() != 400) {
        return HttpEndpoint.judge(r);
      }
      JsonNode number = JSON.readTree(r.body()).path("invalid-event-number");
      LineParcels.Opened o = parcels.open(p);
      int row = number.asInt(-1);
      if (row < 0 || row >= o.index().rows()) {
        return parcels.halves(p, r.reason());
      }
      BitSet others = new BitSet();
      others.set(0, o.index().rows());
      others.clear(row);
      return o.sorted(
          Map.of(row, r.reason()), others, new Verdict.Later(Duration.ZERO, false, r.reason()));
    } catch (JacksonException | CodecException e) {
      return new Verdict.Never(r.reason());
    }
  }
}
