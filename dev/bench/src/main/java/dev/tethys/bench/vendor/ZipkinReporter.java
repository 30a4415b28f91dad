package dev.tethys.bench.vendor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import zipkin2.Endpoint;
import zipkin2.Span;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.SpanBytesEncoder;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** Zipkin's reporter, with a span for each sample, a thousand in a message of protobuf. */
final class ZipkinReporter implements VendorClient {
  private static final int EACH = 1000;

  private final Endpoint node = Endpoint.newBuilder().serviceName("node").build();
  private final URLConnectionSender sender;
  private long spans;

  ZipkinReporter(String url) {
    sender =
        URLConnectionSender.newBuilder()
            .endpoint(url + "/api/v2/spans")
            .encoding(Encoding.PROTO3)
            .build();
  }

  private byte[] encoded(Sample s) {
    Span.Builder b =
        Span.newBuilder()
            .traceId(s.series().id().getMostSignificantBits() | 1, s.millis())
            .id(++spans)
            .name(s.series().metric())
            .kind(Span.Kind.SERVER)
            .localEndpoint(node)
            .timestamp(s.millis() * 1000)
            .duration(1000);
    s.series().labels().forEach(b::putTag);
    return SpanBytesEncoder.PROTO3.encode(b.putTag("value", Double.toString(s.value())).build());
  }

  @Override
  public void write(List<Sample> samples) throws IOException {
    List<byte[]> message = new ArrayList<>(EACH);
    for (Sample s : samples) {
      message.add(encoded(s));
      if (message.size() == EACH) {
        sender.send(message);
        message = new ArrayList<>(EACH);
      }
    }
    if (!message.isEmpty()) {
      sender.send(message);
    }
  }

  @Override
  public void close() {
    sender.close();
  }
}
