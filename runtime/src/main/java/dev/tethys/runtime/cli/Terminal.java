package dev.tethys.runtime.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Detects whether the program runs on a terminal. */
public final class Terminal {
  private static final Path INPUT = Path.of("/proc/self/fd/0");
  private static final Path OUTPUT = Path.of("/proc/self/fd/1");

  private Terminal() {}

  /**
   * Whether input and output are a terminal, like {@link System#console}, which first loads a line
   * editor and takes 30 milliseconds.
   */
  public static boolean isThere() {
    return isTerminal(INPUT) && isTerminal(OUTPUT);
  }

  /** Whether a Linux descriptor leads to a terminal: see proc_pid_fd(5), pts(4) and console(4). */
  static boolean isTerminal(Path descriptor) {
    try {
      String device = Files.readSymbolicLink(descriptor).toString();
      return device.startsWith("/dev/pts/")
          || device.startsWith("/dev/tty")
          || device.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return false; // closed, or another system
    }
  }
}
