package dev.tethys.collect.observe.request;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.util.List;

/** Datagrams of which several are sent by one call, and received by one (sendmmsg, recvmmsg). */
final class SentTogether {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int ROOM = 512;
  private static final int MESSAGE = 64; // struct mmsghdr
  private static final Linker LINKER = Linker.nativeLinker();

  private SentTogether() {}

  /** What happens between sending and receiving. */
  interface Between {
    void run() throws IOException;
  }

  /** Sends messages to an address, and receives as many. */
  static void exchange(InetSocketAddress to, List<byte[]> messages, Between between)
      throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      int socket = call("socket", AF_INET, SOCK_DGRAM, 0);
      try {
        MemorySegment address = arena.allocate(16, 4);
        address.set(JAVA_SHORT, 0, (short) AF_INET);
        address.set(JAVA_SHORT, 2, Short.reverseBytes((short) to.getPort()));
        MemorySegment.copy(to.getAddress().getAddress(), 0, address, JAVA_BYTE, 4, 4);
        assertThat(call("connect", socket, address, 16)).isZero();
        int count = messages.size();
        MemorySegment out = arena.allocate((long) MESSAGE * count, 8);
        MemorySegment in = arena.allocate((long) MESSAGE * count, 8);
        for (int i = 0; i < count; i++) {
          message(arena, out.asSlice((long) MESSAGE * i), messages.get(i).length)
              .copyFrom(MemorySegment.ofArray(messages.get(i)));
          message(arena, in.asSlice((long) MESSAGE * i), ROOM);
        }
        assertThat(call("sendmmsg", socket, out, count, 0)).isEqualTo(count);
        between.run();
        assertThat(call("recvmmsg", socket, in, count, 0, MemorySegment.NULL)).isEqualTo(count);
      } finally {
        call("close", socket);
      }
    }
  }

  /** Describes the bytes of a message, which are returned. */
  private static MemorySegment message(Arena arena, MemorySegment header, int length) {
    MemorySegment bytes = arena.allocate(length);
    MemorySegment segment = arena.allocate(16, 8);
    segment.set(JAVA_LONG, 0, bytes.address());
    segment.set(JAVA_LONG, 8, length);
    header.set(JAVA_LONG, 16, segment.address());
    header.set(JAVA_LONG, 24, 1);
    return bytes;
  }

  private static int call(String function, Object... arguments) {
    MemoryLayout[] layouts = new MemoryLayout[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      layouts[i] = arguments[i] instanceof MemorySegment ? ADDRESS : JAVA_INT;
    }
    MethodHandle handle =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow(function), FunctionDescriptor.of(JAVA_INT, layouts));
    try {
      return (int) handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
