package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlCommandsTest {
  private static final Map<String, String> SET =
      Map.of("TETHYS_CONTROL_URL", "http://c:4320 ", "TETHYS_CONTROL_TOKEN", "of-variable");

  @Test
  void addressComesFromFlagThenVariableThenThisMachine() {
    assertThat(ControlPlaneClient.url("http://f:1", SET::get)).isEqualTo("http://f:1");
    assertThat(ControlPlaneClient.url("", SET::get)).isEqualTo("http://c:4320");
    assertThat(ControlPlaneClient.url("", k -> null)).isEqualTo("http://127.0.0.1:4320");
    assertThat(ControlPlaneClient.url("", k -> "")).isEqualTo("http://127.0.0.1:4320");
  }

  @Test
  void tokenComesFromFileThenVariable(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("token");
    Files.writeString(file, "of-file\n");
    assertThat(ControlPlaneClient.token(file.toString(), SET::get)).isEqualTo("of-file");
    assertThat(ControlPlaneClient.token("", SET::get)).isEqualTo("of-variable");
    assertThat(ControlPlaneClient.token("", k -> null)).isEmpty();
  }
}
