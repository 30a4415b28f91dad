package dev.tethys.collect.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.exporter.ExporterFlag.Kind;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As the documentation of Go's package flag says under "Command line flag syntax". */
class GoFlagsTest {
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
    "-addr a rest -x,--addr=a rest -x",
    "-h,--help",
    "--version,--version",
    "--addr,--addr"
  })
  void areReadAsGoDoes(String given, String taken) {
    Stream<ExporterFlag> flags =
        Stream.of(
            ExporterFlag.of("addr", Kind.STRING, "", ""),
            ExporterFlag.of("x", Kind.BOOLEAN, "false", ""));
    assertThat(GoFlags.read(List.of(given.split(" ")), flags).arguments())
        .containsExactly(taken.split(" "));
  }
}
