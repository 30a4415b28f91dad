package dev.tethys.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PrivateConnectionTest {
  private static Set<Path> temporary() throws IOException {
    try (Stream<Path> s = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return s.filter(p -> p.getFileName().toString().startsWith("tethys"))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void sendsSequentialRequestsAndReadsCompleteResponses() throws IOException {
    List<String> asked = new ArrayList<>();
    Routes routes =
        new Routes()
            .get("/short", (q, r) -> r.send("text"))
            .get("/long", (q, r) -> r.send("x".repeat(1_000_000)))
            .get(
                "/pieces",
                (q, r) -> {
                  asked.add(q.query().first("of", ""));
                  try (OutputStream out = r.stream()) {
                    for (int i = 0; i < 300; i++) {
                      out.write(
                          ("\r\n0\r\n\r\n" + "y".repeat(i * 7))
                              .getBytes(StandardCharsets.US_ASCII));
                    }
                  }
                });
    try (PrivateConnection c = PrivateConnection.to(routes)) {
      for (int i = 0; i < 3; i++) {
        assertThat(c.get("/pieces?of=" + i)).isEqualTo(200);
        assertThat(c.get("/short")).isEqualTo(200);
        assertThat(c.get("/nowhere")).isEqualTo(404);
        assertThat(c.get("/long")).isEqualTo(200);
      }
    }
    assertThat(asked).containsExactly("0", "1", "2");
  }

  @Test
  void leavesNoTemporaryFiles() throws IOException {
    Set<Path> before = temporary();
    try (PrivateConnection c = PrivateConnection.to(new Routes())) {
      assertThat(c.get("/")).isEqualTo(404);
      Set<Path> now = temporary();
      now.removeAll(before);
      // Other tests may make folders of their own beside this one, but never such a socket.
      assertThat(now).noneMatch(p -> Files.exists(p.resolve("s")));
    }
  }

  @Test
  void reportsEndOfTheConnection() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    Routes routes =
        new Routes()
            .get(
                "/broken",
                (q, r) -> {
                  asked.incrementAndGet();
                  OutputStream out = r.stream();
                  out.write(new byte[200_000]);
                  out.flush();
                  throw new IOException("the source is gone");
                });
    try (PrivateConnection c = PrivateConnection.to(routes)) {
      assertThatThrownBy(() -> c.get("/broken")).isInstanceOf(IOException.class);
    }
    assertThat(asked).hasValue(1);
  }
}
