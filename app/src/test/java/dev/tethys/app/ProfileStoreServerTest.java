package dev.tethys.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles into the store of one server and out of Pyroscope's API. */
@Tag("slow")
class ProfileStoreServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String JSON = "application/json";
  private static final String CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

  private static final String CONFIG =
      """
      profiles:
        limits_config: {max_profile_stacktrace_depth: 50}
        overrides:
          strict: {max_profile_stacktrace_depth: 1}
      """;

  @TempDir Path dir;

  private static byte[] pprof(long value) {
    PprofWriter w = new PprofWriter(new ValueType("cpu", "nanoseconds"));
    w.add(List.of(new Frame("pay", "shop.go", 7), new Frame("main", "main.go", 3)), value);
    long now = System.currentTimeMillis() * 1_000_000;
    return w.toGzip(now, 10_000_000_000L, new ValueType("cpu", "nanoseconds"), 10_000_000);
  }

  private static String flames(TethysProcess p, String service) {
    long now = System.currentTimeMillis();
    String request =
        """
        {"profileTypeID":"%s","labelSelector":"{service_name=\\"%s\\"}","start":%d,"end":%d}
        """
            .formatted(CPU, service, now - 3_600_000, now + 60_000);
    return p.post(
            "/pyroscope/querier.v1.QuerierService/SelectMergeStacktraces",
            JSON,
            request.getBytes(UTF_8))
        .body();
  }

  @Test
  void storesProfilesAcrossAKill() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, CONFIG)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      HttpResponse<String> r =
          p.post("/ingest?name=shop%7Benv%3Dx%7D&format=pprof", "", pprof(500));
      assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
      String now = Long.toString(System.currentTimeMillis() / 1000);
      p.post(
          "/pyroscope/ingest?name=lines&from=" + now + "&until=" + now,
          "",
          "main;f 2\nmain 1\n".getBytes(UTF_8));
      push(p);
      assertThat(flames(p, "shop"))
          .contains("\"names\":[\"total\",\"main\",\"pay\"]")
          .contains("\"total\":\"500\"");
      assertThat(flames(p, "lines")).contains("\"total\":\"30000000\"");
      assertThat(flames(p, "pushed")).contains("\"total\":\"70\"");
      assertThat(p.post("/ingest?name=bad&format=pprof", "", new byte[] {1, 2}).statusCode())
          .isEqualTo(400);
      limits(p);
      assertThat(p.get("/metrics").body())
          .contains("tethys_profiles_received_total{tenant=\"fake\"} 3")
          .contains(
              "pyroscope_discarded_samples_total{reason=\"invalid_profile\",tenant=\"strict\"} 1");
      p.kill();
    }
    try (TethysProcess p = TethysProcess.server(dir, CONFIG)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      assertThat(flames(p, "shop")).contains("\"total\":\"500\"");
      assertThat(flames(p, "pushed")).contains("\"total\":\"70\"");
    }
  }

  @Test
  void profileRulesRecordTheShareOfAFunction() throws IOException {
    Path rules = dir.resolve("rules.yml");
    Files.writeString(
        rules,
        """
        groups:
          - name: shares
            type: profiles
            interval: 1s
            rules:
              - record: service:pay:share
                expr: |
                  sum by (service_name) (sum_over_time({__name__="TYPE", __function__="pay"}[5m]))
                    / sum by (service_name) (sum_over_time(TYPE[5m]))
        """
            .replace("TYPE", CPU));
    String config = CONFIG + "rule_files: ['" + rules + "']\n";
    try (TethysProcess p = TethysProcess.server(dir, config)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      assertThat(p.post("/ingest?name=shop&format=pprof", "", pprof(500)).statusCode())
          .isEqualTo(200);
      p.await(
          "the recorded share",
          SOON,
          () ->
              p.get("/api/v1/query?query=service:pay:share%7Bservice_name=%22shop%22%7D")
                  .body()
                  .contains("\"1\"]"));
    }
  }

  @Test
  void serverProfilesItself() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, CONFIG)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      p.await("profiles of the server", SOON, () -> flames(p, "tethys").contains("dev/tethys/"));
    }
  }

  /** A push in protobuf. */
  private static void push(TethysProcess p) {
    ProtoWriter w = new ProtoWriter();
    int series = w.begin(1);
    for (String[] l : new String[][] {{"service_name", "pushed"}, {"__name__", "process_cpu"}}) {
      int label = w.begin(1);
      w.string(1, l[0]).string(2, l[1]);
      w.end(label);
    }
    int sample = w.begin(2);
    w.bytes(1, pprof(70));
    w.end(sample);
    w.end(series);
    HttpResponse<String> r =
        p.post("/push.v1.PusherService/Push", "application/proto", w.toByteArray());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
  }

  private static void limits(TethysProcess p) {
    HttpResponse<String> r =
        p.send(
            HttpRequest.newBuilder(p.uri("/ingest?name=deep&format=pprof"))
                .header("X-Scope-OrgID", "strict")
                .POST(HttpRequest.BodyPublishers.ofByteArray(pprof(1))));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("stack of 2 frames; max_profile_stacktrace_depth is 1");
  }
}
