package dev.tethys.collect.observe.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessFilesTest {
  @TempDir Path proc;

  @Test
  void readsACommandWithALongClassPath() throws IOException {
    Path process = Files.createDirectory(proc.resolve("7"));
    String command = "java\0-cp\0" + "/opt/shop/lib/a.jar:".repeat(1000) + "\0dev.shop.Main\0";
    Files.writeString(process.resolve("cmdline"), command);
    assertThat(new ProcessFiles(proc).commandLine(7)).isEqualTo(command);
  }
}
