package dev.tethys.codec.pprof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * perf-script.txt was printed by perf 6.1, of {@code perf record -e cpu-clock -F 199 -g python3}.
 */
class PerfScriptTest {
  private static List<String> read(String text) {
    List<String> out = new ArrayList<>();
    PerfScript.read(
        text.getBytes(UTF_8),
        (event, period, frames) -> out.add(event + " " + period + " " + String.join("<", frames)));
    return out;
  }

  private static String recorded() throws IOException {
    try (var in =
        requireNonNull(PerfScriptTest.class.getResourceAsStream("/pprof/perf-script.txt"))) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void readsPerfOutput() throws IOException {
    String text = recorded();
    List<String> found = read(text);
    assertThat(found)
        .hasSize((int) text.lines().filter(l -> l.contains(" cpu-clock: ")).count())
        .contains(
            "cpu-clock 5025125 intern_string_constants<[unknown]<python3",
            "cpu-clock 5025125 PyFunction_NewWithQualName<[unknown]<python3")
        .allMatch(s -> s.startsWith("cpu-clock ") && s.endsWith("<python3"));
    assertThat(read(text.replace("\n", "\r\n"))).isEqualTo(found);
  }

  @Test
  void readsOtherFormats() {
    assertThat(
            read(
                """
                # captured on: today
                swapper     0 [001] 12345.678: cycles:ppp:\s
                \tffffffff8104f45a native_safe_halt+0xa ([kernel.kallsyms])

                pool 1 thread 1234/1235 [000] 1.5:    1010101 cpu_core/cycles/P:\s
                \t    7f00aa main;x (/tmp/perf-1.map)
                \t    7f00ab inlined<char, 1> (inlined)
                \t    7f00ac [unknown] (/usr/lib/libc.so.6)
                \t    7f00ad operator new(unsigned long)+0x1c (/a b/x (deleted))

                ls 7 page-faults:u:
                \t  10 open64+0x10 (/lib/ld.so)
                """))
        .containsExactly(
            "cycles 0 native_safe_halt<swapper",
            "cycles 1010101 main;x<inlined<char, 1><[libc.so.6]<operator new(unsigned long)"
                + "<pool 1 thread",
            "page-faults 0 open64<ls");
  }

  @Test
  void readsSamplesWithoutStacks() {
    assertThat(
            read(
                """
                ls 7 [000] 1.0:  250000 cpu-clock:      55d0c0 main+0x3 (/bin/ls)
                ls 7 [000] 1.1:  250000 cpu-clock:      55d0c8 f (/bin/ls)
                """))
        .containsExactly("cpu-clock 250000 main<ls", "cpu-clock 250000 f<ls");
  }

  @Test
  void rejectsOtherTextWithItsLine() {
    assertThatThrownBy(() -> read("ls 7 1.0: cycles:\n\n{\"a\": 1}\n"))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("line 3 is not a sample of perf script")
        .hasMessageContaining("{\"a\": 1}");
    assertThatThrownBy(() -> read("ls 7 1.0: 99999999999999999999 cycles:\n"))
        .isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> read("ls 7 1.0: cycles:\n" + "\t 1 f (x)\n".repeat(5000)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("more than 4096 frames");
    assertThat(read("")).isEmpty();
  }

  @Test
  void endsOnDamagedText() throws IOException {
    byte[] whole = recorded().getBytes(UTF_8);
    Random random = new Random(45);
    for (int round = 0; round < 500; round++) {
      byte[] b = whole.clone();
      for (int i = 0; i < 20; i++) {
        b[random.nextInt(b.length)] = (byte) (random.nextBoolean() ? ' ' : random.nextInt());
      }
      try {
        PerfScript.read(b, (_, _, frames) -> assertThat(frames).isNotEmpty());
      } catch (CodecException e) {
        assertThat(e).hasMessageStartingWith("line ");
      }
    }
  }
}
