package dev.tethys.bench;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Recording;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Pushes a recording by remote write 1.0: displayed data in real time, and other hosts as fast as
 * they are accepted.
 */
final class DashboardIngest implements AutoCloseable {
  private final ServerUnderTest server;
  private final Recording recording;
  private final int hosts;
  private final long interval;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean counting;
  private volatile boolean stopped;
  private int step;

  /**
   * @param hosts hosts whose samples are viewed
   * @param interval milliseconds between them
   */
  DashboardIngest(ServerUnderTest server, Recording recording, int hosts, long interval) {
    this.server = server;
    this.recording = recording;
    this.hosts = hosts;
    this.interval = interval;
  }

  /** A host's series, of which only values change. */
  private final class Host {
    private final int number;
    private final List<Labels> labels = new ArrayList<>();
    private final WriteRequestWriter writer = new WriteRequestWriter();

    Host(int number, String job) {
      this.number = number;
      for (int i = 0; i < recording.series(); i++) {
        labels.add(recording.labels(number, i).toBuilder().set("job", job).build());
      }
    }

    void push(int at, long time) throws IOException, InterruptedException {
      writer.clear();
      for (int i = 0; i < labels.size(); i++) {
        writer.beginSeries(labels.get(i)).sample(time, recording.value(number, at, i)).endSeries();
      }
      byte[] body = SnappyBlock.encode(writer.buffer(), 0, writer.size());
      HttpResponse<String> r =
          server.send(
              server
                  .request("/api/v1/write")
                  .header("Content-Encoding", "snappy")
                  .header("Content-Type", "application/x-protobuf")
                  .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
              HttpResponse.BodyHandlers.ofString());
      boolean taken = r.statusCode() / 100 == 2;
      if (!taken && refused.getAndIncrement() == 0) {
        System.err.println("a batch was rejected: " + r.statusCode() + " " + r.body().strip());
      }
      if (taken && counting) {
        samples.addAndGet(labels.size());
      }
    }
  }

  private List<Host> viewed() {
    List<Host> all = new ArrayList<>();
    for (int h = 0; h < hosts; h++) {
      all.add(new Host(h, "node"));
    }
    return all;
  }

  /** Writes the data before the run as fast as it is accepted. */
  void history(long from, long to) throws IOException, InterruptedException {
    List<Host> all = viewed();
    for (long t = from / interval * interval; t < to - interval; t += interval) {
      for (Host h : all) {
        h.push(step, t);
      }
      step++;
    }
  }

  /**
   * Starts writing.
   *
   * @param others hosts that no dashboard shows
   * @param connections number of connections that write the series
   * @param rate samples per second; 0 for as many as the server accepts
   */
  void start(int others, int connections, long rate) {
    thread("viewed", this::live);
    for (int c = 0; c < connections; c++) {
      List<Host> mine = new ArrayList<>();
      for (int h = c; h < others; h += connections) {
        mine.add(new Host(hosts + h, "other"));
      }
      double share = (double) rate * mine.size() / Math.max(1, others);
      if (!mine.isEmpty()) {
        thread("others-" + c, () -> others(mine, share));
      }
    }
  }

  @FunctionalInterface
  private interface WriterTask {
    void run() throws IOException, InterruptedException;
  }

  private void thread(String name, WriterTask work) {
    threads.add(
        Thread.ofPlatform()
            .name(name)
            .start(
                () -> {
                  try {
                    work.run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  } catch (IOException e) {
                    if (!stopped) {
                      refused.incrementAndGet();
                      System.err.println(name + ": writing ended: " + e);
                    }
                  }
                }));
  }

  private void live() throws IOException, InterruptedException {
    List<Host> all = viewed();
    while (!stopped) {
      long time = System.currentTimeMillis() / interval * interval;
      for (Host h : all) {
        h.push(step, time);
      }
      step++;
      long rest = time + interval - System.currentTimeMillis();
      TimeUnit.MILLISECONDS.sleep(Math.max(0, rest));
    }
  }

  private void others(List<Host> all, double rate) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    double sent = 0;
    long last = 0;
    for (int at = 0; !stopped; at++) {
      last = Math.max(last + 1, System.currentTimeMillis());
      for (Host h : all) {
        h.push(at, last);
        sent += recording.series();
        if (rate > 0) {
          LockSupport.parkNanos((long) (sent / rate * 1e9) - (System.nanoTime() - begin));
        }
        if (stopped) {
          return;
        }
      }
    }
  }

  /** Starts counting samples. */
  void count() {
    counting = true;
  }

  /** Samples taken since they count. */
  long samples() {
    return samples.get();
  }

  /** Batches rejected since startup. */
  long refused() {
    return refused.get();
  }

  @Override
  public void close() throws InterruptedException {
    counting = false;
    stopped = true;
    for (Thread t : threads) {
      t.interrupt();
      t.join();
    }
  }
}
