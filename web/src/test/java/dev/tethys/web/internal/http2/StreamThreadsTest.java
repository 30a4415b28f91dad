package dev.tethys.web.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine waits for a body as this test does: an interrupt is the end of the body. */
@Timeout(60)
class StreamThreadsTest {
  private final AtomicLong now = new AtomicLong();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final StreamThreads threads = new StreamThreads(executor, now::get);
  private final BlockingQueue<Integer> body = new ArrayBlockingQueue<>(1);

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  private int take() {
    try {
      return body.take();
    } catch (InterruptedException e) {
      return -1;
    }
  }

  @Test
  void stopsDrainingCompletedRequestOnClose() throws Exception {
    Future<Integer> request =
        threads.submit(
            () -> {
              StreamThreads.current().drains();
              return take();
            });
    Waiting.await("the request to be answered", () -> threads.draining() == 1);
    assertThat(threads.isLate(StreamThreads.DRAIN_NANOS)).isFalse();
    assertThat(threads.isLate(StreamThreads.DRAIN_NANOS + 1)).isTrue();
    threads.end();
    assertThat(request.get()).isEqualTo(-1);
    Waiting.await("the thread to end", () -> threads.draining() == 0);
    assertThat(threads.submit(this::drainAfterTheEnd).get()).isEqualTo(-1);
  }

  private int drainAfterTheEnd() {
    threads.drains();
    return take();
  }

  @Test
  void bodyReadFailsOnClose() throws Exception {
    CountDownLatch reads = new CountDownLatch(1);
    InputStream in =
        threads.body(
            new InputStream() {
              @Override
              public int read() {
                reads.countDown();
                return take();
              }

              @Override
              public int read(byte[] b, int off, int len) {
                return read() < 0 ? -1 : 1;
              }
            });
    Future<Boolean> request =
        threads.submit(
            () -> {
              assertThatThrownBy(in::read).isInstanceOf(IOException.class);
              return Thread.currentThread().isInterrupted();
            });
    reads.await();
    threads.end();
    assertThat(request.get()).as("interrupted after the read").isFalse();
    body.add(1);
    assertThatThrownBy(in::read).isInstanceOf(IOException.class);
  }

  @Test
  void workingHandlerIsNotInterrupted() throws Exception {
    CountDownLatch works = new CountDownLatch(1);
    Future<Integer> request =
        threads.submit(
            () -> {
              works.countDown();
              return body.poll(1, TimeUnit.MINUTES);
            });
    works.await();
    threads.end();
    body.add(7);
    assertThat(request.get()).isEqualTo(7);
  }
}
