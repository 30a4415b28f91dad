package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lookups that end when their time is up, with a resolver that hangs. */
@Timeout(60)
class NameLookupTest {
  private final CountDownLatch answers = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private final NameLookup lookup = new NameLookup(this::hanging, 4);

  private List<InetAddress> hanging(String host) throws UnknownHostException {
    asked.incrementAndGet();
    try {
      answers.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (host.equals("none")) {
      throw new UnknownHostException(host);
    }
    return List.of(InetAddress.ofLiteral("192.0.2.1"));
  }

  private static long in(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void respectsTimeoutOfTheCaller() {
    assertThatThrownBy(() -> lookup.find("slow", in(50)))
        .isInstanceOf(HttpTimeoutException.class)
        .hasMessage("lookup slow: i/o timeout");
    assertThatThrownBy(() -> lookup.find("slow", in(-50))).isInstanceOf(HttpTimeoutException.class);
    answers.countDown();
  }

  @Test
  void concurrentCallersShareOneLookup() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<InetAddress>>> all =
          java.util.stream.IntStream.range(0, 10)
              .mapToObj(i -> threads.submit(() -> lookup.find("slow", in(60_000))))
              .toList();
      while (asked.get() == 0) {
        Waiting.pause();
      }
      answers.countDown();
      for (Future<List<InetAddress>> f : all) {
        assertThat(f.get()).containsExactly(InetAddress.ofLiteral("192.0.2.1"));
      }
    }
    int before = asked.get();
    lookup.find("slow", in(60_000));
    assertThat(asked.get()).isEqualTo(before + 1); // nothing is remembered
  }

  @Test
  void boundsHangingLookups() throws Exception {
    NameLookup one = new NameLookup(this::hanging, 1);
    assertThatThrownBy(() -> one.find("a", in(20))).isInstanceOf(HttpTimeoutException.class);
    assertThatThrownBy(() -> one.find("b", in(60_000)))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("lookup b: 1 name lookups are already in progress");
    assertThat(one.find("192.0.2.7", in(0))).containsExactly(InetAddress.ofLiteral("192.0.2.7"));
    assertThat(one.find("::1", in(0))).containsExactly(InetAddress.ofLiteral("::1"));
    answers.countDown();
  }

  /** A system without more threads, for a while. */
  @Test
  void failsALookupThatCannotStart() throws Exception {
    AtomicInteger remaining = new AtomicInteger(1);
    answers.countDown();
    NameLookup n =
        new NameLookup(
            this::hanging,
            4,
            r -> {
              if (remaining.getAndDecrement() > 0) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return Thread.ofPlatform().daemon().unstarted(r);
            });
    assertThatThrownBy(() -> n.find("a", in(60_000)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unable to create native thread");
    assertThat(n.find("a", in(60_000))).isNotEmpty();
  }

  @Test
  void everyCallerOfAnUnknownNameGetsTheError() {
    answers.countDown();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> lookup.find("none", in(60_000)))
          .isInstanceOf(UnknownHostException.class)
          .hasMessage("none");
    }
  }

  @Test
  void interruptStopsTheWait() throws Exception {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread t =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    lookup.find("slow", in(60_000));
                  } catch (IOException e) {
                    end.complete(e);
                  }
                });
    while (asked.get() == 0) {
      Waiting.pause();
    }
    t.interrupt();
    assertThat(end.get()).isInstanceOf(InterruptedIOException.class);
    answers.countDown();
  }

  @Test
  void resolvesSystemNames() throws Exception {
    assertThat(NameLookup.all("localhost", in(30_000)))
        .allSatisfy(a -> assertThat(a.isLoopbackAddress()).isTrue())
        .isNotEmpty();
  }
}
