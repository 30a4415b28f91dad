package dev.tethys.collect.observe.tls;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.GoFunctions;
import dev.tethys.collect.observe.binary.Instructions;
import dev.tethys.collect.observe.kernel.ForeignFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * TLS functions of a program or library: OpenSSL's interface (OpenSSL, BoringSSL, LibreSSL, also
 * statically linked) and Go's.
 */
final class TlsFunctions {
  private static final String RETURNED = "tls_returned";

  /** Functions of OpenSSL's interface with their entry programs. */
  private static final Map<String, String> OPENSSL =
      Map.of(
          "SSL_read", "tls_read",
          "SSL_write", "tls_write",
          "SSL_read_ex", "tls_read_ex",
          "SSL_write_ex", "tls_write_ex",
          "SSL_do_handshake", "tls_handshake",
          "SSL_free", "tls_freed");

  private static final String SHORTEST = "SSL_";
  private static final int LONGEST_NAME = 16;
  private static final Map<String, String> GO =
      Map.of("crypto/tls.(*Conn).Read", "go_tls_read", "crypto/tls.(*Conn).Write", "go_tls_write");

  private static final String GO_RETURNED = "go_tls_returned";
  private static final long LONGEST_FUNCTION = 1 << 16;
  private static final int MAX_POINTS = 256;

  private TlsFunctions() {}

  private record Function(long address, long size) {}

  /**
   * Points of a file, those at returns first: a call whose start is seen has its end seen too.
   *
   * @return empty if the file has no TLS functions
   * @throws IOException if it cannot be read, or has them but their returns are not certain
   */
  static List<ProbePoint> of(ForeignFile file) throws IOException {
    try (ElfFile elf = file.elf()) {
      if (elf.machine() != ElfFile.X86_64) {
        return List.of();
      }
      GoFunctions go = GoFunctions.of(elf);
      List<ProbePoint> points = go == null ? ofOpenssl(elf) : ofGo(elf, go);
      if (points.size() > MAX_POINTS) {
        throw new IOException(
            "its TLS functions have " + points.size() + " returns; at most 256 are probed");
      }
      return points;
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("its tables are damaged", e);
    }
  }

  private static List<ProbePoint> ofOpenssl(ElfFile elf) throws IOException {
    Map<String, Function> found = new HashMap<>();
    byte[] name = new byte[LONGEST_NAME];
    elf.namedFunctions(
        LONGEST_NAME,
        (address, size, bytes) -> {
          int length = bytes.remaining();
          if (length < SHORTEST.length()
              || bytes.get(0) != 'S'
              || bytes.get(1) != 'S'
              || bytes.get(2) != 'L') {
            return;
          }
          bytes.get(0, name, 0, length);
          String text = new String(name, 0, length, StandardCharsets.US_ASCII);
          if (OPENSSL.containsKey(text)) {
            found.putIfAbsent(text, new Function(address, size));
          }
        });
    if (!found.containsKey("SSL_read") || !found.containsKey("SSL_write")) {
      return List.of();
    }
    List<ProbePoint> returns = new ArrayList<>();
    List<ProbePoint> starts = new ArrayList<>();
    for (Map.Entry<String, String> e : OPENSSL.entrySet()) {
      Function f = found.get(e.getKey());
      String program = e.getValue();
      if (f == null) {
        continue;
      }
      starts.add(new ProbePoint(program, offset(elf, f.address)));
      if (!program.equals("tls_handshake") && !program.equals("tls_freed")) {
        addReturns(elf, e.getKey(), f.address, f.size, RETURNED, returns);
      }
    }
    returns.addAll(starts);
    return returns;
  }

  private static List<ProbePoint> ofGo(ElfFile elf, GoFunctions go) throws IOException {
    List<ProbePoint> returns = new ArrayList<>();
    List<ProbePoint> starts = new ArrayList<>();
    for (Map.Entry<String, String> e : GO.entrySet()) {
      int i = go.find(e.getKey());
      if (i < 0) {
        return List.of();
      }
      if (!go.passesInRegisters()) {
        throw new IOException(
            "it was built with a Go version before 1.18, which passes arguments differently");
      }
      if (!startsAsGo(elf.bytes(go.address(i), 4))) {
        throw new IOException("function " + e.getKey() + " does not start like a Go function");
      }
      starts.add(new ProbePoint(e.getValue(), offset(elf, go.address(i))));
      addReturns(
          elf, e.getKey(), go.address(i), go.address(i + 1) - go.address(i), GO_RETURNED, returns);
    }
    returns.addAll(starts);
    return returns;
  }

  /**
   * True for the test of the stack's size: {@code cmp rsp, [r14+16]} or {@code lea r12, [rsp-x]}.
   */
  private static boolean startsAsGo(ByteBuffer code) {
    int start = code.limit() < 4 ? 0 : code.order(ByteOrder.BIG_ENDIAN).getInt(0);
    return start == 0x493b6610 || start == 0x4c8d6424 || start == 0x4c8da424;
  }

  private static long offset(ElfFile elf, long address) throws IOException {
    long offset = elf.fileOffset(address);
    if (offset < 0) {
      throw new IOException("address 0x" + Long.toHexString(address) + " is not in the file");
    }
    return offset;
  }

  private static void addReturns(
      ElfFile elf, String name, long address, long size, String program, List<ProbePoint> to)
      throws IOException {
    if (size <= 0 || size > LONGEST_FUNCTION) {
      throw new IOException("function " + name + " has a size of " + size + " bytes");
    }
    ByteBuffer code = elf.bytes(address, size);
    List<Integer> returns = Instructions.returns(code);
    if (returns == null || returns.isEmpty()) {
      throw new IOException("the returns of function " + name + " cannot be found");
    }
    long start = offset(elf, address);
    for (int at : returns) {
      to.add(new ProbePoint(program, start + at));
    }
  }
}
