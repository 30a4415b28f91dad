package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class PooledGzipTest {
  private static byte[] text(int seed, int length) {
    Random r = new Random(seed);
    byte[] b = new byte[length];
    for (int i = 0; i < length; i++) {
      b[i] = (byte) ('a' + r.nextInt(4));
    }
    return b;
  }

  private static byte[] packed(byte[] text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PooledGzip gzip = new PooledGzip(out)) {
      gzip.write(text, 0, text.length / 2);
      gzip.flush();
      gzip.write(text, text.length / 2, text.length - text.length / 2);
    }
    return out.toByteArray();
  }

  private static byte[] unpacked(byte[] b) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(b)).readAllBytes();
  }

  @Test
  void jdkReadsStreamsOfAnyDeflater() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<byte[]>> tasks = new ArrayList<>();
      List<byte[]> texts = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] t = text(i, i * i);
        texts.add(t);
        tasks.add(() -> unpacked(packed(t)));
      }
      List<Future<byte[]>> all = threads.invokeAll(tasks);
      for (int i = 0; i < texts.size(); i++) {
        assertThat(all.get(i).get()).isEqualTo(texts.get(i));
      }
    }
    assertThat(PooledGzip.pooled()).isBetween(1, Runtime.getRuntime().availableProcessors());
  }

  @Test
  void jdkReadsWholeBodies() throws Exception {
    Random random = new Random(3);
    for (int length : new int[] {0, 1, 1023, 15_000, 200_000}) {
      byte[] noise = new byte[length];
      random.nextBytes(noise);
      for (byte[] body : List.of(text(length, length), noise)) {
        byte[] larger = Arrays.copyOf(body, length + 7);
        assertThat(unpacked(PooledGzip.pack(larger, length))).isEqualTo(body);
      }
    }
    assertThat(PooledGzip.pooled()).isBetween(1, Runtime.getRuntime().availableProcessors());
  }

  @Test
  void flushedDataIsReadableBeforeTheEnd() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PooledGzip gzip = new PooledGzip(out)) {
      gzip.write("event".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      gzip.flush();
      byte[] read = new byte[5];
      assertThat(new GZIPInputStream(new ByteArrayInputStream(out.toByteArray())).read(read))
          .isEqualTo(5);
      assertThat(read).asString().isEqualTo("event");
    }
  }

  /** The client goes while its response is written; later answers are whole. */
  @Test
  void failedStreamLeavesItsDeflaterIntact() throws Exception {
    OutputStream gone =
        new OutputStream() {
          private int remaining = 20;

          @Override
          public void write(int b) throws IOException {
            if (remaining == 0) {
              throw new IOException("reset");
            }
            remaining--;
          }
        };
    PooledGzip failing = new PooledGzip(gone);
    assertThatThrownBy(() -> failing.write(text(1, 100_000))).isInstanceOf(IOException.class);
    assertThatThrownBy(failing::close).isInstanceOf(IOException.class);
    failing.close();
    assertThatThrownBy(() -> failing.write(1)).isInstanceOf(IOException.class);
    byte[] t = text(2, 50_000);
    for (int i = 0; i < 10; i++) {
      assertThat(unpacked(packed(t))).isEqualTo(t);
    }
  }
}
