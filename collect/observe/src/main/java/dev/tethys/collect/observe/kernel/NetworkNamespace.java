package dev.tethys.collect.observe.kernel;

import dev.tethys.model.libc.LibraryException;
import java.nio.file.Path;

/** Network namespaces of processes. */
public final class NetworkNamespace {
  private NetworkNamespace() {}

  /**
   * Moves the calling platform thread into the network namespace of a process permanently.
   *
   * @throws LibraryException if the process is gone, or CAP_SYS_ADMIN is missing
   */
  public static void enter(Path proc, int process) throws LibraryException {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread would change its carrier's namespace");
    }
    SystemCalls.enterNetwork(proc.resolve(process + "/ns/net").toString());
  }
}
