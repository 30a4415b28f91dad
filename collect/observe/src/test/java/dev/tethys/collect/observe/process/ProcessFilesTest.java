package dev.tethys.collect.observe.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void findsExecutablePartsAmongManyOthers() throws IOException {
    Path process = Files.createDirectory(proc.resolve("7"));
    List<String> executable = new ArrayList<>();
    StringBuilder maps = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      String path = i % 3 == 0 ? "" : "/opt/" + "x".repeat(i % 11 == 0 ? 4000 : i % 90) + ".so";
      String rights = i % 7 == 0 ? "r-xp" : i % 7 == 1 ? "rwxp" : "rw-p";
      String line =
          "%x-%x %s %08x 08:01 %d %s".formatted(i * 8192L, i * 8192L + 4096, rights, 0, i, path);
      maps.append(line).append('\n');
      if (rights.contains("x")) {
        executable.add(line);
      }
    }
    Files.writeString(process.resolve("maps"), maps + "7fff0000-7fff1000 r-xp 0000");
    assertThat(new ProcessFiles(proc).executableMaps(7)).isEqualTo(executable);
    assertThat(new ProcessFiles(proc).executableMaps(8)).isEmpty();
  }
}
