package dev.tethys.collect.observe.connection;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.collect.observe.connection.ConnectionTracker.FirstSeenOrigin;
import dev.tethys.collect.observe.kernel.KernelIterator;
import dev.tethys.collect.observe.kernel.KernelMap;
import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.kernel.RingBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * Connections as eBPF programs see them: each change of state as an event, and all sockets by an
 * iterator. Not thread-safe.
 */
public final class KernelConnections implements TcpSource {
  private static final int RING_BYTES = 1 << 20;

  /** Before struct endpoint in struct tcp_event (tcp.c) and struct socket_record (sockets.c). */
  private static final int EVENT_HEADER = 16;

  private static final int RECORD_HEADER = 8;
  private static final int RECORD_BYTES =
      RECORD_HEADER + SocketView.ENDPOINT_BYTES + SocketView.COUNTS_BYTES;

  private final ConnectionTracker tracker;
  private final LoadedPrograms changes;
  private final LoadedPrograms sockets;
  private final RingBuffer ring;
  private final KernelMap lost;
  private final KernelIterator iterator;
  private final SocketView view = new SocketView();

  private KernelConnections(
      ConnectionTracker tracker,
      LoadedPrograms changes,
      RingBuffer ring,
      LoadedPrograms sockets,
      KernelIterator iterator) {
    this.tracker = tracker;
    this.changes = changes;
    this.ring = ring;
    this.lost = changes.map("lost");
    this.sockets = sockets;
    this.iterator = iterator;
  }

  /**
   * Loads and attaches the programs.
   *
   * @throws ProgramLoadException with the reason; nothing stays loaded
   */
  public static KernelConnections open(ConnectionTracker tracker) throws ProgramLoadException {
    LoadedPrograms changes = LoadedPrograms.load("tcp", Map.of("events", RING_BYTES));
    LoadedPrograms sockets = null;
    RingBuffer ring = null;
    KernelIterator iterator = null;
    boolean done = false;
    try {
      ring = changes.map("events").ringBuffer(RING_BYTES);
      changes.attachTracepoint("set_state");
      sockets = LoadedPrograms.load("sockets", Map.of());
      iterator = sockets.iterator("list_sockets");
      done = true;
      return new KernelConnections(tracker, changes, ring, sockets, iterator);
    } finally {
      if (!done) {
        if (sockets != null) {
          sockets.close();
        }
        if (ring != null) {
          ring.close();
        }
        changes.close();
      }
    }
  }

  @Override
  public void readEvents(long time) {
    if (ring.pending() == 0) {
      return;
    }
    tracker.lock().lock();
    try {
      ring.readUntil(
          time,
          (m, at, _) -> {
            view.readEndpoint(m, at + EVENT_HEADER);
            view.readCounts(m, at + EVENT_HEADER + SocketView.ENDPOINT_BYTES);
            view.process = m.get(JAVA_INT, at + 8);
            view.state = m.get(JAVA_BYTE, at + 13);
            tracker.onStateChange(m.get(JAVA_LONG, at), m.get(JAVA_BYTE, at + 12), view);
          });
    } finally {
      tracker.lock().unlock();
    }
  }

  @Override
  public void readSockets(Runnable between) throws IOException {
    between.run();
    long now = System.nanoTime();
    tracker.beginPass();
    boolean[] unknown = new boolean[1];
    iterator.forEach(
        RECORD_BYTES,
        (m, at) -> {
          read(m, at);
          if (view.state == TcpState.LISTEN) {
            tracker.listenerInPass(view);
          } else {
            unknown[0] |= !tracker.knownInPass(now, view);
          }
        },
        between);
    if (unknown[0]) { // listening sockets, known by now, show which side connected
      iterator.forEach(
          RECORD_BYTES,
          (m, at) -> {
            read(m, at);
            if (view.state != TcpState.LISTEN) {
              tracker.connectionInPass(now, view, FirstSeenOrigin.KNOWN);
            }
          },
          between);
    }
    tracker.endPass(now, true);
  }

  private void read(MemorySegment m, long at) {
    view.process = m.get(JAVA_INT, at);
    view.readEndpoint(m, at + RECORD_HEADER);
    view.readCounts(m, at + RECORD_HEADER + SocketView.ENDPOINT_BYTES);
  }

  @Override
  public long lostEvents() {
    try {
      return lost.number(0);
    } catch (IOException e) {
      return 0; // the map is gone: the source is closed
    }
  }

  @Override
  public void close() {
    iterator.close();
    ring.close();
    sockets.close();
    changes.close();
  }
}
