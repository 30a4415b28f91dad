package dev.tethys.collect.observe.request;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tethys.collect.observe.connection.Connection;
import dev.tethys.collect.observe.connection.ConnectionTracker;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.SocketView;
import dev.tethys.collect.observe.kernel.Attachment;
import dev.tethys.collect.observe.kernel.KernelMap;
import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.kernel.RingBuffer;
import dev.tethys.collect.observe.protocol.Direction;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ProtocolConnection;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.trace.RequestSpans;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Captures the first bytes processes send and receive and passes them from the kernel to the
 * parsers of their connections. Not safe for concurrent use.
 */
public final class PayloadCapture implements AutoCloseable {
  /**
   * Capacity for the payloads of a busy host during a tenth of a second, in proportion to its
   * processors. The process has the ring mapped twice.
   */
  private static final int RING_BYTES = ringBytes(Runtime.getRuntime().availableProcessors());

  private static final int RING_OF_PROCESSOR = 1 << 21;

  /**
   * Bytes read from the ring, in about 30 µs, before pausing for threads that need the lock and
   * programs that wait for the processor. Without pauses, the kernel would let the thread run for a
   * time slice of several milliseconds, for which observed programs would wait.
   */
  private static final int SLICE_BYTES = 1 << 13;

  /** A ring this full is read immediately, because on a busy host a pause can take a long time. */
  private static final int PENDING_WITHOUT_PAUSE = RING_BYTES / 4;

  /** Offsets in struct payload (payload.c). */
  private static final int TGID = 8;

  private static final int TID = 12;
  private static final int TOTAL = 16;
  private static final int CAPTURED = 20;
  private static final int DIRECTION = 22;
  private static final int CLEAR = 23;
  private static final int ENDPOINT = 24;
  private static final int DATA = ENDPOINT + SocketView.ENDPOINT_BYTES;

  /** Flag in the table of ignored sockets: decrypted TLS data is ignored, too. */
  private static final long CLEAR_TOO = 1L << 63;

  /** Index in the settings: whether a TLS library has probes. */
  private static final int TLS_ATTACHED = 1;

  private static final int JAVA_ATTACHED = 2;

  /** Program at the end of all system calls: of kernels before 6.3, and for Java's TLS alone. */
  private static final String AT_CALLS = "call_ended";

  private static final String AT_CALLS_OF_JAVA = "java_call_ended";

  /** The table of processes with lost payloads has space for twice as many. */
  private static final int MOST_LOSERS = 2048;

  private static final int IPPROTO_TCP = 6;
  private static final int PROTOCOL = ENDPOINT + 27;

  private final ConnectionTracker tracker;
  private final RequestMetrics metrics;
  private final ProtocolCounters counters;
  private final DnsSockets dns;
  private final LoadedPrograms programs;
  private final RingBuffer ring;
  private final KernelMap lost;
  private final KernelMap losers;
  private final KernelMap ignored;
  private final KernelMap pipelined;
  private final @Nullable KernelMap unattributed;
  private final Set<Integer> java = new HashSet<>();
  private @Nullable Attachment javaCalls;
  private final SocketView view = new SocketView();
  private IntConsumer usesTls = _ -> {};
  private @Nullable RequestSpans spans;
  private byte[] bytes = new byte[1 << 11];
  private long lostBefore;
  private long events;

  private PayloadCapture(
      ConnectionTracker tracker,
      RequestMetrics metrics,
      DnsMetrics dns,
      ProtocolCounters counters,
      LoadedPrograms programs,
      RingBuffer ring) {
    this.tracker = tracker;
    this.metrics = metrics;
    this.counters = counters;
    this.dns = new DnsSockets(dns, tracker, counters);
    this.programs = programs;
    this.ring = ring;
    this.lost = programs.map("lost");
    this.losers = programs.map("losers");
    this.ignored = programs.map("ignored");
    this.pipelined = programs.map("pipelined");
    this.unattributed = programs.has("unattributed") ? programs.map("unattributed") : null;
  }

  /** Size of the ring: a power of two, from 4 to 16 MB. */
  static int ringBytes(int processors) {
    int most = 8 * RING_OF_PROCESSOR;
    int wanted = Math.clamp(processors, 2, 8) * RING_OF_PROCESSOR;
    return Math.min(most, Integer.highestOneBit(wanted - 1) << 1);
  }

  /**
   * Loads and attaches the programs: at the tracepoints of sockets, or with a kernel before 6.3 at
   * the end of all system calls.
   *
   * @param process process whose payloads are omitted: the agent itself
   * @param tls whether TLS libraries are going to be probed by {@link #attach}
   * @throws ProgramLoadException with the reason; nothing stays loaded
   */
  public static PayloadCapture open(
      ConnectionTracker tracker,
      RequestMetrics metrics,
      DnsMetrics dns,
      ProtocolCounters counters,
      long process,
      boolean tls)
      throws ProgramLoadException {
    List<String> groups =
        tls ? List.of("payload_tls", "payload_calls_tls") : List.of("payload", "payload_calls");
    return open(tracker, metrics, dns, counters, process, groups);
  }

