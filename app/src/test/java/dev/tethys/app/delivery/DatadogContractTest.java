package dev.tethys.app.delivery;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import com.sun.net.httpserver.HttpExchange;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;

/**
 * Datadog's intake of series (API v2, "Submit metrics") by a double, whose requests protobuf's own
 * library takes apart ({@code MetricPayload} of agent-payload).
 */
@Tag("contrib")
@Tag("slow")
class DatadogContractTest extends ExporterContract {
  static final String KEY = "0123456789abcdef0123456789abcdef";

  /** What OpenTelemetry calls the labels that name a target, as Datadog's tags have it. */
  private static final Map<String, String> TAGS =
      Map.of("service", "job", "service.instance.id", "instance");

  private static HttpIntake.Reply judge(HttpExchange x, byte[] body) {
    if (!KEY.equals(x.getRequestHeaders().getFirst("DD-API-KEY"))) {
      return new HttpIntake.Reply(403, "{\"errors\":[\"Forbidden\"]}");
    }
    if (x.getRequestMethod().equals("GET")) {
      return new HttpIntake.Reply(200, "{\"valid\":true}");
    }
    try {
      payload(body, new Found());
    } catch (IOException | AssertionError e) {
      return new HttpIntake.Reply(400, "{\"errors\":[\"Payload is not in the expected format\"]}");
    }
    return new HttpIntake.Reply(202, "{\"errors\":[]}");
  }

  private static void payload(byte[] body, Found into) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(body);
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) != 1) {
        throw new AssertionError("a field that no payload has: " + tag);
      }
      series(in.readBytes().newCodedInput(), into);
    }
  }

  private static void series(CodedInputStream in, Found into) throws IOException {
    Map<String, String> labels = new HashMap<>();
    String metric = "";
    double value = 0;
    long time = 0;
    int type = 0;
    for (int tag; (tag = in.readTag()) != 0; ) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 2 -> metric = in.readStringRequireUtf8();
        case 3 -> {
          String text = in.readStringRequireUtf8();
          int colon = text.indexOf(':');
          String name = text.substring(0, colon);
          labels.put(TAGS.getOrDefault(name, name), text.substring(colon + 1));
        }
        case 4 -> {
          CodedInputStream point = in.readBytes().newCodedInput();
          for (int t; (t = point.readTag()) != 0; ) {
            switch (WireFormat.getTagFieldNumber(t)) {
              case 1 -> value = point.readDouble();
              case 2 -> time = point.readInt64();
              default -> throw new AssertionError("a field that no point has: " + t);
            }
          }
        }
        case 5 -> type = in.readEnum();
        default -> in.skipField(tag);
      }
    }
    if (type != 3) {
      throw new AssertionError("no gauge: " + metric);
    }
    into.sample(Found.labels(metric, labels), time * 1000, value);
  }

  @Override
  Peer start() throws IOException {
    HttpIntake datadog = new HttpIntake("/api/v2/series", DatadogContractTest::judge);
    return new Peer() {
      @Override
      public int port() {
        return datadog.port();
      }

      @Override
      public String exporter() {
        return "datadog";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', api: {key: " + KEY + "}";
      }

      @Override
      public @Nullable String refusal(Labels labels, double value) {
        return Double.isFinite(value) ? null : "not_finite";
      }

      @Override
      public Histograms histograms() {
        return Histograms.ELSEWHERE;
      }

      /** A gauge that is sent twice is one at Datadog; the double keeps both. */
      @Override
      public boolean isIdempotent() {
        return false;
      }

      @Override
      public void read(Found into) {
        datadog
            .bodies()
            .forEach(
                body -> {
                  try {
                    payload(body, into);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      }

      @Override
      public boolean killAndRestart() throws InterruptedException {
        datadog.restart();
        return true;
      }

      @Override
      public void close() {
        datadog.close();
      }
    };
  }
}
