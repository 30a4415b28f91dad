package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Targets that answer badly cost one failed scrape each, and nothing else. */
@Tag("slow")
class HostileTargetTest {
  private static byte[] gzip(byte[] b) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(out)) {
      g.write(b);
    }
    return out.toByteArray();
  }

  private static void expect(Setting s, String error) throws Exception {
    s.scrape(1);
    assertThat(String.valueOf(s.onlyTarget().report().lastError())).contains(error);
    assertThat(s.samples()).isEmpty();
    s.handler =
        e -> Setting.answer(e, 200, Setting.TEXT, "good 1\n".getBytes(StandardCharsets.UTF_8));
    s.scrape(1);
    assertThat(s.onlyTarget().report().lastError()).isNull();
    assertThat(s.samples()).containsExactly("good{T} @10 1");
  }

  @Test
  void contentTypes() throws Exception {
    String[][] cases = {
      {"", "non-compliant scrape target sending blank Content-Type and no fallback_scrape"},
      {"text/html", "received unsupported Content-Type \"text/html\" and no fallback"},
      {"application/openmetrics-text", "data does not end with # EOF"},
      {"application/vnd.google.protobuf", "byte 0: "},
    };
    for (String[] c : cases) {
      try (Setting s = new Setting()) {
        s.handler = e -> Setting.answer(e, 200, c[0], "a 1\n".getBytes(StandardCharsets.UTF_8));
        s.apply(Setting.job("")).target();
        expect(s, c[1]);
      }
    }
    try (Setting s = new Setting()) {
      s.handler =
          e -> Setting.answer(e, 200, "text/html", "a 1\n".getBytes(StandardCharsets.UTF_8));
      s.apply(Setting.job("fallback_scrape_protocol: PrometheusText0.0.4\n")).target().scrape(1);
      assertThat(s.samples()).containsExactly("a{T} @0 1");
    }
  }

  @Test
  void compression() throws Exception {
    try (Setting s = new Setting()) {
      s.handler =
          e -> {
            e.getResponseHeaders().set("Content-Encoding", "gzip");
            Setting.answer(e, 200, Setting.TEXT, gzip("a 1\n".getBytes(StandardCharsets.UTF_8)));
          };
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.samples()).containsExactly("a{T} @0 1");
    }
    byte[] whole = gzip("a 1\nb 2\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
    byte[][] bad = {
      "no gzip at all".getBytes(StandardCharsets.UTF_8),
      java.util.Arrays.copyOf(whole, 20),
      java.util.Arrays.copyOf(whole, 5)
    };
    for (byte[] b : bad) {
      try (Setting s = new Setting()) {
        s.handler =
            e -> {
              e.getResponseHeaders().set("Content-Encoding", "gzip");
              Setting.answer(e, 200, Setting.TEXT, b);
            };
        s.apply(Setting.job("")).target();
        expect(s, "Get \"http://");
      }
    }
  }

  /** 64 MiB of zeros from 64 KiB: read no further than the limit. */
  @Test
  void cutsOffZipBomb() throws Exception {
    byte[] bomb = gzip(new byte[64 << 20]);
    assertThat(bomb.length).isLessThan(100_000);
    String[][] cases = {
      {"body_size_limit: 1MB\n", "body size limit exceeded"},
      {"", "body size limit exceeded: no body_size_limit is set"}
    };
    for (String[] c : cases) {
      ScrapeOptions o = new ScrapeOptions("t", false, false, false, 2 << 20);
      try (Setting s = new Setting(o)) {
        s.handler =
            e -> {
              e.getResponseHeaders().set("Content-Encoding", "gzip");
              Setting.answer(e, 200, Setting.TEXT, bomb);
            };
        s.apply(Setting.job(c[0])).target();
        expect(s, c[1]);
        assertThat(s.counted("prometheus_target_scrapes_exceeded_body_size_limit_total"))
            .isEqualTo(1);
      }
    }
  }

  @Test
  void cutsOffEndlessBody() throws Exception {
    try (Setting s = new Setting()) {
      s.handler =
          e -> {
            e.getResponseHeaders().set("Content-Type", Setting.TEXT);
            e.sendResponseHeaders(200, 0);
            OutputStream out = e.getResponseBody();
            byte[] line = "# more and more\n".repeat(1000).getBytes(StandardCharsets.UTF_8);
            while (true) {
              out.write(line); // until the scraper hangs up
            }
          };
      s.apply(Setting.job("body_size_limit: 1MB\n")).target();
      expect(s, "body size limit exceeded");
    }
  }

  @Test
  void truncatedBodyIsAnError() throws Exception {
    try (Setting s = new Setting()) {
      s.handler =
          e -> {
            e.getResponseHeaders().set("Content-Type", Setting.TEXT);
            e.sendResponseHeaders(200, 1000);
            e.getResponseBody().write("a 1\n".getBytes(StandardCharsets.UTF_8));
            e.getResponseBody().flush();
          };
      s.apply(Setting.job("")).target();
      expect(s, "Get \"http://");
    }
  }

  @Test
  void bodyTimesOut() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (Setting s = new Setting()) {
      s.handler =
          e -> {
            e.getResponseHeaders().set("Content-Type", Setting.TEXT);
            e.sendResponseHeaders(200, 0);
            e.getResponseBody().write("a 1\n".getBytes(StandardCharsets.UTF_8));
            e.getResponseBody().flush();
            try {
              release.await();
            } catch (InterruptedException x) {
              Thread.currentThread().interrupt();
            }
          };
      s.apply(Setting.job("")).target("__scrape_timeout__", "100ms");
      try {
        expect(s, "context deadline exceeded");
      } finally {
        release.countDown();
      }
    }
  }

  @Test
  void responseTimesOut() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (Setting s = new Setting()) {
      s.handler =
          e -> {
            try {
              release.await();
            } catch (InterruptedException x) {
              Thread.currentThread().interrupt();
            }
          };
      s.apply(Setting.job("")).target("__scrape_timeout__", "100ms");
      try {
        expect(s, "context deadline exceeded");
      } finally {
        release.countDown();
      }
    }
  }

  @Test
  void millionLabels() throws Exception {
    StringBuilder sb = new StringBuilder("a{");
    for (int i = 0; i < 1_000_000; i++) {
      sb.append('l').append(i).append("=\"v\",");
    }
    byte[] b = sb.append("} 1\n").toString().getBytes(StandardCharsets.UTF_8);
    try (Setting s = new Setting()) {
      s.handler = e -> Setting.answer(e, 200, Setting.TEXT, b);
      s.apply(Setting.job("label_limit: 30\n")).target();
      expect(s, "label_limit exceeded (metric: a, number of labels: 1000003, limit: 30)");
    }
  }
}
