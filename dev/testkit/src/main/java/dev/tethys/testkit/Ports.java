package dev.tethys.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Random;

/**
 * Free ports for programs that need a fixed port. They are below the ephemeral range of the kernel
 * (32768 and up on Linux), because an ephemeral port can be taken by any connection between the
 * check that it is free and the start of the program.
 */
public final class Ports {
  private static final int FIRST = 15_000;
  private static final int COUNT = 17_000;
  private static final int TRIES = 1000;
  private static final Random RANDOM = new Random();

  private Ports() {}

  /** Returns a port that is currently free on all addresses; rarely the same one twice. */
  public static int free() {
    for (int i = 0; i < TRIES; i++) {
      int port = FIRST + RANDOM.nextInt(COUNT);
      if (isFree(port, null) && isFree(port, InetAddress.getLoopbackAddress())) {
        return port;
      }
    }
    throw new IllegalStateException("no port is free between " + FIRST + " and " + (FIRST + COUNT));
  }

  private static boolean isFree(int port, @org.jspecify.annotations.Nullable InetAddress address) {
    try (ServerSocket s = new ServerSocket()) {
      s.setReuseAddress(false);
      s.bind(new InetSocketAddress(address, port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
