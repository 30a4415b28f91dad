package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script that starts the product, with a Java that only notes how it was called. */
class LauncherTest {
  /** A training writes half of the cache, waits for the other start, and writes the rest. */
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      for a in "$@"; do
        [[ $a == -XX:AOTCacheOutput=* ]] && out=${a#*=}
        [[ $a == -XX:AOTCache=* ]] && cache=${a#*=}
        [[ $a == -XX:AOTMode=on ]] && trial=yes
        [[ $a == -XX:ObjectAlignmentInBytes=* ]] && odd=yes
      done
      [[ -n ${trial:-} ]] && exit ${odd:+1}
      if [[ -n ${out:-} ]]; then
        echo "train $out" >>"$NOTES"
        printf half >"$out"
        for _ in {1..100}; do
          [[ $(grep -c ^start "$NOTES") -ge 2 ]] && break
          sleep 0.05
        done
        printf ' whole' >>"$out"
        exit 0
      fi
      echo "run $(cat "${cache:-/dev/null}")" >>"$NOTES"
      """;

  /** A launcher without sources, beside a Java that writes notes. */
  private static ProcessBuilder launcher(Path dir) throws IOException {
    Path launcher = dir.resolve("tethys");
    Files.copy(repository().resolve("tethys"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
    Path home = dir.resolve("jdk");
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    Path java = Files.writeString(home.resolve("bin/java"), JAVA);
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Files.createDirectories(dir.resolve("app/target/lib"));
    Files.createFile(dir.resolve("app/target/lib/tethys-app.jar"));
    Files.createFile(dir.resolve("app/target/lib/other.jar"));
    ProcessBuilder b =
        new ProcessBuilder(
            "bash", "-c", "echo start >>\"$NOTES\"; exec '" + launcher + "' agent --version");
    b.environment().put("JAVA_HOME", home.toString());
    b.environment().put("NOTES", Files.createFile(dir.resolve("notes")).toString());
    return b.redirectErrorStream(true);
  }

  @ParameterizedTest
  @CsvSource({
    "-XX:ObjectAlignmentInBytes=16, false",
    "-Xmx1g, true",
    "-XX:+UseZGC -XX:ObjectAlignmentInBytes=16, false",
    "-javaagent:x.jar, false",
  })
  void optionsThatDoNotFitTheCacheStartWithoutIt(String options, boolean fit, @TempDir Path dir)
      throws Exception {
    ProcessBuilder b = launcher(dir);
    Path cache = Files.createDirectories(dir.resolve(".build")).resolve("tethys-25-agent.aot");
    Files.writeString(cache, "made before");
    b.environment().put("TETHYS_JAVA_OPTS", options);
    Process p = b.redirectOutput(dir.resolve("out").toFile()).start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isZero();
    assertThat(Files.readAllLines(dir.resolve("notes"))).contains(fit ? "run made before" : "run ");
    assertThat(Files.readString(dir.resolve("out")).contains("starting without it"))
        .isEqualTo(!fit);
  }

  @Test
  void twoConcurrentFirstStartsCreateOneCache(@TempDir Path dir) throws Exception {
    ProcessBuilder b = launcher(dir);
    b.environment().remove("TETHYS_JAVA_OPTS");
    List<Process> starts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      starts.add(b.redirectOutput(dir.resolve("out" + i).toFile()).start());
    }
    for (Process p : starts) {
      assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(p.exitValue()).isZero();
    }
    List<String> lines = Files.readAllLines(dir.resolve("notes"));
    assertThat(lines).filteredOn(l -> l.startsWith("train ")).hasSize(1);
    assertThat(lines).filteredOn(l -> l.startsWith("run ")).containsOnly("run half whole");
    try (Stream<Path> left = Files.list(dir.resolve(".build"))) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .filteredOn(n -> n.contains(".aot"))
          .containsExactly("tethys-25-agent.aot");
    }
  }

  @Test
  void listsEveryBenchmark() throws Exception {
    Path root = repository();
    assertThat(names(root.resolve("tethys"), "^(?:usage:|  ) +tethys bench ([a-z-]+) "))
        .contains("race", "observe-race")
        .containsAll(
            names(
                root.resolve("dev/bench/src/main/java/dev/tethys/bench/Main.java"),
                "^ +entry\\(\"([a-z-]+)\""));
  }

  @ParameterizedTest
  @CsvSource({
    "test --help, usage: tethys test",
    "test -h, usage: tethys test",
    "bench --help, usage: tethys bench",
    "build --help, usage: tethys build",
    "package --help, usage: tethys package"
  })
  void helpOfItsCommandsIsItsOwn(String arguments, String first, @TempDir Path dir)
      throws Exception {
    ProcessBuilder b = launcher(dir);
    b.command("bash", "-c", "exec '" + dir.resolve("tethys") + "' " + arguments);
    Process p = b.redirectOutput(dir.resolve("out").toFile()).start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isZero();
    assertThat(Files.readString(dir.resolve("out"))).startsWith(first).doesNotContain("mvn");
  }

  private static Set<String> names(Path file, String pattern) throws IOException {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(Files.readString(file))
        .results()
        .map(m -> m.group(1))
        .collect(Collectors.toSet());
  }

  static Path repository() throws IOException {
    Path p = Path.of("").toRealPath();
    while (!Files.isRegularFile(p.resolve("tethys"))) {
      p = java.util.Objects.requireNonNull(p.getParent(), "no folder above has the launcher");
    }
    return p;
  }
}
