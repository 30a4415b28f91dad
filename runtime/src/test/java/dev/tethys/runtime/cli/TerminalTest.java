package dev.tethys.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalTest {
  @TempDir Path folder;

  private boolean leadsTo(String device) throws IOException {
    Path link = folder.resolve("descriptor");
    Files.deleteIfExists(link);
    return Terminal.isTerminal(Files.createSymbolicLink(link, Path.of(device)));
  }

  @Test
  void recognizesDescriptorsOfTerminals() throws IOException {
    assertThat(leadsTo("/dev/pts/3")).isTrue();
    assertThat(leadsTo("/dev/tty1")).isTrue();
    assertThat(leadsTo("/dev/console")).isTrue();
    assertThat(leadsTo("/dev/null")).isFalse();
    assertThat(leadsTo("/var/log/tethys.log")).isFalse();
    assertThat(leadsTo("pipe:[4242]")).isFalse();
  }

  @Test
  void missingDescriptorIsNotATerminal() {
    assertThat(Terminal.isTerminal(folder.resolve("nothing"))).isFalse();
  }
}
