package dev.tethys.model.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The canonical name of a host from the resolver (getaddrinfo(3) with AI_CANONNAME): fully
 * qualified, after resolving all aliases. The JDK requests addresses only; on 64-bit Linux.
 */
public final class CanonicalName {
  private static final int AI_CANONNAME = 2;
  private static final int SOCK_STREAM = 1;

  /** Layout of struct addrinfo: four numbers, a length, and pointers at 24, 32 and 40. */
  private static final int ADDRINFO = 48;

  private static final int SOCKTYPE = 8;
  private static final int CANONNAME = 32;
  private static final int MAX_NAME = 1025;

  private static final MethodHandle GETADDRINFO =
      LibraryFunction.plain(
          "getaddrinfo", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEADDRINFO =
      LibraryFunction.plain("freeaddrinfo", FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle GAI_STRERROR =
      LibraryFunction.plain("gai_strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

  private CanonicalName() {}

  /**
   * The name.
   *
   * @throws IOException if the host is unknown
   */
  public static String of(String host) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment hints = arena.allocate(ADDRINFO, 8);
      hints.set(JAVA_INT, 0, AI_CANONNAME);
      hints.set(JAVA_INT, SOCKTYPE, SOCK_STREAM);
      MemorySegment result = arena.allocate(ADDRESS);
      MemorySegment name = arena.allocateFrom(host);
      int error =
          (int)
              LibraryFunction.call(
                  () -> (int) GETADDRINFO.invokeExact(name, MemorySegment.NULL, hints, result));
      if (error != 0) {
        throw new IOException("lookup of " + host + ": " + text(error));
      }
      MemorySegment found = sized(result.get(ADDRESS, 0), ADDRINFO);
      try {
        MemorySegment canonical = found.get(ADDRESS, CANONNAME);
        return canonical.address() == 0 ? host : sized(canonical, MAX_NAME).getString(0);
      } finally {
        LibraryFunction.call(
            () -> {
              FREEADDRINFO.invokeExact(found);
              return 0;
            });
      }
    }
  }

  private static String text(int error) {
    MemorySegment[] name = new MemorySegment[1];
    LibraryFunction.call(
        () -> {
          name[0] = (MemorySegment) GAI_STRERROR.invokeExact(error);
          return 0;
        });
    return name[0] == null ? "error " + error : sized(name[0], MAX_NAME).getString(0);
  }

  @SuppressWarnings("restricted") // what the library points to has the size that its page says
  private static MemorySegment sized(MemorySegment pointer, long bytes) {
    return pointer.reinterpret(bytes);
  }
}
