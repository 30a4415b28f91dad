package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a stranger who means no good sends; after each the server still answers and is still small.
 */
@Tag("slow")
class HostileTest {
  @TempDir static Path dir;
  private static TethysProcess server;

  @BeforeAll
  static void start() {
    server =
        TethysProcess.server(
            dir,
            "",
            "--web.enable-remote-write-receiver",
            "--web.enable-otlp-receiver",
            "--query.timeout=5s");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void isStillWell() throws IOException {
    HttpResponse<String> r = server.get("/api/v1/query?query=1%2B1");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).contains("\"2\"");
    for (String line : Files.readAllLines(Path.of("/proc/" + server.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        assertThat(Long.parseLong(line.replaceAll("\\D", ""))).isLessThan(1_200_000);
      }
    }
  }

  private static HttpResponse<String> query(String promql) {
    return server.get("/api/v1/query?query=" + URLEncoder.encode(promql, StandardCharsets.UTF_8));
  }

  @Test
  void rejectsDeepAndLongQueries() {
    assertThat(query("(".repeat(20_000) + "1" + ")".repeat(20_000)).statusCode()).isEqualTo(400);
    assertThat(query("-".repeat(50_000) + "1").statusCode()).isIn(200, 400);
    assertThat(query("1" + "+1".repeat(50_000)).statusCode()).isIn(200, 400);
    assertThat(query("up{a=~\"" + "(a*)*".repeat(2000) + "\"}").statusCode()).isIn(200, 400, 422);
    assertThat(query("\u0000\uffff").statusCode()).isEqualTo(400);
    assertThat(query("rate(up[1000000y])").statusCode()).isIn(200, 400, 422);
    assertThat(query("sum(sum_over_time((1)[100y:1ms]))").statusCode()).isIn(400, 422, 503);
    assertThat(
            server
                .get("/api/v1/query_range?query=up&start=0&end=9999999999&step=0.001")
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void rejectsInvalidPushBodies() {
    byte[] zeros = new byte[100_000];
    byte[] huge = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 0, 0};
    for (byte[] body : List.of(new byte[0], new byte[] {1}, huge, zeros)) {
      assertThat(server.post("/api/v1/write", "application/x-protobuf", body).statusCode())
          .isBetween(200, 499);
      assertThat(server.post("/api/v1/read", "application/x-protobuf", body).statusCode())
          .isBetween(200, 499);
      assertThat(
              server.post("/api/v1/otlp/v1/metrics", "application/x-protobuf", body).statusCode())
          .isBetween(200, 499);
    }
    assertThat(server.post("/api/v1/write", "text/html", zeros).statusCode()).isEqualTo(415);
  }

  @Test
  void rejectsOnlySeriesWithATooLongLabel() {
    long now = System.currentTimeMillis();
    Labels tooLong = Labels.of("__name__", "toolong", "sql", "x".repeat(300_000));
    Labels one = Labels.of("__name__", "beside_toolong", "version", "1");
    Labels two = Labels.of("__name__", "beside_toolong", "version", "2");
    WriteRequestWriter v1 = new WriteRequestWriter();
    v1.beginSeries(tooLong).sample(now, 1).endSeries().beginSeries(one).sample(now, 1).endSeries();
    WriteRequestV2Writer v2 = new WriteRequestV2Writer();
    v2.beginSeries(tooLong).sample(0, now, 1).endSeries();
    v2.beginSeries(two).sample(0, now, 2).endSeries();
    for (HttpResponse<String> r :
        List.of(
            push("application/x-protobuf", v1.toByteArray()),
            push(
                "application/x-protobuf;proto=io.prometheus.write.v2.Request", v2.toByteArray()))) {
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body())
          .contains("metric \"toolong\"", "label \"sql\" takes 300007 bytes", "262144")
          .hasSizeLessThan(1000);
    }
    assertThat(query("count(beside_toolong)").body()).contains("\"2\"");
    assertThat(query("toolong").body()).contains("\"result\":[]");
  }

  private static HttpResponse<String> push(String type, byte[] request) {
    return server.post("/api/v1/write", type, SnappyBlock.encode(request, 0, request.length));
  }

  @Test
  void incompleteRequestsAndSlowClientsDoNotBlockOthers() throws IOException {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        Socket s = new Socket("127.0.0.1", server.port);
        open.add(s);
        s.getOutputStream()
            .write(
                "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc"
                    .getBytes(StandardCharsets.US_ASCII));
        s.getOutputStream().flush();
      }
      assertThat(server.get("/-/healthy").statusCode()).isEqualTo(200);
    } finally {
      for (Socket s : open) {
        s.close();
      }
    }
  }

  @Test
  void rejectsOrClosesInvalidHttp() throws IOException {
    for (String text :
        List.of(
            "\u0016\u0003\u0001\u0002\u0000\u0001",
            "GET /" + "a".repeat(3_000_000) + " HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n" + "X: y\r\n".repeat(400_000) + "\r\n",
            "GET /%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "BREW /pot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
      try (Socket s = new Socket("127.0.0.1", server.port)) {
        s.setSoTimeout(30_000);
        OutputStream out = s.getOutputStream();
        try {
          out.write(text.getBytes(StandardCharsets.ISO_8859_1));
          out.flush();
          InputStream in = s.getInputStream();
          byte[] head = in.readNBytes(12);
          if (head.length == 12) {
            String status = new String(head, StandardCharsets.ISO_8859_1);
            assertThat(status).startsWith("HTTP/1.");
            assertThat(status).doesNotEndWith(" 500");
          }
        } catch (IOException e) {
          // Closed on us, which is a response too.
        }
      }
    }
  }
}
