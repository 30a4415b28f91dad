package dev.tethys.collect.observe.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.kernel.ForeignFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFunctionsTest {
  private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libssl.so.3");

  private static List<ProbePoint> points(Path path) throws IOException {
    try (ForeignFile file = ForeignFile.open(path)) {
      return TlsFunctions.of(file);
    }
  }

  @Test
  void findsStartsAndReturnsOfOpenssl() throws Exception {
    assumeTrue(Files.exists(LIBRARY), LIBRARY + " is not on this machine");
    List<ProbePoint> points = points(LIBRARY);
    assertThat(points.stream().map(ProbePoint::program).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(
            "tls_read",
            "tls_write",
            "tls_read_ex",
            "tls_write_ex",
            "tls_handshake",
            "tls_freed",
            "tls_returned");
    assertThat(points.stream().filter(p -> p.program().equals("tls_returned")).count())
        .isGreaterThanOrEqualTo(4);
    byte[] file = Files.readAllBytes(LIBRARY);
    int lastReturn = 0;
    int firstStart = points.size();
    for (int i = 0; i < points.size(); i++) {
      if (points.get(i).program().equals("tls_returned")) {
        assertThat(file[(int) points.get(i).offset()]).isIn((byte) 0xc3, (byte) 0xf3, (byte) 0xf2);
        lastReturn = i;
      } else {
        firstStart = Math.min(firstStart, i);
      }
    }
    assertThat(lastReturn).as("returns are attached first").isLessThan(firstStart);
  }

  @Test
  void otherFilesHaveNone() throws Exception {
    Path libc = Path.of("/usr/lib/x86_64-linux-gnu/libc.so.6");
    assumeTrue(Files.exists(libc), libc + " is not on this machine");
    assertThat(points(libc)).isEmpty();
  }

  @Test
  void rejectsDamagedFiles(@TempDir Path folder) throws Exception {
    assumeTrue(Files.exists(LIBRARY), LIBRARY + " is not on this machine");
    byte[] good = Files.readAllBytes(LIBRARY);
    Path file = folder.resolve("damaged");
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      byte[] bad = i % 3 == 0 ? Arrays.copyOf(good, good.length / (i + 1)) : good.clone();
      for (int k = 0; k < 200; k++) { // headers and tables of sections are at both ends
        int at = random.nextInt(Math.min(8192, bad.length));
        bad[k % 2 == 0 ? at : bad.length - 1 - at] = (byte) random.nextInt();
      }
      Files.write(file, bad);
      try {
        assertThat(points(file).size()).isLessThan(257);
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }
}