  /** Uses the first group of programs that the kernel loads. */
  static PayloadCapture open(
      ConnectionTracker tracker,
      RequestMetrics metrics,
      DnsMetrics dns,
      ProtocolCounters counters,
      long process,
      List<String> groups)
      throws ProgramLoadException {
    LoadedPrograms programs = load(groups);
    boolean done = false;
    try {
      RingBuffer ring = programs.map("events").ringBuffer(RING_BYTES);
      programs.map("settings").number(0, process);
      programs.map("settings").number(TLS_ATTACHED, programs.has("carriers") ? 1 : 0);
      if (programs.hasProgram(AT_CALLS)) {
        programs.attachTracepoint(AT_CALLS);
      } else {
        programs.attachTracepoint("sent");
        programs.attachTracepoint("received");
      }
      done = true;
      return new PayloadCapture(tracker, metrics, dns, counters, programs, ring);
    } catch (IOException e) {
      throw new ProgramLoadException("settings of group payload: " + e.getMessage());
    } finally {
      if (!done) {
        programs.close();
      }
    }
  }

  private static LoadedPrograms load(List<String> groups) throws ProgramLoadException {
    try {
      return LoadedPrograms.load(groups.getFirst(), Map.of("events", RING_BYTES));
    } catch (ProgramLoadException e) {
      if (groups.size() == 1) {
        throw e;
      }
      try {
        return load(groups.subList(1, groups.size()));
      } catch (ProgramLoadException older) {
        older.addSuppressed(e);
        throw older;
      }
    }
  }

  /**
   * Attaches a program of the TLS libraries to an instruction.
   *
   * @throws ProgramLoadException with the reason
   */
  public Attachment attach(String program, Path file, long offset) throws ProgramLoadException {
    return programs.attachFileOffset(program, file, offset);
  }

  /** Receives the messages of a Java program with a TLS agent. */
  public synchronized void addJava(int pid) throws IOException {
    if (javaCalls == null && programs.hasProgram(AT_CALLS_OF_JAVA)) {
      try {
        javaCalls = programs.tracepoint(AT_CALLS_OF_JAVA);
      } catch (ProgramLoadException e) {
        throw new IOException("calls of Java programs cannot be seen: " + e.getMessage(), e);
      }
    }
    programs.map("settings").number(JAVA_ATTACHED, 1);
    programs.map("java_processes").put(pid, 1);
    java.add(pid);
  }

  /**
   * Stops capturing messages of a Java program; after the last one, calls have no overhead again.
   */
  public synchronized void removeJava(int pid) throws IOException {
    java.remove(pid);
    if (java.isEmpty()) {
      detachJava();
      programs.map("settings").number(JAVA_ATTACHED, 0);
    }
    programs.map("java_processes").remove(pid);
  }

  private void detachJava() {
    Attachment a = javaCalls;
    if (a != null) {
      a.close();
      javaCalls = null;
    }
  }

  /**
   * Sets the receiver of processes that are seen to use TLS. Must be called by the reading thread,
   * or before it starts.
   */
  public void onTls(IntConsumer receiver) {
    usesTls = receiver;
  }

  /** Enables the creation of spans from requests. Must be called before the reading starts. */
  public void spans(RequestSpans of) {
    spans = of;
  }

  /** Position up to which payloads are written. */
  public long end() {
    return ring.end();
  }

  /**
   * Waits until many payloads are in the ring, or the time limit expires. May also return early.
   *
   * @param nanos the longest wait
   */
  public void await(long nanos) throws IOException {
    ring.await(nanos);
  }

  /**
   * Reads payloads up to a position.
   *
   * @param end an earlier {@link #end}
   * @param before called with the time of each payload, to apply the changes of connections before
   */
  public void read(long end, LongConsumer before) {
    long at;
    do {
      at = ring.position();
      readPart(Math.min(end, at + SLICE_BYTES), before);
      if (ring.pending() < PENDING_WITHOUT_PAUSE) {
        Thread.yield();
      }
    } while (ring.position() > at && ring.position() < end);
  }

  /** A reader of metrics waits for one part of the ring at most. */
  private void readPart(long end, LongConsumer before) {
    tracker.lock().lock();
    try {
      events +=
          ring.read(
              end,
              (m, at, length) -> {
                before.accept(m.get(JAVA_LONG, at));
                payload(m, at, length);
              });
    } finally {
      tracker.lock().unlock();
    }
  }

