package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import zipkin2.Endpoint;
import zipkin2.Span;
import zipkin2.codec.SpanBytesDecoder;
import zipkin2.reporter.AsyncReporter;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Doubles take what clients of others write, and read it as it was meant: so they are doubles of
 * the vendors and not of our exporters.
 */
@Tag("slow")
class VendorsWriterTest {
  @Test
  void zipkinAcceptsSpansOfItsReporter() throws Exception {
    Map<String, String> kept = new LinkedHashMap<>();
    try (HttpIntake zipkin = new HttpIntake("/api/v2/spans", ZipkinRecordsContractTest::judge);
        URLConnectionSender sender =
            URLConnectionSender.newBuilder()
                .endpoint("http://127.0.0.1:" + zipkin.port() + "/api/v2/spans")
                .encoding(Encoding.PROTO3)
                .build();
        AsyncReporter<Span> reporter = AsyncReporter.builder((BytesMessageSender) sender).build()) {
      for (int i = 0; i < KnownSamples.HOSTILE.length; i++) {
        String hostile = KnownSamples.HOSTILE[i];
        Span s =
            Span.newBuilder()
                .traceId(1, i + 1)
                .id(i + 1)
                .name(hostile)
                .kind(Span.Kind.CLIENT)
                .timestamp(KnownSamples.START * 1000)
                .duration(i + 1)
                .localEndpoint(Endpoint.newBuilder().serviceName("web").build())
                .addAnnotation(KnownSamples.START * 1000 + 1, hostile)
                .putTag("tag", hostile)
                .build();
        FoundRecords one = new FoundRecords();
        ZipkinRecordsContractTest.found(s, one);
        kept.putAll(one.all());
        reporter.report(s);
      }
      TestPipeline.await(
          "its own thread has sent them",
          ExporterContract.TIME_LIMIT,
          () -> found(zipkin).all().size() == kept.size());
      FoundRecords found = found(zipkin);
      assertThat(kept).hasSize(KnownSamples.HOSTILE.length);
      found.assertHolds(kept);
    }
  }

  private static FoundRecords found(HttpIntake zipkin) {
    FoundRecords found = new FoundRecords();
    for (byte[] body : zipkin.bodies()) {
      SpanBytesDecoder.PROTO3
          .decodeList(body)
          .forEach(s -> ZipkinRecordsContractTest.found(s, found));
    }
    return found;
  }
}
