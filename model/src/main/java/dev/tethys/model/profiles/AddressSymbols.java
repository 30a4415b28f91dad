package dev.tethys.model.profiles;

import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Resolves addresses to functions and lines, in files identified by build id. */
public interface AddressSymbols {
  /**
   * Frame resolved from an address.
   *
   * @param function name in the source
   * @param symbol name of the function as the compiler writes it
   * @param file "" if it is unknown
   * @param line 0 if it is unknown
   */
  record Frame(String function, String symbol, String file, int line) {}

  /**
   * File in the memory of a process.
   *
   * @param path file path on the process's machine; "" if unknown
   * @param start first address in memory, 0 if addresses are those of the file
   * @param limit end in memory
   * @param offset file offset
   */
  record Mapped(String buildId, String path, long start, long limit, long offset) {}

  /**
   * Frames of addresses. It may read files and query other servers, in bounded time.
   *
   * @param stopped true or an exception ends the work
   * @return for each address its frames, the innermost first; empty if nothing is known
   */
  List<List<Frame>> frames(Scope scope, Mapped file, long[] addresses, BooleanSupplier stopped);
}