  private void payload(MemorySegment m, long at, int length) {
    long time = m.get(JAVA_LONG, at);
    view.readEndpoint(m, at + ENDPOINT);
    view.process(m.get(JAVA_INT, at + TGID));
    if (m.get(JAVA_BYTE, at + PROTOCOL) != IPPROTO_TCP) {
      Owner owner = tracker.ownerOf(view);
      if (owner != null) {
        feed(dns.parser(view.socket(), view.ports(), owner), m, at, length, time);
      }
      return;
    }
    Connection c = tracker.connectionOf(time, view);
    if (c == null) {
      if (!tracker.mayHaveOwner(view)) {
        ignore(CLEAR_TOO);
      }
      return;
    }
    c.process(m.get(JAVA_INT, at + TGID));
    boolean clear = m.get(JAVA_BYTE, at + CLEAR) != 0;
    ProtocolConnection parser = c.payloads();
    if (parser == null || clear && !c.isDecrypted()) {
      int process = m.get(JAVA_INT, at + TGID);
      parser = new ProtocolConnection(r -> request(c, process, r), counters, c.requestDirection());
      if (!tracker.open(c, parser)) {
        ignore(0);
        return;
      }
      c.decrypted(clear);
    } else if (!clear && c.isDecrypted()) {
      ignore(0); // the same bytes, encrypted
      return;
    }
    if (spans != null && parser.wantsPayloads()) {
      spans.payload(
          c,
          m.get(JAVA_INT, at + TGID),
          m.get(JAVA_INT, at + TID),
          m.get(JAVA_BYTE, at + DIRECTION) == 0 ? Direction.SENT : Direction.RECEIVED,
          time);
    }
    boolean pipelined = parser.isPipelined();
    boolean longPayloads = parser.wantsLongPayloads();
    feed(parser, m, at, length, time);
    if (!pipelined && parser.isPipelined()) {
      captureMore(parser);
    }
    if (!longPayloads && parser.wantsLongPayloads()) {
      captureMoreOfSocket();
    }
    if (!parser.wantsPayloads()) {
      ignore(clear ? CLEAR_TOO : 0);
      if (parser.isTls()) {
        usesTls.accept(m.get(JAVA_INT, at + TGID));
      }
    }
  }

  private void request(Connection c, int process, ObservedRequest r) {
    metrics.add(c, r);
    if (spans != null) {
      spans.request(c, process, r, System.nanoTime());
    }
  }

  private void feed(ProtocolConnection parser, MemorySegment m, long at, int length, long time) {
    int captured = Math.min(m.get(JAVA_SHORT, at + CAPTURED) & 0xffff, length - DATA);
    if (bytes.length < captured) {
      bytes = new byte[captured];
    }
    MemorySegment.copy(m, JAVA_BYTE, at + DATA, bytes, 0, captured);
    parser.feed(
        m.get(JAVA_BYTE, at + DIRECTION) == 0 ? Direction.SENT : Direction.RECEIVED,
        time,
        bytes,
        0,
        captured,
        m.get(JAVA_INT, at + TOTAL));
  }

  /**
   * Makes the kernel omit the payloads of a socket from now on.
   *
   * @param clearToo {@link #CLEAR_TOO} to include unencrypted payloads; otherwise 0
   */
  private void ignore(long clearToo) {
    try {
      ignored.put(view.socket(), view.ports() | clearToo);
    } catch (IOException e) {
      // its payloads continue to arrive, and are dropped here
    }
  }

  /** Makes the kernel capture more of each payload on the server's port from now on. */
  private void captureMore(ProtocolConnection parser) {
    boolean server = parser.isRequest(Direction.RECEIVED);
    try {
      pipelined.put(server ? view.localPort() : view.remotePort(), 1);
    } catch (IOException e) {
      // its messages are not counted beyond the usual length
    }
  }

  /** Makes the kernel capture more of each payload only for this socket from now on. */
  private void captureMoreOfSocket() {
    try {
      pipelined.put(view.socket(), view.ports());
    } catch (IOException e) {
      // the end of its bodies stays unknown
    }
  }

  /** Checks the number of lost payloads; after a loss the parsers are reset. */
  public void checkLoss() {
    long now = lostEvents();
    if (now != lostBefore) {
      lostBefore = now;
      tracker.resynchronise(losers());
      dns.lost();
    }
  }

  /** Reports questions to name servers that had no response. */
  public void flushIdle(long now) {
    tracker.lock().lock();
    try {
      dns.flushIdle(now);
    } finally {
      tracker.lock().unlock();
    }
  }

  /** Processes with lost payloads since the last call; all if they are too many. */
  private IntPredicate losers() {
    Set<Integer> found = new HashSet<>();
    try {
      losers.drain(8, 8, (key, _) -> found.add((int) key.get(JAVA_LONG, 0)));
    } catch (IOException e) {
      return _ -> true;
    }
    return found.size() < MOST_LOSERS ? found::contains : _ -> true;
  }

  /** Returns the number of payloads dropped because the ring buffer was full. */
  public long lostEvents() {
    try {
      return lost.number(0);
    } catch (IOException e) {
      return lostBefore;
    }
  }

  /** Removes owners without requests for an hour, to free space. */
  public long unattributed() {
    KernelMap n = unattributed;
    try {
      return n == null ? 0 : n.number(0);
    } catch (IOException e) {
      return 0; // the map is gone: the capture is closed
    }
  }

  /** Payloads read. */
  public long events() {
    return events;
  }

  @Override
  public synchronized void close() {
    ring.close();
    detachJava();
    programs.close();
  }
}
