import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;

/**
 * HTTP requests at a constant rate over kept connections, in one thread. It sleeps between them: a
 * loop that asks for the time takes a processor, in which the cost of others is hidden. Requests
 * are sent each millisecond; one that is later than two counts from the time at which it was due,
 * so that a server that stops is not measured as fast.
 *
 * <p>Usage: java HttpLoad.java PORT RATE SECONDS CONNECTIONS. Prints requests, p50, p99 and p99.9 in
 * microseconds, and the processors that the machine was busy with, of the part after the first four
 * seconds. Needs answers shorter than 4 KB that are one read each.
 */
final class HttpLoad {
  private static final long WARM_UP_NANOS = 4_000_000_000L;

  private HttpLoad() {}

  private static final class Connection {
    final SocketChannel channel;
    long due;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }
  }

  public static void main(String[] args) throws IOException {
    if (args.length != 4) {
      System.err.println("usage: HttpLoad PORT RATE SECONDS CONNECTIONS");
      System.exit(2);
    }
    int port = Integer.parseInt(args[0]);
    long rate = Long.parseLong(args[1]);
    long seconds = Long.parseLong(args[2]);
    int connections = Integer.parseInt(args[3]);
    byte[] request =
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer out = ByteBuffer.allocateDirect(request.length).put(request);
    ByteBuffer in = ByteBuffer.allocateDirect(4096);
    try (Selector selector = Selector.open()) {
      ArrayDeque<Connection> idle = new ArrayDeque<>();
      for (int i = 0; i < connections; i++) {
        SocketChannel c = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
        c.setOption(StandardSocketOptions.TCP_NODELAY, true);
        c.configureBlocking(false);
        Connection connection = new Connection(c);
        c.register(selector, SelectionKey.OP_READ, connection);
        idle.add(connection);
      }
      long[] latencies = new long[(int) Math.min(100_000_000, rate * seconds + 1)];
      int measured = 0;
      long sent = 0;
      long done = 0;
      long start = System.nanoTime();
      long total = rate * seconds;
      double busyFrom = -1;
      long measuredFrom = start;
      while (done < total) {
        long now = System.nanoTime();
        while (sent < total && !idle.isEmpty() && start + sent * 1_000_000_000L / rate <= now) {
          Connection c = idle.poll();
          long due = start + sent * 1_000_000_000L / rate;
          c.due = now - due > 2_000_000 ? due : System.nanoTime();
          sent++;
          out.clear();
          if (c.channel.write(out) != request.length) {
            throw new IOException("a request was not written whole");
          }
        }
        if (busyFrom < 0 && now - start > WARM_UP_NANOS) {
          busyFrom = busy();
          measuredFrom = now;
        }
        selector.select(1);
        for (SelectionKey k : selector.selectedKeys()) {
          Connection c = (Connection) k.attachment();
          in.clear();
          int n = c.channel.read(in);
          if (n < 0) {
            throw new IOException("the server closed a connection");
          }
          if (n == 0) {
            continue;
          }
          if (in.get(9) != '2') {
            throw new IOException("an answer is not 2xx");
          }
          long end = System.nanoTime();
          if (c.due - start > WARM_UP_NANOS) {
            latencies[measured++] = end - c.due;
          }
          done++;
          idle.add(c);
        }
        selector.selectedKeys().clear();
      }
      double cores = (busy() - busyFrom) / ((System.nanoTime() - measuredFrom) / 1e9);
      Arrays.sort(latencies, 0, measured);
      System.out.printf(
          Locale.ROOT,
          "%d %d %d %d %.4f%n",
          done,
          quantile(latencies, measured, 0.5),
          quantile(latencies, measured, 0.99),
          quantile(latencies, measured, 0.999),
          cores);
    }
  }

  /** Seconds that the machine's processors were busy: without idle and waiting. */
  private static double busy() throws IOException {
    String[] f = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
    long ticks = 0;
    for (int i : new int[] {1, 2, 3, 6, 7}) {
      ticks += Long.parseLong(f[i]);
    }
    return ticks / 100.0;
  }

  private static long quantile(long[] sorted, int count, double q) {
    return count == 0 ? 0 : sorted[(int) Math.min(count - 1L, (long) (count * q))] / 1000;
  }
}
