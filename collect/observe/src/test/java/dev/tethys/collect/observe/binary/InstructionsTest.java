package dev.tethys.collect.observe.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.elf.ElfFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class InstructionsTest {
  @ParameterizedTest
  @CsvSource({
    "c3, 1", // ret
    "f3c3, 2", // rep ret
    "c20800, 3", // ret 8
    "f30f1efa, 4", // endbr64
    "4883ec08, 4", // sub rsp, 8
    "48b80102030405060708, 10", // mov rax, imm64
    "66b80102, 4", // mov ax, imm16
    "e811223344, 5", // call
    "0f8411223344, 6", // je
    "488b05aabbccdd, 7", // mov rax, [rip+x]
    "48c7442408aabbccdd, 9", // mov qword [rsp+8], imm32
    "f60501020304ff, 7", // test byte [rip+x], imm8
    "f7d8, 2", // neg eax
    "f7c001020304, 6", // test eax, imm32
    "c5f877, 3", // vzeroupper
    "c4e37d39c101, 6", // vextracti128
    "62f17c48100511223344, 10", // vmovups zmm0, [rip+x]
    "660f3a0fc108, 6", // palignr
    "660f6f0511223344, 8", // movdqa xmm0, [rip+x]
    "662e0f1f840000000000, 10", // nop word
    "a14142434445464748, 9", // mov eax, moffs
    "06, -1",
    "0f, -1",
    "48b801, -1"
  })
  void knowsTheLengths(String hex, int length) {
    assertThat(Instructions.length(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), 0))
        .isEqualTo(length);
  }

  @Test
  void findsReturnsButNotInsideOtherInstructions() {
    byte[] code = HexFormat.of().parseHex("b8c3c3c3c3" + "7401" + "f3c3" + "90" + "c20800");
    assertThat(Instructions.returns(ByteBuffer.wrap(code))).containsExactly(7, 10);
    assertThat(Instructions.returns(ByteBuffer.wrap(new byte[] {(byte) 0xc3, 0x06}))).isNull();
  }

  @Test
  void readsAnyBytes() {
    Random random = new Random(7);
    byte[] code = new byte[64];
    for (int i = 0; i < 20_000; i++) {
      random.nextBytes(code);
      List<Integer> returns = Instructions.returns(ByteBuffer.wrap(code));
      assertThat(returns == null || returns.stream().allMatch(r -> r < 64)).isTrue();
    }
  }

  /** Each instruction that the disassembler of binutils shows has the same length here. */
  @ParameterizedTest
  @ValueSource(strings = {"libssl.so.3", "libc.so.6", "libz.so.1"})
  void agreesWithADisassembler(String library) throws Exception {
    Path file = Path.of("/usr/lib/x86_64-linux-gnu", library);
    assumeTrue(Files.exists(file), file + " is not on this machine");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "objdump is not installed");
    List<long[]> found = new ArrayList<>(); // address, length
    disassemble(file, found);
    int compared = 0;
    try (ElfFile elf = ElfFile.open(file)) {
      for (long[] f : found) {
        ByteBuffer code = elf.bytes(f[0], 16);
        assertThat(Instructions.length(code, 0))
            .as("%s at 0x%x", library, f[0])
            .isEqualTo((int) f[1]);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(1000);
  }

  private static void disassemble(Path file, List<long[]> to) throws IOException {
    Process p =
        new ProcessBuilder(
                "objdump", "-d", "-w", "--insn-width=16", "--section=.text", file.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = out.readLine()) != null && to.size() < 60_000) {
        String[] parts = line.split("\t", -1);
        if (parts.length < 3
            || !parts[0].endsWith(":")
            || parts[2].contains("(bad)")
            || parts[2].startsWith("fwait")
            || parts[2].contains("rex")) {
          continue; // objdump joins fwait with the next one
        }
        long address = Long.parseLong(parts[0].strip().replace(":", ""), 16);
        to.add(new long[] {address, parts[1].strip().split("\\s+", -1).length});
      }
    } finally {
      p.destroyForcibly();
    }
  }
}
