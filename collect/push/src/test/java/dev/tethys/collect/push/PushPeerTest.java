package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.exposition.Families;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.NameScheme;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same requests to Prometheus's Pushgateway and to ours. */
@Tag("slow")
class PushPeerTest {
  @TempDir Path dir;
  private Gateway ours;
  private Gateway theirs;

  @BeforeEach
  void start() throws Exception {
    theirs = Gateway.real(dir, "--persistence.file=", "--web.enable-admin-api");
    ours = Gateway.ours(PushOptions.DEFAULT);
  }

  @AfterEach
  void stop() throws Exception {
    for (Gateway g : new Gateway[] {ours, theirs}) {
      if (g != null) {
        g.close();
      }
    }
  }

  private void same(String method, String path, String body) throws Exception {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    assertThat(ours.send(method, path, b))
        .as("%s %s", method, path)
        .isEqualTo(theirs.send(method, path, b));
  }

  /** Which of two groups is in the wrong is chance there. */
  private void sameKind(String path, String body) throws Exception {
    sameComplaint(path, body, "} is not a ");
  }

  private void sameComplaint(String path, String body, String complaint) throws Exception {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    Gateway.Outcome o = ours.send("PUT", path, b);
    assertThat(o.body()).contains(complaint);
    Gateway.Outcome t = theirs.send("PUT", path, b);
    assertThat(t.body()).contains(complaint);
    assertThat(o.status()).isEqualTo(t.status());
  }

  private void sameState() throws Exception {
    assertThat(Gateway.withoutTimes(ours.metrics()))
        .isEqualTo(Gateway.withoutTimes(theirs.metrics()));
    assertThat(Gateway.withoutTimes(ours.json()))
        .containsExactlyInAnyOrderElementsOf(Gateway.withoutTimes(theirs.json()));
  }

  @Test
  void acceptsAndRejectsTheSamePushes() throws Exception {
    same("PUT", "/metrics/job/a", "x 1\nx 2\n");
    same("PUT", "/metrics/job/a", "x 1 5\n");
    sameState();
    same("PUT", "/metrics/job/a", "# TYPE t counter\nt 1\n");
    sameKind("/metrics/job/b", "# TYPE t gauge\nt 1\n");
    same("PUT", "/metrics/job/b/x", "a 1\n");
    same("PUT", "/metrics/job/b/x-y/1", "a 1\n");
    same("PUT", "/metrics/job/b/__x/1", "a 1\n");
    same("PUT", "/metrics/job@base64/!!", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/a~", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/YWJjZ!A", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/YWJjZ", "a 1\n");
    same("PUT", "/metrics/job@base64/=", "a 1\n");
    same("PUT", "/metrics/job/c/y@base64/L3Zhcg==", "a 1\n");
    same("PUT", "/metrics/job/c/y@base64/=", "a{y=\"z\"} 1\n");
    same("PUT", "/metrics/job/c%20d/y/%C3%A9", "a 1\n");
    same("PUT", "/metrics/job/d/job/e", "a 1\n");
    same("PUT", "/metrics/job/d/y/1/y/2", "a 1\n");
    same("PUT", "/metrics/job/d/y/1/", "a 1\n");
    same("PUT", "/metrics/job/a", "x 1\n# garbage");
    same("PUT", "/metrics/job/a", "x{\n");
    same("POST", "/metrics/job/a", "y 1\n");
    same("PUT", "/metrics/job/e", "");
    same(
        "PUT",
        "/metrics/job/f",
        """
        # TYPE h histogram
        h_bucket{le="1"} 1
        h_bucket{le="+Inf"} 2
        h_sum 3
        h_count 2
        # TYPE s summary
        s{quantile="0.5"} 1e7
        s_sum 3
        s_count 2
        # HELP t xx
        # TYPE t counter
        t{instance="q",job="zz"} 7
        """);
    sameComplaint("/metrics/job/g", "h_count 1\n", " collides with previously collected ");
    sameKind("/metrics/job/g", "# TYPE h counter\nh 1\n");
    sameKind("/metrics/job/g", "# TYPE a summary\na{quantile=\"1\"} 1\na_sum 1\na_count 2\n");
    same("PUT", "/metrics/job/g", "{\"a.b\"} 1\n");
    same("PUT", "/metrics/job/g/instance/i", "g 1000000\ng2 0.000001\ng3 NaN\ng4 -Inf\n");
    sameState();
    same("POST", "/metrics/job/f", "# TYPE t counter\nt 8\n# TYPE new gauge\nnew 1\n");
    same("PUT", "/metrics/job/g/instance/i", "g 2\n");
    same("DELETE", "/metrics/job/a", "");
    same("DELETE", "/metrics/job/nowhere", "");
    same("DELETE", "/metrics/job/nowhere/x", "");
    same("PUT", "/metrics/job/c", "a{y=\"/var\"} 1\n"); // another group has this series
    sameState();
    same("PUT", "/api/v1/admin/wipe", "");
    same("PUT", "/metrics/job/z", "z 1\n");
    sameState();
  }

  @Test
  void bodiesComeInAllEncodings() throws Exception {
    byte[] text = "# TYPE c counter\nc{a=\"b\"} 5\n".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream gz = new GZIPOutputStream(zipped)) {
      gz.write(text);
    }
    ByteArrayOutputStream proto = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8),
            proto);
    Families.text(text, NameScheme.LEGACY).forEach(w::write);
    w.finish();
    String type =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited";
    for (Gateway base : List.of(theirs, ours)) {
      assertThat(
              base.send("PUT", "/metrics/job/1", zipped.toByteArray(), "Content-Encoding", "gzip"))
          .isEqualTo(new Gateway.Outcome(200, ""));
      assertThat(base.send("PUT", "/metrics/job/2", framed(text), "Content-Encoding", "snappy"))
          .isEqualTo(new Gateway.Outcome(200, ""));
      assertThat(base.send("PUT", "/metrics/job/3", proto.toByteArray(), "Content-Type", type))
          .isEqualTo(new Gateway.Outcome(200, ""));
      assertThat(base.send("PUT", "/metrics/job/4", text, "Content-Encoding", "gzip").status())
          .isEqualTo(400);
      assertThat(base.send("PUT", "/metrics/job/5", text, "Content-Encoding", "snappy"))
          .isEqualTo(new Gateway.Outcome(400, "snappy: corrupt input\n"));
      assertThat(base.send("PUT", "/metrics/job/6", text, "Content-Type", type).status())
          .isEqualTo(400);
    }
    sameState();
  }

  private static byte[] framed(byte[] text) {
    byte[] block = SnappyBlock.encode(text, 0, text.length);
    CRC32C crc = new CRC32C();
    crc.update(text);
    int c = (int) crc.getValue();
    int masked = (c >>> 15 | c << 17) + 0xa282ead8;
    int n = block.length + 4;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0xff, 6, 0, 0});
    out.writeBytes("sNaPpY".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {0, (byte) n, (byte) (n >> 8), (byte) (n >> 16)});
    out.writeBytes(
        new byte[] {
          (byte) masked, (byte) (masked >> 8), (byte) (masked >> 16), (byte) (masked >> 24)
        });
    out.writeBytes(block);
    return out.toByteArray();
  }
}
