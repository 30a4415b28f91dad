package dev.tethys.collect.observe.process;

import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Process start and exit events from the kernel's process connector (netlink, cn_proc.h), read by a
 * dedicated thread and on demand by {@link #readUntil}. Needs CAP_NET_ADMIN, the first process and
 * network namespaces, and a kernel with CONFIG_PROC_EVENTS.
 */
public final class ProcessConnector implements AutoCloseable {
  private static final int NETLINK_CONNECTOR = 11;
  private static final int GROUP_PROCESSES = 1; // CN_IDX_PROC, and its value CN_VAL_PROC
  private static final int LISTEN = 1;
  private static final int DONE = 3; // type of the connector's messages
  private static final int HEADERS = 36; // struct nlmsghdr and struct cn_msg
  private static final int TIMESTAMP = HEADERS + 8; // on the monotonic clock
  private static final int DATA = HEADERS + 16;
  private static final int ACKNOWLEDGED = 0;
  private static final int FORK = 1;
  private static final int EXEC = 2;
  private static final int EXIT = 0x8000_0000;
  private static final int SIGNAL_MASK = 0x7f;
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final int ATTEMPTS = 64;

  /** Some thousand events: a message of a hundred bytes uses almost a kilobyte of it. */
  private static final int WAITING_BYTES = 4 << 20;

  private final SocketCalls netlink;
  private final byte[] buffer = new byte[8192];

  /** Held from the receiving of an event until it is handled: events stay in their order. */
  private final ReentrantLock turn = new ReentrantLock();

  private final ProcessHandler handler;
  private @Nullable Thread thread;
  private volatile boolean closed;
  private volatile long lost;

  private ProcessConnector(SocketCalls netlink, ProcessHandler handler) {
    this.netlink = netlink;
    this.handler = handler;
  }

  /**
   * Subscribes to the events. They are queued in the kernel until {@link #start} or {@link
   * #readUntil}.
   *
   * @param handler receives them, on one thread at a time
   * @throws LibraryException if the kernel provides none for this process
   */
  public static ProcessConnector open(ProcessHandler handler) throws LibraryException {
    SocketCalls netlink =
        new SocketCalls(SocketCalls.AF_NETLINK, SocketCalls.SOCK_DGRAM, NETLINK_CONNECTOR);
    boolean done = false;
    try {
      netlink.timeout(PATIENCE);
      netlink.receiveBuffer(WAITING_BYTES);
      netlink.joinGroup(GROUP_PROCESSES);
      netlink.send(subscription());
      ProcessConnector events = new ProcessConnector(netlink, handler);
      events.awaitAcknowledgement();
      done = true;
      return events;
    } finally {
      if (!done) {
        netlink.close();
      }
    }
  }

  /** Starts reading events on arrival. */
  public void start() {
    Thread t =
        Thread.ofPlatform()
            .name("observe-exec")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-exec", this::run));
    thread = t;
    t.start();
  }

  private static byte[] subscription() {
    ByteBuffer b = ByteBuffer.allocate(HEADERS + 4).order(ByteOrder.nativeOrder());
    b.putInt(HEADERS + 4).putShort((short) DONE).putShort((short) 0).putInt(0).putInt(0);
    b.putInt(GROUP_PROCESSES).putInt(1).putInt(0).putInt(0).putShort((short) 4).putShort((short) 0);
    b.putInt(LISTEN);
    return b.array();
  }

  /** The kernel does not respond outside the initial namespaces. */
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
      netlink.awaitDatagram(PATIENCE);
      readUntil(Long.MAX_VALUE);
    }
  }

  /**
   * Handles pending events up to a time: later activity of a process can then be attributed to it,
   * although it has ended.
   *
   * @param time timestamp as returned by System.nanoTime
   */
  public void readUntil(long time) {
    boolean more;
    do {
      turn.lock();
      try {
        more = readOne(time);
      } finally {
        turn.unlock();
      }
    } while (more && !closed);
  }

  /** Returns whether there may be another event before the time. */
  private boolean readOne(long time) {
    try {
      int length = netlink.receiveNow(buffer);
      if (length < 0) {
        return false;
      }
      ByteBuffer b = event(length);
      if (b != null) {
        report(b, handler);
      }
      return b == null || b.getLong(TIMESTAMP) < time;
    } catch (LibraryException e) {
      if (e.errno() != Errno.ENOBUFS) {
        throw new IllegalStateException("process connector: " + e.getMessage(), e);
      }
      lost++;
      return true;
    }
  }

  private @Nullable ByteBuffer event(int length) {
    return length < DATA + 8
        ? null
        : ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.nativeOrder());
  }

  /** Reports a message of the connector. */
  static void report(ByteBuffer b, ProcessHandler handler) {
    int process = b.getInt(DATA);
    int group = b.getInt(DATA + 4);
    switch (b.getInt(HEADERS)) {
      case FORK -> {
        if (b.limit() >= DATA + 16 && b.getInt(DATA + 8) == b.getInt(DATA + 12)) {
          handler.forked(group, b.getInt(DATA + 12));
        }
      }
      case EXEC -> handler.executed(group);
      case EXIT -> {
        if (process == group) {
          int status = b.limit() >= DATA + 12 ? b.getInt(DATA + 8) : 0; // as waitpid has it
          handler.ended(group, status & SIGNAL_MASK);
        }
      }
      default -> {
        // changes of users, sessions, names
      }
    }
  }

  /** Times the kernel had no space for events. */
  public long lost() {
    return lost;
  }

  @Override
  public void close() {
    closed = true;
    Thread t = thread;
    if (t != null) {
      try {
        t.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    netlink.close();
  }
}
