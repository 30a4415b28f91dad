package dev.tethys.collect.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.ExporterFlag.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As the documentation of Go's package flag says under "Command line flag syntax". */
class GoFlagsTest {
  private static final List<ExporterFlag> FLAGS =
      List.of(
          ExporterFlag.of("addr", Kind.STRING, "", ""),
          ExporterFlag.of("many", Kind.LIST, "", ""),
          ExporterFlag.of("path", Kind.PATHS, "", ""),
          ExporterFlag.of("x", Kind.BOOLEAN, "false", ""));

  @ParameterizedTest
  @CsvSource({
    "-addr a,--addr=a",
    "--addr a,--addr=a",
    "-addr=a,--addr=a",
    "-addr a -addr=b,--addr=b",
    "-x,--x=true",
    "-x=1,--x=true",
    "-x=F --addr a,--x=false --addr=a",
    "--no-x,--x=false",
    "-x -x=false,--x=false",
    "-x=perhaps,--x=perhaps",
    "-many a -addr b --many=c,--many=a --many=c --addr=b",
    "-path a -path b,--path=a --path=b",
    "-x --,--x=true",
    "-addr a rest -x,--addr=a rest -x",
    "-h,--help",
    "--version,--version",
    "--addr,--addr"
  })
  void areReadAsGoDoes(String given, String taken) {
    assertThat(GoFlags.read(List.of(given.split(" ")), FLAGS).arguments())
        .containsExactly(taken.split(" "));
  }

  @Test
  void rejectsFlagsAfterTheEndOfFlags() {
    assertThatThrownBy(() -> GoFlags.read(List.of("-x", "--", "-addr=a"), FLAGS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"-addr=a\"");
  }

  @Test
  void singleValueReplacesListedOnes() {
    GoFlags f = GoFlags.read(List.of("-many=a", "-many=b"), FLAGS);
    f.putIfAbsent("many", "c");
    assertThat(f.arguments()).containsExactly("--many=a", "--many=b");
    f.put("many", "c");
    assertThat(f.arguments()).containsExactly("--many=c");
  }

  @Test
  void acceptsOnlyTrueAndFalse() {
    assertThat(GoFlags.read(List.of("-x=T"), FLAGS).takeBoolean("x")).isTrue();
    assertThat(GoFlags.read(List.of("-x=0"), FLAGS).takeBoolean("x")).isFalse();
    assertThat(GoFlags.read(List.of(), FLAGS).takeBoolean("x")).isFalse();
    GoFlags f = GoFlags.read(List.of("-x=perhaps"), FLAGS);
    assertThatThrownBy(() -> f.takeBoolean("x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--x: \"perhaps\"");
  }
}
