package dev.tethys.web.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
@Tag("slow")
class CredentialProgramTest {
  @TempDir Path dir;

  private static CredentialProgram.Printed run(String script, Duration timeLimit) throws Exception {
    return CredentialProgram.run(new ProcessBuilder("/bin/sh", "-c", script), timeLimit);
  }

  private @Nullable ProcessHandle left() throws IOException {
    long id = Long.parseLong(Files.readString(dir.resolve("id")).strip());
    return ProcessHandle.of(id).orElse(null);
  }

  @Test
  void killsChildrenLeftByTheProgram() throws Exception {
    CredentialProgram.Printed p =
        run(
            "sleep 300 & echo $! > " + dir.resolve("id") + "; echo keys; sleep 0.5; exit 3",
            Duration.ofMinutes(1));
    assertThat(p).isEqualTo(new CredentialProgram.Printed(3, "keys\n"));
    ProcessHandle left = left();
    if (left != null) {
      left.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void doesNotWaitForDetachedChildren() throws Exception {
    // Its child has left its process tree before any check could see it.
    CredentialProgram.Printed p =
        run("(sleep 20 & echo $! > " + dir.resolve("id") + "); echo keys", Duration.ofMinutes(1));
    assertThat(p).isEqualTo(new CredentialProgram.Printed(0, "keys\n"));
    ProcessHandle left = left();
    if (left != null) {
      left.destroyForcibly();
    }
  }

  @Test
  void killsAProgramThatExceedsItsTime() {
    assertThatThrownBy(() -> run("sleep 300; echo keys", Duration.ofMillis(200)))
        .isInstanceOf(IOException.class)
        .hasMessage("it did not end within 200 ms");
  }
}
