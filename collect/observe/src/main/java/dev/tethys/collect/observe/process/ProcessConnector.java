package dev.tethys.collect.observe.process;

import dev.tethys.model.guard.EssentialLoop;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Starts and ends of processes from the process connector of the kernel (netlink, cn_proc.h), read
 * by their own thread. Needs CAP_NET_ADMIN, the first process and network namespaces, and a kernel
 * with CONFIG_PROC_EVENTS.
 */
public final class ProcessConnector implements AutoCloseable {
  private static final int NETLINK_CONNECTOR = 11;
  private static final int GROUP_PROCESSES = 1; // CN_IDX_PROC, and its value CN_VAL_PROC
  private static final int LISTEN = 1;
  private static final int DONE = 3; // type of the connector's messages
  private static final int HEADERS = 36; // struct nlmsghdr and struct cn_msg
  private static final int DATA = HEADERS + 16;
  private static final int ACKNOWLEDGED = 0;
  private static final int FORK = 1;
  private static final int EXEC = 2;
  private static final int EXIT = 0x8000_0000;
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final int ATTEMPTS = 64;

  /** Takes events of processes; threads are left out. */
  public interface Sink {
    /** A process has a child. */
    void forked(int parent, int child);

    /** A process runs another program. */
    void started(int process);

    /** A process ended. */
    void exited(int process);
  }

  private final SocketCalls netlink;
  private final Sink sink;
  private final byte[] buffer = new byte[8192];
  private final Thread thread;
  private volatile boolean closed;
  private volatile long lost;

  private ProcessConnector(SocketCalls netlink, Sink sink) {
    this.netlink = netlink;
    this.sink = sink;
    thread =
        Thread.ofPlatform()
            .name("observe-exec")
            .daemon()
            .unstarted(EssentialLoop.of("observe-exec", this::run));
  }

  /**
   * Subscribes to the events.
   *
   * @throws LibraryException when the kernel has none for this process
   */
  public static ProcessConnector open(Sink sink) throws LibraryException {
    SocketCalls netlink =
        new SocketCalls(SocketCalls.AF_NETLINK, SocketCalls.SOCK_DGRAM, NETLINK_CONNECTOR);
    boolean done = false;
    try {
      netlink.timeout(PATIENCE);
      netlink.joinGroup(GROUP_PROCESSES);
      netlink.send(subscription());
      ProcessConnector events = new ProcessConnector(netlink, sink);
      events.awaitAcknowledgement();
      events.thread.start();
      done = true;
      return events;
    } finally {
      if (!done) {
        netlink.close();
      }
    }
  }

  private static byte[] subscription() {
    ByteBuffer b = ByteBuffer.allocate(HEADERS + 4).order(ByteOrder.nativeOrder());
    b.putInt(HEADERS + 4).putShort((short) DONE).putShort((short) 0).putInt(0).putInt(0);
    b.putInt(GROUP_PROCESSES).putInt(1).putInt(0).putInt(0).putShort((short) 4).putShort((short) 0);
    b.putInt(LISTEN);
    return b.array();
  }

  /** The kernel answers nothing outside of the first namespaces. */
  private void awaitAcknowledgement() throws LibraryException {
    for (int i = 0; i < ATTEMPTS; i++) {
      ByteBuffer b = event(netlink.receive(buffer));
      if (b != null && b.getInt(HEADERS) == ACKNOWLEDGED) {
        int error = b.getInt(DATA);
        if (error != 0) {
          throw new LibraryException("process connector", error);
        }
        return;
      }
    }
    throw new LibraryException("process connector", Errno.EAGAIN);
  }

  private void run() {
    while (!closed) {
      try {
        ByteBuffer b = event(netlink.receive(buffer));
        if (b != null) {
          report(b, sink);
        }
      } catch (LibraryException e) {
        if (e.errno() == Errno.ENOBUFS) {
          lost++;
        } else if (e.errno() != Errno.EAGAIN) {
          throw new IllegalStateException("process connector: " + e.getMessage(), e);
        }
      }
    }
  }

  private @Nullable ByteBuffer event(int length) {
    return length < DATA + 8
        ? null
        : ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.nativeOrder());
  }

  /** Reports a message of the connector. */
  static void report(ByteBuffer b, Sink sink) {
    int process = b.getInt(DATA);
    int group = b.getInt(DATA + 4);
    switch (b.getInt(HEADERS)) {
      case FORK -> {
        if (b.limit() >= DATA + 16 && b.getInt(DATA + 8) == b.getInt(DATA + 12)) {
          sink.forked(group, b.getInt(DATA + 12));
        }
      }
      case EXEC -> sink.started(group);
      case EXIT -> {
        if (process == group) {
          sink.exited(group);
        }
      }
      default -> {
        // changes of users, sessions, names
      }
    }
  }

  /** Times the kernel had no room for events. */
  public long lost() {
    return lost;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    netlink.close();
  }
}
