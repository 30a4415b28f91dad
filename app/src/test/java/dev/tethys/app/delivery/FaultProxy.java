package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Batch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Stands between a client and a server and does to connections what networks and servers do. */
final class FaultProxy implements AutoCloseable {
  /** What happens to connections. */
  enum Fault {
    /** Nothing. */
    NONE,
    /** No process listens. */
    NOBODY_LISTENS,
    /** They are closed at once. */
    REFUSED,
    /** They are reset after half of a request has passed. */
    RESET_HALFWAY,
    /** The request passes and the response does not: the client cannot know the outcome. */
    ANSWER_LOST,
    /** They are reset when the greetings are over. */
    RESET_LATER,
    /** The response is lost when the greetings are over. */
    LATER_ANSWER_LOST,
    /** The response breaks off in its middle. */
    PARTIAL,
    /** A response breaks off in its middle when the greetings are over. */
    LATER_PARTIAL,
    /** They are taken, and nothing is ever said. */
    STALL,
    /** An HTTP server says 429. */
    TOO_MANY,
    /** An HTTP server says 503. */
    UNAVAILABLE,
    /** An HTTP server says 429, and that a second is to be waited. */
    TOO_MANY_WAIT,
    /** An HTTP server says 503, and that a second is to be waited. */
    UNAVAILABLE_WAIT,
    /** Every piece takes its time. */
    SLOW;

    /** Faults of any protocol that do not look like a refused login. */
    static final List<Fault> AFTER_GREETINGS =
        List.of(NOBODY_LISTENS, RESET_LATER, LATER_ANSWER_LOST, LATER_PARTIAL);

    /** Faults of connections and of HTTP servers. */
    static final List<Fault> OF_HTTP =
        List.of(
            NOBODY_LISTENS,
            REFUSED,
            RESET_HALFWAY,
            ANSWER_LOST,
            RESET_LATER,
            LATER_ANSWER_LOST,
            PARTIAL,
            TOO_MANY,
            UNAVAILABLE);

    /** Those that a client finds its way out of at once. */
    static List<Fault> of(boolean http) {
      return http ? OF_HTTP : AFTER_GREETINGS;
    }
  }

  /** Bytes of a connection that pass first: logins, and the head of a request. */
  private static final int FIRST = 3_000;

  private static final Duration ALMOST_A_SECOND = Duration.ofMillis(990);

  private static final int HALF = 700;

  private final int port;
  private final int target;
  private volatile ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger met = new AtomicInteger();
  private volatile Fault fault = Fault.NONE;

  /** When requests came that were answered with a retryable status. */
  private final List<Long> asked = new CopyOnWriteArrayList<>();

  FaultProxy(int target) throws IOException {
    this.target = target;
    this.listening = listen(0);
    this.port = listening.getLocalPort();
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket s = new ServerSocket(at, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(s));
    return s;
  }

  int port() {
    return port;
  }

  /** From now on; connections that there are end. */
  void set(Fault f) throws IOException, InterruptedException {
    met.set(0);
    asked.clear();
    fault = f;
    if (f == Fault.NOBODY_LISTENS) {
      listening.close();
    } else if (listening.isClosed()) {
      listenAgain();
    }
    open.forEach(FaultProxy::end);
  }

  /** Waits for clients that have connected to themselves at the port while no server listened. */
  private void listenAgain() throws InterruptedException {
    TestPipeline.await(
        "the proxy's port is free",
        ExporterContract.TIME_LIMIT,
        () -> {
          try {
            listening = listen(port);
            return true;
          } catch (IOException e) {
            return false;
          }
        });
  }

  /**
   * Sends batches, largest first since some faults come in the middle of a request, with each fault
   * in its turn met by one of them, and most others slowly.
   */
  void meet(List<Fault> faults, List<Batch> all, TestPipeline p)
      throws IOException, InterruptedException {
    List<Batch> batches = new ArrayList<>(all);
    batches.sort(Comparator.comparingInt(Batch::items).reversed());
    int each = Math.max(1, batches.size() / (faults.size() + 1));
    for (int i = 0; i < batches.size(); i++) {
      if (i % each == 0 && i / each < faults.size()) {
        Fault f = faults.get(i / each);
        long before = p.repeated();
        set(f);
        p.send(batches.get(i));
        TestPipeline.await(
            f + " was met",
            ExporterContract.TIME_LIMIT,
            () -> f == Fault.NOBODY_LISTENS ? p.repeated() >= before + 2 : met() >= 2);
        set(i / each % 2 == 0 ? Fault.NONE : Fault.SLOW);
      } else {
        p.send(batches.get(i));
      }
    }
    set(Fault.NONE);
  }

  /** Sends a batch that meets silence until it is retried. */
  void stall(Batch b, TestPipeline p) throws IOException, InterruptedException {
    long before = p.repeated();
    set(Fault.STALL);
    p.send(b);
    TestPipeline.await(
        "silence was left", ExporterContract.TIME_LIMIT, () -> p.repeated() > before);
    set(Fault.NONE);
    p.drain(ExporterContract.TIME_LIMIT);
  }

