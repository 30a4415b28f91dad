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
  void addressIsOfTheFlagElseOfTheVariableElseOfThisMachine() {
    assertThat(ControlCommands.url("http://f:1", SET::get)).isEqualTo("http://f:1");
    assertThat(ControlCommands.url("", SET::get)).isEqualTo("http://c:4320");
    assertThat(ControlCommands.url("", k -> null)).isEqualTo("http://127.0.0.1:4320");
    assertThat(ControlCommands.url("", k -> "")).isEqualTo("http://127.0.0.1:4320");
  }

  @Test
  void tokenIsOfTheFileElseOfTheVariable(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("token");
    Files.writeString(file, "of-file\n");
    assertThat(ControlCommands.token(file.toString(), SET::get)).isEqualTo("of-file");
    assertThat(ControlCommands.token("", SET::get)).isEqualTo("of-variable");
    assertThat(ControlCommands.token("", k -> null)).isEmpty();
  }
}
