package dev.tethys.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IoFailuresTest {
  @TempDir Path dir;

  @Test
  void namesTheFileAndTheReason() throws IOException {
    Path missing = dir.resolve("missing");
    IOException e =
        catchThrowableOfType(IOException.class, () -> Files.readAllBytes(missing.resolve("a")));
    assertThat(IoFailures.describe(e)).isEqualTo(missing + "/a: no such file or directory");
    Path file = Files.createFile(dir.resolve("file"));
    e = catchThrowableOfType(IOException.class, () -> Files.createDirectories(file));
    assertThat(IoFailures.describe(e)).isEqualTo(file + ": a file with this name already exists");
    assertThat(IoFailures.describe(new AccessDeniedException("/x")))
        .isEqualTo("/x: permission denied");
  }

  @Test
  void errorsAreLikeOthersAndNeverEmpty() {
    assertThat(IoFailures.describe(new IOException("No space left on device")))
        .isEqualTo("No space left on device");
    assertThat(IoFailures.describe(new ClosedChannelException()))
        .contains("ClosedChannelException");
  }
}