  /** Sends two batches, which of an HTTP server stay away for as long as it says. */
  void honorsRetryAfter(boolean http, Batch one, Batch other, TestPipeline p)
      throws IOException, InterruptedException {
    if (!http) {
      p.send(one);
      p.send(other);
      return;
    }
    assertThat(postpone(Fault.TOO_MANY_WAIT, one, p)).as("429").isGreaterThan(ALMOST_A_SECOND);
    assertThat(postpone(Fault.UNAVAILABLE_WAIT, other, p)).as("503").isGreaterThan(ALMOST_A_SECOND);
  }

  /**
   * Sends a batch that is answered with a retry delay of a second.
   *
   * @param how the server says that it is busy
   * @return how long it stayed away
   */
  private Duration postpone(Fault how, Batch b, TestPipeline p)
      throws IOException, InterruptedException {
    set(how);
    p.send(b);
    TestPipeline.await("it comes again", ExporterContract.TIME_LIMIT, () -> asked.size() > 1);
    Duration away = Duration.ofNanos(asked.get(1) - asked.get(0));
    set(Fault.NONE);
    p.drain(ExporterContract.TIME_LIMIT);
    return away;
  }

  /** How many connections the fault has met. */
  int met() {
    return met.get();
  }

  private static void end(Socket s) {
    try {
      s.setSoLinger(true, 0);
      s.close();
    } catch (IOException e) {
      // it has ended
    }
  }

  private void accept(ServerSocket at) {
    while (!at.isClosed()) {
      try {
        Socket s = at.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> serve(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket s) {
    Fault f = fault;
    try {
      switch (f) {
        case REFUSED, NOBODY_LISTENS -> {}
        case TOO_MANY -> answer(s, "429 Too Many Requests");
        case UNAVAILABLE -> answer(s, "503 Service Unavailable");
        case TOO_MANY_WAIT -> answer(s, "429 Too Many Requests\r\nRetry-After: 1");
        case UNAVAILABLE_WAIT -> answer(s, "503 Service Unavailable\r\nRetry-After: 1");
        case STALL -> s.getInputStream().transferTo(OutputStream.nullOutputStream());
        case NONE,
            SLOW,
            RESET_HALFWAY,
            ANSWER_LOST,
            RESET_LATER,
            LATER_ANSWER_LOST,
            PARTIAL,
            LATER_PARTIAL ->
            pass(s, f);
      }
    } catch (IOException e) {
      // as networks do
    } finally {
      met.incrementAndGet();
      end(s);
      open.remove(s);
    }
  }

  private void pass(Socket s, Fault f) throws IOException {
    AtomicBoolean mute = new AtomicBoolean();
    try (Socket far = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(far);
      Thread back =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      answers(far, s, f, mute);
                      if (mute.get() && f != Fault.PARTIAL && f != Fault.LATER_PARTIAL) {
                        end(s);
                      }
                      s.close(); // in order, as the server did
                    } catch (IOException e) {
                      end(s); // as networks do
                    }
                  });
      byte[] b = new byte[8192];
      long passed = 0;
      int n;
      while ((n = s.getInputStream().read(b, 0, f == Fault.SLOW ? 2000 : b.length)) >= 0) {
        slow(f);
        int first =
            switch (f) {
              case RESET_HALFWAY -> HALF;
              case ANSWER_LOST, PARTIAL -> 0;
              default -> FIRST;
            };
        boolean enough = passed + n > first;
        if (enough && (f == Fault.RESET_HALFWAY || f == Fault.RESET_LATER)) {
          far.getOutputStream().write(b, 0, (int) (first - passed));
          far.getOutputStream().flush();
          end(far);
          break;
        }
        switch (f) {
          case ANSWER_LOST, LATER_ANSWER_LOST, PARTIAL, LATER_PARTIAL ->
              mute.compareAndSet(false, enough);
          default -> {}
        }
        far.getOutputStream().write(b, 0, n);
        far.getOutputStream().flush();
        passed += n;
      }
      if (!far.isClosed()) {
        far.shutdownOutput();
      }
      back.join();
      open.remove(far);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answers(Socket from, Socket to, Fault f, AtomicBoolean mute)
      throws IOException {
    byte[] b = new byte[8192];
    int n;
    while ((n = from.getInputStream().read(b, 0, f == Fault.SLOW ? 2000 : b.length)) >= 0) {
      if (mute.get()) {
        if (f == Fault.PARTIAL || f == Fault.LATER_PARTIAL) {
          to.getOutputStream().write(b, 0, n / 2);
        }
        return;
      }
      slow(f);
      to.getOutputStream().write(b, 0, n);
      to.getOutputStream().flush();
    }
  }

  private static void slow(Fault f) {
    if (f == Fault.SLOW) {
      LockSupport.parkNanos(200_000); // the network's time, not the test's
    }
  }

  /** Reads one request and answers it. */
  private void answer(Socket s, String status) throws IOException {
    InputStream in = s.getInputStream();
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        return;
      }
      head.write(b);
    }
    for (String line : head.toString(StandardCharsets.ISO_8859_1).split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        in.skipNBytes(Long.parseLong(line.substring(15).strip()));
      }
    }
    asked.add(System.nanoTime());
    s.getOutputStream()
        .write(
            ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    s.getOutputStream().flush();
    s.shutdownOutput();
    in.skip(1);
  }

  @Override
  public void close() throws IOException {
    listening.close();
    open.forEach(FaultProxy::end);
  }
}
