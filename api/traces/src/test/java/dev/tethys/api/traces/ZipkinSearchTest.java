package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanBatch;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Searches for spans that Zipkin's senders sent, by Zipkin's rules. */
class ZipkinSearchTest {
  private static final long NOW = 1_700_000_100_000_000_000L;
  private static final Pattern TRACE = Pattern.compile("\"traceId\":\"0*([0-9a-f]+)\"");

  private static final String SPANS =
      """
      [{"traceId":"a1","id":"1","name":"GET /Cart","timestamp":1700000050000000,"duration":1000,
        "kind":"SERVER","localEndpoint":{"serviceName":"Frontend"},
        "tags":{"error":"Ooops!","region":"eu","note":"a=b"}},
       {"traceId":"a1","id":"2","parentId":"1","name":"query","timestamp":1700000050000100,
        "duration":900000,"kind":"CLIENT","localEndpoint":{"serviceName":"Frontend"},
        "remoteEndpoint":{"serviceName":"Postgres"},
        "annotations":[{"timestamp":1700000050000200,"value":"retry"}],
        "tags":{"sql":"SELECT 1","zip":"00501"}},
       {"traceId":"a1","id":"3","parentId":"2","name":"store","timestamp":1700000050000300,
        "duration":10,"localEndpoint":{"serviceName":"cart"},"tags":{"tier":"gold"}},
       {"traceId":"b1","id":"1","name":"get /cart","timestamp":1700000051000000,"duration":2000,
        "localEndpoint":{"serviceName":"frontend"},"tags":{"error":"","region":"us"}},
       {"traceId":"c1","id":"1","name":"get /cart","timestamp":1700000052000000,"duration":2000,
        "localEndpoint":{"serviceName":"frontend"},"tags":{"error":"true","region":"eu"}},
       {"traceId":"d1","id":"1","name":"get /","timestamp":1700000053000000,"duration":2000,
        "localEndpoint":{"serviceName":"frontend"},"tags":{"error":"false"}}]
      """;

  private TracesServer server;

  @BeforeEach
  void start() throws Exception {
    server = new TracesServer(NOW);
    byte[] b = SPANS.getBytes(StandardCharsets.UTF_8);
    server.store.append(
        Scope.DEFAULT, SpanBatch.of(ZipkinReader.json(b, 0, b.length, 2, false, NOW).traces()));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private List<String> found(String... params) throws Exception {
    HttpResponse<String> r = server.call("/zipkin/api/v2/traces", params);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    List<String> out = new ArrayList<>();
    TRACE.matcher(r.body()).results().map((MatchResult m) -> m.group(1)).forEach(out::add);
    return out.stream().distinct().toList();
  }

  @Test
  void findsFailedSpansByReason() throws Exception {
    assertThat(found("annotationQuery", "error=Ooops!")).containsExactly("a1");
    assertThat(found("annotationQuery", "error=true")).containsExactly("c1");
    assertThat(found("annotationQuery", "error=false")).containsExactly("d1");
    assertThat(found("annotationQuery", "error=ooops!")).isEmpty();
    assertThat(found("annotationQuery", "error")).containsExactly("d1", "c1", "b1", "a1");
    assertThat(found("annotationQuery", "error=")).containsExactly("d1", "c1", "b1", "a1");
  }

  @Test
  void keepsTagsOfSpans() throws Exception {
    String b = server.call("/zipkin/api/v2/trace/b1").body();
    assertThat(b).contains("\"error\":\"\"").contains("\"region\":\"us\"");
    assertThat(server.call("/zipkin/api/v2/trace/c1").body()).contains("\"error\":\"true\"");
    assertThat(server.call("/zipkin/api/v2/trace/d1").body()).contains("\"error\":\"false\"");
    assertThat(server.call("/zipkin/api/v2/trace/a1").body())
        .contains("\"error\":\"Ooops!\"")
        .contains("\"zip\":\"00501\"");
  }

  @Test
  void searchesAllSpansOfTheServiceForEachCondition() throws Exception {
    assertThat(found("serviceName", "frontend", "annotationQuery", "region=eu and sql=SELECT 1"))
        .containsExactly("a1");
    assertThat(found("annotationQuery", "region=eu and tier=gold")).containsExactly("a1");
    assertThat(found("serviceName", "frontend", "annotationQuery", "region=eu and tier=gold"))
        .isEmpty(); // the tier is a tag of another service
    assertThat(
            found(
                "serviceName",
                "frontend",
                "spanName",
                "get /cart",
                "remoteServiceName",
                "postgres",
                "minDuration",
                "900000",
                "annotationQuery",
                "retry and error=Ooops!"))
        .containsExactly("a1");
    assertThat(found("serviceName", "cart", "minDuration", "900000")).isEmpty();
    assertThat(found("serviceName", "frontend", "minDuration", "1500", "maxDuration", "2500"))
        .containsExactly("d1", "c1", "b1"); // both bounds hold for one span
    assertThat(found("serviceName", "all", "annotationQuery", "region=eu", "spanName", "all"))
        .containsExactly("c1", "a1");
    assertThat(found("annotationQuery", "region=us and region=eu"))
        .containsExactly("c1", "a1"); // the last of two values counts
    assertThat(found("annotationQuery", "note=a=b")).containsExactly("a1");
    assertThat(found("annotationQuery", "region=eu", "limit", "1")).containsExactly("c1");
  }

  @Test
  void comparesNamesInLowerCase() throws Exception {
    for (String service : List.of("frontend", "Frontend", "FRONTEND")) {
      assertThat(found("serviceName", service)).containsExactly("d1", "c1", "b1", "a1");
      assertThat(server.call("/zipkin/api/v2/spans", "serviceName", service).body())
          .contains("query");
      assertThat(server.call("/zipkin/api/v2/remoteServices", "serviceName", service).body())
          .containsIgnoringCase("postgres");
    }
    assertThat(found("spanName", "GET /CART")).containsExactly("c1", "b1", "a1");
    assertThat(found("remoteServiceName", "POSTGRES")).containsExactly("a1");
    assertThat(found("serviceName", "front.*")).isEmpty();
    assertThat(found("annotationQuery", "REGION=eu")).isEmpty(); // tags are not names
  }
}
